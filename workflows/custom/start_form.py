"""A start form that asks for the fields of the record: what is missing is put into the form with which cases begin."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.core.errors import Fault, Invalid
from crm.core.fields import Field, Kind
from crm.core.i18n import text, translate
from crm.custom.types import CustomType, read_type
from crm.permissions import Actor
from workflows.engine import Bundle, BundleRefused, Node
from workflows.engine.bundle import FORM_SUFFIX, read_json
from workflows.studio.drafts import operations, queries
from workflows.studio.forms.files import free_key, give_form
from workflows.studio.surroundings import diagram_of

KEY = "start"
CUSTOMER = "customer_id"
# How a field of each kind is asked for.
ASKED: dict[Kind, dict[str, Any]] = {
    Kind.LINE: {"type": "textfield"},
    Kind.LONG: {"type": "textarea"},
    Kind.WHOLE: {"type": "number", "decimalDigits": 0},
    Kind.DECIMAL: {"type": "number"},
    Kind.MONEY: {"type": "number", "decimalDigits": 2},
    Kind.DATE: {"type": "datetime", "subtype": "date"},
    Kind.MOMENT: {"type": "datetime", "subtype": "datetime"},
    Kind.FLAG: {"type": "checkbox"},
    Kind.CHOICE: {"type": "radio"},
    Kind.PERSON: {"type": "select", "valuesKey": "people", "searchable": True, "properties": {"widget": "person"}},
}


def ask_at_start(session: Session, *, by: Actor, now: datetime, draft_id: int) -> tuple[str, int]:
    """Let the start form ask for all fields of the record. Where cases begin without a form, one is made.

    Answers the form's key and how many fields were put in. Invalid when the record, the diagram or the form cannot be read.
    """
    queries.find_draft(session, draft_id, by=by)
    bundle = queries.bundle_of(session, draft_id)
    sort, begin = _record_of(bundle), _beginning(bundle)
    key = begin.form_key if begin.form_key in bundle.form_files else None
    form = _read(bundle, key) if key is not None else _empty(translate(text("Start form"), by.locale))
    made = list(_missing(form, sort, by.locale))
    if key is None or made:
        form["components"] = [*form.get("components", ()), *made]
        content = json.dumps(form, ensure_ascii=False, indent=2) + "\n"
        name = (key or _free(bundle)) + FORM_SUFFIX
        seen = queries.file_of(session, draft_id, name).revision if key is not None else 0
        operations.save_file(session, by=by, now=now, draft_id=draft_id, name=name, content=content, seen=seen)
        if key is None:
            key = name.removesuffix(FORM_SUFFIX)
            give_form(session, by=by, now=now, draft_id=draft_id, step=begin.id, key=key)
    return key, len(made)


def _record_of(bundle: Bundle) -> CustomType:
    try:
        described = bundle.record
    except BundleRefused:
        described = None
    if described is None:
        raise Invalid([Fault("record", text("Describe the record first."))])
    return read_type(described)


def _beginning(bundle: Bundle) -> Node:
    """The start event at which people begin cases."""
    diagram = diagram_of(bundle)
    nodes = diagram.nodes.values() if diagram is not None else ()
    for node in nodes:
        if diagram is not None and node.kind == "startEvent" and node.process == diagram.main and not node.events:
            return node
    raise Invalid([Fault("diagram", text("The diagram has no start event at which people could begin; draw one."))])


def _read(bundle: Bundle, key: str) -> dict[str, Any]:
    try:
        form = read_json(key, bundle.files[key + FORM_SUFFIX])
    except BundleRefused:
        form = {"components": None}
    if not isinstance(form.get("components", []), list):
        raise Invalid([Fault("form", text("The form {key} cannot be read; correct it first.", key=key))])
    return form


def _empty(title: str) -> dict[str, Any]:
    return {"schemaVersion": 16, "type": "default", "id": KEY, "title": title, "components": []}


def _free(bundle: Bundle) -> str:
    return KEY if KEY not in bundle.form_files else free_key(bundle)


def _missing(form: dict[str, Any], sort: CustomType, locale: str) -> Iterator[dict[str, Any]]:
    """Components for what the form does not ask yet; the customer comes first."""
    asked = set(_keys(form))
    taken = {str(each.get("id")) for each in _components(form)}
    if sort.customer and CUSTOMER not in asked:
        label = translate(text("Customer"), locale)
        yield {
            "type": "select", "valuesKey": "customers", "searchable": True, "properties": {"widget": "customer"},
            "key": CUSTOMER, "label": label, "id": _ident(CUSTOMER, taken), "validate": {"required": True},
        }  # fmt: skip
    for each in sort.fields:
        if each.name not in asked:
            yield {**_component(each, locale), "id": _ident(each.name, taken)}


def _component(field: Field, locale: str) -> dict[str, Any]:
    label = translate(field.label, locale)
    made = {**ASKED[field.kind], "key": field.name, "dateLabel" if "subtype" in ASKED[field.kind] else "label": label}
    if field.kind is Kind.CHOICE:
        made["values"] = [{"label": value, "value": value} for value, _ in field.options]
    if field.required:
        made["validate"] = {"required": True}
    return made


def _components(form: dict[str, Any]) -> Iterator[dict[str, Any]]:
    queue = [form]
    while queue:
        inner = queue.pop().get("components")
        found = [each for each in inner if isinstance(each, dict)] if isinstance(inner, list) else []
        yield from found
        queue += found


def _keys(form: dict[str, Any]) -> Iterator[str]:
    yield from (str(each["key"]) for each in _components(form) if "key" in each)


def _ident(name: str, taken: set[str]) -> str:
    """An id that no component of the form has; form-js wants its own for each."""
    ident = f"start_{name}"
    while ident in taken:
        ident += "_"
    taken.add(ident)
    return ident
