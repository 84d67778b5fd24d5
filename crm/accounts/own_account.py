"""What users change about themselves: language, profile, password. Substitutes stand in substitutes.py."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from crm.accounts import rules
from crm.accounts.actors import access_changed
from crm.accounts.credentials import PasswordLink, WebSession, digest
from crm.accounts.models import User
from crm.accounts.operations import locked_user, note_user
from crm.accounts.signing_in import end_sessions, revoke_all_tokens
from crm.core.audit import differences
from crm.core.errors import Conflict, Denied, Fault, Invalid, NotFound
from crm.core.i18n import text
from crm.permissions import Actor


def set_language(session: Session, *, by: Actor, now: datetime, locale: str) -> None:
    """The language in which this user is answered."""
    user = _myself(session, by)
    faults = rules.check_place(locale, user.timezone)
    if faults:
        raise Invalid(faults)
    user.locale = locale
    access_changed(session)


def edit_profile(session: Session, *, by: Actor, now: datetime, locale: str, timezone: str, phone: str) -> User:
    """What users may change about themselves."""
    user = _myself(session, by)
    faults = rules.check_place(locale, timezone)
    phone = phone.strip()
    if phone and not rules.PHONE.fullmatch(phone):
        faults.append(Fault("phone", text("A phone number has digits, blanks and + - ( ) only.")))
    if faults:
        raise Invalid(faults)
    old, new = differences(
        {"locale": user.locale, "timezone": user.timezone, "phone": user.phone},
        {"locale": locale, "timezone": timezone, "phone": phone},
    )
    user.locale, user.timezone, user.phone = locale, timezone, phone
    if new:
        access_changed(session)
        note_user(session, by, now, "user.profile", user, old=old, new=new)
    return user


def end_own_session(session: Session, *, by: Actor, now: datetime, row_id: int) -> None:
    """Sign one of this user's browsers out. NotFound if it is somebody else's."""
    user = _myself(session, by)
    row = session.scalar(select(WebSession).where(WebSession.id == row_id, WebSession.user_id == user.id))
    if row is None:
        raise NotFound(text("This browser is not signed in any more."))
    session.delete(row)
    note_user(session, by, now, "user.session-ended", user)


def change_password(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    seen_hash: str | None,
    password_hash: str,
    keep_session: int | None,
    elsewhere: bool = True,
    tokens: bool = False,
) -> None:
    """Set a new password. `elsewhere` signs out every browser but `keep_session`, `tokens` revokes those of programs.
    `seen_hash` is what the old password was checked against."""
    user = _myself(session, by)
    if user.password_hash != seen_hash:
        raise Conflict(text("Your password was changed a moment ago somewhere else."))
    user.password_hash, user.password_set_at = password_hash, now
    if elsewhere:
        end_sessions(session, user_id=user.id, but=keep_session)
    if tokens:
        revoke_all_tokens(session, user=user, now=now)
    session.execute(delete(PasswordLink).where(PasswordLink.user_id == user.id))
    note_user(session, by, now, "user.password", user)


def user_of_link(session: Session, *, secret: str, now: datetime) -> User:
    """For whom a one-time link was made. NotFound if it was used or is too old."""
    user = session.scalar(
        select(User)
        .join(PasswordLink, PasswordLink.user_id == User.id)
        .where(PasswordLink.token_hash == digest(secret), PasswordLink.expires_at > now, User.active)
    )
    if user is None:
        raise NotFound(text("This link has been used or is too old. Ask your administrator for a new one."))
    return user


def use_password_link(session: Session, *, secret: str, now: datetime, password_hash: str) -> User:
    """Set the password and burn the link."""
    user = user_of_link(session, secret=secret, now=now)
    burnt = session.execute(
        delete(PasswordLink).where(PasswordLink.token_hash == digest(secret)).returning(PasswordLink.id)
    ).all()
    if not burnt:
        raise NotFound(text("This link has been used or is too old. Ask your administrator for a new one."))
    user.password_hash, user.password_set_at = password_hash, now
    end_sessions(session, user_id=user.id)
    note_user(session, Actor(user.id, user.username, user.name), now, "user.password-by-link", user)
    return user


def _myself(session: Session, by: Actor) -> User:
    if by.id is None:
        raise Denied(text("The system has no account of its own."))
    return locked_user(session, by.id)
