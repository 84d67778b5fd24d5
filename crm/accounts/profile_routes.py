"""One's own profile: language, time zone, password, substitute, sessions, tokens."""

from __future__ import annotations

from flask import Blueprint, render_template

from crm.accounts.queries import find_user
from crm.web.doors import current_actor, reading_session

pages = Blueprint("profile", __name__)


@pages.get("/profile")
def show() -> str:
    """The reader's own profile."""
    with reading_session() as session:
        user = find_user(session, current_actor().id or 0)
        return render_template("accounts/profile.html", user=user)
