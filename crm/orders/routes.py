"""Pages of orders and their lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from crm.core.db import company_time
from crm.core.i18n import text
from crm.orders.description import LINE, ORDER
from crm.orders.models import SalesOrder
from crm.orders.operations import add_line, cancel, change_line, create_order, deliver, lines_of, remove_line
from crm.orders.rules import why_not_open
from crm.permissions import Actor
from crm.records.operations import hold, named_by
from crm.records.pages import Shape, record_pages
from crm.records.queries import why_not
from crm.records.showing import related, words_for
from crm.web.doors import current_actor, now, requires, writing
from crm.web.navigation import SALES, Entry
from crm.web.slots import add_panel


def _more(session: Session, actor: Actor, order: SalesOrder) -> Mapping[str, object]:
    lines = lines_of(session, order.id)
    return {
        "lines": lines,
        "line_sort": LINE,
        "line_words": words_for(session, LINE.shown.values(), lines),
        "why_not_open": why_not(ORDER, session, by=actor, record=order, action="edit")
        or why_not_open(order.number, order.status),
        "today": company_time(session, now()).date(),
    }


def _order_of(line: Any) -> str:
    return ORDER.link(line.order_id) + "#lines"


pages = record_pages(ORDER, shape=Shape(templates={"show": "orders/show.html"}, more=_more, create=create_order))
line_pages = record_pages(
    LINE,
    shape=Shape(create=add_line, change=change_line, delete=remove_line, back=_order_of),
    views=("index", "show", "timeline", "create", "edit", "delete"),
)
NAVIGATION = (
    Entry(text("Orders"), "orders.index", "shopping-cart", permission=("orders", "view"), group=SALES, order=51),
)


@pages.post("/<int:record_id>/deliver")
@requires("orders", "edit")
def deliver_act(record_id: int) -> ResponseReturnValue:
    """The order is delivered."""
    with writing() as session:
        deliver(
            session,
            by=current_actor(),
            now=now(),
            record_id=record_id,
            version=request.form.get("version", 0, int),
            delivered_on=request.form.get("delivered_on"),
        )
    return redirect(url_for("orders.show", record_id=record_id))


@pages.post("/<int:record_id>/cancel")
@requires("orders", "edit")
def cancel_act(record_id: int) -> ResponseReturnValue:
    """The order is cancelled."""
    with writing() as session:
        cancel(
            session,
            by=current_actor(),
            now=now(),
            record_id=record_id,
            version=request.form.get("version", 0, int),
            reason=request.form.get("reason"),
        )
    return redirect(url_for("orders.show", record_id=record_id))


add_panel("customer", related(ORDER, "customer_id", columns=("subject", "ordered_on", "amount", "status")))
add_panel("product", related(LINE, "product_id", columns=("description", "order_id", "quantity", "amount")))
hold("customer", named_by(ORDER, "customer_id"))
hold("contact", named_by(ORDER, "contact_id"))
hold("product", named_by(LINE, "product_id"))
