"""The form with which somebody's absence is entered; the profile and the administrators' page of a user both show it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from crm.accounts.forms import SubstituteForm
from crm.accounts.models import User
from crm.accounts.queries import colleagues
from crm.accounts.substitutes import name_substitute
from crm.permissions import Actor
from crm.web.doors import reading_session
from crm.web.languages import current_locale, current_timezone


def substitute_form(user: User, data: Any = None) -> SubstituteForm:
    """The form with what is known of this user's absence, or with what a browser sent."""
    zone = current_timezone()
    until = user.substitute_until
    values: dict[str, object] = {
        "substitute_id": str(user.substitute_id or ""),
        "substitute_from": user.substitute_from.astimezone(zone).date() if user.substitute_from else None,
        "substitute_until": (until.astimezone(zone) - timedelta(microseconds=1)).date() if until else None,
    }
    form = SubstituteForm(data, data=values)
    with reading_session() as session:
        form.substitute_id.offer(colleagues(session, but=user.id, locale=current_locale()))
    return form


def save_substitute(session: Session, form: SubstituteForm, *, by: Actor, now: datetime, user_id: int | None) -> User:
    """Keep what was entered. Days begin and end by the reader's clock."""
    zone = current_timezone()
    first, last = form.substitute_from.data, form.substitute_until.data
    return name_substitute(
        session,
        by=by,
        now=now,
        user_id=user_id,
        substitute_id=form.substitute_id.number,
        begins=datetime.combine(first, time(), zone).astimezone(UTC) if first else None,
        # The last day counts: the absence ends with the first moment of the day after.
        ends=datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC) if last else None,
    )
