"""Pages of products."""

from __future__ import annotations

from crm.catalog.description import PRODUCT
from crm.core.i18n import text
from crm.records.pages import record_pages
from crm.web.navigation import SALES, Entry

pages = record_pages(PRODUCT)
NAVIGATION = (
    Entry(text("Products"), "products.index", "package", permission=("products", "view"), group=SALES, order=52),
)
