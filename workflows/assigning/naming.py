"""The people whom a diagram names: whether they work here. Looked at when a version is published; whoever leaves later is
passed over by the rules."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from workflows.assigning.rules import rules_of
from workflows.engine import Definition, Problem
from workflows.engine.texts import N_

UNKNOWN = N_("{element} names the user {name}, who does not exist; correct the user name in assignTo.")
GONE = N_("{element} names the user {name}, whose account is disabled; name somebody who works here in assignTo.")


def problems_here(session: Session, definition: Definition) -> list[Problem]:
    """Who is named by a step and cannot get it in this installation."""
    return list(_problems(session, definition))


def _problems(session: Session, definition: Definition) -> Iterator[Problem]:
    for node_id, rule in rules_of(definition).items():
        node = definition.nodes[node_id]
        for name in rule.names:
            active = session.scalar(select(User.active).where(User.username == func.lower(name)))
            if not active:
                said: dict[str, object] = {"element": node.name or node_id, "name": name}
                yield Problem(node_id, UNKNOWN if active is None else GONE, said, "error", definition.diagram.file)
