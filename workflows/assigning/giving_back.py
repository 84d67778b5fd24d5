"""To whom a task goes that its holder gives back, where the diagram had given it to one person for the sake of a record.

First to whoever is responsible for the record; who gives it back themselves, to the group of the step in their own department or
the nearest above it, and only where nobody is there, to the whole group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Department, Role, User, UserRole
from workflows import library
from workflows.models import ProcessInstance, Task
from workflows.registry import registry


@dataclass(frozen=True)
class GivenBack:
    """One person who has it now, several of whom any may claim it, or the group of a role."""

    role: str | None
    user_id: int | None = None
    candidates: tuple[int, ...] = ()


def given_back(session: Session, task: Task) -> GivenBack | None:
    """Where the task goes; None where that is whoever it was offered to before."""
    node = library.published(session, task.version_id).definition.nodes[task.node_id]
    if not node.extensions.get("assignee") or node.role is None:
        return None
    record = session.execute(
        select(ProcessInstance.record_type, ProcessInstance.record_id).where(ProcessInstance.id == task.instance_id)
    ).one()
    ask = registry().owners.get(record.record_type or "")
    owner_id = ask(session, record.record_id) if ask is not None and record.record_id is not None else None
    owner = session.get(User, owner_id) if owner_id is not None else None
    if owner is None:
        return None
    if owner.active and owner.id not in (task.assignee_id, task.excluded_id):
        return GivenBack(node.role, user_id=owner.id)
    near = next((people for people in _of_role(session, node.role, owner, but=task) if people), ())
    return GivenBack(None, candidates=near) if near else GivenBack(node.role)


def _of_role(session: Session, role: str, owner: User, *, but: Task) -> Iterator[tuple[int, ...]]:
    """The active members of a role in the owner's department, in that above it, and so on."""
    department_id, seen = owner.department_id, set[int]()
    while department_id is not None and department_id not in seen:
        seen.add(department_id)
        members = session.scalars(
            select(User.id)
            .join(UserRole, UserRole.user_id == User.id)
            .join(Role, Role.id == UserRole.role_id)
            .where(Role.key == role, User.active, User.department_id == department_id)
            .order_by(User.id)
        )
        yield tuple(member for member in members if member not in (but.assignee_id, but.excluded_id))
        department_id = session.get_one(Department, department_id).parent_id
