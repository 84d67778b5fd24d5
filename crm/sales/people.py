"""Who may develop and who must sign: people by role, with what they have in hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.accounts.models import Role, User, UserRole
from crm.accounts.queries import is_absent
from crm.core.errors import RuleBroken
from crm.core.i18n import text
from crm.customers.description import OWNER_ROLES
from crm.sales.models import Opportunity
from crm.sales.rules import Status


@dataclass(frozen=True)
class Manager:
    """Somebody who develops opportunities, with how many they have in development."""

    id: int
    name: str
    load: int


def loads_of_managers(session: Session, *, now: datetime, locale: str) -> list[Manager]:
    """Everybody present who can develop an opportunity, by role and name."""
    rows = session.execute(
        select(Opportunity.owner_id, func.count())
        .where(Opportunity.status == Status.DEVELOPING, Opportunity.deleted_at.is_(None))
        .group_by(Opportunity.owner_id)
    )
    loads = {owner_id: count for owner_id, count in rows}  # noqa: C416 - rows are tuples of two only by position
    people = {user.id: user for role in OWNER_ROLES for user in _present(session, role, now)}
    return [Manager(user.id, user.shown_name(locale), loads.get(user.id, 0)) for user in people.values()]


def two_signers(session: Session, *, now: datetime, role_keys: Sequence[str], but: int) -> list[int]:
    """One present person of each of these roles, all different and none of them `but`. Refuses where that is not two."""
    signers: list[int] = []
    for role in role_keys:
        free = [user.id for user in _present(session, role, now) if user.id not in (*signers, but)]
        signers += free[:1]
    if len(signers) < 2:
        raise RuleBroken(
            text(
                "Two people have to sign this amount, and only {count} of the roles {roles} is here. Ask an administrator to give somebody one of these roles.",
                count=len(signers),
                roles=", ".join(role_keys),
            )
        )
    return signers


def _present(session: Session, role: str, now: datetime) -> list[User]:
    """Active people with the role who are not away, by name."""
    return list(
        session.scalars(
            select(User)
            .join(UserRole, UserRole.user_id == User.id)
            .join(Role, Role.id == UserRole.role_id)
            .where(Role.key == role, User.active, ~is_absent(now))
            .order_by(User.name, User.id)
        )
    )
