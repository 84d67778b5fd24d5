"""What an editor of a draft can offer: roles, people, forms, decisions, operations with typed parameters, lists, variables."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import User, shown_name
from crm.accounts.queries import role_names
from crm.core.errors import NotFound
from crm.core.i18n import Text, text, translate
from crm.custom.types import read_type
from crm.permissions import Actor
from workflows import library
from workflows.choices import choice_names
from workflows.engine import AssigneeKind, Base, Bundle, BundleRefused
from workflows.engine.decision_reading import read_decisions
from workflows.engine.diagram import Diagram
from workflows.engine.reading import read_diagram
from workflows.registry import ServiceOperation, registry
from workflows.studio.drafts.models import ProcessDraft
from workflows.studio.drafts.queries import bundle_of, find_draft
from workflows.studio.operation_names import OPERATION_NAMES, PARAMETER_NAMES
from workflows.studio.spoken import words_of
from workflows.studio.variables import Variable, known_variables, names_read, read_form

__all__ = ["Variable", "catalogue", "diagram_of", "known_variables", "variables"]

MOST_PEOPLE = 500
# Operations on the record of the process itself begin so.
RECORDS = "records/"
# Python's types of parameters in FEEL's words.
TYPES: Mapping[object, str] = {
    str: "text",
    bool: "boolean",
    int: "number",
    float: "number",
    Decimal: "number",
    date: "date",
    datetime: "date and time",
    time: "time",
    timedelta: "duration",
    list: "list",
    tuple: "list",
    dict: "context",
}
ASSIGN_RULES: Mapping[AssigneeKind, Text] = {
    AssigneeKind.ROLE: text("A group; whoever claims it"),
    AssigneeKind.PERSON: text("A named person"),
    AssigneeKind.CANDIDATES: text("One of several named people"),
    AssigneeKind.INITIATOR: text("Whoever started the case"),
    AssigneeKind.SUPERIOR: text("A superior"),
    AssigneeKind.DEPARTMENT_HEAD: text("The head of a department"),
    AssigneeKind.RECORD_OWNER: text("Whoever is responsible for the record"),
    AssigneeKind.VARIABLE: text("Whom a variable names"),
    AssigneeKind.LEAST_BUSY: text("Whoever of a group has the fewest open tasks"),
    AssigneeKind.ROUND_ROBIN: text("A group in turn"),
}


def catalogue(session: Session, draft_id: int, *, by: Actor, element: str | None = None) -> dict[str, Any]:
    """Everything that fields of an editor offer, as JSON. `element` says for which element variables are wanted."""
    draft = find_draft(session, draft_id, by=by)
    bundle = bundle_of(session, draft_id)
    words = words_of(bundle, by.locale)
    people = session.execute(
        select(User.username, User.name, User.name_en).where(User.active).order_by(User.username).limit(MOST_PEOPLE)
    )
    return {
        "roles": [
            {"key": key, "name": name}
            for key, name in sorted(role_names(session, by.locale).items(), key=lambda role: role[1])
        ],
        "people": [{"username": row.username, "name": shown_name(row.name, row.name_en, by.locale)} for row in people],
        "forms": [{"key": key, "title": _title(bundle, key, words)} for key in sorted(bundle.form_files)],
        "decisions": _decisions(bundle, words),
        "operations": [_operation(each, by.locale) for each in _in_order(registry().operations, bundle)],
        "record": _record(bundle, words),
        "choices": sorted(choice_names()),
        "variables": [
            {
                "name": each.name,
                "type": each.type,
                "origin": each.origin,
                "label": words(each.label),
                "values": [(value, words(label)) for value, label in each.values],
            }
            for each in variables(session, draft, bundle, element)
        ],
        "assign": [{"key": str(kind), "name": translate(words, by.locale)} for kind, words in ASSIGN_RULES.items()],
        "assign_of": [
            {"key": str(Base.INITIATOR), "name": translate(text("of whoever started the case"), by.locale)},
            {"key": str(Base.RECORD), "name": translate(text("of whoever is responsible for the record"), by.locale)},
        ],
    }


def variables(session: Session, draft: ProcessDraft, bundle: Bundle, element: str | None) -> list[Variable]:
    """The variables before an element. Names that the version in force reads and no file explains come with the record
    that begins its cases: they are known too."""
    diagram = diagram_of(bundle)
    found = {each.name: each for each in known_variables(diagram, bundle, element)} if diagram is not None else {}
    try:
        running = library.active(session, draft.process_key).definition
    except NotFound:
        return list(found.values())
    left = {each.name for each in known_variables(running.diagram, running.bundle, None)}
    for name in names_read(running.diagram, running.bundle.dmn) - left:
        found.setdefault(name, Variable(name, "any", ""))
    return sorted(found.values(), key=lambda each: each.name)


def diagram_of(bundle: Bundle) -> Diagram | None:
    """The diagram of a bundle; None while it cannot be read."""
    try:
        name, raw = bundle.bpmn
        return read_diagram(raw, name)
    except BundleRefused:
        return None


def _title(bundle: Bundle, key: str, words: Callable[[str], str]) -> str:
    described = read_form(bundle, key)
    return words(described.title) if described is not None and described.title else key


def _decisions(bundle: Bundle, words: Callable[[str], str]) -> list[dict[str, str]]:
    found = []
    for file, raw in sorted(bundle.dmn.items()):
        decisions, _ = read_decisions({file: raw})
        found += [{"id": each.id, "name": words(each.name), "file": file} for each in decisions]
    return found


def _in_order(operations: Mapping[str, ServiceOperation], bundle: Bundle) -> list[ServiceOperation]:
    """What a process does with its own record comes first where it has one, and last where it has none."""
    own = _record(bundle, str) is not None
    return sorted(operations.values(), key=lambda each: (each.name.startswith(RECORDS) is not own, each.name))


def _record(bundle: Bundle, words: Callable[[str], str]) -> dict[str, Any] | None:
    """The fields and states of the record that the process describes; None without one, and while it cannot be read."""
    try:
        described = bundle.record
    except BundleRefused:
        return None
    if described is None:
        return None
    sort = read_type(described)
    return {
        "fields": [{"name": each.name, "label": words(each.label.source)} for each in sort.fields],
        "states": [{"key": each.key, "label": words(each.label)} for each in sort.states],
    }


def _operation(operation: ServiceOperation, locale: str) -> dict[str, Any]:
    hints = get_type_hints(operation.run)
    title = OPERATION_NAMES.get(operation.name)
    return {
        "name": operation.name,
        "title": translate(title, locale) if title is not None else "",
        "labels": {name: translate(words, locale) for name, words in PARAMETER_NAMES.get(operation.name, {}).items()},
        "parameters": [
            {
                "name": name,
                "type": _type(hints.get(name, Any)),
                "required": parameter.default is inspect.Parameter.empty,
            }
            for name, parameter in operation.parameters.items()
        ],
        "results": list(operation.results),
    }


def _type(hint: Any) -> str:
    """FEEL's word for a type; the first that is not None where there are several."""
    if get_origin(hint) in (Union, types.UnionType):
        return next((_type(each) for each in get_args(hint) if each is not type(None)), "any")
    if get_origin(hint) is Literal:
        return _type(type(get_args(hint)[0]))
    plain = get_origin(hint) or hint
    if plain in TYPES:
        return TYPES[plain]
    if isinstance(plain, type) and issubclass(plain, Mapping):
        return "context"
    return "list" if hasattr(plain, "__iter__") and plain is not Any else "any"
