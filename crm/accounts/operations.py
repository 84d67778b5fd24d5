"""What administrators do with users: create, edit, disable, give a link for a new password.

Departments and roles stand in organisation.py, one's own account in own_account.py, signing in in signing_in.py. Every
change is written into the audit log.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, exists, insert, select
from sqlalchemy.orm import Session

from crm.accounts import rules
from crm.accounts.actors import access_changed
from crm.accounts.credentials import ApiToken, PasswordLink
from crm.accounts.models import Department, Role, User, UserRole
from crm.accounts.organisation import check_administrator_left
from crm.accounts.rules import UserValues
from crm.accounts.signing_in import Opened, end_sessions, make_password_link
from crm.core.audit import differences, write_audit
from crm.core.errors import Conflict, Fault, Invalid, NotFound, RuleBroken
from crm.core.i18n import text
from crm.permissions import Actor, check_may


def create_user(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    username: str,
    values: UserValues,
    password_hash: str | None = None,
) -> User:
    """A new account. Without a password hash nobody can sign in with it until a link was used."""
    check_may(by, "accounts", "administer")
    username = rules.check_username(username)
    values = rules.check_user(values)
    if session.scalar(select(exists().where(User.username == username))):
        raise Invalid([Fault("username", text("The user name {name} is taken.", name=username))])
    _check_references(session, values)
    user = User(
        username=username,
        active=True,
        version=1,
        created_at=now,
        password_hash=password_hash,
        password_set_at=now if password_hash else None,
        **_columns(values),
    )
    session.add(user)
    session.flush()
    _give_roles(session, user.id, values.role_ids)
    access_changed(session)
    note_user(session, by, now, "user.created", user, new={**_columns(values), "roles": sorted(values.role_ids)})
    return user


def edit_user(session: Session, *, by: Actor, now: datetime, user_id: int, version: int, values: UserValues) -> User:
    """Change what is known about a user. Other roles sign them out everywhere; the last administrator cannot be taken away."""
    check_may(by, "accounts", "administer")
    user = locked_user(session, user_id)
    values = rules.check_user(values)
    if user.version != version:
        raise Conflict(
            text("A colleague has changed {name} meanwhile.", name=user.name), current=user_values(session, user)
        )
    if values.manager_id == user.id:
        raise Invalid([Fault("manager_id", text("Nobody is their own manager."))])
    _check_references(session, values)
    before = user_values(session, user)
    for name, value in _columns(values).items():
        setattr(user, name, value)
    user.version += 1
    if set(before["roles"]) != values.role_ids:  # type: ignore[call-overload]  # a list of ids
        session.execute(delete(UserRole).where(UserRole.user_id == user.id))
        _give_roles(session, user.id, values.role_ids)
        end_sessions(session, user_id=user.id)
    session.flush()
    old, new = differences(before, user_values(session, user))
    if new:
        # First, as it makes two who take administrators away at the same time wait for each other.
        access_changed(session)
        check_administrator_left(session)
        note_user(session, by, now, "user.changed", user, old=old, new=new)
    return user


def disable_user(session: Session, *, by: Actor, now: datetime, user_id: int) -> User:
    """The account can no longer be used: its sessions, tokens and links die at once. What the person did stays."""
    check_may(by, "accounts", "administer")
    if user_id == by.id:
        raise RuleBroken(text("You cannot disable your own account."))
    user = locked_user(session, user_id)
    if not user.active:
        return user
    user.active, user.version = False, user.version + 1
    end_sessions(session, user_id=user.id)
    session.execute(delete(ApiToken).where(ApiToken.user_id == user.id))
    session.execute(delete(PasswordLink).where(PasswordLink.user_id == user.id))
    session.flush()
    access_changed(session)
    check_administrator_left(session)
    note_user(session, by, now, "user.disabled", user, old={"active": True}, new={"active": False})
    return user


def enable_user(session: Session, *, by: Actor, now: datetime, user_id: int) -> User:
    """The account can be used again."""
    check_may(by, "accounts", "administer")
    user = locked_user(session, user_id)
    if not user.active:
        user.active, user.version = True, user.version + 1
        access_changed(session)
        note_user(session, by, now, "user.enabled", user, old={"active": False}, new={"active": True})
    return user


def send_password_link(session: Session, *, by: Actor, now: datetime, user_id: int) -> Opened:
    """A one-time link for the user, shown to the administrator once. The old password works until it is used."""
    check_may(by, "accounts", "administer")
    user = locked_user(session, user_id)
    if not user.active:
        raise RuleBroken(text("{name} is disabled. Enable the account first.", name=user.name))
    link = make_password_link(session, user=user, now=now)
    note_user(session, by, now, "user.password-link", user)
    return link


def user_values(session: Session, user: User) -> dict[str, object]:
    """What an administrator can edit about a user."""
    roles = sorted(session.scalars(select(UserRole.role_id).where(UserRole.user_id == user.id)))
    names = ("name", "name_en", "email", "phone", "department_id", "job_title", "manager_id", "locale", "timezone")
    return {**{name: getattr(user, name) for name in names}, "roles": roles}


def _columns(values: UserValues) -> dict[str, object]:
    return {
        "name": values.name,
        "name_en": values.name_en,
        "email": values.email,
        "phone": values.phone,
        "department_id": values.department_id,
        "job_title": values.job_title,
        "manager_id": values.manager_id,
        "locale": values.locale,
        "timezone": values.timezone,
    }


def locked_user(session: Session, user_id: int) -> User:
    """The user, to be changed in this unit of work. NotFound if there is none."""
    # `key_share` leaves others free to name this user in a row of theirs, as a substitute for instance.
    user = session.get(User, user_id, with_for_update={"key_share": True})
    if user is None:
        raise NotFound(text("There is no user with number {number}.", number=user_id))
    return user


def _give_roles(session: Session, user_id: int, role_ids: Iterable[int]) -> None:
    rows = [{"user_id": user_id, "role_id": role_id} for role_id in sorted(role_ids)]
    if rows:
        session.execute(insert(UserRole), rows)


def _check_references(session: Session, values: UserValues) -> None:
    faults: list[Fault] = []
    if values.department_id is not None and session.get(Department, values.department_id) is None:
        faults.append(Fault("department_id", text("This department does not exist.")))
    if values.manager_id is not None and session.get(User, values.manager_id) is None:
        faults.append(Fault("manager_id", text("This user does not exist.")))
    known = set(session.scalars(select(Role.id).where(Role.id.in_(values.role_ids))))
    if known != values.role_ids:
        faults.append(Fault("role_ids", text("This role does not exist.")))
    if faults:
        raise Invalid(faults)


def note_user(
    session: Session,
    by: Actor,
    now: datetime,
    action: str,
    user: User,
    old: dict[str, object] | None = None,
    new: dict[str, object] | None = None,
) -> None:
    """Write what was done to a user into the audit log."""
    write_audit(
        session, at=now, actor_id=by.id, actor_name=by.name, action=action, subject_type="user", subject_id=user.id,
        subject_name=user.username, old=old, new=new,
    )  # fmt: skip
