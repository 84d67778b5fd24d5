"""SpiffArena: our own `spiffworkflow:` words with Python in them, forms as JSON schemas, and tests that stand in the diagram."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from crm.core.i18n import text
from workflows.engine import expressions
from workflows.engine.bundle import FORM_SUFFIX, read_json
from workflows.engine.errors import BundleRefused
from workflows.studio.exchange import python_like
from workflows.studio.exchange.camunda7 import CHOOSE_OPERATION
from workflows.studio.exchange.document import BPMN, SPIFF, Document, content, local
from workflows.studio.exchange.foreign import guarded
from workflows.studio.exchange.formulas import Language
from workflows.studio.exchange.made_forms import Field, add_form, form_of
from workflows.studio.exchange.writing import Untranslatable

SCHEMA, APPEARANCE = "formJsonSchemaFilename", "formUiSchemaFilename"
OPERATORS = ("http/", "xero/", "slack/", "airtable/", "github/")
WORDS = frozenset({
    "unitTests", "instructionsForEndUser", "allowGuest", "guestConfirmation", "signalButtonLabel", "taskMetadataValues",
    "validateOnRun",
})  # fmt: skip
KINDS = {"string": "line", "integer": "whole", "number": "number", "boolean": "flag"}
FORMATS = {"date": "date", "date-time": "moment", "data-url": "file"}


def applies(source: str) -> bool:
    return python_like.is_python(expressions.source(source))


LANGUAGE = Language(
    applies=applies,
    expression=python_like.expression,
    value=python_like.expression,
    script=python_like.script,
    script_formats=("python", "application/x-python"),
)


def comes_from(root: Any) -> bool:
    """Our own diagrams say the same words in FEEL; those of SpiffArena are told by its forms, its tests or its Python."""
    for element in root.iter():
        if element.tag == f"{SPIFF}property" and element.get("name") in (SCHEMA, APPEARANCE):
            return True
        if isinstance(element.tag, str) and element.tag.startswith(SPIFF) and local(element) in WORDS:
            return True
        if element.tag == f"{SPIFF}serviceTaskOperator" and element.get("id", "").startswith(OPERATORS):
            return True
    return False


def translate(document: Document) -> None:
    """The words of the tool at each element; conditions and scripts are translated as all formulas are."""
    for element in list(document.root.iter(f"{BPMN}*")):
        extensions = element.find(f"{BPMN}extensionElements")
        for said in [] if extensions is None else list(extensions):
            if isinstance(said.tag, str) and said.tag.startswith(SPIFF):
                guarded(document, element, _said, document, element, said)


def _said(document: Document, element: Any, said: Any) -> None:
    match local(said):
        case "properties":
            _form(document, element, said)
        case "preScript" | "postScript" as name if applies(content(said)):
            written = _attempt(document, element, content(said))
            if written:
                document.set_text(element, name, written)
                document.translated(element, text("Script"), content(said), written)
        case "unitTests":
            cure = text("Record a finished case as a scenario instead.")
            document.by_hand(element, text("Tests of the step"), cure, content(said))
        case "instructionsForEndUser":
            _instructions(document, element, said)
        case "serviceTaskOperator" if said.get("id") not in document.around.operations:
            document.by_hand(element, text("Operation"), CHOOSE_OPERATION, said.get("id", ""))
        case "allowGuest" | "guestConfirmation":
            cure = text("Steps are for people who are signed in; draw who does it instead of a guest.")
            document.by_hand(element, text("Step for guests"), cure, content(said))
        case "serviceTaskOperator":
            _parameters(document, element, said)


def _attempt(document: Document, element: Any, source: str) -> str | None:
    try:
        return python_like.script(source)
    except Untranslatable as fault:
        document.untranslated(element, text("Script"), fault, source)
        return None


def _parameters(document: Document, element: Any, said: Any) -> None:
    for parameter in said.iter(f"{SPIFF}parameter"):
        value = parameter.get("value", "")
        if applies(value):
            written = python_like.expression(value)
            parameter.set("value", written)
            document.translated(element, text("Parameter {name}", name=parameter.get("id", "")), value, written)


def _instructions(document: Document, element: Any, said: Any) -> None:
    """Words for whoever does the step; templates of Jinja are left for a person."""
    words = content(said)
    if "{{" in words or "{%" in words:
        document.by_hand(element, text("Instructions"), text("Write them anew, without the places in braces."), words)
    elif words and element.find(f"{BPMN}documentation") is None:
        documentation = element.makeelement(f"{BPMN}documentation")
        documentation.text = words
        element.insert(0, documentation)
        document.remove(said)
        document.translated(element, text("Instructions"), words, words)


def _form(document: Document, element: Any, said: Any) -> None:
    names = {part.get("name"): part for part in said if local(part) == "property"}
    schema = names.get(SCHEMA)
    if schema is None or not schema.get("value"):
        return
    file = schema.get("value", "")
    raw = next((raw for name, raw in document.files.items() if name.rsplit("/", 1)[-1] == file), None)
    if raw is None:
        cure = text("The form is not among the files; upload it too, or draw it.")
        document.by_hand(element, text("Form"), cure, file)
        return
    try:
        fields, left = fields_of(read_json(file, raw))
    except BundleRefused:
        document.by_hand(element, text("Form"), text("The file is no form that can be read; draw it."), file)
        return
    wanted = file.removesuffix(".json").removesuffix("-schema")
    key = add_form(document, element, wanted, form_of(wanted, fields))
    document.made |= dict.fromkeys(
        (part.get("value", "") for name, part in names.items() if name in (SCHEMA, APPEARANCE)), key
    )
    document.translated(element, text("Form"), file, f"formKey = {key}, {key}{FORM_SUFFIX}")
    for name in left:
        cure = text("This field has no counterpart; draw it in the form.")
        document.by_hand(element, text("Field {name}", name=name), cure, file)
    for name in (SCHEMA, APPEARANCE):
        if name in names:
            document.remove(names[name])


def fields_of(schema: Mapping[str, Any]) -> tuple[list[Field], list[str]]:
    """The fields of a JSON schema, and the names of those that are more than one value."""
    properties = schema.get("properties")
    required = schema.get("required")
    wanted = required if isinstance(required, list) else []
    fields, left = [], []
    for key, said in properties.items() if isinstance(properties, dict) else ():
        kind = _kind(said) if isinstance(said, dict) else None
        if kind is None:
            left.append(key)
            continue
        labels = said.get("enumNames") if isinstance(said.get("enumNames"), list) else []
        values = _values(said)
        default = said.get("default")
        fields.append(
            Field(
                key=key,
                label=str(said.get("title") or key)[:300],
                kind=kind,
                required=key in wanted,
                readonly=said.get("readOnly") is True,
                default=default
                if isinstance(default, str | bool | int | float) and kind not in ("date", "moment", "many")
                else None,
                options=tuple(
                    (value, str(labels[at]) if at < len(labels) else label) for at, (value, label) in enumerate(values)
                ),
                help=str(said.get("description") or "")[:1000],
            )
        )
    return fields, left


def _kind(said: Mapping[str, Any]) -> str | None:
    kind = said.get("type")
    if _values(said):
        return "many" if kind == "array" else "choice"
    if kind == "string":
        return FORMATS.get(str(said.get("format")), "line")
    return KINDS.get(kind) if isinstance(kind, str) else None


def _values(said: Mapping[str, Any]) -> list[tuple[str, str]]:
    place = said.get("items") if said.get("type") == "array" else said
    if not isinstance(place, dict):
        return []
    if isinstance(place.get("enum"), list):
        return [(_plain(value), _plain(value)) for value in place["enum"]]
    found = place.get("oneOf") or place.get("anyOf")
    if not isinstance(found, list):
        return []
    options = [each for each in found if isinstance(each, dict) and ("const" in each or each.get("enum"))]
    values = [_plain(each["const"] if "const" in each else each["enum"][0]) for each in options]
    return [(value, str(each.get("title") or value)) for value, each in zip(values, options, strict=True)]


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
