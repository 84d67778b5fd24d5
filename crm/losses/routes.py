"""Pages of warnings, and their place on the customer's page."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from crm.accounts.queries import names_of
from crm.core.i18n import text
from crm.losses.description import LOSS
from crm.losses.models import CustomerLoss
from crm.losses.queries import measures_of
from crm.permissions import Actor
from crm.records.pages import Shape, record_pages
from crm.records.showing import related
from crm.web.languages import current_locale
from crm.web.navigation import SALES, Entry
from crm.web.slots import add_panel


def _more(session: Session, _actor: Actor, loss: CustomerLoss) -> Mapping[str, object]:
    measures = measures_of(session, loss.id)
    people = names_of(session, {each.by_id for each in measures}, current_locale())
    return {"measures": [(each, people.get(each.by_id or 0, "")) for each in measures]}


pages = record_pages(
    LOSS,
    shape=Shape(templates={"show": "losses/show.html"}, more=_more),
    views=("index", "show", "timeline", "attach", "detach"),
)
NAVIGATION = (
    Entry(
        text("Customer losses"),
        "customer-losses.index",
        "trending-down",
        permission=("losses", "view"),
        group=SALES,
        order=53,
    ),
)

add_panel("customer", related(LOSS, "customer_id", columns=("number", "status", "last_order_on", "reason")))
