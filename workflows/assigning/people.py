"""What the rules ask about people: superiors, heads, who stands in, who belongs to a role and how much they have to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import cast

from sqlalchemy import String, Table, bindparam, func, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from crm.accounts.models import Department, Role, User, UserRole
from crm.accounts.queries import is_absent
from crm.core.db import Id, UtcDateTime, dialect_of
from crm.core.prepared import Prepared
from workflows.assigning.models import AssigneeTurn
from workflows.assigning.reasons import Named, named
from workflows.models import Task, TaskStatus

TURN = cast(Table, AssigneeTurn.__table__)
# Written out as in the partial index, which SQLite does not recognise behind a parameter.
OPEN = Task.status == literal_column(f"'{TaskStatus.OPEN}'", String)


@dataclass(frozen=True)
class Member:
    """Somebody of a role who is there, with the number of tasks that wait for them."""

    id: int
    name: Named
    load: int


def named_user(user: User) -> Named:
    """A user inside of a sentence."""
    return named(user.name, user.name_en)


def superiors(session: Session, user: User) -> Iterator[User]:
    """Who stands above a user, the nearest first: their managers, then the heads of their department and those above it.

    People who have left are passed over; nobody comes twice, and never the user.
    """
    seen = {user.id}
    manager_id = user.manager_id
    while manager_id is not None and manager_id not in seen:
        seen.add(manager_id)
        manager = session.get_one(User, manager_id)
        if manager.active:
            yield manager
        manager_id = manager.manager_id
    for head in heads(session, user.department_id):
        if head.id not in seen:
            seen.add(head.id)
            yield head


def heads(session: Session, department_id: int | None) -> Iterator[User]:
    """The active heads of a department and of those above it, the nearest first."""
    seen: set[int] = set()
    while department_id is not None and department_id not in seen:
        seen.add(department_id)
        department = session.get_one(Department, department_id)
        head = session.get(User, department.manager_id) if department.manager_id is not None else None
        if head is not None and head.active:
            yield head
        department_id = department.parent_id


def standing_in(session: Session, user: User, now: datetime) -> list[User]:
    """Who stands in for a user who is away now: the substitute, whoever stands in for them if they are away too, and so on.

    Empty when the user is there, or when somebody in the chain has left.
    """
    chain: list[User] = []
    seen = {user.id}
    while _is_away(user, now):
        user = session.get_one(User, user.substitute_id)
        if not user.active or user.id in seen:
            return []
        seen.add(user.id)
        chain.append(user)
    return chain


def _is_away(user: User, now: datetime) -> bool:
    begun = user.substitute_from is None or user.substitute_from <= now
    return user.substitute_id is not None and begun and (user.substitute_until is None or now < user.substitute_until)


def role_named(session: Session, key: str) -> Named:
    """A role inside of a sentence; by its key if it is not there any more."""
    role = session.scalar(select(Role).where(Role.key == key))
    return named(role.name, role.name_en) if role is not None else named(key, key)


def has_member(session: Session, role: str, but: int | None) -> bool:
    """Does the role have an active member, apart from one?"""
    return _ANY_MEMBER.first(session, {"role_key": role, "but": but or 0}) is not None


def members_present(session: Session, role: str, now: datetime) -> Sequence[Member]:
    """The active members of a role who are not away, each with their open tasks."""
    rows = _MEMBERS.rows(session, {"role_key": role, "now": now})
    return [Member(row[0], named(row[1], row[2]), row[3]) for row in rows]


def stood_in_for(session: Session, role: str, now: datetime) -> list[tuple[int, int]]:
    """Who finds the tasks of a role for members who are away: pairs of the substitute and the absent member."""
    absent = session.scalars(
        select(User)
        .join(UserRole, UserRole.user_id == User.id)
        .join(Role, Role.id == UserRole.role_id)
        .where(Role.key == role, User.active, is_absent(now))
        .order_by(User.id)
    )
    return [(chain[-1].id, user.id) for user in absent if (chain := standing_in(session, user, now))]


def turn_of(session: Session, process_key: str, node_id: str, role: str, *, hold: bool) -> int | None:
    """Who was chosen last for this step. With `hold` nobody else learns it until this transaction has ended."""
    key = {"process_key": process_key, "node_id": node_id, "role": role}
    if hold:
        _first_turn(dialect_of(session)).change(session, key)
    row = (_HELD if hold else _SEEN).first(session, key)
    return row[0] if row is not None else None


def took_turn(session: Session, process_key: str, node_id: str, role: str, user_id: int) -> None:
    """This person was chosen."""
    _TAKE.change(session, {"of_process": process_key, "of_node": node_id, "of_role": role, "chosen": user_id})


_BELONGS = (Role.key == bindparam("role_key"), UserRole.role_id == Role.id, User.id == UserRole.user_id, User.active)
_ANY_MEMBER = Prepared(select(User.id).where(*_BELONGS, User.id != bindparam("but", type_=Id)).limit(1))
# Counted for each member from the index of their own tasks: a task may stand in the table for every customer we ever had.
_OPEN = (
    select(func.count())
    .where(OPEN, Task.assignee_id == User.id, Task.assignee_id.is_not(None))
    .correlate(User)
    .scalar_subquery()
)
_MEMBERS = Prepared(
    select(User.id, User.name, User.name_en, _OPEN)
    .where(*_BELONGS, ~is_absent(bindparam("now", type_=UtcDateTime())))
    .order_by(User.id)
)
_SEEN_QUERY = select(TURN.c.last_id).where(
    TURN.c.process_key == bindparam("process_key"),
    TURN.c.node_id == bindparam("node_id"),
    TURN.c.role == bindparam("role"),
)
_SEEN, _HELD = Prepared(_SEEN_QUERY), Prepared(_SEEN_QUERY.with_for_update())
_TAKE = Prepared(
    update(TURN)
    .where(
        TURN.c.process_key == bindparam("of_process"),
        TURN.c.node_id == bindparam("of_node"),
        TURN.c.role == bindparam("of_role"),
    )
    .values(last_id=bindparam("chosen", type_=Id))
)


@cache
def _first_turn(dialect: str) -> Prepared:
    """The row of a step exists from its first turn on; whoever is second finds it there."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    values: dict[str, object] = {name: bindparam(name) for name in ("process_key", "node_id", "role")}
    return Prepared(insert(TURN).inline().values(values).on_conflict_do_nothing())
