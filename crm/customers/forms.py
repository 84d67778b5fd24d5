"""Forms of customers and contacts. What a field may hold stands in rules.py; here only what a page offers to choose from."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from crm.accounts.queries import users_with_role
from crm.core.fields import Field
from crm.core.i18n import Text, text
from crm.customers.models import Contact, Customer
from crm.customers.rules import CONTACT_FIELDS, CUSTOMER_FIELDS, categories_of
from crm.dictionary.queries import choices_of
from crm.permissions import Actor
from crm.web.languages import current_locale
from crm.web.record_forms import Choices, RecordForm, build_form

OWNER_ROLES = ("customer_manager", "sales_supervisor")
# Titles of the parts of the form and the page, with the fields in them.
CUSTOMER_GROUPS: tuple[tuple[Text, tuple[str, ...]], ...] = (
    (text("Customer"), ("name", "type", "industry", "grade", "stage", "owner_id")),
    (text("How to reach them"), ("phone", "fax", "website", "region", "address", "postcode")),
    (text("Assessment"), ("source", "satisfaction", "credit", "tags", "note")),
)
CONTACT_GROUPS: tuple[tuple[Text, tuple[str, ...]], ...] = (
    (text("Person"), ("name", "sex", "department", "position", "buying_role", "is_primary")),
    (text("How to reach them"), ("phone", "mobile", "email")),
    (text("Relation"), ("birthday", "closeness", "preferences", "note")),
)


def customer_form(
    session: Session, *, by: Actor, record: Customer | None = None, formdata: MultiDict[str, str] | None = None
) -> RecordForm:
    """The form of a new customer or of the one at hand. Only those who may assign choose the customer manager."""
    fields = [field for field in CUSTOMER_FIELDS if field.name != "owner_id" or by.may("customers", "assign")]
    choices: dict[str, Choices] = dict(choices_of(session, categories_of(CUSTOMER_FIELDS), current_locale()))
    choices["owner_id"] = owners(session)
    first = {"grade": "ordinary", "stage": "potential", "owner_id": by.id}
    return build_form(fields, choices=choices, record=record, values=first, formdata=formdata)


def contact_form(
    session: Session, *, record: Contact | None = None, formdata: MultiDict[str, str] | None = None
) -> RecordForm:
    """The form of a new contact or of the one at hand."""
    choices = choices_of(session, categories_of(CONTACT_FIELDS), current_locale())
    return build_form(CONTACT_FIELDS, choices=choices, record=record, formdata=formdata)


def owners(session: Session) -> list[tuple[str, str]]:
    """Who may look after a customer, for a pick-list."""
    found = {user.id: user for role in OWNER_ROLES for user in users_with_role(session, role)}
    return [(str(user.id), user.shown_name(current_locale())) for user in found.values()]


def conflicts(
    fields: tuple[Field, ...], form: RecordForm, current: Mapping[str, object], choices: RecordForm
) -> list[tuple[str, str, str]]:
    """Where what was typed differs from what is stored by now: label, stored, typed, as the page shows them.

    `choices` is a form of the stored record, which knows the names of options."""
    found = []
    for field in fields:
        if field.name in form and field.name in current:
            stored, typed = _words(choices, field.name), _words(form, field.name)
            if stored != typed:
                found.append((form[field.name].label.text, stored, typed))
    return found


def _words(form: RecordForm, name: str) -> str:
    entry = form[name]
    value = "" if entry.data is None else str(entry.data)
    options = {choice.value: choice.label for choice in getattr(entry, "choices", None) or ()}
    return str(options.get(value, value))
