"""Pages of records that processes of administrators open, and their place on the customer's page. Nothing is edited there."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from crm.core.i18n import text
from crm.custom.description import CUSTOM
from crm.custom.models import CustomRecord
from crm.custom.showing import shown_values
from crm.permissions import Actor
from crm.records.pages import Shape, record_pages
from crm.records.showing import related
from crm.web.navigation import SERVICE, Entry
from crm.web.slots import add_panel


def _more(session: Session, actor: Actor, record: CustomRecord) -> Mapping[str, object]:
    return shown_values(session, actor, record)


pages = record_pages(
    CUSTOM,
    shape=Shape(templates={"show": "custom/show.html", "index": "custom/index.html"}, more=_more),
    views=("index", "show", "timeline", "attach", "detach"),
)
NAVIGATION = (
    Entry(
        text("Custom records"), "own-records.index", "database", permission=("custom", "view"), group=SERVICE, order=33
    ),
)

add_panel("customer", related(CUSTOM, "customer_id", columns=("title", "sort_key", "state", "updated_at")))
