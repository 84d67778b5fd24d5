"""Forms of records: what a page offers to choose from, how a typed name becomes a record, what differs after a conflict.

What a field may hold stands in the description; the operation checks it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from crm.accounts.queries import colleagues
from crm.core.errors import Fault, Invalid, NotFound
from crm.core.fields import Field, Kind
from crm.core.i18n import text
from crm.core.numbers import quoted, typed_key
from crm.dictionary.queries import choices_of
from crm.permissions import PERMISSIONS, Actor
from crm.records.queries import find_one, titles_of, typed_record
from crm.records.types import Owned, R, RecordType, categories_of, record_type
from crm.web.languages import current_locale
from crm.web.record_forms import Choices, RecordForm, Search, build_form


def record_form(
    sort: RecordType[R],
    session: Session,
    *,
    by: Actor,
    now: datetime,
    record: R | None = None,
    given: Mapping[str, object] | None = None,
    formdata: MultiDict[str, str] | None = None,
    but: Collection[str] = (),
) -> RecordForm:
    """The form of a new record, which begins with `given`, or of the one at hand; without the fields named in `but`. Only
    those who may assign choose the owner."""
    fields = [each for each in form_fields(sort, by, is_new=record is None) if each.name not in but]
    first = {**(sort.first(session, by, now) if sort.first and record is None else {}), **(given or {})}
    if record is None:
        # An address may name any record; what the reader may not see must not show its name.
        first = {name: value for name, value in first.items() if _may_name(sort, session, by, name, value)}
    if isinstance(sort.reach, Owned):
        first.setdefault("owner_id", by.id)
    if record is None and sort.customer and first.get(sort.customer) is None:
        first[sort.customer] = _customer_behind(sort, session, by, first)
    present = {each.name: first.get(each.name) if record is None else getattr(record, each.name) for each in fields}
    return build_form(
        fields,
        choices=choices_for(sort, session, fields),
        record=record,
        values=first,
        formdata=formdata,
        searches=_searches(sort, session, fields, present),
    )


def form_fields(sort: RecordType[Any], by: Actor, *, is_new: bool) -> list[Field]:
    """The fields of the form for this person."""
    may_assign = (sort.module, "assign") not in PERMISSIONS or by.may(sort.module, "assign")
    listed = sort.fields if is_new else sort.writable
    return [each for each in listed if may_assign or each.name != "owner_id" or not isinstance(sort.reach, Owned)]


def choices_for(sort: RecordType[Any], session: Session, fields: Iterable[Field]) -> dict[str, Choices]:
    """The options of pick-lists by category, of people and other references by field name."""
    fields = tuple(fields)
    locale = current_locale()
    found: dict[str, Choices] = dict(choices_of(session, categories_of(fields), locale))
    everybody: Choices | None = None
    for each in fields:
        if each.name in sort.choices:
            found[each.name] = sort.choices[each.name](session, locale)
        elif each.kind is Kind.PERSON:
            everybody = everybody or [(str(key), name) for key, name in colleagues(session, locale=locale)]
            found[each.name] = everybody
    return found


def typed_values(sort: RecordType[Any], session: Session, *, by: Actor, form: RecordForm) -> dict[str, object]:
    """What was typed, with names and numbers of other records turned into their keys. Invalid where there is none such."""
    given = form.given()
    faults: list[Fault] = []
    for each in sort.fields:
        typed = given.get(each.name)
        if each.kind is not Kind.RECORD or each.name in sort.choices or not isinstance(typed, str) or not typed.strip():
            continue
        record_id = typed_record(record_type(each.target), session, by=by, typed=typed)
        if record_id is None:
            faults.append(Fault(each.name, _not_found(each, typed)))
        given[each.name] = record_id
    if faults:
        raise Invalid(faults)
    return given


def _not_found(field: Field, typed: str) -> Any:
    return text(
        "{label}: “{typed}” was not found. Choose from the list, or type its number such as {example}.",
        label=field.label,
        typed=typed[:60],
        example=quoted(record_type(field.target).model.PREFIX, 12),
    )


def given_by_address(sort: RecordType[Any], arguments: Mapping[str, str]) -> dict[str, object]:
    """What the address of a new form says about its fields: `?customer_id=12` fills in the customer."""
    found: dict[str, object] = {}
    for each in sort.fields:
        value = arguments.get(each.name, "").strip()[:200]
        if value:
            found[each.name] = typed_key(value) if each.kind in {Kind.RECORD, Kind.PERSON} else value
    return found


def _may_name(sort: RecordType[Any], session: Session, by: Actor, name: str, value: object) -> bool:
    field = sort.shown.get(name)
    if field is None or field.kind is not Kind.RECORD or not isinstance(value, int):
        return True
    try:
        find_one(record_type(field.target), session, by=by, record_id=value)
    except NotFound:
        return False
    return True


def _customer_behind(sort: RecordType[Any], session: Session, by: Actor, first: Mapping[str, object]) -> int | None:
    """Whose customer the other records are that a new form begins with: a form opened on a contact knows the customer."""
    for each in sort.fields:
        target = record_type(each.target) if each.kind is Kind.RECORD else None
        record_id = first.get(each.name)
        if target is None or not target.customer or target.is_customer or not isinstance(record_id, int):
            continue
        named = find_one(target, session, by=by, record_id=record_id)
        customer_id: int | None = getattr(named, target.customer)
        return customer_id
    return None


def _searches(
    sort: RecordType[Any], session: Session, fields: Iterable[Field], present: Mapping[str, object]
) -> dict[str, Search]:
    links = [each for each in fields if each.kind is Kind.RECORD and each.name not in sort.choices]
    named = {each.name: key for each in links if isinstance(key := present.get(each.name), int)}
    titles = titles_of(session, [(each.target, named.get(each.name)) for each in links])
    found = {}
    for each in links:
        target = record_type(each.target)
        record_id = named.get(each.name)
        title = titles.get((each.target, record_id)) if record_id else None
        narrowed = sort.customer if target.customer and sort.customer != each.name else ""
        found[each.name] = Search(
            url=url_for("records.suggest", key=each.target),
            present=f"{quoted(target.model.PREFIX, record_id)} {title}" if record_id and title else "",
            narrowed_by=narrowed if any(other.name == narrowed for other in fields) else "",
        )
    return found


def conflicts(
    fields: Iterable[Field], form: RecordForm, current: Mapping[str, object], stored: RecordForm
) -> list[tuple[str, str, str]]:
    """Where what was typed differs from what is stored by now: label, stored, typed, as the page shows them.

    `stored` is a form of the stored record, which knows the names of options."""
    found = []
    for each in fields:
        if each.name in form and each.name in current:
            now_there, typed = _words(stored, each.name), _words(form, each.name)
            if now_there != typed:
                found.append((form[each.name].label.text, now_there, typed))
    return found


def _words(form: RecordForm, name: str) -> str:
    shown = form[name]
    value = "" if shown.data is None else str(shown.data)
    options = {choice.value: choice.label for choice in getattr(shown, "choices", None) or ()}
    return str(options.get(value, value))
