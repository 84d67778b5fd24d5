"""SpiffArena: our own `spiffworkflow:` words with Python in them, forms as JSON schemas, and tests that stand in the diagram."""

from __future__ import annotations

from typing import Any

from crm.core.i18n import text
from workflows.engine import expressions
from workflows.engine.bundle import FORM_SUFFIX, read_json
from workflows.engine.errors import BundleRefused
from workflows.studio.exchange import json_schemas, python_like
from workflows.studio.exchange.camunda7 import CHOOSE_OPERATION
from workflows.studio.exchange.document import BPMN, SCRIPTED, SPIFF, SPIFF_URI, Document, content, local
from workflows.studio.exchange.foreign import guarded
from workflows.studio.exchange.formulas import Language
from workflows.studio.exchange.made_forms import add_form, form_of
from workflows.studio.exchange.writing import Untranslatable

SCHEMA, APPEARANCE = "formJsonSchemaFilename", "formUiSchemaFilename"
SCRIPTS = ("preScript", "postScript")
OPERATORS = ("http/", "xero/", "slack/", "airtable/", "github/")
WORDS = frozenset({
    "unitTests", "instructionsForEndUser", "allowGuest", "guestConfirmation", "signalButtonLabel", "taskMetadataValues",
    "validateOnRun", "processVariableCorrelation", "processModelToStartOnTaskAvailable",
})  # fmt: skip
SCRIPT_FORMATS = ("python", "application/x-python", "text/x-python")
# Settings at an element that only tell its editor or its screens something.
IDLE = frozenset({"isMatchingCorrelation", "isOutputSynced", "jsonSchemaId"})


def applies(source: str) -> bool:
    return python_like.is_python(expressions.source(source))


LANGUAGE = Language(
    applies=applies,
    expression=python_like.expression,
    value=python_like.expression,
    script=python_like.script,
    script_formats=SCRIPT_FORMATS,
    is_script=python_like.is_script,
)


def comes_from(root: Any) -> bool:
    """Our own diagrams say the same words in FEEL; those of SpiffArena are told by its forms, its tests or its Python."""
    speaks = False
    for element in root.iter():
        if element.tag == f"{SPIFF}property" and element.get("name") in (SCHEMA, APPEARANCE):
            return True
        if isinstance(element.tag, str) and element.tag.startswith(SPIFF):
            speaks = True
            if _word(element) in WORDS or (_word(element) in SCRIPTS and python_like.is_script(content(element))):
                return True
        if element.tag == f"{SPIFF}serviceTaskOperator" and element.get("id", "").startswith(OPERATORS):
            return True
    # Without a word of its own, Python in a step of its kind tells it.
    return (speaks or SPIFF_URI in root.nsmap.values()) and any(
        step.get("scriptFormat", "python").lower() in SCRIPT_FORMATS
        and python_like.is_script(content(step.find(f"{BPMN}script")))
        for step in root.iter(f"{BPMN}scriptTask")
    )


def translate(document: Document) -> None:
    """The words of the tool at each element; conditions and scripts are translated as all formulas are."""
    unneeded: set[str] = set()
    for element in list(document.root.iter(f"{BPMN}*")):
        for key in [key for key in element.attrib if key.startswith(SPIFF)]:
            guarded(document, element, _attribute, document, element, key, unneeded)
        extensions = element.find(f"{BPMN}extensionElements")
        for said in [] if extensions is None else list(extensions):
            if isinstance(said.tag, str) and said.tag.startswith(SPIFF):
                # Older editors began these names with a capital.
                said.tag = SPIFF + _word(said)
                guarded(document, element, _said, document, element, said)
    if keys := [each.get("name") or each.get("id") or "" for each in document.root.iter(f"{BPMN}correlationProperty")]:
        document.understood(None, text("Key of the message"), ", ".join(keys))
    if unneeded:
        what = text("Settings of {tool} that are not needed here", tool="SpiffArena")
        document.understood(None, what, ", ".join(sorted(unneeded)))


def _word(element: Any) -> str:
    name = local(element)
    return name[:1].lower() + name[1:]


def _attribute(document: Document, element: Any, key: str, unneeded: set[str]) -> None:
    name, value = key.removeprefix(SPIFF), element.get(key, "")
    if name in IDLE:
        unneeded.add(name)
    elif name == "scriptsOnInstances" and value == "true":
        cure = text("Here they run once before the first round and once after the last; draw script steps inside.")
        document.by_hand(element, text("Scripts of each round"), cure, value)


def _said(document: Document, element: Any, said: Any) -> None:
    words = content(said)
    match local(said):
        case "properties":
            _form(document, element, said)
        case "preScript" | "postScript" as name if python_like.is_script(words) or applies(words):
            written = _attempt(document, element, words)
            if written:
                document.translated(element, text("Script"), words, written)
                if local(element) in SCRIPTED:
                    document.set_text(element, name, written)
                else:
                    # Events and steps that send reckon nothing here: it becomes a script step beside them.
                    document.remove(said)
                    document.add_script(element, name, written)
        case "messagePayload" | "payloadExpression" as name if applies(words):
            _payload(document, element, said, name, words)
        case "unitTests":
            cure = text("Record a finished case as a scenario instead.")
            document.by_hand(element, text("Tests of the step"), cure, words)
        case "instructionsForEndUser":
            _instructions(document, element, said)
        case "serviceTaskOperator" if said.get("id") not in document.around.operations:
            document.by_hand(element, text("Operation"), CHOOSE_OPERATION, said.get("id", ""))
        case "allowGuest" | "guestConfirmation" if words.lower() != "false":
            cure = text("Steps are for people who are signed in; draw who does it instead of a guest.")
            document.by_hand(element, text("Step for guests"), cure, words)
        case "serviceTaskOperator":
            _parameters(document, element, said)
        case "processVariableCorrelation":
            document.understood(element, text("Key of the message"), words)
        case "taskMetadataValues":
            shown = ", ".join(f"{part.get('name')}: {part.get('value')}" for part in said)
            cure = text(
                "Lists of tasks show the record of the case; keep these values in it, or show them in the form."
            )
            document.by_hand(element, text("Values beside the task"), cure, shown)
        case "signalButtonLabel":
            cure = text("Whoever does the step cannot send a signal by a button; let them choose in the form.")
            document.by_hand(element, text("Button for a signal"), cure, words)
        case "processModelToStartOnTaskAvailable":
            cure = text("Draw a step that sends the message by which the other process begins.")
            document.by_hand(element, text("Process that begins with the step"), cure, words)
        case "variableName" if local(element) in ("userTask", "manualTask"):
            cure = text("Each field of the form is a variable of its own here; change what reads this one.")
            document.by_hand(element, text("Variable for the form"), cure, words)


def _payload(document: Document, element: Any, said: Any, name: str, words: str) -> None:
    what = text("What the message carries")
    try:
        written = python_like.expression(words)
    except Untranslatable as fault:
        document.untranslated(element, what, fault, words)
        return
    document.set_text(element, name, written)
    document.translated(element, what, words, written)


def _attempt(document: Document, element: Any, source: str) -> str | None:
    try:
        return python_like.script(source)
    except Untranslatable as fault:
        document.untranslated(element, text("Script"), fault, source)
        return None


def _parameters(document: Document, element: Any, said: Any) -> None:
    for parameter in said.iter(f"{SPIFF}parameter"):
        value = parameter.get("value", "")
        if not applies(value):
            continue
        what = text("Parameter {name}", name=parameter.get("id", ""))
        try:
            written = python_like.expression(value)
        except Untranslatable as fault:
            document.untranslated(element, what, fault, value)
            continue
        parameter.set("value", written)
        document.translated(element, what, value, written)


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
    raw = document.files.get(file.rpartition("/")[2])
    if raw is None:
        cure = text("The form is not among the files; upload it too, or draw it.")
        document.by_hand(element, text("Form"), cure, file)
        return
    look = names[APPEARANCE].get("value", "").rpartition("/")[2] if APPEARANCE in names else ""
    try:
        appearance = read_json(look, document.files[look]) if look in document.files else {}
        fields, left = json_schemas.fields_of(read_json(file, raw), appearance)
    except BundleRefused:
        document.by_hand(element, text("Form"), text("The file is no form that can be read; draw it."), file)
        return
    wanted = file.rpartition("/")[2].removesuffix(".json").removesuffix("-schema")
    key = add_form(document, element, wanted, form_of(wanted, fields))
    document.made |= dict.fromkeys(filter(None, (file.rpartition("/")[2], look)), key)
    document.translated(element, text("Form"), file, f"formKey = {key}, {key}{FORM_SUFFIX}")
    for name, cure in left:
        document.by_hand(element, text("Field {name}", name=name), cure, file)
    for name in (SCHEMA, APPEARANCE):
        if name in names:
            document.remove(names[name])
