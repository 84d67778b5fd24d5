"""What an import is judged by: roles and operations of this house, and the check of a version on what came out.

The check runs the files dry in a process of its own that is ended after some seconds; together with the bounds of `take_all`
(size, elements, length of each formula) an answer never takes longer than ten, unless the machine is busy with other things. Of
many processes at once the last ones are not checked before they are drafts.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Role
from workflows.engine import Bundle, Problem, check_limited
from workflows.engine.texts import N_
from workflows.operations import deploying
from workflows.registry import described_operations
from workflows.studio.exchange.document import Around
from workflows.studio.exchange.gathering import take_all
from workflows.studio.exchange.report import Together

# For both together, and for the check alone; the child process may take half a second more to begin.
MOST_SECONDS = 8.0
CHECK_SECONDS = 5.0
NOT_CHECKED = N_("There were too many processes at once to check this one; its draft tells what stands in the way.")


@dataclass(frozen=True)
class Judged:
    """An import, and for each of its processes what would stand in the way of publishing it as it came out."""

    together: Together
    problems: tuple[tuple[Problem, ...], ...]

    def can_be_published(self, number: int) -> bool:
        return not self.together.refused and not any(problem.is_error for problem in self.problems[number])


def around(session: Session, chosen: Mapping[str, str], key: str = "", keys: Mapping[str, str] | None = None) -> Around:
    """The roles of this house, its operations, the roles that were chosen for groups of the files, and the wanted keys."""
    roles = {role.key: (role.name, role.name_en) for role in session.scalars(select(Role).order_by(Role.id))}
    known = {group: role for group, role in chosen.items() if role in roles}
    wanted = {path: said.strip() for path, said in (keys or {}).items() if said.strip()}
    return Around(roles=roles, operations=frozenset(described_operations()), chosen=known, key=key.strip(), keys=wanted)


def judge(files: Mapping[str, bytes], surroundings: Around) -> Judged:
    """Take the files in and check what came out. No transaction may be open: it takes up to some seconds."""
    begun = time.monotonic()
    together = take_all(files, surroundings)
    if together.refused:
        return Judged(together, ((),) * len(together.processes))
    operations = described_operations()
    problems: list[tuple[Problem, ...]] = []
    for number, imported in enumerate(together.processes):
        left = MOST_SECONDS - (time.monotonic() - begun)
        if number and left < 1.0:
            problems.append((Problem(None, NOT_CHECKED),))
            continue
        problems.append(
            tuple(
                check_limited(
                    Bundle(imported.files),
                    operations=operations,
                    roles=surroundings.roles.keys(),
                    check_form=deploying.check_form,
                    seconds=min(CHECK_SECONDS, max(1.0, left)),
                )
            )
        )
    return Judged(together, tuple(problems))
