"""One's own page of reminders: what the rules find for the reader now, today's visits first."""

from __future__ import annotations

from flask import Blueprint, render_template

# The rooms whose questions there are; importing them makes them known.
from crm.core.i18n import text
from crm.reminders import customers, queries, service
from crm.web.doors import current_actor, now, reading_session
from crm.web.languages import current_locale, shown
from crm.web.navigation import Entry

pages = Blueprint("reminders", __name__, url_prefix="/reminders")

QUESTIONS = (customers, service)
NAVIGATION = (
    Entry(text("Reminders"), "reminders.index", "calendar-due", order=22),
    Entry(
        text("Reminder rules"),
        "reminder_rules.index",
        "bell-ringing",
        permission=("reminders", "administer"),
        group=text("Administration"),
        order=840,
    ),
)


@pages.get("")
def index() -> str:
    """What concerns the reader, by kind."""
    with reading_session() as session:
        found = queries.my_reminders(session, by=current_actor(), now=now())
        kinds = [
            {
                "key": kind.key,
                "label": shown(kind.label),
                "icon": kind.icon,
                "rows": [
                    {"words": words, "url": finding.link}
                    for finding, words in zip(
                        findings, queries.words_of(session, findings, current_locale()), strict=True
                    )
                ],
            }
            for kind, findings in found
        ]
    return render_template("reminders/index.html", kinds=kinds)
