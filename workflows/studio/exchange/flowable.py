"""Flowable and Activiti (`flowable:`, `activiti:`): what they say beyond Camunda 7, which grew out of the same tree."""

from __future__ import annotations

from typing import Any

from crm.core.i18n import text
from workflows.studio.exchange import camunda7, juel
from workflows.studio.exchange.document import BPMN, Document, content, local
from workflows.studio.exchange.foreign import Dialect
from workflows.studio.exchange.formulas import Language, literal
from workflows.studio.exchange.writing import Untranslatable, context, proved, quoted

LANGUAGE: Language = camunda7.LANGUAGE
VALUE_KINDS = frozenset({"string", "boolean", "double", "float", "int", "integer", "long", "datetime"})


def work_type(document: Document, element: Any, value: str) -> None:
    """`flowable:type`: mail, http, a decision, or work for a program outside."""
    if value != "dmn":
        camunda7.work_type(document, element, value if value != "external-worker" else "external")
        return
    reference = next(
        (
            content(field) or field.get("stringValue", "")
            for field in element.iter()
            if local(field) == "field" and field.get("name") == "decisionTableReferenceKey"
        ),
        "",
    )
    element.tag = f"{BPMN}businessRuleTask"
    camunda7.decision(document, element, reference)


def injected(document: Document, element: Any, said: Any) -> None:
    """A field of a program; those of a decision are read with its type."""
    if local(element) != "businessRuleTask":
        camunda7.injected(document, element, said)


def skipped(document: Document, element: Any, value: str) -> None:
    if value:
        cure = text("A step is not left out by a formula here; draw a gateway before it.")
        document.by_hand(element, text("Condition for leaving out"), cure, value)


def stored_in(document: Document, element: Any, value: str) -> None:
    camunda7.result_variable(document, element, value)


def rules(document: Document, element: Any, value: str) -> None:
    """`ruleVariablesInput` and its kin ask a rule engine."""
    document.by_hand(element, text("Decision table"), text("Choose a decision table for this step."), value)


def counted(document: Document, element: Any, said: Any) -> None:
    """`flowable:collection` as an element: a string or an expression inside."""
    value = next((content(part) for part in said if local(part) in ("string", "expression")), "")
    if juel.has_expression(value):
        camunda7.collection(document, element, value)


def valued(document: Document, element: Any, said: Any) -> None:
    """The value that a data object has at the beginning: it is reckoned behind the start event."""
    start = next((each for each in element.getparent() if document.is_plain_start(each)), None)
    kind, value = (element.get("itemSubjectRef") or "").rpartition(":")[2].lower(), content(said)
    if local(element) != "dataObject" or start is None or kind not in VALUE_KINDS:
        raise Untranslatable(text("it is no value of a variable"))
    if not value:
        return
    formula = quoted(value).text if kind == "string" else literal(value)
    if kind == "datetime":
        formula = f"date and time({formula})"
    document.add_script(start, "postScript", proved(context([(element.get("name") or element.get("id"), formula)])))


DIALECT = Dialect(
    "Flowable",
    frozenset({"http://flowable.org/bpmn", "http://activiti.org/bpmn"}),
    {
        **camunda7.ATTRIBUTES,
        "type": work_type,
        "skipExpression": skipped,
        "resultVariableName": stored_in,
        "ruleVariablesInput": rules,
        "rules": rules,
    },
    {**camunda7.ELEMENTS, "field": injected, "collection": counted, "value": valued},
    camunda7.IDLE
    | {
        "formFieldValidation", "sameDeployment", "triggerable", "useLocalScopeForResultVariable", "storeResultVariableAsTransient",
        "fallbackToDefaultTenant", "inheritVariables", "inheritBusinessKey", "category", "elementIndexVariable", "exclude",
        "initiator-can-complete", "activiti-idm-initiator", "assignee-type", "idm-assignee", "initiatorCanComplete", "autoStoreVariables",
        "doNotIncludeVariables", "excludeResultVariable", "parallelInSameTransaction", "noWaitStatesAsyncLeave", "work-form-key",
        "candidateUsersType", "candidateGroupsType", "assigneeType", "modeltype", "taskListenerForAssignee", "businessKey",
    },
)  # fmt: skip
