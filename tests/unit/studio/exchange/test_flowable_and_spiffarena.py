"""Flowable, Activiti and SpiffArena: what they say otherwise than Camunda 7."""

from __future__ import annotations

import json
from html import escape

import pytest

from tests.unit.studio.exchange.foreign_files import (
    chosen,
    diagram,
    element,
    errors,
    lines,
    said,
    straight,
    take_in,
    taken,
    word,
)
from workflows.studio.exchange.document import BPMN
from workflows.studio.exchange.report import Status

SCHEMA = {
    "title": "Order",
    "type": "object",
    "required": ["amount"],
    "properties": {
        "amount": {"type": "integer", "title": "Amount"},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "many": {"type": "array", "items": {"type": "string", "oneOf": [{"const": "x", "title": "X"}]}},
        "day": {"type": "string", "format": "date"},
        "ok": {"type": "boolean", "default": True},
        "inner": {"type": "object", "properties": {}},
    },
}


@pytest.mark.parametrize("prefix", ["flowable", "activiti"])
def test_a_step_of_flowable_comes_in_like_one_of_camunda(prefix: str) -> None:
    fields = (
        f'<{prefix}:formProperty id="amount" name="Amount" type="long" required="true"/>'
        f'<{prefix}:formProperty id="kind" type="enum"><{prefix}:value id="a" name="A"/></{prefix}:formProperty>'
    )
    step = (
        f'<bpmn:userTask id="approve" {prefix}:candidateGroups="service_agent" {prefix}:assignee="${{initiator}}" {prefix}:formFieldValidation="true">'
        f"<bpmn:extensionElements>{fields}</bpmn:extensionElements></bpmn:userTask>"
    )
    imported = taken(diagram(straight(step), speaks=(prefix,)))
    assert said(imported, "approve") == {"assign": "initiator", "role": "service_agent", "formKey": "approve"}
    form = json.loads(imported.files["approve.form.json"])
    assert [component["key"] for component in form["components"]] == ["amount", "kind"]
    assert errors(imported) == []
    assert lines(imported, "approve", Status.BY_HAND) == []


def test_a_decision_of_flowable_is_a_service_task_there_and_a_decision_here() -> None:
    step = (
        '<bpmn:serviceTask id="rate" flowable:type="dmn"><bpmn:extensionElements><flowable:field name="decisionTableReferenceKey">'
        "<flowable:string>level</flowable:string></flowable:field></bpmn:extensionElements></bpmn:serviceTask>"
    )
    imported = taken(diagram(straight(step), speaks=("flowable",)))
    assert element(imported, "rate").tag == f"{BPMN}businessRuleTask"
    assert word(imported, "rate", "calledDecisionId") == "level"


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("${variables:get(amount) > 1}", "amount > 1"),
        ('${vars:eq("kind", "a")}', 'kind = "a"'),
        ("${execution.getVariable('amount') >= 2}", "amount >= 2"),
    ],
)
def test_variables_are_asked_for_in_the_ways_of_flowable(formula: str, expected: str) -> None:
    imported = taken(diagram(chosen(formula), speaks=("flowable",)))
    assert element(imported, "large").findtext(f"{BPMN}conditionExpression") == expected


def spiff(inside: str, tag: str = "userTask") -> str:
    return f'<bpmn:{tag} id="work"><bpmn:extensionElements>{inside}</bpmn:extensionElements></bpmn:{tag}>'


def test_a_json_schema_becomes_a_form() -> None:
    inside = (
        '<spiffworkflow:properties><spiffworkflow:property name="formJsonSchemaFilename" value="order-schema.json"/>'
        '<spiffworkflow:property name="formUiSchemaFilename" value="order-uischema.json"/></spiffworkflow:properties>'
    )
    files = {
        "order.bpmn": diagram(straight(spiff(inside)), speaks=("spiffworkflow",)),
        "order-schema.json": json.dumps(SCHEMA).encode(),
        "order-uischema.json": b"{}",
    }
    imported = take_in(files)
    assert set(imported.files) == {"order.bpmn", "order.form.json"}
    form = json.loads(imported.files["order.form.json"])
    kinds = {component["key"]: component["type"] for component in form["components"]}
    assert kinds == {"amount": "number", "kind": "select", "many": "checklist", "day": "datetime", "ok": "checkbox"}
    assert [str(line.what) for line in lines(imported, "work", Status.BY_HAND) if "inner" in str(line.what)]
    assert said(imported, "work") == {"formKey": "order"}


def test_scripts_and_conditions_in_python_become_feel() -> None:
    before = "total = price * 2\nif total > 100:\n    level = 'high'\nelse:\n    level = 'low'"
    inside = f"<spiffworkflow:preScript>{escape(before)}</spiffworkflow:preScript><spiffworkflow:instructionsForEndUser>Look</spiffworkflow:instructionsForEndUser>"
    body = straight(spiff(inside)) + chosen("amount > 1 and not done").replace("begin", "other").replace(
        "finish", "last"
    )
    imported = taken(diagram(body, speaks=("spiffworkflow",)))
    assert word(imported, "work", "preScript") == '{ total: price * 2, level: if total > 100 then "high" else "low" }'
    assert element(imported, "large").findtext(f"{BPMN}conditionExpression") == "amount > 1 and done != true"
    assert element(imported, "work").findtext(f"{BPMN}documentation") == "Look"


def test_a_script_task_in_python_becomes_a_context() -> None:
    script = '<bpmn:scriptTask id="grow" scriptFormat="python"><bpmn:script>n = len(items) + 1</bpmn:script></bpmn:scriptTask>'
    marks = spiff("<spiffworkflow:instructionsForEndUser>Look</spiffworkflow:instructionsForEndUser>", "manualTask")
    imported = taken(diagram(straight(script, marks), speaks=("spiffworkflow",)))
    written = "{ n: (if items instance of string then string length(items) else count(items)) + 1 }"
    assert element(imported, "grow").findtext(f"{BPMN}script") == written
    assert element(imported, "grow").get("scriptFormat") == "feel"


@pytest.mark.parametrize(
    "inside",
    [
        '<spiffworkflow:unitTests><spiffworkflow:unitTest id="t"/></spiffworkflow:unitTests>',
        '<spiffworkflow:serviceTaskOperator id="http/GetRequestV2"/>',
        "<spiffworkflow:allowGuest>true</spiffworkflow:allowGuest>",
        "<spiffworkflow:instructionsForEndUser>{{ name }}</spiffworkflow:instructionsForEndUser>",
        "<spiffworkflow:preScript>import os\nx = os.name</spiffworkflow:preScript><spiffworkflow:unitTests/>",
    ],
)
def test_what_has_no_counterpart_is_left_for_a_person(inside: str) -> None:
    imported = taken(diagram(straight(spiff(inside)), speaks=("spiffworkflow",)))
    assert lines(imported, "work", Status.BY_HAND)


def test_our_own_diagrams_are_not_taken_for_those_of_spiffarena() -> None:
    inside = (
        '<spiffworkflow:properties><spiffworkflow:property name="formKey" value="f"/><spiffworkflow:property name="role" value="service_agent"/>'
        "</spiffworkflow:properties><spiffworkflow:postScript>{ a: items[1], not done: 1 }</spiffworkflow:postScript>"
    )
    body = straight(spiff(inside)).replace("<bpmn:endEvent", '<bpmn:endEvent name="x"')
    raw = diagram(body, speaks=("spiffworkflow",))
    assert "postScript" not in {line.after.split(":")[0] for line in taken(raw).lines}


def test_fields_of_flowable_keep_their_defaults_and_the_hidden_ones_stay_away() -> None:
    step = (
        '<bpmn:userTask id="approve" flowable:assignee="$INITIATOR" flowable:candidateGroups="service_agent"><bpmn:extensionElements>'
        '<flowable:formProperty id="why" type="string" default="as usual" writable="false"/>'
        '<flowable:formProperty id="sure" type="boolean" default="true"/>'
        '<flowable:formProperty id="secret" type="string" readable="false"/>'
        '<flowable:formProperty id="sum" type="double" expression="${a + b}"/>'
        "</bpmn:extensionElements></bpmn:userTask>"
    )
    imported = taken(diagram(straight(step), speaks=("flowable",)))
    form = json.loads(imported.files["approve.form.json"])
    assert [(each["key"], each.get("defaultValue")) for each in form["components"]] == [
        ("why", "as usual"),
        ("sure", True),
        ("sum", None),
    ]
    assert form["components"][0]["readonly"] is True
    assert said(imported, "approve")["assign"] == "initiator"
    assert [line.before for line in lines(imported, "approve", Status.BY_HAND)] == ["${a + b}"]
