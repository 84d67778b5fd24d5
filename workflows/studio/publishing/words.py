"""What the parts of a process are called when versions are compared."""

from __future__ import annotations

from collections.abc import Mapping

from crm.core.i18n import Text, text
from workflows.engine.diagram import Node

NODE_WORDS: Mapping[str, Text] = {
    "name": text("Name"),
    "lane": text("Lane"),
    "role": text("Role"),
    "form_key": text("Form"),
    "documentation": text("Explanation"),
    "interrupting": text("Ends the step"),
    "all_events": text("All of its events must happen"),
    "called": text("Calls"),
    "result_variable": text("Result goes into the variable"),
    "script": text("Script"),
    "script_format": text("Language of the script"),
    "pre_script": text("Computed before the step"),
    "post_script": text("Computed after the step"),
}
EVENT_WORDS: Mapping[str, Text] = {
    "name": text("Message, signal or error"),
    "text": text("Condition"),
    "variable": text("What comes goes into the variable"),
    "payload": text("What is sent along"),
}
TIMER_WORDS: Mapping[str, Text] = {
    "timeDate": text("At a point in time"),
    "timeDuration": text("After a time span"),
    "timeCycle": text("Again and again"),
}
REPETITION_WORDS: Mapping[str, Text] = {
    "kind": text("Repetition"),
    "collection": text("For each of the list"),
    "cardinality": text("Or so many times"),
    "item": text("Each one is called"),
    "output": text("Results are gathered in the variable"),
    "output_item": text("Each result is called"),
    "condition": text("Over as soon as"),
    "maximum": text("At most so many times"),
    "test_before": text("Asked before the first time already"),
}
PROPERTY_WORDS: Mapping[str, Text] = {
    "dueDate": text("Due"),
    "workingTime": text("In working time"),
    "priority": text("Priority"),
    "assign": text("Who gets it?"),
    "assignTo": text("Person"),
    "assignRole": text("Role to choose from"),
    "assignOf": text("Whose"),
    "assignLevels": text("How many levels up"),
    "assignNot": text("Not whoever began the case"),
    "assignee": text("Assignee"),
    "candidates": text("Candidates"),
    "countersign": text("Countersigning: how many must agree"),
    "countersignAgree": text("One agrees when"),
    "countersignResult": text("Result goes into the variable"),
    "hiddenFields": text("Hidden fields"),
    "readOnlyFields": text("Fields to read only"),
}
KIND_WORDS: Mapping[str, Text] = {
    "userTask": text("User task"),
    "manualTask": text("Manual task"),
    "task": text("Task"),
    "serviceTask": text("Service task"),
    "scriptTask": text("Script task"),
    "businessRuleTask": text("Rule task"),
    "sendTask": text("Send task"),
    "receiveTask": text("Receive task"),
    "callActivity": text("Call of a process"),
    "subProcess": text("Sub-process"),
    "transaction": text("Transaction"),
    "adHocSubProcess": text("Sub-process without order"),
    "exclusiveGateway": text("Exclusive gateway"),
    "inclusiveGateway": text("Inclusive gateway"),
    "parallelGateway": text("Parallel gateway"),
    "eventBasedGateway": text("Event gateway"),
    "startEvent": text("Start event"),
    "endEvent": text("End event"),
    "intermediateCatchEvent": text("Waiting event"),
    "intermediateThrowEvent": text("Throwing event"),
    "boundaryEvent": text("Boundary event"),
}
EVENT_KINDS: Mapping[str, Text] = {
    "timer": text("timer"),
    "message": text("message"),
    "signal": text("signal"),
    "error": text("error"),
    "escalation": text("escalation"),
    "conditional": text("condition"),
    "terminate": text("ends all else"),
    "cancel": text("cancel"),
}
FORM_WORDS: Mapping[str, Text] = {
    "label": text("Label"),
    "description": text("Description"),
    "type": text("Kind of field"),
    "key": text("Key"),
    "text": text("Text"),
    "defaultValue": text("Default"),
    "values": text("Options"),
    "valuesKey": text("Source of the options"),
    "valuesExpression": text("Options computed"),
    "expression": text("Computed"),
    "validate.required": text("Required"),
    "validate.minLength": text("At least so many letters"),
    "validate.maxLength": text("At most so many letters"),
    "validate.min": text("At least"),
    "validate.max": text("At most"),
    "validate.pattern": text("Pattern"),
    "conditional.hide": text("Hidden when"),
    "readonly": text("Read only"),
    "disabled": text("Read only"),
    "multiple": text("Several"),
    "properties.widget": text("Presentation"),
    "decimalDigits": text("Decimal digits"),
    "layout.row": text("Row"),
    "layout.columns": text("Width"),
}


def property_called(name: str) -> Text:
    """A property for which there is no word."""
    return text("Property “{name}”", name=name)


def kind_of(node: Node) -> Text:
    """What sort of element a node is, events with what they wait for or throw."""
    kind = KIND_WORDS.get(node.kind) or text("Element of the kind {kind}", kind=node.kind)
    if node.event is None:
        return kind
    return text("{kind} ({event})", kind=kind, event=EVENT_KINDS.get(node.event.kind) or node.event.kind)
