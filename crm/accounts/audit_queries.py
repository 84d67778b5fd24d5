"""Reading the audit log."""

from __future__ import annotations

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from crm.core.audit import AuditEntry
from crm.core.i18n import Text, text
from crm.core.keyset import Order
from crm.permissions import Actor, check_may

LATEST = Order((AuditEntry.at, AuditEntry.id), descending=True)
KINDS = {
    "user": text("User"),
    "department": text("Department"),
    "role": text("Role"),
    "customer": text("Customer"),
    "contact": text("Contact"),
    "dictionary_entry": text("Data dictionary"),
    "definition": text("Process definitions"),
}
# Words for the acts and values of every room; what is not listed is shown as it stands.
ACTS = {
    "sign-in": text("Signed in"),
    "sign-in.refused": text("Sign-in refused"),
    "sign-out": text("Signed out"),
    "token.issued": text("Token created"),
    "token.revoked": text("Token revoked"),
    "user.created": text("User created"),
    "user.changed": text("User changed"),
    "user.disabled": text("User disabled"),
    "user.enabled": text("User enabled"),
    "user.password": text("Password changed"),
    "user.password-by-link": text("Password set by link"),
    "user.password-link": text("Password link made"),
    "user.profile": text("Profile changed"),
    "user.session-ended": text("Browser signed out"),
    "user.substitute": text("Substitute changed"),
    "department.created": text("Department created"),
    "department.changed": text("Department changed"),
    "department.deleted": text("Department deleted"),
    "role.created": text("Role created"),
    "role.changed": text("Role changed"),
    "customer.created": text("Customer created"),
    "customer.changed": text("Customer changed"),
    "customer.deleted": text("Customer deleted"),
    "contact.created": text("Contact created"),
    "contact.changed": text("Contact changed"),
    "contact.deleted": text("Contact deleted"),
    "dictionary.added": text("Option added"),
    "dictionary.renamed": text("Option renamed"),
    "dictionary.switched": text("Option switched on or off"),
    "dictionary.moved": text("Option moved"),
    "definition.published": text("Version published"),
    "definition.activated": text("Version put in force"),
    "definition.suspended": text("Process taken out of force"),
    "definition.not_begun": text("Case could not begin"),
    "calendar.created": text("Calendar created"),
    "calendar.changed": text("Calendar changed"),
    "calendar.deleted": text("Calendar deleted"),
    "calendar.made_default": text("Calendar made the default"),
    "calendar.exception_set": text("Exception of a calendar set"),
    "calendar.exception_removed": text("Exception of a calendar removed"),
    "department.calendar_given": text("Calendar of a department changed"),
    "ladder.changed": text("Reminders and escalation changed"),
}
FIELDS = {
    "name": text("Name"),
    "name_en": text("Name in English"),
    "email": text("E-mail"),
    "phone": text("Phone"),
    "department_id": text("Department"),
    "parent_id": text("Belongs to"),
    "manager_id": text("Manager"),
    "job_title": text("Job title"),
    "locale": text("Language"),
    "timezone": text("Time zone"),
    "roles": text("Roles"),
    "active": text("Active"),
    "scope": text("Data scope"),
    "permissions": text("Permissions"),
    "substitute": text("Substitute"),
    "from": text("First day"),
    "until": text("Last day"),
    "type": text("Customer type"),
    "industry": text("Industry"),
    "source": text("Source"),
    "region": text("Region"),
    "address": text("Address"),
    "postcode": text("Postcode"),
    "fax": text("Fax"),
    "website": text("Website"),
    "grade": text("Grade"),
    "satisfaction": text("Satisfaction"),
    "credit": text("Credit"),
    "stage": text("Life-cycle stage"),
    "owner_id": text("Customer manager"),
    "customer_id": text("Customer"),
    "tags": text("Tags"),
    "note": text("Note"),
    "mobile": text("Mobile"),
    "process": text("Process"),
    "number": text("Version"),
}


def audit_query(*, by: Actor, q: str = "", kind: str = "") -> Select[AuditEntry]:
    """Who did what, by part of a name, act or address, and by kind of record."""
    check_may(by, "accounts", "administer")
    query = select(AuditEntry)
    if q:
        columns = (AuditEntry.actor_name, AuditEntry.subject_name, AuditEntry.action, AuditEntry.address)
        query = query.where(or_(*(column.icontains(q, autoescape=True) for column in columns)))
    if kind:
        query = query.where(AuditEntry.subject_type == kind)
    return query


def audited_kinds(session: Session) -> list[tuple[str, Text]]:
    """The kinds of record that stand in the log, with their names."""
    kinds = session.scalars(select(AuditEntry.subject_type).distinct().order_by(AuditEntry.subject_type))
    return [(kind, KINDS.get(kind, Text(kind))) for kind in kinds]
