"""Pages of contacts: the shared ones of records, and the form that is opened on the page of a customer."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from crm.core.errors import Denied
from crm.core.i18n import text
from crm.customers.contact_queries import may_do
from crm.customers.description import CONTACT
from crm.customers.queries import find_customer
from crm.records.pages import create_page, record_pages
from crm.web.doors import current_actor, reading_session, requires

pages = record_pages(CONTACT)
of_customer = Blueprint("contacts_of_customer", __name__, url_prefix="/customers")


@of_customer.route("/<int:customer_id>/contacts/new", methods=["GET", "POST"])
@requires("contacts", "create")
def create(customer_id: int) -> ResponseReturnValue:
    """The form of a new contact of this customer."""
    actor = current_actor()
    with reading_session() as session:
        customer = find_customer(session, by=actor, customer_id=customer_id)
        if not may_do(session, actor, customer_id, "create"):
            raise Denied(text("You may see {name}, but not add contacts to it.", name=customer.name))
    return create_page(CONTACT, fixed={"customer_id": customer_id})
