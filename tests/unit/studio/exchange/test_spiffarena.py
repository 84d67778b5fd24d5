"""SpiffArena: files as its editor writes them, with scripts in Python, forms as JSON schemas and words of its own screens."""

from __future__ import annotations

import json
from html import escape
from typing import Any

import pytest

from tests.unit.studio.exchange.foreign_files import (
    AROUND,
    NAMESPACES,
    diagram,
    element,
    errors,
    lines,
    said,
    straight,
    taken,
    word,
)
from workflows.studio.exchange.document import BPMN, SPIFF
from workflows.studio.exchange.gathering import take_all
from workflows.studio.exchange.json_schemas import fields_of
from workflows.studio.exchange.report import Imported, Status

LANES = (
    '<bpmn:laneSet id="ls"><bpmn:lane id="l1" name="Service agent"><bpmn:flowNodeRef>begin</bpmn:flowNodeRef>'
    "<bpmn:flowNodeRef>choose</bpmn:flowNodeRef><bpmn:flowNodeRef>ask</bpmn:flowNodeRef>"
    "<bpmn:flowNodeRef>finish</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>"
)
FRUITS: dict[str, Any] = {
    "title": "Fruit",
    "type": "object",
    "required": ["fruit", "amount"],
    "properties": {
        "fruit": {"type": "string", "title": "Fruit", "anyOf": ["options_from_task_data_var:fruits"]},
        "amount": {"type": "integer", "title": "How many", "minimum": 1, "maximum": 9},
        "note": {"type": ["string", "null"], "maxLength": 200},
        "code": {"type": "string", "pattern": "^[A-Z]+$"},
    },
}
LOOK = {"ui:order": ["amount", "*", "note"], "note": {"ui:widget": "textarea", "ui:help": "If you like"}}


def arena(*steps: str, before: str = "", lanes: str = "") -> bytes:
    return diagram(lanes + straight(*steps), speaks=("spiffworkflow",), before=before)


def step(inside: str, tag: str = "manualTask", ident: str = "work", attributes: str = "") -> str:
    extensions = f"<bpmn:extensionElements>{inside}</bpmn:extensionElements>"
    return f'<bpmn:{tag} id="{ident}"{attributes}>{extensions}</bpmn:{tag}>'


def script(source: str, ident: str = "choose", attributes: str = "") -> str:
    return f'<bpmn:scriptTask id="{ident}"{attributes}><bpmn:script>{escape(source)}</bpmn:script></bpmn:scriptTask>'


def form(schema: str, look: str = "") -> str:
    rows = [("formJsonSchemaFilename", schema), *([("formUiSchemaFilename", look)] if look else [])]
    inside = "".join(f'<spiffworkflow:property name="{name}" value="{value}"/>' for name, value in rows)
    return f"<spiffworkflow:properties>{inside}</spiffworkflow:properties>"


def test_a_whole_model_with_script_form_and_lane_can_run_at_once() -> None:
    choices = 'fruits = [{"value": "a", "label": "Apple"}, {"value": "p", "label": "Pear"}]'
    raw = arena(script(choices), step(form("pick.json", "pick-ui.json"), "userTask", "ask"), lanes=LANES)
    files = {"model.bpmn": raw, "pick.json": json.dumps(FRUITS).encode(), "pick-ui.json": json.dumps(LOOK).encode()}
    together = take_all(files, AROUND)
    (imported,) = together.processes
    assert errors(imported) == []
    assert imported.number(Status.BY_HAND) == 0
    fields = {each["key"]: each for each in json.loads(imported.files["pick.form.json"])["components"]}
    assert list(fields) == ["amount", "fruit", "code", "note"]
    assert fields["fruit"]["valuesExpression"] == "=fruits"
    assert fields["amount"]["validate"] == {"min": 1, "max": 9, "required": True}
    assert (fields["note"]["type"], fields["note"]["validate"]) == ("textarea", {"maxLength": 200})
    assert fields["code"]["validate"] == {"pattern": "^[A-Z]+$"}
    assert [line.file for line in together.files] == sorted(files)


@pytest.mark.parametrize(
    "address",
    [
        "https://spiffworkflow.org/bpmn/schema/1.0/core",
        "http://www.spiffworkflow.org/bpmn/schema/1.0/core/",
        "http://spiffworkflow.org/bpmn/schema/1.1/core",
    ],
)
def test_other_addresses_of_its_words_are_read_as_the_present_one(address: str) -> None:
    raw = arena(step("<spiffworkflow:calledDecisionId>level</spiffworkflow:calledDecisionId>", "businessRuleTask"))
    imported = taken(raw.replace(NAMESPACES["spiffworkflow"].encode(), address.encode()))
    assert word(imported, "work", "calledDecisionId") == "level"


def test_words_that_begin_with_a_capital_are_read_too() -> None:
    imported = taken(
        arena(
            step("<spiffworkflow:CalledDecisionId>level</spiffworkflow:CalledDecisionId>", "businessRuleTask"),
            step(form("x.json"), "userTask", "ask"),
        )
    )
    assert word(imported, "work", "calledDecisionId") == "level"


@pytest.mark.parametrize("attributes", ["", ' scriptFormat="python"', ' scriptFormat="text/x-python"'])
def test_an_assignment_is_python_and_no_comparison(attributes: str) -> None:
    imported = taken(arena(script("n = 5", attributes=attributes)))
    assert element(imported, "choose").findtext(f"{BPMN}script") == "{ n: 5 }"
    assert element(imported, "choose").get("scriptFormat") == "feel"
    before = step("<spiffworkflow:preScript>n = 5</spiffworkflow:preScript>")
    assert word(taken(arena(before)), "work", "preScript") == "{ n: 5 }"


def test_our_own_diagrams_are_not_taken_for_theirs() -> None:
    ours = step("<spiffworkflow:preScript>{ n: items[1], m: not(done) }</spiffworkflow:preScript>", "manualTask")
    imported = taken(arena(ours))
    assert str(imported.origin) == "BPMN"
    assert word(imported, "work", "preScript") == "{ n: items[1], m: not(done) }"


def test_what_a_message_carries_becomes_feel_and_its_key_is_not_needed() -> None:
    inside = (
        "<bpmn:extensionElements><spiffworkflow:messagePayload>{'id': order['id']}</spiffworkflow:messagePayload>"
        "<spiffworkflow:processVariableCorrelation><spiffworkflow:propertyId>p</spiffworkflow:propertyId>"
        "<spiffworkflow:expression>id</spiffworkflow:expression></spiffworkflow:processVariableCorrelation>"
        "</bpmn:extensionElements>"
    )
    throws = f'<bpmn:intermediateThrowEvent id="tell"><bpmn:messageEventDefinition messageRef="m">{inside}</bpmn:messageEventDefinition></bpmn:intermediateThrowEvent>'
    imported = taken(arena(throws, before='<bpmn:message id="m" name="paid"/>'))
    assert element(imported, "tell").findtext(f".//{SPIFF}messagePayload") == '{ "id": order.id }'
    assert {line.status for line in lines(imported, "tell")} == {Status.UNDERSTOOD, Status.TRANSLATED}
    assert errors(imported) == []


@pytest.mark.parametrize(
    "inside",
    [
        "<spiffworkflow:allowGuest>true</spiffworkflow:allowGuest>",
        "<spiffworkflow:signalButtonLabel>Now</spiffworkflow:signalButtonLabel>",
        '<spiffworkflow:taskMetadataValues><spiffworkflow:taskMetadataValue name="a" value="b"/></spiffworkflow:taskMetadataValues>',
        "<spiffworkflow:processModelToStartOnTaskAvailable>x</spiffworkflow:processModelToStartOnTaskAvailable>",
        "<spiffworkflow:instructionsForEndUser>Hello {{ name }}</spiffworkflow:instructionsForEndUser>",
        "<spiffworkflow:variableName>answer</spiffworkflow:variableName><spiffworkflow:allowGuest>false</spiffworkflow:allowGuest>",
    ],
)
def test_words_of_its_own_screens_are_left_for_a_person_with_the_cure(inside: str) -> None:
    left = [line for line in lines(taken(arena(step(inside))), "work", Status.BY_HAND) if "role" not in str(line.what)]
    assert len(left) == 1
    assert left[0].cure is not None


def test_a_guest_who_is_not_allowed_is_nothing_to_do() -> None:
    imported = taken(arena(step("<spiffworkflow:allowGuest>false</spiffworkflow:allowGuest>")))
    assert [line for line in lines(imported, "work", Status.BY_HAND) if "guest" in str(line.what)] == []


def test_an_operation_in_the_wire_and_what_it_is_given() -> None:
    operator = (
        '<spiffworkflow:serviceTaskOperator id="{}" resultVariable="answer"><spiffworkflow:parameters>'
        '<spiffworkflow:parameter id="request_id" type="str" value="{}"/></spiffworkflow:parameters></spiffworkflow:serviceTaskOperator>'
    )
    foreign = taken(arena(step(operator.format("http/GetRequest", "'x'"), "serviceTask")))
    assert [line.before for line in lines(foreign, "work", Status.BY_HAND)] == ["http/GetRequest"]
    marks = step("<spiffworkflow:unitTests/>", ident="mark")
    ours = taken(arena(step(operator.format("service/archive", "order['id']"), "serviceTask"), marks))
    assert element(ours, "work").find(f".//{SPIFF}parameter").get("value") == "order.id"
    broken = taken(arena(step(operator.format("service/archive", "[x for x in y]"), "serviceTask"), marks))
    assert [line.before for line in lines(broken, "work", Status.BY_HAND)] == ["[x for x in y]"]


@pytest.mark.parametrize(
    ("schema", "left"),
    [
        ({"properties": {"a": {"type": "object"}}}, ["a"]),
        ({"properties": {"a": {"type": "array", "items": {"type": "string"}}}}, ["a"]),
        ({"properties": {"a": {"type": "string", "anyOf": [{"type": "string"}]}}}, ["a"]),
        ({"properties": {"a": {"type": "number", "multipleOf": 2}}}, ["a"]),
        ({"properties": {"a": {"type": "string", "title": "Dear {{ name }}"}}}, ["a"]),
        ({"properties": {"a": "nothing"}, "dependencies": {}}, ["a", "dependencies"]),
        ({"properties": {"a": {"type": ["null"]}}}, ["a"]),
        ({"properties": []}, []),
    ],
)
def test_what_a_form_cannot_say_is_left_with_its_name(schema: dict[str, Any], left: list[str]) -> None:
    assert [name for name, _ in fields_of(schema, {})[1]] == left


def test_a_form_that_is_no_json_is_left_for_a_person() -> None:
    files = {"order.bpmn": arena(step(form("pick.json"), "userTask")), "pick.json": b"{% for a in b %}{}{% endfor %}"}
    (imported,) = take_all(files, AROUND).processes
    assert [line.before for line in lines(imported, "work", Status.BY_HAND) if line.before] == ["pick.json"]


def test_properties_of_ours_stay() -> None:
    imported: Imported = taken(
        arena(step(form("x.json") + "<spiffworkflow:unitTests/>", "userTask")), x__json=b'{"properties": {}}'
    )
    assert said(imported, "work") == {"formKey": "x"}


def test_a_step_that_sends_reckons_in_a_script_step_before_it_and_keys_of_messages_are_not_needed() -> None:
    before = (
        '<bpmn:correlationProperty id="number" name="Number"><bpmn:correlationPropertyRetrievalExpression messageRef="m">'
        "<bpmn:formalExpression>number</bpmn:formalExpression></bpmn:correlationPropertyRetrievalExpression></bpmn:correlationProperty>"
        '<bpmn:message id="m" name="Ask"><bpmn:extensionElements><spiffworkflow:messagePayload>{\n"number": number,\n}'
        "</spiffworkflow:messagePayload></bpmn:extensionElements></bpmn:message>"
    )
    sends = step(
        '<spiffworkflow:preScript>topic = "first"</spiffworkflow:preScript>', "sendTask", attributes=' messageRef="m"'
    )
    imported = taken(arena(sends, before=before))
    made = element(imported, "work_before")
    assert made.findtext(f"{BPMN}script") == '{ topic: "first" }'
    assert errors(imported) == []
    assert imported.number(Status.BY_HAND) == 0
    assert [line.before for line in lines(imported, None, Status.UNDERSTOOD)] == ["Number"]
