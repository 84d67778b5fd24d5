"""Customers and contacts in the REST API."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from crm.core.fields import Field, Kind
from crm.core.i18n import text
from crm.customers import contact_queries, queries
from crm.customers.contact_operations import change_contact, create_contact, delete_contact
from crm.customers.models import Contact, Customer
from crm.customers.operations import change_customer, create_customer, delete_customer
from crm.customers.rules import CONTACT_FIELDS, CUSTOMER_FIELD, CUSTOMER_FIELDS
from crm.permissions import check_may
from crm.web.api import ApiBlueprint, etag_of, version_seen
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.record_api import answer_of, asked_filters, body_of, page_answer, page_schema, place_of, query_of

customers = ApiBlueprint("customers_api", __name__, url_prefix="/customers", description="Customers")
contacts = ApiBlueprint("contacts_api", __name__, url_prefix="/contacts", description="People at customers")

ON_PURPOSE = Field("on_purpose", text("Create it although one like it exists"), Kind.FLAG)
KEPT = {
    "version": fields.Integer(),
    "created_at": fields.AwareDateTime(),
    "updated_at": fields.AwareDateTime(),
}
NewCustomerBody = body_of("NewCustomerBody", (*CUSTOMER_FIELDS, ON_PURPOSE))
CustomerBody = body_of("CustomerBody", CUSTOMER_FIELDS)
CustomerAnswer = answer_of(
    "CustomerAnswer", CUSTOMER_FIELDS, {"number": fields.String(), "department_id": fields.Integer(), **KEPT}
)
CustomerPage = page_schema("CustomerPage", CustomerAnswer)
CustomerQuery = query_of("CustomerQuery", queries.FILTERS, CUSTOMER_FIELDS, queries.SORTS, "name")
NewContactBody = body_of("NewContactBody", (CUSTOMER_FIELD, *CONTACT_FIELDS))
ContactBody = body_of("ContactBody", CONTACT_FIELDS)
ContactAnswer = answer_of("ContactAnswer", (CUSTOMER_FIELD, *CONTACT_FIELDS), KEPT)
ContactPage = page_schema("ContactPage", ContactAnswer)
ContactQuery = query_of(
    "ContactQuery", contact_queries.FILTERS, contact_queries.FILTER_FIELDS, contact_queries.SORTS, "name"
)


@customers.get("")
@customers.arguments(CustomerQuery, location="query")
@customers.response(200, CustomerPage)
def list_customers(query: dict[str, Any]) -> dict[str, object]:
    """Customers that you may see, with search, filters on every field, order and pages."""
    check_may(current_actor(), "customers", "view")
    with reading_session() as session:
        page = queries.find_customers(
            session,
            by=current_actor(),
            query=query["q"],
            filters=asked_filters(query),
            sort=query["sort"],
            place=place_of(query, queries.SORTS),
            limit=query["limit"],
        )
    return page_answer(page)


@customers.post("")
@customers.arguments(NewCustomerBody)
@customers.response(201, CustomerAnswer)
def post_customer(body: dict[str, Any]) -> tuple[Customer, dict[str, str]]:
    """A new customer. A likely duplicate is answered 409 unless `on_purpose` is true."""
    on_purpose = body.pop("on_purpose", False) is True
    with writing() as session:
        customer = create_customer(session, by=current_actor(), now=now(), values=body, on_purpose=on_purpose)
    return customer, etag_of(customer.version)


@customers.get("/<int:customer_id>")
@customers.response(200, CustomerAnswer)
def get_customer(customer_id: int) -> tuple[Customer, dict[str, str]]:
    """One customer."""
    with reading_session() as session:
        customer = queries.find_customer(session, by=current_actor(), customer_id=customer_id)
    return customer, etag_of(customer.version)


@customers.patch("/<int:customer_id>")
@requires("customers", "edit")
@customers.arguments(CustomerBody)
@customers.response(200, CustomerAnswer)
def patch_customer(body: dict[str, Any], customer_id: int) -> tuple[Customer, dict[str, str]]:
    """Change the given fields; send the ETag that you saw as If-Match."""
    with writing() as session:
        customer = change_customer(
            session, by=current_actor(), now=now(), customer_id=customer_id, version=version_seen(), values=body
        )
    return customer, etag_of(customer.version)


@customers.delete("/<int:customer_id>")
@requires("customers", "delete")
@customers.response(204)
def remove_customer(customer_id: int) -> None:
    """Delete a customer that no other record needs; send the ETag that you saw as If-Match."""
    with writing() as session:
        delete_customer(session, by=current_actor(), now=now(), customer_id=customer_id, version=version_seen())


@contacts.get("")
@contacts.arguments(ContactQuery, location="query")
@contacts.response(200, ContactPage)
def list_contacts(query: dict[str, Any]) -> dict[str, object]:
    """Contacts that you may see, with search, filters on every field, order and pages."""
    check_may(current_actor(), "contacts", "view")
    with reading_session() as session:
        page = contact_queries.find_contacts(
            session,
            by=current_actor(),
            query=query["q"],
            filters=asked_filters(query),
            sort=query["sort"],
            place=place_of(query, contact_queries.SORTS),
            limit=query["limit"],
        )
    return page_answer(page)


@contacts.post("")
@contacts.arguments(NewContactBody)
@contacts.response(201, ContactAnswer)
def post_contact(body: dict[str, Any]) -> tuple[Contact, dict[str, str]]:
    """A new contact of a customer."""
    customer_id = body.pop("customer_id", None)
    with writing() as session:
        contact = create_contact(session, by=current_actor(), now=now(), customer_id=customer_id, values=body)
    return contact, etag_of(contact.version)


@contacts.get("/<int:contact_id>")
@contacts.response(200, ContactAnswer)
def get_contact(contact_id: int) -> tuple[Contact, dict[str, str]]:
    """One contact."""
    with reading_session() as session:
        contact = contact_queries.find_contact(session, by=current_actor(), contact_id=contact_id)
    return contact, etag_of(contact.version)


@contacts.patch("/<int:contact_id>")
@requires("contacts", "edit")
@contacts.arguments(ContactBody)
@contacts.response(200, ContactAnswer)
def patch_contact(body: dict[str, Any], contact_id: int) -> tuple[Contact, dict[str, str]]:
    """Change the given fields; send the ETag that you saw as If-Match."""
    with writing() as session:
        contact = change_contact(
            session, by=current_actor(), now=now(), contact_id=contact_id, version=version_seen(), values=body
        )
    return contact, etag_of(contact.version)


@contacts.delete("/<int:contact_id>")
@requires("contacts", "delete")
@contacts.response(204)
def remove_contact(contact_id: int) -> None:
    """Delete a contact whom nothing that is going on names; send the ETag that you saw as If-Match."""
    with writing() as session:
        delete_contact(session, by=current_actor(), now=now(), contact_id=contact_id, version=version_seen())
