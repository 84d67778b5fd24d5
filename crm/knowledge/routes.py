"""Pages of the knowledge base."""

from __future__ import annotations

from crm.core.i18n import text
from crm.knowledge.description import ARTICLE
from crm.records.pages import record_pages
from crm.web.navigation import SERVICE, Entry

pages = record_pages(ARTICLE)
NAVIGATION = (
    Entry(text("Knowledge base"), "articles.index", "book", permission=("knowledge", "view"), group=SERVICE, order=32),
)
