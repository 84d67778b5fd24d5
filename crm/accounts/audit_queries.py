"""Reading the audit log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from crm.accounts.queries import department_names, names_of
from crm.core.audit import AuditEntry
from crm.core.audit_words import words_of
from crm.core.fields import Field, Kind
from crm.core.i18n import DEFAULT_LOCALE, Text, ctext, text
from crm.core.keyset import Order
from crm.dictionary.queries import Names
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
    "case": text("Case"),
    "migration": text("Moving of cases"),
    "process_draft": text("Draft of a process"),
    "scenario": text("Scenario"),
    "ladder": text("Reminders and escalation"),
    "reminder": text("Reminder"),
    "work_calendar": text("Calendar"),
    "task": text("Task"),
}
# Who knows what a record of a kind is called in a language, where the name that was written down is not for every reader.
NameIn = Callable[[Session, AuditEntry, str], str]
_named_by: dict[str, NameIn] = {}
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
    "definition.let_through": text("Version published although scenarios fail"),
    "definition.shared": text("Share of the new cases set"),
    "definition.rolled_back": text("Version rolled back"),
    "definition.suspended": text("Process taken out of force"),
    "definition.not_begun": text("Case could not begin"),
    "case.moved": text("Case moved to another step"),
    "case.skipped": text("Task skipped"),
    "case.variables": text("Variables changed"),
    "case.fired": text("Timer fired by hand"),
    "case.suspended": text("Case suspended"),
    "case.unsuspended": text("Case resumed"),
    "case.retried": text("Step tried again"),
    "case.cancelled": text("Case cancelled"),
    "migration.begun": text("Moving of cases begun"),
    "migration.stopped": text("Moving of cases stopped"),
    "migration.undone": text("Moving of cases undone"),
    "draft.opened": text("Draft opened"),
    "draft.discarded": text("Draft discarded"),
    "calendar.created": text("Calendar created"),
    "calendar.changed": text("Calendar changed"),
    "calendar.deleted": text("Calendar deleted"),
    "calendar.made_default": text("Calendar made the default"),
    "calendar.exception_set": text("Exception of a calendar set"),
    "calendar.exception_removed": text("Exception of a calendar removed"),
    "department.calendar_given": text("Calendar of a department changed"),
    "scenario.kept": text("Scenario kept"),
    "scenario.changed": text("Scenario changed"),
    "scenario.accepted": text("Another outcome of a scenario expected"),
    "scenario.replaced": text("Scenario given another course"),
    "scenario.deleted": text("Scenario deleted"),
    "ladder.changed": text("Reminders and escalation changed"),
}
# What happened to a record of any kind: the end of the act's word.
VERBS = {
    "created": ctext("act", "created"),
    "changed": ctext("act", "changed"),
    "deleted": ctext("act", "deleted"),
    "added": ctext("act", "file added"),
    "removed": ctext("act", "file removed"),
    "approved": ctext("act", "approved"),
    "assigned": ctext("act", "assigned"),
    "averted": ctext("act", "ordered again"),
    "called_back": ctext("act", "called back"),
    "cancelled": ctext("act", "cancelled"),
    "carried_out": ctext("act", "carried out"),
    "closed": ctext("act", "closed"),
    "confirmed": ctext("act", "loss confirmed"),
    "delayed": ctext("act", "loss delayed"),
    "delivered": ctext("act", "delivered"),
    "dismissed": ctext("act", "warning dismissed"),
    "done": ctext("act", "done"),
    "given_up": ctext("act", "given up"),
    "lines": ctext("act", "lines changed"),
    "lost": ctext("act", "lost"),
    "proposed": ctext("act", "decision proposed"),
    "reassigned": ctext("act", "handed over"),
    "rejected": ctext("act", "rejected"),
    "reopened": ctext("act", "reopened"),
    "stage": ctext("act", "life-cycle stage changed"),
    "submitted": ctext("act", "submitted again"),
    "won": ctext("act", "won"),
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
    "calendar": text("Calendar"),
}
# Of what happens to processes and cases; the same word is another field elsewhere.
OF_PROCESSES = {
    "reason": text("Reason"),
    "from": text("From"),
    "to": text("To"),
    "step": text("Step"),
    "names": text("Variables"),
    "percent": text("Share of the new cases (%)"),
    "share": text("Share of the new cases (%)"),
    "version": text("Version"),
    "instead_of": text("Instead of version"),
    "back_to": text("Back to version"),
    "cases": text("Number of cases"),
    "incidents": text("Incidents"),
    "element": text("Element"),
    "error": text("Cause"),
    "hash": text("Fingerprint"),
}
PROCESSES = frozenset({"case", "definition", "migration", "process_draft", "scenario"})
# Fields that hold the number of a person, and of a department.
PEOPLE = frozenset(
    {"owner_id", "manager_id", "person_id", "proposed_by_id", "approved_by_id", "done_by_id", "assigned_by_id"}
)
DEPARTMENTS = frozenset({"department_id", "parent_id"})


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
    return [(kind, kind_name(kind)) for kind in kinds]


def kind_name(kind: str) -> Text:
    """What records of this kind are called; one that no room names keeps its word."""
    words = words_of(kind)
    return KINDS.get(kind) or (words.name if words else Text(kind))


def act_name(entry: AuditEntry) -> Text | None:
    """What was done, for people; None where nobody has words for it."""
    if entry.action in ACTS:
        return ACTS[entry.action]
    verb = VERBS.get(entry.action.rpartition(".")[2])
    return verb and text("{kind}: {act}", kind=kind_name(entry.subject_type), act=verb)


def field_name(entry: AuditEntry, field: str) -> Text | None:
    """What a value of the act is called; None where nobody has words for it."""
    known = _field(entry, field)
    if known is not None:
        return known.label
    return (OF_PROCESSES.get(field) if entry.subject_type in PROCESSES else None) or FIELDS.get(field)


def name_by(kind: str, name_in: NameIn) -> None:
    """From now on the log asks there what records of this kind are called."""
    _named_by[kind] = name_in


def subject_name(session: Session, entry: AuditEntry, *, locale: str) -> str:
    """What the record is called, in the reader's language where it has a name in several."""
    name_in = _named_by.get(entry.subject_type)
    return (name_in(session, entry, locale) if name_in is not None else "") or entry.subject_name


def value_of(entry: AuditEntry, field: str, raw: object, *, listed: Names) -> object:
    """The value as its field means it: the name of a choice (`listed` has those of the pick-lists), a time; what is no choice
    and no time stays as it is."""
    known = _field(entry, field)
    if known is None or not isinstance(raw, str):
        return raw
    if known.category:
        return listed.of(known.category, raw)
    if known.kind is Kind.MOMENT:
        return datetime.fromisoformat(raw)
    return dict(known.options).get(raw, raw)


def _field(entry: AuditEntry, field: str) -> Field | None:
    words = words_of(entry.subject_type)
    return words.fields.get(field) if words else None


def actors_in(session: Session, entries: Sequence[AuditEntry], *, locale: str) -> dict[int, str]:
    """Who did these acts, by the number of the entry: under the name of that day, in the reader's language as long as they still bear it."""
    ids = {entry.actor_id for entry in entries}
    written, read = names_of(session, ids, DEFAULT_LOCALE), names_of(session, ids, locale)
    return {
        entry.id: read[entry.actor_id]
        if entry.actor_id and written.get(entry.actor_id) == entry.actor_name
        else entry.actor_name
        for entry in entries
    }


def named_in(session: Session, entries: Sequence[AuditEntry], *, locale: str) -> dict[tuple[str, int], str]:
    """The names of people and departments whose numbers stand in these acts, by field and number."""
    values = [(field, value) for entry in entries for side in (entry.old, entry.new) for field, value in side.items()]
    numbers = {(field, value) for field, value in values if isinstance(value, int) and not isinstance(value, bool)}
    people = names_of(session, {number for field, number in numbers if field in PEOPLE}, locale)
    departments = department_names(session, locale) if any(field in DEPARTMENTS for field, _ in numbers) else {}
    found = {(field, number): people.get(number, "") for field, number in numbers if field in PEOPLE}
    found |= {(field, number): departments.get(number, "") for field, number in numbers if field in DEPARTMENTS}
    return {place: name for place, name in found.items() if name}
