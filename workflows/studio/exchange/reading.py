"""What an import is judged by: roles and operations of this house, and the check of a version on what came out.

The check runs the files dry in a process of its own that is ended after some seconds; together with the bounds of `take_in`
(size, elements, length of each formula) an answer never takes longer than ten.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Role
from workflows.engine import Bundle, Problem, check_limited
from workflows.operations import deploying
from workflows.registry import described_operations
from workflows.studio.exchange.document import Around
from workflows.studio.exchange.report import Imported
from workflows.studio.exchange.taking_in import take_in

# For both together, and for the check alone; the child process may take half a second more to begin.
MOST_SECONDS = 8.0
CHECK_SECONDS = 5.0


@dataclass(frozen=True)
class Judged:
    """An import, and what would stand in the way of publishing it as it came out."""

    imported: Imported
    problems: tuple[Problem, ...]

    @property
    def can_be_published(self) -> bool:
        return not self.imported.refused and not any(problem.is_error for problem in self.problems)


def around(session: Session, chosen: Mapping[str, str], key: str = "") -> Around:
    """The roles of this house, its operations, the roles that were chosen for groups of the files, and the wanted key."""
    roles = {role.key: (role.name, role.name_en) for role in session.scalars(select(Role).order_by(Role.id))}
    known = {group: role for group, role in chosen.items() if role in roles}
    return Around(roles=roles, operations=frozenset(described_operations()), chosen=known, key=key.strip())


def judge(files: Mapping[str, bytes], surroundings: Around) -> Judged:
    """Take the files in and check what came out. No transaction may be open: it takes up to some seconds."""
    begun = time.monotonic()
    imported = take_in(files, surroundings)
    if imported.refused:
        return Judged(imported, ())
    left = MOST_SECONDS - (time.monotonic() - begun)
    problems = check_limited(
        Bundle(imported.files),
        operations=described_operations(),
        roles=surroundings.roles.keys(),
        check_form=deploying.check_form,
        seconds=min(CHECK_SECONDS, max(1.0, left)),
    )
    return Judged(imported, tuple(problems))
