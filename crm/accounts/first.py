"""The beginning of an installation: the first administrator."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from crm.accounts import operations
from crm.accounts.models import Role, User
from crm.accounts.passwords import check_password, hash_password
from crm.accounts.rules import UserValues, check_username
from crm.core.errors import RuleBroken
from crm.core.i18n import text
from crm.permissions import SYSTEM

ADMINISTRATOR = "administrator"


def any_user(session: Session) -> bool:
    """Has anybody an account?"""
    return bool(session.scalar(select(exists().where(User.id.is_not(None)))))


def create_first_administrator(session: Session, *, now: datetime, username: str, name: str, password: str) -> User:
    """The account from which all others are made. RuleBroken if there are accounts already."""
    if any_user(session):
        raise RuleBroken(text("There are accounts already. An administrator creates the next one."))
    check_password(password, username=check_username(username))
    role = session.scalars(select(Role).where(Role.key == ADMINISTRATOR)).one()
    return operations.create_user(
        session,
        by=SYSTEM,
        now=now,
        username=username,
        values=UserValues(name=name, role_ids=frozenset({role.id})),
        password_hash=hash_password(password),
    )
