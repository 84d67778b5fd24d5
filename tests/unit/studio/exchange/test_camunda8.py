"""Camunda 8: assignments, forms, mappings, rounds and decisions come in; work for programs outside is left for a person."""

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
from workflows.studio.exchange.report import Imported, Status

FORM = json.dumps({"type": "default", "components": [{"type": "textfield", "key": "note", "label": "Note"}]})


def zeebe(*steps: str, before: str = "") -> bytes:
    return diagram(before + straight(*steps), speaks=("zeebe",))


def step(inside: str, tag: str = "userTask", body: str = "") -> str:
    return f'<bpmn:{tag} id="work" name="Work"><bpmn:extensionElements>{inside}</bpmn:extensionElements>{body}</bpmn:{tag}>'


def imported_step(inside: str, tag: str = "userTask", body: str = "") -> Imported:
    return taken(zeebe(step(inside, tag, body)))


def test_a_step_with_form_group_due_date_and_priority_can_run_at_once() -> None:
    inside = (
        '<zeebe:userTask/><zeebe:formDefinition formId="approve"/><zeebe:assignmentDefinition candidateGroups="service_agent"/>'
        '<zeebe:taskSchedule dueDate="=now() + duration(&quot;P1D&quot;)"/><zeebe:priorityDefinition priority="10"/>'
    )
    imported = taken(zeebe(step(inside)), approve__form=FORM.encode())
    assert said(imported, "work") == {
        "formKey": "approve", "role": "service_agent", "dueDate": 'now() + duration("P1D")', "priority": "0",
    }  # fmt: skip
    assert errors(imported) == []
    assert not [line for line in imported.lines if line.status == Status.BY_HAND]


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ('assignee="anna"', {"assign": "person", "assignTo": "anna"}),
        ('assignee="=order.clerk"', {"assign": "variable", "assignTo": "order.clerk"}),
        ('assignee="=initiator"', {"assign": "initiator"}),
        ('candidateUsers="anna, ben"', {"assign": "candidates", "assignTo": "anna, ben"}),
    ],
)
def test_an_assignment_becomes_a_rule(attribute: str, expected: dict[str, str]) -> None:
    found = said(imported_step(f"<zeebe:assignmentDefinition {attribute}/>"), "work")
    assert {name: value for name, value in found.items() if name.startswith("assign")} == expected


def test_a_form_that_stands_in_the_diagram_becomes_a_file() -> None:
    form = f'<bpmn:extensionElements><zeebe:userTaskForm id="form_1">{escape(FORM)}</zeebe:userTaskForm></bpmn:extensionElements>'
    imported = taken(zeebe(step('<zeebe:formDefinition formKey="camunda-forms:bpmn:form_1"/>'), before=form))
    assert json.loads(imported.files["form_1.form.json"]) == json.loads(FORM)
    assert said(imported, "work")["formKey"] == "form_1"


def test_conditions_in_feel_need_nothing() -> None:
    raw = diagram(chosen("=amount > 1").replace('id="which"', 'id="which" default="small"'))
    imported = taken(raw)
    assert element(imported, "large").findtext(f"{BPMN}conditionExpression") == "=amount > 1"
    assert errors(imported) == []


def test_what_goes_in_and_out_becomes_scripts() -> None:
    inside = (
        '<zeebe:ioMapping><zeebe:input source="=price * 2" target="total"/><zeebe:input source="=a" target="order.id"/>'
        '<zeebe:input source="=b" target="order.name"/><zeebe:output source="=answer" target="result"/></zeebe:ioMapping>'
    )
    imported = imported_step(inside)
    assert word(imported, "work", "preScript") == "{ total: price * 2, order: { id: a, name: b } }"
    assert word(imported, "work", "postScript") == "{ result: answer }"


def test_a_script_becomes_a_context_of_its_result() -> None:
    imported = imported_step('<zeebe:script expression="=price * 2" resultVariable="total"/>', "scriptTask")
    assert element(imported, "work").findtext(f"{BPMN}script") == "{ total: price * 2 }"
    assert errors(imported) == []


def test_a_decision_and_the_variable_for_its_result() -> None:
    imported = imported_step('<zeebe:calledDecision decisionId="level" resultVariable="grade"/>', "businessRuleTask")
    assert word(imported, "work", "calledDecisionId") == "level"
    assert said(imported, "work") == {"resultVariable": "grade"}


def test_rounds_over_a_list() -> None:
    loop = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>"
        '<zeebe:loopCharacteristics inputCollection="=people" inputElement="person" outputCollection="votes" outputElement="=vote"/>'
        "</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>"
    )
    imported = imported_step('<zeebe:assignmentDefinition candidateGroups="service_agent"/>', body=loop)
    many = element(imported, "work").find(f"{BPMN}multiInstanceLoopCharacteristics")
    assert [many.findtext(BPMN + tag) for tag in ("loopDataInputRef", "loopDataOutputRef")] == ["people", "votes"]
    assert [many.find(BPMN + tag).get("id") for tag in ("inputDataItem", "outputDataItem")] == ["person", "vote"]
    assert errors(imported) == []


@pytest.mark.parametrize(
    "inside",
    [
        '<zeebe:taskDefinition type="payment" retries="3"/>',
        '<zeebe:taskHeaders><zeebe:header key="url" value="x"/></zeebe:taskHeaders>',
        '<zeebe:taskListeners><zeebe:taskListener eventType="creating" type="x"/></zeebe:taskListeners>',
        '<zeebe:calledElement processId="=name"/>',
        '<zeebe:script expression="=price *" resultVariable="total"/>',
        '<zeebe:something new="1"/>',
    ],
)
def test_what_cannot_be_said_here_is_left_for_a_person_and_kept(inside: str) -> None:
    imported = imported_step(inside, "serviceTask")
    assert lines(imported, "work", Status.BY_HAND)
    assert any("zeebe" in each.tag for each in element(imported, "work").iter() if isinstance(each.tag, str))


def test_the_key_of_a_message_is_not_needed() -> None:
    message = '<bpmn:message id="m" name="paid"><bpmn:extensionElements><zeebe:subscription correlationKey="=id"/></bpmn:extensionElements></bpmn:message>'
    imported = taken(diagram(straight(), speaks=("zeebe",), before=message))
    assert [line.status for line in imported.lines if line.before == "=id"] == [Status.UNDERSTOOD]


@pytest.mark.parametrize("groups", ["service_agent", '="service_agent"', '=["service_agent"]', '= [ "service_agent" ]'])
def test_groups_are_read_plain_and_as_constants_of_feel(groups: str) -> None:
    imported = imported_step(f"<zeebe:assignmentDefinition candidateGroups='{groups}'/>")
    assert said(imported, "work")["role"] == "service_agent"


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ("assignee='=\"anna\"'", {"assign": "person", "assignTo": "anna"}),
        ('candidateUsers=\'=["anna", "ben"]\'', {"assign": "candidates", "assignTo": "anna, ben"}),
        ("assignee='=boss'", {"assign": "variable", "assignTo": "boss"}),
    ],
)
def test_people_are_read_plain_and_as_constants_of_feel(attribute: str, expected: dict[str, str]) -> None:
    imported = imported_step(f"<zeebe:assignmentDefinition {attribute}/>")
    found = said(imported, "work")
    assert {name: found[name] for name in expected} == expected


def test_a_priority_behind_an_equals_sign_and_steps_that_are_reckoned() -> None:
    imported = imported_step('<zeebe:priorityDefinition priority="=80"/>')
    assert said(imported, "work")["priority"] == "2"
    adhoc = (
        '<bpmn:adHocSubProcess id="free"><bpmn:extensionElements><zeebe:adHoc activeElementsCollection="=which"/>'
        '</bpmn:extensionElements><bpmn:manualTask id="x"/></bpmn:adHocSubProcess>'
    )
    left = lines(taken(zeebe(adhoc)), "free", Status.BY_HAND)
    assert [line.before for line in left] == ["activeElementsCollection = =which"]


@pytest.mark.parametrize("name", ["approve_order.form", "Another name.form"])
def test_a_form_is_found_by_the_id_in_it(name: str) -> None:
    raw = zeebe(step('<zeebe:formDefinition formId="approve_order"/>'))
    form = b'{"type": "default", "id": "approve_order", "components": []}'
    other = b'{"type": "default", "id": "other", "components": []}'
    imported = take_in({"order.bpmn": raw, "a.form": other, name: form})
    assert imported.files[said(imported, "work")["formKey"] + ".form.json"] == form
