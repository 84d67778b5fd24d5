"""What an import is judged by: roles and operations of this house, and the check of a version on what came out.

The check runs the files dry in a process of its own that is ended after some seconds; together with the bounds of `take_in`
(size, elements, length of each formula) an answer never takes longer than ten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Role
from workflows.engine import Problem
from workflows.operations import deploying
from workflows.registry import described_operations
from workflows.studio.exchange.document import Around
from workflows.studio.exchange.report import Imported
from workflows.studio.exchange.taking_in import take_in


@dataclass(frozen=True)
class Judged:
    """An import, and what would stand in the way of publishing it as it came out."""

    imported: Imported
    problems: tuple[Problem, ...]

    @property
    def can_be_published(self) -> bool:
        return not self.imported.refused and not any(problem.is_error for problem in self.problems)


def around(session: Session, chosen: Mapping[str, str]) -> Around:
    """The roles of this house, its operations, and the roles that were chosen for groups of the files."""
    roles = {role.key: (role.name, role.name_en) for role in session.scalars(select(Role).order_by(Role.id))}
    known = {group: role for group, role in chosen.items() if role in roles}
    return Around(roles=roles, operations=frozenset(described_operations()), chosen=known)


def judge(files: Mapping[str, bytes], surroundings: Around) -> Judged:
    """Take the files in and check what came out. No transaction may be open: it takes up to some seconds."""
    imported = take_in(files, surroundings)
    if imported.refused:
        return Judged(imported, ())
    checked = deploying.check_files(imported.files, roles=frozenset(surroundings.roles))
    return Judged(imported, checked.problems)
