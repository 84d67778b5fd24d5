"""Camunda 8 (`zeebe:`) in our words. Its formulas are FEEL with a leading "=", which is dropped where it is moved."""

from __future__ import annotations

import json
from typing import Any

from crm.core.i18n import text
from workflows.engine import expressions
from workflows.engine.bundle import FORM_SUFFIX
from workflows.studio.exchange import people
from workflows.studio.exchange.camunda7 import CHOOSE_OPERATION, NO_LISTENER, result_variable
from workflows.studio.exchange.document import BPMN, Document, content, local
from workflows.studio.exchange.foreign import Dialect
from workflows.studio.exchange.formulas import literal
from workflows.studio.exchange.made_forms import free_key, use_form
from workflows.studio.exchange.writing import Untranslatable, context, proved, quoted


def formula_of(value: str) -> str | None:
    """The FEEL behind "="; None for a plain text. Raises Untranslatable when it cannot be read."""
    return proved(expressions.source(value)) if value.strip().startswith("=") else None


def constant(value: str) -> str | None:
    """A text, number or list of texts behind "=" as it would be written without; None for what is to be reckoned. Lists are
    parted by commas, as in plain values."""
    if not value.strip().startswith("="):
        return value
    try:
        found = json.loads(expressions.source(value))
    except (ValueError, RecursionError):
        return None
    if isinstance(found, list) and found and all(isinstance(each, str) and "," not in each for each in found):
        return ", ".join(found)
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else None


def assigned(document: Document, element: Any, said: Any) -> None:
    """Assignee, candidate groups and candidate users, each plain or behind "="."""
    if value := said.get("assignee"):
        plain = constant(value)
        formula = formula_of(value) if plain is None else None
        people.to_person(document, element, plain or value, formula=formula, initiators=document.initiators)
    if value := said.get("candidateUsers"):
        plain = constant(value)
        people.to_people(document, element, plain or value, formula=formula_of(value) if plain is None else None)
    if value := said.get("candidateGroups"):
        if (plain := constant(value)) is None:
            cure = text("Choose a role; which role it is cannot be reckoned while the case runs.")
            document.by_hand(element, text("Candidate group"), cure, value)
        else:
            people.to_groups(document, element, plain.split(","))


def form(document: Document, element: Any, said: Any) -> None:
    """A form by its id, by the key of one that stands in the diagram, or one of another product."""
    if value := said.get("formId"):
        use_form(document, element, value, value, by_id=True)
    elif (value := said.get("formKey", "")).startswith("camunda-forms:bpmn:"):
        use_form(document, element, value, value.removeprefix("camunda-forms:bpmn:"))
    elif value := said.get("formKey") or said.get("externalReference") or "":
        cure = text("The form belongs to another program; draw it anew.")
        document.by_hand(element, text("Form"), cure, value)


def form_in_diagram(document: Document, element: Any, said: Any) -> None:
    """A form that stands in the diagram becomes a file; it stands before the steps that use it."""
    raw = content(said).encode()
    key = free_key(document, said.get("id", ""), raw)
    document.files[key + FORM_SUFFIX] = raw
    document.translated(element, text("Form"), said.get("id", ""), f"{key}{FORM_SUFFIX}")


def schedule(document: Document, element: Any, said: Any) -> None:
    if value := said.get("dueDate"):
        people.due(document, element, value, formula=formula_of(value))
    if value := said.get("followUpDate"):
        cure = text("There is no follow-up date here; draw a timer at the border of the step.")
        document.by_hand(element, text("Follow-up date"), cure, value)


def priority(document: Document, element: Any, said: Any) -> None:
    value = said.get("priority", "")
    people.urgent(document, element, constant(value) or value)


def work(document: Document, element: Any, said: Any) -> None:
    """The type of work that a program outside takes; one called like an operation of ours becomes that operation."""
    value = said.get("type", "")
    if value in document.around.operations:
        document.set_operator(element, value, None)
        document.translated(element, text("Operation"), value, value)
    else:
        document.by_hand(element, text("Operation"), CHOOSE_OPERATION, value)


def headers(document: Document, element: Any, said: Any) -> None:
    shown = ", ".join(f"{part.get('key')}: {part.get('value')}" for part in said)
    document.by_hand(element, text("Operation"), text("Give these values to the operation as parameters."), shown)


def decision(document: Document, element: Any, said: Any) -> None:
    value, variable = said.get("decisionId", ""), said.get("resultVariable", "")
    if value.startswith("="):
        document.by_hand(
            element, text("Decision table"), text("Choose the decision; its name cannot be reckoned."), value
        )
        return
    document.set_text(element, "calledDecisionId", value)
    document.translated(element, text("Decision table"), value, f"calledDecisionId = {value}")
    result_variable(document, element, variable)


def script(document: Document, element: Any, said: Any) -> None:
    """A FEEL expression whose value becomes a variable: a context of one entry."""
    value, variable = said.get("expression", ""), said.get("resultVariable", "") or "result"
    written = proved(context([(variable, expressions.source(value) or "null")]))
    document.set_condition(element, "script", written)
    element.set("scriptFormat", "feel")
    document.translated(element, text("Script"), value, written)


def mapped(document: Document, element: Any, said: Any) -> None:
    """What goes in and out of a step becomes scripts before and after it."""
    for tag, name, what in (
        ("input", "preScript", text("What goes in")),
        ("output", "postScript", text("What comes out")),
    ):
        entries: list[tuple[str, str]] = []
        for part in said:
            target, source = part.get("target", ""), part.get("source", "")
            if local(part) != tag:
                continue
            try:
                entries.append((target, formula_of(source) or literal(source)))
            except Untranslatable as fault:
                document.untranslated(element, what, fault, f"{target}: {source}")
        if entries:
            document.put_script(element, name, what, entries)


def rounds(document: Document, element: Any, said: Any) -> None:
    """The list of the rounds, and where their results go."""
    shown = ", ".join(f"{key} = {value}" for key, value in said.attrib.items())
    repeated = (
        element
        if local(element) == "multiInstanceLoopCharacteristics"
        else element.find(f"{BPMN}multiInstanceLoopCharacteristics")
    )
    if value := said.get("inputCollection"):
        document.set_condition(repeated, "loopDataInputRef", formula_of(value) or proved(value))
    if value := said.get("outputCollection"):
        document.set_condition(repeated, "loopDataOutputRef", value)
    if value := said.get("inputElement"):
        _item(document, repeated, "inputDataItem", value)
    if value := said.get("outputElement"):
        formula = expressions.source(value)
        if not formula.isidentifier():
            document.add_script(repeated.getparent(), "postScript", proved(context([("round_result", formula)])))
            formula = "round_result"
        _item(document, repeated, "outputDataItem", formula)
    document.translated(element, text("List of the rounds"), shown, content(repeated.find(f"{BPMN}loopDataInputRef")))


def _item(document: Document, repeated: Any, tag: str, name: str) -> None:
    document.set_condition(repeated, tag, "")
    found = repeated.find(BPMN + tag)
    found.text = None
    found.set("id", name)


def called(document: Document, element: Any, said: Any) -> None:
    value = said.get("processId", "")
    if value.startswith("="):
        document.by_hand(element, text("Called process"), text("Only processes of the same file can be called."), value)
        return
    element.set("calledElement", value)
    document.translated(element, text("Called process"), value, f"calledElement = {value}")
    if "false" in (said.get("propagateAllChildVariables"), said.get("propagateAllParentVariables")):
        # Which ones go over is said by what goes in and out, which becomes scripts; the others come along.
        document.understood(element, text("Variables of the call"), "propagateAll = false")


def steps_at_will(document: Document, element: Any, said: Any) -> None:
    """Which steps of an ad-hoc sub-process begin is reckoned there; here all begin to which nothing leads."""
    shown = ", ".join(f"{key} = {value}" for key, value in said.attrib.items())
    if shown:
        cure = text("Here all steps begin to which no flow leads; draw gateways for those that shall not.")
        document.by_hand(element, text("Steps that begin"), cure, shown)


def correlated(document: Document, element: Any, said: Any) -> None:
    """A message comes with its case here, so that no key is needed."""
    document.understood(element, text("Key of the message"), said.get("correlationKey", ""))


def listeners(document: Document, element: Any, said: Any) -> None:
    shown = ", ".join(f"{part.get('eventType')}: {part.get('type')}" for part in said)
    document.by_hand(element, text("Listener"), NO_LISTENER, shown)


def published(document: Document, element: Any, said: Any) -> None:
    document.by_hand(
        element,
        text("Message"),
        text("Write what the message carries as its payload."),
        quoted(str(dict(said.attrib))).text,
    )


DIALECT = Dialect(
    "Camunda 8",
    frozenset({"http://camunda.org/schema/zeebe/1.0"}),
    {},
    {
        "assignmentDefinition": assigned,
        "formDefinition": form,
        "userTaskForm": form_in_diagram,
        "taskSchedule": schedule,
        "priorityDefinition": priority,
        "taskDefinition": work,
        "taskHeaders": headers,
        "calledDecision": decision,
        "script": script,
        "ioMapping": mapped,
        "loopCharacteristics": rounds,
        "calledElement": called,
        "subscription": correlated,
        "executionListeners": listeners,
        "taskListeners": listeners,
        "publishMessage": published,
        "adHoc": steps_at_will,
    },
    frozenset({
        "userTask", "properties", "versionTag", "modelerTemplate", "modelerTemplateVersion", "modelerTemplateIcon",
        "bindingType", "linkedResources", "conditionalFilter",
    }),
)  # fmt: skip
