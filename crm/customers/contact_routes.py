"""Pages of contacts: list, create, change, delete. A contact is read on the page of its customer."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.core.errors import Conflict, Denied, Invalid
from crm.core.i18n import text
from crm.customers.contact_operations import change_contact, create_contact, delete_contact
from crm.customers.contact_queries import SORTS, find_contact, find_contacts, may_do
from crm.customers.forms import CONTACT_GROUPS, conflicts, contact_form
from crm.customers.models import Customer
from crm.customers.queries import customer_names, find_customer
from crm.customers.rules import CONTACT_FIELDS
from crm.dictionary.queries import choices_of, names
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.languages import current_locale, shown
from crm.web.lists import list_address, sort_column

pages = Blueprint("contacts", __name__)
LIST_FILTERS = ("buying_role", "closeness", "customer_id")


@pages.get("/contacts")
@requires("contacts", "view")
def index() -> ResponseReturnValue:
    """The list of contacts, with search, filters and order."""
    actor, address = current_actor(), list_address(LIST_FILTERS, SORTS, "name")
    with reading_session() as session:
        found = find_contacts(
            session,
            by=actor,
            query=address.query,
            filters=address.filters,
            sort=address.sort,
            place=address.place,
            backwards=address.backwards,
        )
        return render_template(
            "contacts/index.html",
            rows=found.rows,
            customers=customer_names(session, {row.customer_id for row in found.rows}),
            names=names(session, current_locale(), ("buying_role", "closeness")),
            choices=choices_of(session, ("buying_role", "closeness"), current_locale()),
            address=address,
            columns={"name": sort_column(address, "name")},
            pages=address.pages(found),
        )


@pages.route("/customers/<int:customer_id>/contacts/new", methods=["GET", "POST"])
@requires("contacts", "create")
def create(customer_id: int) -> ResponseReturnValue:
    """The form of a new contact of this customer."""
    actor = current_actor()
    with reading_session() as session:
        customer = find_customer(session, by=actor, customer_id=customer_id)
        if not may_do(session, actor, customer_id, "create"):
            raise Denied(text("You may see {name}, but not add contacts to it.", name=customer.name))
        form = contact_form(session, formdata=request.form if request.method == "POST" else None)
    if request.method == "POST":
        try:
            with writing() as session:
                contact = create_contact(session, by=actor, now=now(), customer_id=customer_id, values=form.given())
        except Invalid as wrong:
            form.mark(wrong.faults)
        else:
            flash(shown(text("{name} has been added.", name=contact.name)), "good")
            return redirect(url_for("customers.show", customer_id=customer_id))
    page = render_template("contacts/form.html", form=form, groups=CONTACT_GROUPS, customer=customer, contact=None)
    return page, 422 if request.method == "POST" else 200


@pages.route("/contacts/<int:contact_id>/edit", methods=["GET", "POST"])
def edit(contact_id: int) -> ResponseReturnValue:
    """The form of the contact. What somebody else changed meanwhile is shown beside what was typed."""
    actor = current_actor()
    with reading_session() as session:
        contact = find_contact(session, by=actor, contact_id=contact_id, action="edit")
        customer = session.get_one(Customer, contact.customer_id)
        form = contact_form(session, record=contact, formdata=request.form if request.method == "POST" else None)
        stored = contact_form(session, record=contact)
        may_delete = may_do(session, actor, contact.customer_id, "delete")
    status, seen = 200, contact.version
    newer: list[tuple[str, str, str]] = []
    if request.method == "POST":
        seen = request.form.get("version", 0, int)
        try:
            with writing() as session:
                change_contact(session, by=actor, now=now(), contact_id=contact_id, version=seen, values=form.given())
        except Invalid as wrong:
            status = 422
            form.mark(wrong.faults)
        except Conflict as conflict:
            status, seen = 409, contact.version
            newer = conflicts(CONTACT_FIELDS, form, conflict.current, stored)
        else:
            flash(shown(text("Your changes have been saved.")), "good")
            return redirect(url_for("customers.show", customer_id=customer.id))
    page = render_template(
        "contacts/form.html",
        form=form,
        groups=CONTACT_GROUPS,
        customer=customer,
        contact=contact,
        version=seen,
        newer=newer,
        is_stale=status == 409,
        may_delete=may_delete,
    )
    return page, status


@pages.post("/contacts/<int:contact_id>/delete")
def delete(contact_id: int) -> ResponseReturnValue:
    """Delete the contact of the version that was seen."""
    with writing() as session:
        contact = find_contact(session, by=current_actor(), contact_id=contact_id)
        delete_contact(
            session, by=current_actor(), now=now(), contact_id=contact_id, version=request.form.get("version", 0, int)
        )
    flash(shown(text("The contact has been deleted.")), "good")
    return redirect(url_for("customers.show", customer_id=contact.customer_id))
