"""Pages of service requests: the list, and the record with its customer, its facts and what processes show about it."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from crm.accounts.queries import users_with_role
from crm.activity.queries import timeline_of
from crm.activity.showing import PAGE as TIMELINE_PAGE
from crm.activity.showing import page_of_lines
from crm.core.i18n import text
from crm.customers.queries import customer_names
from crm.dictionary.queries import choices
from crm.service.queries import SORTS, find_requests
from crm.service.rules import STATUS_NAMES
from crm.service.showing import request_facts, request_rows, requests_of_customer
from crm.service.waiting import customer_answered, wait_for_customer
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.languages import current_locale, shown
from crm.web.lists import list_address, sort_column
from crm.web.navigation import SERVICE, Entry
from crm.web.security import safe_next
from crm.web.slots import add_panel, panels_of

pages = Blueprint("service", __name__, url_prefix="/service-requests")
NAVIGATION = (
    Entry(
        text("Service requests"), "service.index", "headset", permission=("service", "view"), group=SERVICE, order=30
    ),
)
LIST_FILTERS = ("status", "type", "assigned_to_id", "overdue", "customer_id")
HANDLING_ROLES = ("service_agent", "customer_manager", "sales_supervisor")


@pages.get("")
@requires("service", "view")
def index() -> ResponseReturnValue:
    """The list of service requests, with search, filters and order."""
    actor, address = current_actor(), list_address(LIST_FILTERS, SORTS, "-number")
    with reading_session() as session:
        found = find_requests(
            session,
            by=actor,
            now=now(),
            query=address.query,
            filters=address.filters,
            sort=address.sort,
            place=address.place,
            backwards=address.backwards,
        )
        customer_id = address.filters.get("customer_id", "")
        named = customer_names(session, {row.customer_id for row in found.rows}) if customer_id else {}
        return render_template(
            "service/index.html",
            rows=request_rows(session, found.rows, locale=current_locale()),
            address=address,
            columns={name: sort_column(address, name) for name in ("number", "due")},
            pages=address.pages(found),
            types=choices(session, "service_type", current_locale()),
            statuses=[(str(key), shown(name)) for key, name in STATUS_NAMES.items()],
            assignees=_assignees(session),
            customer_name=next(iter(named.values()), customer_id),
            may_create=actor.may("service", "create"),
        )


@pages.get("/<int:request_id>")
def show(request_id: int) -> ResponseReturnValue:
    """The record: its facts, its customer, the panels that processes fill, and everything that happened."""
    actor = current_actor()
    with reading_session() as session:
        facts = request_facts(session, by=actor, request_id=request_id)
        return render_template(
            "service/show.html",
            **facts,
            panels=panels_of(session, actor, "service_request", request_id),
            **_timeline(session, request_id),
        )


@pages.get("/<int:request_id>/timeline")
def timeline(request_id: int) -> ResponseReturnValue:
    """Further lines of the timeline: the rest of the list for a script, else the whole page from that place."""
    if not request.headers.get("HX-Request"):
        return show(request_id)
    with reading_session() as session:
        answer = make_response(render_template("service/_timeline.html", **_timeline(session, request_id)))
    answer.vary.add("HX-Request")
    return answer


@pages.post("/<int:request_id>/wait")
def wait(request_id: int) -> ResponseReturnValue:
    """The customer was asked something; the clock stands still."""
    with writing() as session:
        wait_for_customer(
            session,
            by=current_actor(),
            now=now(),
            request_id=request_id,
            question=request.form.get("question", ""),
            version=request.form.get("version", None, int),
        )
    flash(shown(text("The clock stands still until the customer answers.")), "good")
    return redirect(safe_next(request.form.get("next"), url_for("service.show", request_id=request_id)))


@pages.post("/<int:request_id>/answered")
def answered(request_id: int) -> ResponseReturnValue:
    """The customer has answered; the clock runs again."""
    with writing() as session:
        customer_answered(
            session,
            by=current_actor(),
            now=now(),
            request_id=request_id,
            answer=request.form.get("answer", ""),
            version=request.form.get("version", None, int),
        )
    flash(shown(text("The clock runs again.")), "good")
    return redirect(safe_next(request.form.get("next"), url_for("service.show", request_id=request_id)))


def _timeline(session: Session, request_id: int) -> dict[str, object]:
    happenings = timeline_of(
        session,
        by=current_actor(),
        record_type="service_request",
        record_id=request_id,
        before=request.args.get("before"),
        limit=TIMELINE_PAGE + 1,
    )
    happened, before = page_of_lines(happenings, with_links=False)
    return {"happened": happened, "before": before, "request_id": request_id}


def _assignees(session: Session) -> list[tuple[str, str]]:
    found = {user.id: user for role in HANDLING_ROLES for user in users_with_role(session, role)}
    return [(str(user.id), user.shown_name(current_locale())) for user in found.values()]


add_panel("customer", requests_of_customer)
