"""What else goes wrong in SpiffWorkflow 3.2.0 and must not here. The other hazards have tests beside their subjects."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Any

import orjson
import pytest
from SpiffWorkflow.util.task import TaskState

from workflows import engine
from workflows.engine import StepRefused, check
from workflows.engine.advancing import check_nothing_lost

from . import service_request
from .case import NOW, Case
from .drawing import ERROR, Drawing, many, timer
from .test_hostile import no_faults
from .undisturbed import Undisturbed


def test_a_service_task_ends_and_its_case_can_be_stored() -> None:
    """H13: the stock service task stays STARTED for ever, and 187 of 193 such cases could not be saved."""
    d = Drawing().start().service("s", "service/x", "r").user("a").end().chain("start", "s", "a", "end")
    case = Case(d.bundle(), answers={"service/x": {"number": 5}})
    assert case.live == ["a"]
    assert case.data("a") == {"r": {"number": 5}}


def test_an_operation_without_an_answer_leaves_null_where_a_variable_is_named() -> None:
    d = Drawing().start().service("s", "service/x", "r").service("t", "service/x").user("a").end()
    case = Case(d.chain("start", "s", "t", "a", "end").bundle())
    assert case.data("a") == {"r": None}


def test_what_becomes_ready_last_is_done_in_the_same_step() -> None:
    """H16: the library refreshes its timers last and leaves what they made ready for the next poll."""
    d = Drawing().start().user("a").catch("now", timer("PT0S")).script("s", "{ x: 1 }").user("b").end()
    case = Case(d.chain("start", "a", "now", "s", "b", "end").bundle()).do("a")
    assert case.step.timers[0].due_at == NOW
    assert case.fire("now").data("b") == {"x": 1}


def test_ad_hoc_processes_and_correlations_evaluate_nothing() -> None:
    """H2: these sites of the library reach the environment past the engine."""
    inner = Drawing("loose").user("u")
    body = "<bpmn:completionCondition>__import__('os')</bpmn:completionCondition>"
    d = Drawing().start().nested(inner, body, tag="adHocSubProcess").end().chain("start", "loose", "end")
    problems = check(d.bundle(), operations={}, roles={"agent"}, check_form=no_faults)
    assert any(p.element == "loose" and "is not FEEL" in p.text for p in problems)


def test_the_state_holds_no_specs() -> None:
    """H19: 300 nodes are 216 kB in each instance of the library."""
    d = Drawing().start().end()
    names = [f"u{number}" for number in range(300)]
    for name in names:
        d.user(name)
    case = Case(d.chain("start", *names, "end").bundle())
    for name in names[:150]:
        case.do(name)
    assert len(case.state) < 200


def test_many_sub_processes_share_the_data_they_began_with() -> None:
    inner = Drawing("sub").start("s").user("u").end("e").chain("s", "u", "e")
    d = Drawing().start().nested(inner, many("items")).end().chain("start", "sub", "end")
    case = Case(d.bundle(), items=list(range(50)), note="x" * 1_500)
    assert case.step.opened[49].data["note"] == "x" * 1_500
    assert len(case.state) < 1_500 + 50 * 130


def test_numbers_of_tokens_are_never_used_again() -> None:
    """A stored task row names its token for ever."""
    case = Case(service_request.bundle(), request={"id": 1, "manager": 1, "agents": []}).do("assign")
    seen: set[int] = set()
    for _ in range(50):
        for node in ("handle", "feedback"):
            assert case.token(node) not in seen
            seen.add(case.token(node))
            case.do(node, satisfied=False)


def test_the_state_is_in_one_order_that_no_database_can_change() -> None:
    """Pitfall 4: stock state needs parents before children and loses data where a database sorts its keys."""
    parsed = orjson.loads(Case(service_request.bundle(), request={"id": 1, "manager": 1}).state)
    assert isinstance(parsed, list)
    assert not any(isinstance(part, dict) for part in parsed)


def test_an_open_task_changed_from_outside_changes_nothing_stored() -> None:
    """Pitfall 8: nested data of an open task are the same objects as those of finished ones in the library."""
    d = Drawing().start().user("a").user("b").end().chain("start", "a", "b", "end")
    data: dict[str, Any] = {"deep": {"list": [1]}}
    case = Case(d.bundle(), **data)
    data["deep"]["list"].append(2)
    case.data("a")["deep"]["list"].append(3)
    answers = {"answer": [1]}
    case.do("a", **answers)
    answers["answer"].append(2)
    assert case.data("b") == {"deep": {"list": [1]}, "answer": [1]}


def test_a_repeated_task_goes_on_whoever_read_the_diagram() -> None:
    """Pitfall 6: a state restored on a freshly parsed spec never continues in the library."""
    bundle = Drawing().start().user("a", many("items")).end().chain("start", "a", "end").bundle()
    case = Case(bundle, items=[1, 2])
    case.definition = engine.compile(bundle)
    case.do("a")
    case.definition = engine.compile(bundle)
    assert case.do("a").is_completed


class Status(StrEnum):
    OPEN = "open"


class Level(IntEnum):
    HIGH = 2


def test_members_of_enumerations_come_as_what_they_stand_for() -> None:
    d = Drawing().start().user("a").user("b").end().chain("start", "a", "b", "end")
    data = Case(d.bundle()).do("a", status=Status.OPEN, level=Level.HIGH).data("b")
    assert (data["status"], type(data["status"]), data["level"], type(data["level"])) == ("open", str, 2, int)


def test_arrows_to_data_objects_are_only_warned_about() -> None:
    arrow = '<bpmn:dataInputAssociation id="d"><bpmn:sourceRef>ghost</bpmn:sourceRef></bpmn:dataInputAssociation>'
    d = Drawing().start().user("a", arrow).end().chain("start", "a", "end")
    problems = check(d.bundle(), operations={}, roles={"agent"}, check_form=no_faults)
    assert [(p.element, p.severity) for p in problems] == [("a", "warning")]
    assert Case(d.bundle()).do("a").is_completed


def test_an_uncaught_error_leaves_the_case_where_it_was() -> None:
    d = Drawing().start().user("a").end("broken", ERROR).chain("start", "a", "broken")
    case = Case(d.bundle())
    before = case.state
    with pytest.raises(StepRefused, match="caught nowhere"):
        case.do("a")
    assert case.state == before


@pytest.mark.parametrize(("who", "expected"), [(4, 4), ("4", 4), (None, None)])
def test_a_person_is_named_by_number(who: object, expected: int | None) -> None:
    d = Drawing().start().user("a", assignee="who").end().chain("start", "a", "end")
    assert Case(d.bundle(), who=who).step.opened[0].assignee == expected


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("assignee", "wang"),
        ("assignee", [4]),
        ("candidates", 4),
        ("candidates", ["x"]),
        ("priority", 9),
        ("dueDate", "soon"),
    ],
)
def test_what_a_task_says_about_itself_must_make_sense(attribute: str, value: object) -> None:
    d = Drawing().start().user("a", **{attribute: "=value"}).end().chain("start", "a", "end")
    with pytest.raises(StepRefused) as refused:
        Case(d.bundle(), value=value)
    assert refused.value.element == "a"


def test_a_long_life_in_memory_loses_no_task_and_needs_no_recursion() -> None:
    """H6, pitfalls 1, 2 and 10: the library's iterators stop at depth 1,000 and its walks to the root recurse."""
    data = {"request": {"id": 7, "manager": 3, "agents": [4]}}
    memory = Undisturbed(engine.compile(service_request.bundle()), data)
    memory.do(memory.open()[0].id, {})
    for _ in range(600):
        memory.do(memory.open()[0].id, {})
        memory.do(memory.open()[0].id, {"satisfied": False})
    found = memory.workflow.get_tasks(state=TaskState.READY)
    assert [task.task_spec.name for task in found] == ["handle"]
    assert not memory.workflow.is_completed()
    assert found[0].is_descendant_of(memory.workflow.task_tree)
    assert found[0].find_ancestor("Start") is memory.workflow.task_tree


def test_a_step_that_lost_a_task_is_refused_before_it_is_stored() -> None:
    """H6: the last guard, should the library ever lose a task again."""
    memory = Undisturbed(engine.compile(service_request.bundle()), {"request": {"manager": 3}})
    lost = next(token for token in memory.workflow.all_tokens() if token.task_spec.name == "start")
    check_nothing_lost(memory.workflow)
    lost._state = TaskState.READY
    with pytest.raises(StepRefused, match="start was lost"):
        check_nothing_lost(memory.workflow)


def test_only_a_boundary_event_is_attached_to_anything() -> None:
    d = Drawing().start().node("parallelGateway", "join", attachedToRef="a").user("a").end()
    assert Case(d.chain("start", "join", "a", "end").bundle()).do("a").is_completed


def test_the_same_data_give_the_same_bytes_in_whatever_order_they_came_to_be() -> None:
    d = Drawing().start().user("a").user("b").end().chain("start", "a", "b", "end")
    one, other = Case(d.bundle(), x=1, y=2), Case(d.bundle(), y=2, x=1)
    assert one.state == other.state
    assert one.do("a", p=1, q=2).state == other.do("a", q=2, p=1).state


def test_what_is_drawn_only_to_explain_does_not_matter() -> None:
    bundle = Drawing().start().user("a").end().chain("start", "a", "end").bundle()
    explained = (
        b'<bpmn:process id="customer" isExecutable="false"><bpmn:task id="call"/><bpmn:complexGateway id="odd"/></bpmn:process>'
        b"</bpmn:definitions>"
    )
    files = {**bundle.files, "case.bpmn": bundle.bpmn[1].replace(b"</bpmn:definitions>", explained)}
    bundle = engine.Bundle(files)
    assert check(bundle, operations={}, roles={"agent"}, check_form=no_faults) == []
    assert Case(bundle).do("a").is_completed


def test_a_loop_over_a_sub_process_must_wait_inside_of_it() -> None:
    def looping(inner: Drawing) -> list[str | None]:
        d = Drawing().start().gateway("merge").nested(inner).gateway("again", "back").end()
        d.chain("start", "merge", "sub", "again").flow("again", "end", "done").flow("again", "merge", ident="back")
        problems = check(d.bundle(), operations={}, roles={"agent"}, check_form=no_faults)
        return [problem.element for problem in problems if problem.is_error]

    assert looping(Drawing("sub").start("s").script("t", "{ x: 1 }").end("e").chain("s", "t", "e")) == ["merge"]
    assert looping(Drawing("sub").start("s").user("t").end("e").chain("s", "t", "e")) == []
