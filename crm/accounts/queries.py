"""Looking people up: the actor behind a user, names for ids, who has a role, who heads a department."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import lru_cache

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from crm.accounts.credentials import IDLE, LONGEST, ApiToken, WebSession
from crm.accounts.models import Department, Role, RolePermission, User, UserRole, shown_name
from crm.accounts.periods import ALWAYS, Period, overlap
from crm.core.db import Id
from crm.core.errors import Denied, NotFound
from crm.core.i18n import text
from crm.core.keyset import Order
from crm.core.prepared import Prepared
from crm.permissions import PERMISSIONS, Actor, Scope, StandIn, check_may, wider

BY_NAME = Order((User.name, User.id))
ROLE_NAMES = Prepared(select(Role.key, Role.name, Role.name_en).order_by(Role.id))


def actor_for(session: Session, user_id: int) -> Actor:
    """The person as operations know them, with what all their roles give together. NotFound if disabled or unknown."""
    rows = session.execute(
        select(
            User.username,
            User.name,
            User.name_en,
            User.department_id,
            User.locale,
            User.timezone,
            Role.id,
            Role.key,
            Role.scope,
            RolePermission.module,
            RolePermission.action,
        )
        .outerjoin(UserRole, UserRole.user_id == User.id)
        .outerjoin(Role, Role.id == UserRole.role_id)
        .outerjoin(RolePermission, RolePermission.role_id == Role.id)
        .where(User.id == user_id, User.active)
    ).all()
    if not rows:
        raise NotFound(text("This user does not exist or has been disabled."))
    username, name, name_en, department_id, locale, timezone = rows[0][:6]
    grants: dict[tuple[str, str], Scope] = {}
    for *_, scope, module, action in rows:
        # A permission that a later release took away stays in the table without effect.
        if (module, action) in PERMISSIONS:
            grants[module, action] = wider(grants.get((module, action)), Scope(scope))
    needs_tree = Scope.DEPARTMENT_AND_BELOW in grants.values()
    return Actor(
        id=user_id,
        username=username,
        name=name,
        name_en=name_en,
        department_id=department_id,
        departments_below=departments_below(session, user_id, department_id) if needs_tree else frozenset(),
        role_ids=frozenset(row[6] for row in rows if row[6] is not None),
        role_keys=frozenset(row[7] for row in rows if row[7] is not None),
        grants=grants,
        locale=locale,
        timezone=timezone,
        stand_ins=stand_ins(session, user_id),
    )


def departments_below(session: Session, user_id: int, department_id: int | None) -> frozenset[int]:
    """The user's department and those they head, each with everything below it."""
    roots: ColumnElement[bool] = Department.manager_id == user_id
    if department_id is not None:
        roots = or_(roots, Department.id == department_id)
    below = select(Department.id).where(roots).cte("below", recursive=True)
    # UNION, not UNION ALL: it also ends on a tree that has been bent into a ring.
    below = below.union(select(Department.id).join(below, Department.parent_id == below.c.id))
    return frozenset(session.scalars(select(below.c.id)))


def users_with_role(session: Session, role_key: str) -> list[User]:
    """Active users who have the role, by name."""
    return list(
        session.scalars(
            select(User)
            .join(UserRole, UserRole.user_id == User.id)
            .join(Role, Role.id == UserRole.role_id)
            .where(Role.key == role_key, User.active)
            .order_by(User.name, User.id)
        )
    )


def find_user(session: Session, user_id: int) -> User:
    """The user, active or not. NotFound if there is none."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound(text("There is no user with number {number}.", number=user_id))
    return user


def user_named(session: Session, username: str) -> User | None:
    """The user who signs in with this name, in whatever case it was typed."""
    return session.scalar(select(User).where(User.username == username.strip().lower()))


def names_of(session: Session, ids: Iterable[int | None], locale: str) -> dict[int, str]:
    """Names for the reader, by user id."""
    wanted = sorted({user_id for user_id in ids if user_id is not None})
    if not wanted:
        return {}
    # Statements for two, four, eight … ids, the last one repeated: so there are few of them.
    places = 1 << (len(wanted) - 1).bit_length()
    given = {f"id{place}": wanted[min(place, len(wanted) - 1)] for place in range(places)}
    rows = _named(places).rows(session, given)
    return {user_id: shown_name(name, name_en, locale) for user_id, name, name_en in rows}


@lru_cache(maxsize=20)
def _named(places: int) -> Prepared:
    ids = [bindparam(f"id{place}", type_=Id) for place in range(places)]
    return Prepared(select(User.id, User.name, User.name_en).where(User.id.in_(ids)))


def department_head(session: Session, department_id: int | None) -> User | None:
    """Who heads the department, or the nearest one above it that has an active head."""
    seen: set[int] = set()
    while department_id is not None and department_id not in seen:
        seen.add(department_id)
        department = session.get(Department, department_id)
        if department is None:
            return None
        if department.manager_id is not None:
            head = session.get(User, department.manager_id)
            if head is not None and head.active:
                return head
        department_id = department.parent_id
    return None


def role_names(session: Session, locale: str) -> dict[str, str]:
    """Names of all roles for the reader, by key."""
    rows = ROLE_NAMES.rows(session, {})
    return {key: shown_name(name, name_en, locale) for key, name, name_en in rows}


def role_choices(session: Session, locale: str) -> list[tuple[int, str]]:
    """All roles as (id, name) for a pick-list."""
    rows = session.execute(select(Role.id, Role.name, Role.name_en).order_by(Role.id))
    return [(row.id, shown_name(row.name, row.name_en, locale)) for row in rows]


def stand_ins(session: Session, user_id: int) -> tuple[StandIn, ...]:
    """Everybody for whom this user stands in at any time, with the roles of each.

    When a substitute is away as well, their own substitute stands in for both, for as long as both are away.
    """
    found: dict[int, Period] = {}
    reached: dict[int, Period] = {user_id: ALWAYS}
    while reached:
        rows = session.execute(
            select(User.id, User.substitute_id, User.substitute_from, User.substitute_until)
            .where(User.substitute_id.in_(reached), User.active)
            .order_by(User.id)
        ).all()
        periods = {
            row.id: overlap(reached[row.substitute_id or 0], (row.substitute_from, row.substitute_until))
            for row in rows
            if row.id != user_id and row.id not in found
        }
        reached = {absent_id: period for absent_id, period in periods.items() if period is not None}
        found |= reached
    roles = roles_of(session, found) if found else {}
    return tuple(
        StandIn(absent_id, frozenset(role.key for role in roles[absent_id]), *period)
        for absent_id, period in sorted(found.items())
    )


def represented_by(session: Session, user_id: int, now: datetime) -> tuple[int, ...]:
    """Ids of the people whom this user stands in for at the moment, directly or for somebody who is away as well."""
    return tuple(absence.user_id for absence in stand_ins(session, user_id) if absence.holds(now))


def is_absent(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """The WHERE clause for users who are away now and have named a substitute; an open end or beginning counts as endless."""
    return and_(
        User.substitute_id.is_not(None),
        or_(User.substitute_from.is_(None), User.substitute_from <= now),
        or_(User.substitute_until.is_(None), User.substitute_until > now),
    )


def roles_of(session: Session, user_ids: Collection[int]) -> dict[int, list[Role]]:
    """The roles of several users, in one statement."""
    found: dict[int, list[Role]] = {user_id: [] for user_id in user_ids}
    rows = session.execute(
        select(UserRole.user_id, Role)
        .join(Role, Role.id == UserRole.role_id)
        .where(UserRole.user_id.in_(user_ids))
        .order_by(Role.id)
    )
    for user_id, role in rows:
        found[user_id].append(role)
    return found


def who_may(session: Session, module: str, action: str) -> list[int]:
    """Everybody active to whom a role gives this permission."""
    wanted = (
        select(User.id)
        .join(UserRole, UserRole.user_id == User.id)
        .join(RolePermission, RolePermission.role_id == UserRole.role_id)
        .where(User.active, RolePermission.module == module, RolePermission.action == action)
    )
    return list(session.scalars(wanted.distinct().order_by(User.id)))


def find_departments(session: Session, *, by: Actor) -> list[Department]:
    """All departments, for the tree and for pick-lists."""
    check_may(by, "accounts", "view")
    return list(session.scalars(select(Department).order_by(Department.position, Department.name, Department.id)))


def department_names(session: Session, locale: str) -> dict[int, str]:
    """Names of all departments for the reader, by id."""
    rows = session.execute(select(Department.id, Department.name, Department.name_en))
    return {row.id: shown_name(row.name, row.name_en, locale) for row in rows}


def people_query(
    *, by: Actor, q: str = "", role: str = "", department_id: int | None = None, active: bool | None = True
) -> Select[User]:
    """People, for lists and pick-lists; sorted and cut by `keyset.fetch`. Whoever has a role may look colleagues up."""
    if not by.role_keys and not by.is_system:
        raise Denied(text("Only colleagues with a role can look people up. Ask your administrator."))
    query = select(User)
    if active is not None:
        query = query.where(User.active == active)
    if words := q.strip():
        columns = (User.username, User.name, User.name_en, User.email, User.job_title)
        query = query.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    if role:
        query = query.where(exists().where(UserRole.user_id == User.id, UserRole.role_id == Role.id, Role.key == role))
    if department_id is not None:
        query = query.where(User.department_id == department_id)
    return query


def colleagues(session: Session, *, locale: str, but: int | None = None) -> list[tuple[int, str]]:
    """Everybody active, as (id, name) for a pick-list."""
    rows = session.execute(
        select(User.id, User.name, User.name_en, User.username)
        .where(User.active, User.id != (but or 0))
        .order_by(User.name)
    )
    return [(row.id, f"{shown_name(row.name, row.name_en, locale)} ({row.username})") for row in rows]


def own_sessions(session: Session, *, by: Actor, now: datetime) -> list[WebSession]:
    """The browsers in which this user is signed in, the latest first."""
    return list(
        session.scalars(
            select(WebSession)
            .where(
                WebSession.user_id == by.id,
                WebSession.last_seen_at >= now - IDLE,
                WebSession.created_at >= now - LONGEST,
            )
            .order_by(WebSession.last_seen_at.desc(), WebSession.id.desc())
        )
    )


def own_tokens(session: Session, *, by: Actor, now: datetime) -> list[ApiToken]:
    """The programs that may act for this user, the latest first."""
    return list(
        session.scalars(
            select(ApiToken).where(ApiToken.user_id == by.id, ApiToken.expires_at > now).order_by(ApiToken.id.desc())
        )
    )


def all_roles(session: Session) -> list[Role]:
    """All roles, the oldest first."""
    return list(session.scalars(select(Role).order_by(Role.id)))


def people_by_department(session: Session) -> dict[int, int]:
    """How many active people each department has."""
    counted = select(User.department_id, func.count()).where(User.active, User.department_id.is_not(None))
    rows = session.execute(counted.group_by(User.department_id))
    return {department_id: count for department_id, count in rows if department_id is not None}


def people_by_role(session: Session) -> dict[int, int]:
    """How many active people have each role."""
    counted = select(UserRole.role_id, func.count()).join(User, User.id == UserRole.user_id).where(User.active)
    return {row[0]: row[1] for row in session.execute(counted.group_by(UserRole.role_id))}
