"""Pages of customers: list, record, create, change, delete."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from crm.accounts.queries import names_of
from crm.activity.queries import timeline_of
from crm.activity.showing import PAGE as TIMELINE_PAGE
from crm.activity.showing import page_of_lines
from crm.core.errors import Conflict, Invalid
from crm.core.i18n import text
from crm.customers.contact_queries import contacts_of, may_do
from crm.customers.forms import CUSTOMER_GROUPS, conflicts, customer_form, owners
from crm.customers.models import Customer
from crm.customers.operations import PossibleDuplicate, change_customer, create_customer, delete_customer
from crm.customers.queries import SORTS, count_customers, find_customer, find_customers, why_not
from crm.customers.rules import CUSTOMER_FIELDS
from crm.dictionary.queries import choices_of, names
from crm.permissions import Actor
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.languages import current_locale, shown
from crm.web.lists import list_address, sort_column
from crm.web.navigation import Entry
from crm.web.record_forms import RecordForm
from crm.web.slots import panels_of

pages = Blueprint("customers", __name__, url_prefix="/customers")
NAVIGATION = (
    Entry(text("Customers"), "customers.index", "building", permission=("customers", "view"), order=30),
    Entry(text("Contacts"), "contacts.index", "address-book", permission=("contacts", "view"), order=31),
)
LIST_FILTERS = ("grade", "region", "industry", "stage", "owner_id", "tags")


@pages.get("")
@requires("customers", "view")
def index() -> ResponseReturnValue:
    """The list of customers, with search, filters and order."""
    actor, address = current_actor(), list_address(LIST_FILTERS, SORTS, "name")
    with reading_session() as session:
        found = find_customers(
            session,
            by=actor,
            query=address.query,
            filters=address.filters,
            sort=address.sort,
            place=address.place,
            backwards=address.backwards,
        )
        return render_template(
            "customers/index.html",
            rows=found.rows,
            total=count_customers(session, by=actor, query=address.query, filters=address.filters),
            names=names(session, current_locale(), ("grade", "region", "industry", "stage")),
            people=names_of(session, (row.owner_id for row in found.rows), current_locale()),
            choices=choices_of(session, ("grade", "region", "industry", "stage"), current_locale()),
            owners=owners(session),
            address=address,
            columns={name: sort_column(address, name) for name in ("number", "name", "updated")},
            pages=address.pages(found),
            may_create=actor.may("customers", "create"),
        )


@pages.get("/<int:customer_id>")
def show(customer_id: int) -> ResponseReturnValue:
    """The record: its fields, its contacts, what other rooms have about it, and everything that happened."""
    with reading_session() as session:
        return _record_page(session, find_customer(session, by=current_actor(), customer_id=customer_id))


@pages.get("/<int:customer_id>/timeline")
def timeline(customer_id: int) -> ResponseReturnValue:
    """Further lines of the timeline: the rest of the list for a script, else the whole page from that place."""
    with reading_session() as session:
        customer = find_customer(session, by=current_actor(), customer_id=customer_id)
        if not request.headers.get("HX-Request"):
            return _record_page(session, customer)
        answer = make_response(render_template("customers/_timeline.html", **_timeline(session, customer)))
        answer.vary.add("HX-Request")
        return answer


@pages.route("/new", methods=["GET", "POST"])
@requires("customers", "create")
def create() -> ResponseReturnValue:
    """The form of a new customer. A likely duplicate is shown; the button below it creates on purpose."""
    actor = current_actor()
    with reading_session() as session:
        form = customer_form(session, by=actor, formdata=request.form if request.method == "POST" else None)
    duplicates = []
    if request.method == "POST":
        try:
            with writing() as session:
                customer = create_customer(
                    session, by=actor, now=now(), values=form.given(), on_purpose="on_purpose" in request.form
                )
        except Invalid as wrong:
            form.mark(wrong.faults)
        except PossibleDuplicate as possible:
            duplicates = possible.found
        else:
            flash(
                shown(text("{name} has been created as {number}.", name=customer.name, number=customer.number)), "good"
            )
            return redirect(url_for("customers.show", customer_id=customer.id))
    page = render_template(
        "customers/form.html", form=form, groups=CUSTOMER_GROUPS, customer=None, duplicates=duplicates
    )
    return page, 409 if duplicates else 422 if request.method == "POST" else 200


@pages.route("/<int:customer_id>/edit", methods=["GET", "POST"])
def edit(customer_id: int) -> ResponseReturnValue:
    """The form of the customer. What somebody else changed meanwhile is shown beside what was typed."""
    actor = current_actor()
    formdata = request.form if request.method == "POST" else None
    with reading_session() as session:
        customer = find_customer(session, by=actor, customer_id=customer_id, action="edit")
        form = customer_form(session, by=actor, record=customer, formdata=formdata)
    status = 200
    newer: list[tuple[str, str, str]] = []
    if request.method == "POST":
        try:
            with writing() as session:
                change_customer(
                    session,
                    by=actor,
                    now=now(),
                    customer_id=customer_id,
                    version=request.form.get("version", 0, int),
                    values=form.given(),
                )
        except Invalid as wrong:
            status = 422
            form.mark(wrong.faults)
        except Conflict as conflict:
            status = 409
            customer, newer = _newer(actor, customer_id, form, conflict)
        else:
            flash(shown(text("Your changes have been saved.")), "good")
            return redirect(url_for("customers.show", customer_id=customer_id))
    seen = customer.version if status != 422 else request.form.get("version", 0, int)
    page = render_template(
        "customers/form.html",
        form=form,
        groups=CUSTOMER_GROUPS,
        customer=customer,
        version=seen,
        newer=newer,
        is_stale=status == 409,
        duplicates=[],
    )
    return page, status


@pages.post("/<int:customer_id>/delete")
def delete(customer_id: int) -> ResponseReturnValue:
    """Delete the customer of the version that was seen."""
    with writing() as session:
        delete_customer(
            session, by=current_actor(), now=now(), customer_id=customer_id, version=request.form.get("version", 0, int)
        )
    flash(shown(text("The customer has been deleted.")), "good")
    return redirect(url_for("customers.index"))


def _newer(
    actor: Actor, customer_id: int, form: RecordForm, conflict: Conflict
) -> tuple[Customer, list[tuple[str, str, str]]]:
    """The customer as it is stored by now, and where it differs from what was typed."""
    with reading_session() as session:
        customer = find_customer(session, by=actor, customer_id=customer_id)
        stored = customer_form(session, by=actor, record=customer)
    return customer, conflicts(CUSTOMER_FIELDS, form, conflict.current, stored)


def _record_page(session: Session, customer: Customer) -> str:
    actor, locale = current_actor(), current_locale()
    people = names_of(session, (customer.owner_id, customer.created_by_id, customer.updated_by_id), locale)
    return render_template(
        "customers/show.html",
        groups=CUSTOMER_GROUPS,
        fields={field.name: field for field in CUSTOMER_FIELDS},
        names=names(session, locale),
        people=people,
        contacts=contacts_of(session, by=actor, customer_id=customer.id),
        may_add_contact=may_do(session, actor, customer.id, "create"),
        may_edit_contact=may_do(session, actor, customer.id, "edit"),
        panels=panels_of(session, actor, "customer", customer.id),
        why_not={action: why_not(actor, customer, action) for action in ("edit", "delete")},
        may_request=actor.may("service", "create"),
        **_timeline(session, customer),
    )


def _timeline(session: Session, customer: Customer) -> dict[str, object]:
    happenings = timeline_of(
        session,
        by=current_actor(),
        customer_id=customer.id,
        before=request.args.get("before"),
        limit=TIMELINE_PAGE + 1,
    )
    happened, before = page_of_lines(happenings)
    return {"happened": happened, "before": before, "customer": customer}
