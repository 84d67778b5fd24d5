"""Pages of customers. The shared ones of records do the work; a likely duplicate is shown before it is made."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from crm.core.errors import Invalid
from crm.core.i18n import text
from crm.customers.contact_queries import contacts_of, may_do
from crm.customers.description import CUSTOMER
from crm.customers.models import Customer
from crm.customers.operations import PossibleDuplicate, create_customer
from crm.dictionary.queries import names
from crm.files.rules import BODY_LIMIT
from crm.permissions import Actor
from crm.records import pages as shared
from crm.records.forms import record_form
from crm.records.listing import list_page
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.languages import current_locale, shown
from crm.web.navigation import CUSTOMERS, Entry
from crm.web.security import takes_body

pages = Blueprint("customers", __name__, url_prefix="/customers")
NAVIGATION = (
    Entry(
        text("Customers"), "customers.index", "building", permission=("customers", "view"), group=CUSTOMERS, order=40
    ),
    Entry(
        text("Contacts"), "contacts.index", "address-book", permission=("contacts", "view"), group=CUSTOMERS, order=41
    ),
)


def _more(session: Session, actor: Actor, customer: Customer) -> Mapping[str, object]:
    return {
        "customer": customer,
        "names": names(session, current_locale(), ("buying_role",)),
        "contacts": contacts_of(session, by=actor, customer_id=customer.id),
        "may_add_contact": may_do(session, actor, customer.id, "create"),
        "may_request": actor.may("service", "create"),
    }


SHAPE = shared.Shape(templates={"show": "customers/show.html"}, more=_more)


@pages.get("")
@requires("customers", "view")
def index() -> ResponseReturnValue:
    """The list of customers, with search, filters and order."""
    return list_page(CUSTOMER)


@pages.get("/<int:customer_id>")
def show(customer_id: int) -> ResponseReturnValue:
    """The record: its fields, its contacts, what other rooms have about it, and everything that happened."""
    return shared.record_page(CUSTOMER, customer_id, shape=SHAPE)


@pages.get("/<int:customer_id>/timeline")
def timeline(customer_id: int) -> ResponseReturnValue:
    """Further lines of the timeline."""
    return shared.timeline_lines(CUSTOMER, customer_id, shape=SHAPE)


@pages.route("/new", methods=["GET", "POST"])
@requires("customers", "create")
def create() -> ResponseReturnValue:
    """The form of a new customer. A likely duplicate is shown; the button below it creates on purpose."""
    actor = current_actor()
    formdata = request.form if request.method == "POST" else None
    with reading_session() as session:
        form = record_form(CUSTOMER, session, by=actor, now=now(), formdata=formdata)
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
            return redirect(CUSTOMER.link(customer.id))
    page = render_template(
        "customers/form.html", sort=CUSTOMER, form=form, record=None, duplicates=duplicates, cancel_url="/customers"
    )
    return page, 409 if duplicates else 422 if request.method == "POST" else 200


@pages.route("/<int:customer_id>/edit", methods=["GET", "POST"])
def edit(customer_id: int) -> ResponseReturnValue:
    """The form of the customer."""
    return shared.edit_page(CUSTOMER, customer_id)


@pages.post("/<int:customer_id>/delete")
def delete(customer_id: int) -> ResponseReturnValue:
    """Delete the customer of the version that was seen."""
    return shared.delete_act(CUSTOMER, customer_id)


@pages.post("/<int:customer_id>/files")
@takes_body(BODY_LIMIT)
def attach(customer_id: int) -> ResponseReturnValue:
    """Put the sent files beside the customer."""
    return shared.attach_act(CUSTOMER, customer_id)


@pages.post("/<int:customer_id>/files/<int:file_id>/remove")
def detach(customer_id: int, file_id: int) -> ResponseReturnValue:
    """Take a file away from the customer."""
    return shared.detach_act(CUSTOMER, customer_id, file_id)
