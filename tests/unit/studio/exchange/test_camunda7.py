"""Camunda 7: forms, people, formulas and decisions come in; programs and listeners are left for a person."""

from __future__ import annotations

import json

import pytest

from tests.unit.studio.exchange.foreign_files import (
    AROUND,
    chosen,
    diagram,
    element,
    errors,
    lines,
    said,
    straight,
    taken,
    word,
)
from workflows.studio.exchange.document import BPMN, Around
from workflows.studio.exchange.report import Status

FORM = json.dumps({"type": "default", "id": "approve", "components": [{"type": "textfield", "key": "note"}]}).encode()


def camunda(*steps: str, process: str = "") -> bytes:
    return diagram(straight(*steps), speaks=("camunda",), process=process)


def user(attributes: str, inside: str = "") -> str:
    body = f"<bpmn:extensionElements>{inside}</bpmn:extensionElements>" if inside else ""
    return f'<bpmn:userTask id="approve" name="Approve" {attributes}>{body}</bpmn:userTask>'


def test_a_step_with_form_group_due_date_and_priority_can_run_at_once() -> None:
    step = user(
        'camunda:formKey="camunda-forms:deployment:approve.form" camunda:candidateGroups="service-agent" camunda:dueDate="P2D" camunda:priority="80"'
    )
    imported = taken(camunda(step), approve__form=FORM)
    assert said(imported, "approve") == {
        "formKey": "approve",
        "role": "service_agent",
        "dueDate": "P2D",
        "priority": "2",
    }
    assert imported.files["approve.form.json"] == FORM
    assert errors(imported) == []
    assert all(line.status == Status.TRANSLATED for line in lines(imported, "approve"))


def test_what_is_translated_leaves_the_words_of_the_other_tool() -> None:
    imported = taken(
        camunda(user('camunda:assignee="demo" camunda:candidateGroups="service_agent" camunda:asyncBefore="true"'))
    )
    left = [key for key in element(imported, "approve").attrib if key.startswith("{")]
    assert left == ["{http://camunda.org/schema/1.0/bpmn}asyncBefore"]
    assert said(imported, "approve")["assign"] == "person"
    assert said(imported, "approve")["assignTo"] == "demo"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("${initiator}", {"assign": "initiator"}),
        ("${starter_of_it}", {"assign": "initiator"}),
        ("${order.clerk}", {"assign": "variable", "assignTo": "order.clerk"}),
        ("anna", {"assign": "person", "assignTo": "anna"}),
    ],
)
def test_an_assignee_becomes_a_rule(value: str, expected: dict[str, str]) -> None:
    body = straight(user(f'camunda:assignee="{value}"')).replace(
        '<bpmn:startEvent id="begin"/>', '<bpmn:startEvent id="begin" camunda:initiator="starter_of_it"/>'
    )
    imported = taken(diagram(body, speaks=("camunda",)))
    found = said(imported, "approve")
    assert {name: value for name, value in found.items() if name.startswith("assign")} == expected


def test_several_candidates_may_claim_a_step() -> None:
    assert said(taken(camunda(user('camunda:candidateUsers="anna, ben"'))), "approve")["assignTo"] == "anna, ben"


def test_a_group_that_is_no_role_is_asked_for_and_the_answer_is_kept() -> None:
    step = user('camunda:candidateGroups="management" camunda:formKey="x"')
    unknown = taken(camunda(step))
    assert [(choice.group, choice.role) for choice in unknown.choices if choice.group] == [("management", None)]
    assert [line.before for line in lines(unknown, "approve", Status.BY_HAND) if line.before == "management"] == [
        "management"
    ]
    assert element(unknown, "approve").get("{http://camunda.org/schema/1.0/bpmn}candidateGroups") == "management"
    answered = taken(camunda(step), Around(AROUND.roles, AROUND.operations, {"management": "sales_supervisor"}))
    assert said(answered, "approve")["role"] == "sales_supervisor"


def test_a_condition_in_braces_becomes_feel_and_the_free_flow_the_default() -> None:
    imported = taken(diagram(chosen("${amount > 1 && !done}"), speaks=("camunda",)))
    assert element(imported, "large").findtext(f"{BPMN}conditionExpression") == "amount > 1 and done != true"
    assert element(imported, "which").get("default") == "small"
    assert errors(imported) == []
    line = lines(imported, "large", Status.TRANSLATED)[0]
    assert (line.before, line.after) == ("${amount > 1 && !done}", "amount > 1 and done != true")


@pytest.mark.parametrize(
    "condition", ["${checker.ok(amount)}", "${execution.processBusinessKey == 'x'}", "${a", "${a +}"]
)
def test_a_condition_that_calls_java_is_left_for_a_person_with_the_reason(condition: str) -> None:
    imported = taken(diagram(chosen(condition), speaks=("camunda",)))
    assert element(imported, "large").findtext(f"{BPMN}conditionExpression") == condition
    line = lines(imported, "large", Status.BY_HAND)[0]
    assert line.before == condition
    assert line.cure is not None


def test_a_condition_in_a_script_language_is_left_for_a_person() -> None:
    imported = taken(diagram(chosen("def a = 1; a > 0", ' language="groovy"'), speaks=("camunda",)))
    assert "groovy" in str(lines(imported, "large", Status.BY_HAND)[0].cure)


@pytest.mark.parametrize(
    "attribute",
    [
        'class="com.acme.Pay"',
        'delegateExpression="${pay}"',
        'expression="${pay.now()}"',
        'type="external" camunda:topic="pay"',
    ],
)
def test_a_program_is_left_for_a_person_and_kept_in_the_file(attribute: str) -> None:
    imported = taken(camunda(f'<bpmn:serviceTask id="pay" camunda:{attribute}/>'))
    assert lines(imported, "pay", Status.BY_HAND)
    assert any(key.startswith("{http://camunda") for key in element(imported, "pay").attrib)


def test_work_with_the_name_of_an_operation_becomes_that_operation() -> None:
    imported = taken(camunda('<bpmn:serviceTask id="pay" camunda:type="external" camunda:topic="service/archive"/>'))
    assert element(imported, "pay").find(".//{*}serviceTaskOperator").get("id") == "service/archive"


def test_a_decision_and_the_variable_for_its_result() -> None:
    step = '<bpmn:businessRuleTask id="rate" camunda:decisionRef="level" camunda:resultVariable="grade" camunda:mapDecisionResult="singleEntry"/>'
    imported = taken(camunda(step))
    assert word(imported, "rate", "calledDecisionId") == "level"
    assert said(imported, "rate") == {"resultVariable": "grade"}


def test_what_goes_in_and_out_becomes_scripts() -> None:
    inside = (
        "<camunda:inputOutput>"
        '<camunda:inputParameter name="total">${price * 2}</camunda:inputParameter>'
        '<camunda:inputParameter name="words">hello</camunda:inputParameter>'
        '<camunda:inputParameter name="many"><camunda:list><camunda:value>1</camunda:value><camunda:value>${b}</camunda:value></camunda:list></camunda:inputParameter>'
        '<camunda:outputParameter name="done">${true}</camunda:outputParameter>'
        "</camunda:inputOutput>"
    )
    imported = taken(camunda(user("", inside)))
    assert word(imported, "approve", "preScript") == '{ total: price * 2, words: "hello", many: [1, b] }'
    assert word(imported, "approve", "postScript") == "{ done: true }"


def test_generated_fields_become_a_form() -> None:
    inside = (
        "<camunda:formData>"
        '<camunda:formField id="amount" label="Amount" type="long" defaultValue="3"><camunda:validation><camunda:constraint name="required" config="true"/></camunda:validation></camunda:formField>'
        '<camunda:formField id="kind" label="Kind" type="enum"><camunda:value id="a" name="A"/><camunda:value id="b" name="B"/></camunda:formField>'
        '<camunda:formField id="for" label="Ok" type="boolean" defaultValue="true"/>'
        "</camunda:formData>"
    )
    imported = taken(camunda(user('camunda:candidateGroups="service_agent"', inside)))
    form = json.loads(imported.files["approve.form.json"])
    assert [(each["key"], each["type"]) for each in form["components"]] == [
        ("amount", "number"),
        ("kind", "select"),
        ("field_for", "checkbox"),
    ]
    assert form["components"][0]["validate"] == {"required": True}
    assert form["components"][0]["defaultValue"] == 3
    assert [value["label"] for value in form["components"][1]["values"]] == ["A", "B"]
    assert errors(imported) == []


def test_listeners_connectors_and_pages_are_left_for_a_person() -> None:
    inside = (
        '<camunda:taskListener event="create" class="x.Y"/><camunda:executionListener event="start" expression="${a.b()}"/>'
        "<camunda:connector><camunda:connectorId>http</camunda:connectorId></camunda:connector>"
    )
    imported = taken(camunda(user('camunda:formKey="embedded:app:forms/a.html"', inside)))
    assert [str(line.what) for line in lines(imported, "approve", Status.BY_HAND)][:4] == [
        "Form",
        "Listener",
        "Listener",
        "Connector",
    ]


def test_rounds_over_a_list_in_braces() -> None:
    many = '<bpmn:multiInstanceLoopCharacteristics camunda:collection="${people}" camunda:elementVariable="person"><bpmn:completionCondition>${nrOfCompletedInstances &gt; 1}</bpmn:completionCondition></bpmn:multiInstanceLoopCharacteristics>'
    imported = taken(camunda(f'<bpmn:userTask id="approve">{many}</bpmn:userTask>'))
    found = element(imported, "approve").find(f"{BPMN}multiInstanceLoopCharacteristics")
    assert found.findtext(f"{BPMN}loopDataInputRef") == "people"
    assert found.find(f"{BPMN}inputDataItem").get("id") == "person"
    assert "nrOfCompletedInstances" in str(lines(imported, "approve", Status.BY_HAND)[0].cure)


def test_variables_of_a_call_that_keep_their_name_need_nothing() -> None:
    inside = '<camunda:in variables="all"/><camunda:in source="a" target="a"/><camunda:out source="b" target="c"/>'
    imported = taken(
        camunda(
            f'<bpmn:callActivity id="call" calledElement="other"><bpmn:extensionElements>{inside}</bpmn:extensionElements></bpmn:callActivity>'
        )
    )
    assert word(imported, "call", "postScript") == "{ c: b }"
    assert len(lines(imported, "call", Status.UNDERSTOOD)) == 2


@pytest.mark.parametrize(
    ("said_time", "status"), [("0 0/5 * * * ?", Status.REFUSED), ("${wait}", Status.TRANSLATED), ("PT2H", None)]
)
def test_timers_in_braces_are_translated_and_cron_is_refused(said_time: str, status: Status | None) -> None:
    timer = f'<bpmn:intermediateCatchEvent id="later"><bpmn:timerEventDefinition><bpmn:timeDuration>{said_time}</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>'
    imported = taken(camunda(timer))
    assert [line.status for line in lines(imported, "later")] == ([status] if status else [])


def test_who_may_start_stands_at_the_start_event() -> None:
    imported = taken(
        camunda(
            user(""),
            process=' camunda:candidateStarterGroups="service_agent, Sales supervisor" camunda:historyTimeToLive="P30D"',
        )
    )
    assert said(imported, "begin") == {"role": "service_agent, sales_supervisor"}


def test_settings_without_meaning_here_are_one_line() -> None:
    imported = taken(
        camunda(
            user('camunda:asyncBefore="true" camunda:exclusive="false"'), process=' camunda:historyTimeToLive="P30D"'
        )
    )
    idle = lines(imported, None, Status.UNDERSTOOD)
    assert [line.before for line in idle] == ["asyncBefore, exclusive, historyTimeToLive"]


def test_words_nobody_knows_are_kept_and_told() -> None:
    imported = taken(camunda(user('camunda:magic="yes"')))
    assert element(imported, "approve").get("{http://camunda.org/schema/1.0/bpmn}magic") == "yes"
    assert any("magic" in str(line.what) for line in lines(imported, "approve", Status.BY_HAND))
