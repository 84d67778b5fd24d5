"""Signing in and out: tries that are counted, sessions, tokens for programs, one-time links.

A password is checked outside of any transaction (it takes long); so a try is counted before the check, and taken back
when it was right. An address that fails too often waits, with one account or with many. An account that is tried from
everywhere is slowed down, but for addresses that its owner has signed in from: nobody can lock somebody else out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import ColumnElement, and_, delete, exists, func, select
from sqlalchemy.orm import Session

from crm.accounts.credentials import (
    IDLE,
    LONGEST,
    PASSWORD_LINK_LIFE,
    TOKEN_LIFE,
    ApiToken,
    FailedSignIn,
    PasswordLink,
    WebSession,
    digest,
    new_secret,
)
from crm.accounts.models import User
from crm.core.audit import AuditEntry, write_audit
from crm.core.errors import HeliuError, NotFound
from crm.core.i18n import text

WINDOW = timedelta(minutes=15)
MOST_BY_PAIR = 8
# A whole office may share one address.
MOST_BY_ADDRESS = 60
# So often an account may fail from all addresses together before the tries are spaced, each twice as far, up to a minute.
FREE_BY_ACCOUNT = 20
LONGEST_SPACE = timedelta(minutes=1)
# So long an address stays known from which somebody has signed in.
KNOWN = timedelta(days=30)


class TooManyTries(HeliuError):
    """This account or address has failed too often."""

    status, code = 429, "too-many-tries"

    def __init__(self, wait: timedelta) -> None:
        self.retry_after = max(1, ceil(wait.total_seconds()))
        minutes = -(-self.retry_after // 60)
        super().__init__(
            text("Too many failed attempts to sign in. Please wait {minutes} minutes, then try again.", minutes=minutes)
        )


@dataclass(frozen=True)
class Opened:
    """A new session or token; the secret is known to its bearer only."""

    id: int
    secret: str
    expires_at: datetime


def count_try(session: Session, *, username: str, address: str, now: datetime) -> int:
    """Note a try before its password is checked. TooManyTries if this account or address must wait."""
    username, address = username.strip().lower()[:60], address[:64]
    of_account, from_here = FailedSignIn.username == username, FailedSignIn.address == address
    _check_tries(session, and_(of_account, from_here), MOST_BY_PAIR, now)
    _check_tries(session, from_here, MOST_BY_ADDRESS, now)
    _check_pace(session, of_account, username, address, now)
    noted = FailedSignIn(at=now, username=username, address=address)
    session.add(noted)
    session.flush()
    return noted.id


def _check_tries(session: Session, whose: ColumnElement[bool], most: int, now: datetime) -> None:
    begun = now - WINDOW
    count, oldest = session.execute(
        select(func.count(), func.min(FailedSignIn.at)).where(whose, FailedSignIn.at > begun)
    ).one()
    if count >= most:
        raise TooManyTries(oldest + WINDOW - now)


def _check_pace(session: Session, whose: ColumnElement[bool], username: str, address: str, now: datetime) -> None:
    """An account that is tried from many addresses is tried slowly, except from where its owner is at home."""
    count, latest = session.execute(
        select(func.count(), func.max(FailedSignIn.at)).where(whose, FailedSignIn.at > now - WINDOW)
    ).one()
    over = count - FREE_BY_ACCOUNT
    if over < 0:
        return
    next_try = latest + min(LONGEST_SPACE, timedelta(seconds=2 ** min(over + 1, 6)))
    if now < next_try and not _is_known(session, username, address, now):
        raise TooManyTries(next_try - now)


def _is_known(session: Session, username: str, address: str, now: datetime) -> bool:
    """Has this user signed in from there of late?"""
    came_in = exists().where(
        AuditEntry.subject_type == "user",
        AuditEntry.subject_id == select(User.id).where(User.username == username).scalar_subquery(),
        AuditEntry.at > now - KNOWN,
        AuditEntry.action.in_(("sign-in", "token.issued")),
        AuditEntry.address == address,
    )
    return bool(session.scalar(select(came_in)))


def forget_tries(session: Session, *, username: str, address: str) -> None:
    """The right password was given: what failed before from there does not count any more. What others try elsewhere does."""
    session.execute(delete(FailedSignIn).where(FailedSignIn.username == username, FailedSignIn.address == address[:64]))


def note_failure(session: Session, *, username: str, address: str, now: datetime) -> None:
    """The password was wrong; the try stays counted and is written into the audit log."""
    write_audit(
        session, at=now, actor_id=None, actor_name="", action="sign-in.refused", subject_type="user",
        subject_name=username.strip().lower(), address=address,
    )  # fmt: skip


def open_session(
    session: Session, *, user: User, now: datetime, address: str = "", browser: str = "", old_row_id: int | None = None
) -> Opened:
    """The person has proved who they are: begin a session, end the one this browser had, forget the failed tries."""
    secret = new_secret()
    row = WebSession(
        token_hash=digest(secret), user_id=user.id, data={}, created_at=now, last_seen_at=now, address=address[:64],
        browser=browser[:200],
    )  # fmt: skip
    session.add(row)
    forget_tries(session, username=user.username, address=address)
    if old_row_id is not None:
        session.execute(delete(WebSession).where(WebSession.id == old_row_id))
    write_audit(
        session, at=now, actor_id=user.id, actor_name=user.name, action="sign-in", subject_type="user",
        subject_id=user.id, subject_name=user.username, address=address,
    )  # fmt: skip
    session.flush()
    return Opened(id=row.id, secret=secret, expires_at=now + LONGEST)


def close_session(session: Session, *, row_id: int, user: User, now: datetime) -> None:
    """Sign out: the session is dead, wherever its cookie was copied to."""
    session.execute(delete(WebSession).where(WebSession.id == row_id))
    write_audit(
        session, at=now, actor_id=user.id, actor_name=user.name, action="sign-out", subject_type="user",
        subject_id=user.id, subject_name=user.username,
    )  # fmt: skip


def end_sessions(session: Session, *, user_id: int, but: int | None = None) -> None:
    """Sign the user out everywhere, except in the session `but`."""
    query = delete(WebSession).where(WebSession.user_id == user_id)
    session.execute(query if but is None else query.where(WebSession.id != but))


def issue_token(
    session: Session, *, user: User, name: str, now: datetime, address: str = "", life: timedelta = TOKEN_LIFE
) -> Opened:
    """A token for a program that acts for this user. The secret is told once."""
    secret = new_secret()
    row = ApiToken(token_hash=digest(secret), user_id=user.id, name=name[:80], created_at=now, expires_at=now + life)
    session.add(row)
    forget_tries(session, username=user.username, address=address)
    write_audit(
        session, at=now, actor_id=user.id, actor_name=user.name, action="token.issued", subject_type="user",
        subject_id=user.id, subject_name=user.username, new={"name": name}, address=address or None,
    )  # fmt: skip
    session.flush()
    return Opened(id=row.id, secret=secret, expires_at=row.expires_at)


def revoke_all_tokens(session: Session, *, user: User, now: datetime) -> int:
    """No program acts for this user any more. Answers how many did."""
    tokens = session.scalars(select(ApiToken).where(ApiToken.user_id == user.id, ApiToken.expires_at > now)).all()
    for token in tokens:
        revoke_token(session, token_id=token.id, user=user, now=now)
    return len(tokens)


def revoke_token(session: Session, *, token_id: int, user: User, now: datetime) -> None:
    """The user's token works no more. NotFound if it is not theirs."""
    row = session.scalar(select(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == user.id))
    if row is None:
        raise NotFound(text("There is no such token."))
    session.delete(row)
    write_audit(
        session, at=now, actor_id=user.id, actor_name=user.name, action="token.revoked", subject_type="user",
        subject_id=user.id, subject_name=user.username, old={"name": row.name},
    )  # fmt: skip


def make_password_link(session: Session, *, user: User, now: datetime) -> Opened:
    """A link by which the user sets a password, once, within a day. Links made before die."""
    session.execute(delete(PasswordLink).where(PasswordLink.user_id == user.id))
    secret = new_secret()
    row = PasswordLink(token_hash=digest(secret), user_id=user.id, created_at=now, expires_at=now + PASSWORD_LINK_LIFE)
    session.add(row)
    session.flush()
    return Opened(id=row.id, secret=secret, expires_at=row.expires_at)


def sweep(session: Session, *, now: datetime) -> None:
    """Delete what has expired: sessions, tokens, links, old tries. For a daily job; nothing depends on it."""
    session.execute(delete(WebSession).where(WebSession.last_seen_at < now - IDLE))
    session.execute(delete(WebSession).where(WebSession.created_at < now - LONGEST))
    session.execute(delete(ApiToken).where(ApiToken.expires_at < now))
    session.execute(delete(PasswordLink).where(PasswordLink.expires_at < now))
    session.execute(delete(FailedSignIn).where(FailedSignIn.at < now - WINDOW))
