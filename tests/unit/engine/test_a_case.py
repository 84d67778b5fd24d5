"""The service request from start to end, and the way back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from workflows import engine

from . import service_request
from .case import NOW, Case
from .drawing import Drawing, extensions, properties


@pytest.fixture(scope="module")
def definition() -> engine.Definition:
    return engine.compile(service_request.bundle())


def opened(definition: engine.Definition) -> Case:
    return Case(definition, request={"id": 7, "manager": 3, "agents": [4, 5]})


def test_the_definition_tells_lanes_roles_and_forms(definition: engine.Definition) -> None:
    assert definition.key == "service_request"
    assert definition.start_form == "form"
    assert definition.start_roles == ("agent", "manager")
    assert (definition.lanes[0].name, definition.lanes[0].role) == ("Managers", "manager")
    handle = definition.nodes["handle"]
    assert (handle.kind, handle.lane, handle.role, handle.form_key) == ("userTask", "Agents", "agent", "form")
    assert handle.outgoing == ("handle__record",)
    assert definition.flows["satisfied__archive"].condition == "satisfied = true"


def test_a_node_carries_every_word_of_ours_for_the_rooms_that_read_them() -> None:
    said = extensions(
        properties(role="agent", assigneeRule="superior"), "<spiffworkflow:note> ask twice </spiffworkflow:note>"
    )
    d = (
        Drawing()
        .start()
        .node("manualTask", "a", said, **{"spiffworkflow:level": "2", "spiffworkflow:role": "nobody"})
        .end()
    )
    node = engine.compile(d.chain("start", "a", "end").bundle()).nodes["a"]
    assert node.extensions == {"role": "agent", "assigneeRule": "superior", "note": "ask twice", "level": "2"}


def test_a_start_opens_the_first_task_with_its_person_and_due_date(definition: engine.Definition) -> None:
    case = opened(definition)
    task = case.step.opened[0]
    assert (task.node_id, task.assignee, task.priority) == ("assign", 3, 2)
    assert task.due_at == NOW + timedelta(hours=4)
    assert task.data["request"]["id"] == 7
    assert case.live == ["assign"]


def test_a_case_runs_through_service_tasks_to_the_next_person_and_to_the_end(definition: engine.Definition) -> None:
    case = opened(definition)
    case.answers["service/record_handling"] = {"at": "today"}
    case.do("assign")
    assert case.step.opened[0].candidates == (4, 5)
    case.do("handle", outcome="repaired")
    assert case.calls == [("service/record_handling", {"request_id": 7, "outcome": "repaired"}, "record")]
    assert case.data("feedback")["recorded"] == {"at": "today"}
    case.do("feedback", satisfied=True)
    assert case.is_completed
    assert case.step.data["satisfied"] is True
    assert case.waits_for == []


def test_an_unhappy_customer_sends_the_case_back(definition: engine.Definition) -> None:
    case = opened(definition).do("assign").do("handle").do("feedback", satisfied=False)
    assert case.waits_for == ["handle"]
    assert case.step.closed == (engine.ClosedTask(case.step.closed[0].token, "feedback", True),)


def test_a_due_timer_escalates_beside_the_task(definition: engine.Definition) -> None:
    case = opened(definition).do("assign")
    assert case.step.timers[0].due_at == NOW + timedelta(days=2)
    case.later(days=2).fire("overdue")
    assert case.calls == [("service/escalate", {"request_id": 7}, "escalate")]
    assert case.waits_for == ["handle"]
    assert case.timers == {}


def test_a_task_that_is_done_in_time_clears_its_timer(definition: engine.Definition) -> None:
    case = opened(definition).do("assign")
    token = case.step.timers[0].token
    case.do("handle")
    assert case.step.cleared_timers == (token,)


def test_the_path_tells_nodes_flows_and_what_a_gateway_saw(definition: engine.Definition) -> None:
    case = opened(definition).do("assign").do("handle").do("feedback", satisfied=True)
    assert case.passed("node") == ["start", "assign", "handle", "record", "feedback", "archive", "end"]
    assert case.passed("flow")[-2:] == ["satisfied__archive", "archive__end"]
    gateway = next(mark for mark in case.path if mark.kind == "gateway")
    assert gateway.element_id == "satisfied"
    assert gateway.detail == {
        "conditions": [
            {
                "flow": "satisfied__archive",
                "condition": "satisfied = true",
                "values": {"satisfied": True},
                "result": True,
            }
        ],
        "taken": ["satisfied__archive"],
    }


def test_a_task_cannot_be_completed_twice(definition: engine.Definition) -> None:
    case = opened(definition)
    token = case.token("assign")
    case.do("assign")
    with pytest.raises(engine.UnknownToken):
        case.do_token(token)


class NotAllowed(Exception):
    pass


def test_a_refusal_of_the_business_arrives_as_it_was_raised(definition: engine.Definition) -> None:
    """H12: the library hides it behind a NameError of its own."""
    refusal = NotAllowed("the request is archived")
    case = opened(definition).do("assign")
    case.answers["service/record_handling"] = refusal
    before = case.state
    with pytest.raises(NotAllowed) as caught:
        case.do("handle")
    assert caught.value is refusal
    assert case.state == before
    assert case.waits_for == ["handle"]


def test_1500_send_backs_leave_the_state_as_small_as_it_was(definition: engine.Definition) -> None:
    """H6, H19: the library loses the open task after 333 rounds and its state grows by 1.1 kB a round."""
    case = Case(definition, request={"id": 7, "manager": 3, "agents": [4], "note": "x" * 1_500}).do("assign")
    size = len(case.state)
    for _ in range(1_500):
        case.do("handle", outcome="again").do("feedback", satisfied=False)
    assert case.waits_for == ["handle"]
    assert len(case.state) < size + 100 < 4_000
    assert len(case.path) > 1_500
    assert case.do("handle").do("feedback", satisfied=True).is_completed
