"""Writing the ladder of a step. It counts for tasks at once; one that is being climbed goes on from where it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Role
from crm.core.audit import write_audit
from crm.core.errors import Conflict, NotFound
from crm.core.i18n import text
from crm.permissions import Actor, check_may
from workflows import library
from workflows.ladders.kept import ladders_changed
from workflows.ladders.models import Ladder
from workflows.ladders.rungs import read_rungs
from workflows.library import Published


def set_ladder(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    process_key: str,
    node_id: str,
    rungs: Sequence[Mapping[str, Any]],
    version: int,
) -> Ladder:
    """The step has these rungs from now on, or with none of them no ladder. `version` is 0 where it had none before.

    Refused: a step that the process in force does not have, a rung that cannot be, a version that is not the present one."""
    check_may(by, "processes", "administer")
    published = library.active(session, process_key)
    if node_id not in human_steps(published):
        raise NotFound(text("The process has no step of a person named {name}.", name=node_id[:120]))
    form = published.form(published.definition.nodes[node_id].form_key)
    fields = [each.path for each in form.fields] if form is not None else []
    read = read_rungs(rungs, roles=set(session.scalars(select(Role.key))), fields=fields)
    ladder = session.scalar(
        select(Ladder).where(Ladder.process_key == process_key, Ladder.node_id == node_id).with_for_update()
    )
    if version != (0 if ladder is None else ladder.version):
        raise Conflict(text("A colleague has changed {name} meanwhile.", name=published.name_of(node_id, by.locale)))
    kept = [rung.kept() for rung in read]
    old = [] if ladder is None else ladder.rungs
    if ladder is None:
        ladder = Ladder(process_key=process_key, node_id=node_id, rungs=kept, version=1)
        session.add(ladder)
    else:
        ladder.rungs, ladder.version = kept, ladder.version + 1
    session.flush()
    ladders_changed(session)
    write_audit(
        session, at=now, actor_id=by.id, actor_name=by.name, action="ladder.changed", subject_type="ladder",
        subject_id=ladder.id, subject_name=f"{process_key}/{node_id}", old={"rungs": old}, new={"rungs": kept},
    )  # fmt: skip
    return ladder


def human_steps(published: Published) -> list[str]:
    """The steps of a process that wait for a person."""
    nodes = published.definition.nodes.values()
    return [node.id for node in nodes if node.kind in ("userTask", "manualTask")]


def ladders_by_step(session: Session, *, by: Actor, process_key: str) -> dict[str, Ladder]:
    """The ladders of a process, by step."""
    check_may(by, "processes", "view")
    return {each.node_id: each for each in session.scalars(select(Ladder).where(Ladder.process_key == process_key))}
