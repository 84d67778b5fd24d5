"""Camunda 7 (`camunda:`) in our words. Flowable and Activiti say most of it in the same words in a namespace of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crm.core.i18n import Text, text
from workflows.studio.exchange import juel, people
from workflows.studio.exchange.document import BPMN, Document, content, local
from workflows.studio.exchange.foreign import Dialect, OnAttribute, OnElement
from workflows.studio.exchange.formulas import Language, literal
from workflows.studio.exchange.made_forms import Field, add_form, form_of, use_form
from workflows.studio.exchange.writing import Untranslatable, context, name, proved

CHOOSE_OPERATION = text("Choose an operation of Heliu for this step, or give it to a person.")
NO_LISTENER = text("Listeners do not run here; draw what they do as a step, a script or a timer.")
# Where the other tool looks for a form: in the diagram, among the files, or in its own program.
FORM_PLACE = re.compile(r"(?:camunda-forms:)?(?:app:|deployment:|bpmn:)?")
# How the modelers of Flowable and Activiti write whoever began the case.
INITIATOR = "$INITIATOR"
FIELD_KINDS = {
    "string": "line", "long": "whole", "integer": "whole", "int": "whole", "double": "number", "boolean": "flag",
    "date": "date", "enum": "choice",
}  # fmt: skip


LANGUAGE = Language(
    applies=juel.has_expression,
    expression=juel.expression,
    value=juel.value,
    kin=("groovy", "javascript", "ecmascript"),
)


def formula_of(value: str) -> str | None:
    """The FEEL of a text with an expression in it; None for a plain text. Raises Untranslatable."""
    return juel.value(value) if juel.has_expression(value) else None


def assignee(document: Document, element: Any, value: str) -> None:
    if not value:
        return
    if value.upper() == INITIATOR:
        value = "${initiator}"
    people.to_person(document, element, value, formula=formula_of(value), initiators=document.initiators)


def candidate_users(document: Document, element: Any, value: str) -> None:
    if value:
        people.to_people(document, element, value, formula=formula_of(value))


def candidate_groups(document: Document, element: Any, value: str) -> None:
    if juel.has_expression(value):
        cure = text("Choose a role; which role it is cannot be reckoned while the case runs.")
        document.by_hand(element, text("Candidate group"), cure, value)
    else:
        people.to_groups(document, element, value.split(","))


def due_date(document: Document, element: Any, value: str) -> None:
    if value:
        people.due(document, element, value, formula=formula_of(value))


def follow_up(document: Document, element: Any, value: str) -> None:
    if value:
        cure = text("There is no follow-up date here; draw a timer at the border of the step.")
        document.by_hand(element, text("Follow-up date"), cure, value)


def priority(document: Document, element: Any, value: str) -> None:
    if value:
        people.urgent(document, element, value)


def form_key(document: Document, element: Any, value: str) -> None:
    if not value:
        return
    if value.startswith("embedded:") or value.endswith((".html", ".jsf", ".xhtml")) or juel.has_expression(value):
        document.by_hand(element, text("Form"), text("Forms in HTML cannot be taken over; draw the form anew."), value)
        return
    wanted = FORM_PLACE.sub("", value, count=1)
    use_form(document, element, value, wanted.rsplit("/", 1)[-1].removesuffix(".form").removesuffix(".json"))


def form_ref(document: Document, element: Any, value: str) -> None:
    """A form by the id that stands in it."""
    if juel.has_expression(value):
        cure = text("Choose the form; which one it is cannot be reckoned while the case runs.")
        document.by_hand(element, text("Form"), cure, value)
    elif value:
        use_form(document, element, value, value, by_id=True)


def program(document: Document, element: Any, value: str) -> None:
    """A class, bean or method of Java that a step would call."""
    document.by_hand(element, text("Program of the other tool"), CHOOSE_OPERATION, value)


def work_type(document: Document, element: Any, value: str) -> None:
    if value and value != "external":
        document.by_hand(element, text("Program of the other tool"), CHOOSE_OPERATION, value)


def topic(document: Document, element: Any, value: str) -> None:
    """Work that a program outside takes by its topic; one called like an operation of ours becomes that operation."""
    if value in document.around.operations:
        document.set_operator(element, value, None)
        document.translated(element, text("Operation"), value, value)
    else:
        document.by_hand(element, text("Operation"), CHOOSE_OPERATION, value)


def decision(document: Document, element: Any, value: str) -> None:
    if juel.has_expression(value):
        document.by_hand(
            element, text("Decision table"), text("Choose the decision; its name cannot be reckoned."), value
        )
    elif value:
        document.set_text(element, "calledDecisionId", value)
        document.translated(element, text("Decision table"), value, f"calledDecisionId = {value}")


def result_variable(document: Document, element: Any, value: str) -> None:
    if not value:
        return
    document.set_property(element, "resultVariable", value)
    document.translated(element, text("Variable for the result"), value, f"resultVariable = {value}")


def result_kind(document: Document, element: Any, value: str) -> None:
    """How the rows of a decision become a value. A table with one hit gives one row here, with one output its value."""
    what = text("Result of the decision")
    if value in ("", "singleEntry"):
        document.understood(element, what, value)
    else:
        cure = text(
            "Here a decision of one hit gives its row, one that collects gives a list; check what reads the result."
        )
        document.by_hand(element, what, cure, value)


def collection(document: Document, element: Any, value: str) -> None:
    if not value:
        return
    formula = formula_of(value) or proved(value)
    document.set_condition(element, "loopDataInputRef", formula)
    document.translated(element, text("List of the rounds"), value, formula)


def element_variable(document: Document, element: Any, value: str) -> None:
    if not value:
        return
    found = element.find(f"{BPMN}inputDataItem")
    if found is None:
        document.set_condition(element, "inputDataItem", "")
        found = element.find(f"{BPMN}inputDataItem")
        found.text = None
    found.set("id", value)
    found.attrib.pop("name", None)
    document.translated(element, text("Variable of each round"), value, value)


def starter_groups(document: Document, element: Any, value: str) -> None:
    people.started_by(document, element, value.split(","))


def starter_users(document: Document, element: Any, value: str) -> None:
    if value:
        cure = text("Whoever may start a case is said by roles; choose them at the start event.")
        document.by_hand(element, text("Who may start"), cure, value)


def calls_by_name(document: Document, element: Any, value: str) -> None:
    document.by_hand(element, text("Called process"), text("Only processes of the same file can be called."), value)


def without_effect(document: Document, element: Any, value: str) -> None:
    cure = text("It is kept in the file but has no effect; draw what it means.")
    document.by_hand(element, text("Setting without effect"), cure, value)


def mapped(document: Document, element: Any, said: Any) -> None:
    """What goes in and out of a step becomes scripts before and after it."""
    sides: tuple[tuple[str, str, Text], ...] = (
        ("inputParameter", "preScript", text("What goes in")),
        ("outputParameter", "postScript", text("What comes out")),
    )
    for tag, script, what in sides:
        entries: list[tuple[str, str]] = []
        for parameter in said:
            if local(parameter) != tag:
                continue
            try:
                entries.append((name(parameter.get("name", "")).text.strip("`"), _value(parameter)))
            except Untranslatable as fault:
                document.untranslated(element, what, fault, f"{parameter.get('name', '')}: {content(parameter)}")
        if entries:
            document.put_script(element, script, what, entries)


def _value(parameter: Any) -> str:
    """The FEEL of a parameter: a text, an expression, a list or a map of them."""
    parts = [part for part in parameter if isinstance(part.tag, str)]
    if not parts:
        said = content(parameter)
        return formula_of(said) or literal(said)
    match local(parts[0]):
        case "list":
            return f"[{', '.join(_value(each) for each in parts[0])}]"
        case "map":
            return context([(entry.get("key", ""), _value(entry)) for entry in parts[0]]) if len(parts[0]) else "{}"
        case "value":
            return formula_of(content(parts[0])) or literal(content(parts[0]))
    raise Untranslatable(text("it is a script of another language"))


def handed_over(document: Document, element: Any, said: Any) -> None:
    """What a call hands in and gets back. All variables go both ways here."""
    source, target = said.get("source"), said.get("target")
    shown = said.get("businessKey") or f"{source or said.get('sourceExpression') or 'all'} → {target or 'all'}"
    if said.get("variables") == "all" or said.get("businessKey") or (source and source == target):
        document.understood(element, text("Variables of the call"), shown)
        return
    formula = name(source).text if source else formula_of(said.get("sourceExpression") or "")
    if not target or formula is None:
        raise Untranslatable(text("it is not one expression in braces"))
    script = "preScript" if local(said) == "in" else "postScript"
    document.add_script(element, script, proved(context([(target, formula)])))
    document.translated(element, text("Variables of the call"), shown, f"{script}: {{ {target}: {formula} }}")


def generated_form(document: Document, element: Any, said: Any) -> None:
    """Fields that the other tool draws by itself become a form."""
    fields = [_form_field(part) for part in said if local(part) == "formField"]
    _keep_form(document, element, fields)


def _form_field(part: Any) -> Field:
    rules = {rule.get("name"): rule.get("config") for rule in part.iter() if local(rule) == "constraint"}
    options = tuple(
        (value.get("id", ""), value.get("name") or value.get("id", "")) for value in part if local(value) == "value"
    )
    kind = FIELD_KINDS.get(part.get("type", ""), "line")
    return Field(
        key=part.get("id", ""),
        label=part.get("label") or part.get("id", ""),
        kind=kind,
        required=rules.get("required", "false") != "false",
        readonly="readonly" in rules,
        default=_default(part.get("defaultValue") or "", kind),
        options=options,
    )


def form_properties(document: Document, element: Any, said: Any) -> None:
    """Activiti's way of saying it: one extension a field. They are read together at the first."""
    parts = [part for part in said.getparent() if local(part) == "formProperty"]
    if said is not parts[0]:
        return
    fields = [
        Field(
            key=part.get("variable") or part.get("id", ""),
            label=part.get("name") or part.get("id", ""),
            kind=FIELD_KINDS.get(part.get("type", ""), "line"),
            required=part.get("required") == "true",
            readonly=part.get("writable") == "false",
            default=_default(part.get("default") or "", FIELD_KINDS.get(part.get("type", ""), "line")),
            options=tuple((value.get("id", ""), value.get("name") or value.get("id", "")) for value in part),
        )
        for part in parts
        if part.get("readable") != "false"
    ]
    for part in parts:
        if formula := part.get("expression"):
            cure = text("Reckon it in a script before the step and show it in the form.")
            document.by_hand(element, text("Field {name}", name=part.get("id", "")), cure, formula)
        if part.get("readable") == "false":
            document.understood(element, text("A field that nobody sees"), part.get("id", ""))
    for part in parts[1:]:
        document.remove(part)
    _keep_form(document, element, fields)


def _keep_form(document: Document, element: Any, fields: list[Field]) -> None:
    if not fields:
        return
    ident = element.get("id") or "form"
    key = add_form(document, element, ident, form_of(ident, fields))
    document.translated(element, text("Form"), ", ".join(field.key for field in fields), f"formKey = {key}")


def _default(value: str, kind: str) -> str | bool | int | float | None:
    if not value or juel.has_expression(value):
        return None
    if kind == "flag":
        return value == "true"
    if kind in ("whole", "number"):
        try:
            return int(value) if kind == "whole" else float(value)
        except ValueError:
            return None
    return value if kind in ("line", "choice") else None


def listener(document: Document, element: Any, said: Any) -> None:
    does = said.get("class") or said.get("delegateExpression") or said.get("expression") or content(said)
    document.by_hand(element, text("Listener"), NO_LISTENER, f"{said.get('event', '')}: {does}")


def connector(document: Document, element: Any, said: Any) -> None:
    ident = next((content(part) for part in said if local(part) == "connectorId"), "")
    document.by_hand(element, text("Connector"), CHOOSE_OPERATION, ident)


def injected(document: Document, element: Any, said: Any) -> None:
    shown = f"{said.get('name', '')}: {said.get('stringValue') or said.get('expression') or content(said)}"
    document.by_hand(element, text("Program of the other tool"), CHOOSE_OPERATION, shown)


ATTRIBUTES: Mapping[str, OnAttribute] = {
    "assignee": assignee,
    "candidateUsers": candidate_users,
    "candidateGroups": candidate_groups,
    "dueDate": due_date,
    "followUpDate": follow_up,
    "priority": priority,
    "formKey": form_key,
    "formRef": form_ref,
    "class": program,
    "delegateExpression": program,
    "expression": program,
    "type": work_type,
    "topic": topic,
    "decisionRef": decision,
    "caseRef": program,
    "resultVariable": result_variable,
    "mapDecisionResult": result_kind,
    "collection": collection,
    "elementVariable": element_variable,
    "candidateStarterGroups": starter_groups,
    "candidateStarterUsers": starter_users,
    "calledElementTenantId": calls_by_name,
    "variableMappingClass": program,
    "variableMappingDelegateExpression": program,
    "errorCodeVariable": without_effect,
    "errorMessageVariable": without_effect,
    "escalationCodeVariable": without_effect,
    "resource": program,
}
ELEMENTS: Mapping[str, OnElement] = {
    "inputOutput": mapped,
    "in": handed_over,
    "out": handed_over,
    "formData": generated_form,
    "formProperty": form_properties,
    "executionListener": listener,
    "taskListener": listener,
    "connector": connector,
    "field": injected,
}
IDLE = frozenset({
    "asyncBefore", "asyncAfter", "async", "exclusive", "jobPriority", "taskPriority", "historyTimeToLive", "versionTag",
    "isStartableInTasklist", "failedJobRetryTimeCycle", "properties", "initiator", "formRefBinding", "formRefVersion",
    "decisionRefBinding", "decisionRefVersion", "decisionRefVersionTag", "decisionRefTenantId", "calledElementBinding",
    "calledElementVersion", "calledElementVersionTag", "modelerTemplate", "modelerTemplateVersion", "modelerTemplateIcon",
    "diagramRelationId", "potentialStarter", "variableName", "variableEvents", "formHandlerClass",
})  # fmt: skip
DIALECT = Dialect("Camunda 7", frozenset({"http://camunda.org/schema/1.0/bpmn"}), ATTRIBUTES, ELEMENTS, IDLE)
