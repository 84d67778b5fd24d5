"""Pages of competitors."""

from __future__ import annotations

from crm.competitors.description import COMPETITOR
from crm.core.i18n import text
from crm.records.pages import record_pages
from crm.web.navigation import SALES, Entry

pages = record_pages(COMPETITOR)
NAVIGATION = (
    Entry(
        text("Competitors"), "competitors.index", "swords", permission=("competitors", "view"), group=SALES, order=54
    ),
)
