"""Pages of interactions, and their places on the pages of customers and contacts."""

from __future__ import annotations

from crm.core.i18n import text
from crm.interactions.description import INTERACTION
from crm.records.pages import record_pages
from crm.records.showing import related
from crm.web.navigation import CUSTOMERS, Entry
from crm.web.slots import add_panel

pages = record_pages(INTERACTION)
NAVIGATION = (
    Entry(
        text("Interactions"),
        "interactions.index",
        "messages",
        permission=("interactions", "view"),
        group=CUSTOMERS,
        order=42,
    ),
)

add_panel("customer", related(INTERACTION, "customer_id", columns=("subject", "channel", "held_at", "next_visit")))
add_panel("contact", related(INTERACTION, "contact_id", columns=("subject", "channel", "held_at", "next_visit")))
