"""Event sub-processes: what starts them, what they stop, what they know and give back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from workflows import engine
from workflows.engine import StepRefused

from .case import NOW, Case
from .constructs import (
    BY_EVENT,
    reacting,
    reacting_in_many,
    reacting_inside,
    started_by,
)
from .drawing import ERROR, ESCALATION, MESSAGE, Drawing, timer


def test_an_interrupting_event_sub_process_runs_instead_of_all_else() -> None:
    case = Case(reacting(MESSAGE)(), x=0).do("a", x=1)
    assert engine.awaited(case.definition, case.state) == ["paid"]
    assert sorted(case.live) == ["a2", "b"]
    case.deliver("paid", amount=5)
    assert case.waits_for == ["react_one"]
    assert sorted(closed.node_id for closed in case.step.closed) == ["a2", "b"]
    assert case.data("react_one") == {"x": 1, "amount": 5}
    assert case.passed("node")[-1] == "react_on"
    with pytest.raises(StepRefused, match="does not wait"):
        case.deliver("paid")
    assert case.do("react_one", y=1).do("react_two").is_completed
    assert case.step.data == {"x": 1, "amount": 5, "y": 1}


def test_an_event_sub_process_beside_runs_as_often_as_its_event_happens() -> None:
    case = Case(reacting(MESSAGE, interrupting=False)(), x=0).deliver("paid", n=1).deliver("paid", n=2)
    assert case.waits_for == ["a", "b", "react_one", "react_one"]
    assert sorted(task.data["n"] for task in case.open.values() if task.node_id == "react_one") == [1, 2]
    for node in ("a", "a2", "b", "react_one", "react_two", "last"):
        case.do(node)
    assert case.waits_for == ["react_one"]
    assert case.do("react_one").do("react_two").is_completed


def test_the_process_is_over_when_only_its_events_are_left() -> None:
    case = Case(reacting(timer("P2D"))()).do("a").do("a2").do("b")
    assert [set_.node_id for set_ in case.timers.values()] == ["react_on"]
    case.do("last")
    assert case.is_completed
    assert case.timers == {}


def test_what_runs_beside_gives_back_only_what_it_changed_itself() -> None:
    case = Case(reacting(MESSAGE, interrupting=False)(), x=0, y=0).do("a", x=1).deliver("paid")
    assert case.data("react_one") == {"x": 1, "y": 0}
    case.do("a2", x=2).do("b").do("last", x=3).do("react_one", y=7).do("react_two")
    assert case.step.data == {"x": 3, "y": 7}


def test_a_timer_of_an_event_sub_process_keeps_its_rhythm_and_ends() -> None:
    case = Case(reacting(timer("R2/PT5H", "timeCycle"), interrupting=False)())
    assert [set_.due_at for set_ in case.timers.values()] == [NOW + timedelta(hours=5)]
    case.later(hours=5).fire("react_on")
    assert [set_.due_at for set_ in case.timers.values()] == [NOW + timedelta(hours=10)]
    case.later(hours=5).fire("react_on")
    assert case.timers == {}
    assert case.waits_for == ["a", "b", "react_one", "react_one"]
    assert case.passed("timer") == ["react_on", "react_on"]


def test_an_error_is_caught_inside_of_the_process_that_threw_it_first() -> None:
    case = Case(reacting_inside(ERROR, ERROR)(), done=False).do("check")
    assert case.waits_for == ["react_one"]
    assert case.do("react_one").do("react_two").waits_for == ["after"]


def test_an_error_may_be_caught_by_the_case_itself() -> None:
    d = Drawing().start().user("a").user("b").gateway("split", kind="parallel").end().end("broken", ERROR)
    d.chain("start", "split", "a", "broken").chain("split", "b", "end").nested(started_by(ERROR), attributes=BY_EVENT)
    case = Case(d.bundle()).do("a")
    assert case.waits_for == ["react_one"]
    assert case.do("react_one").do("react_two").is_completed


def test_an_error_inside_of_the_handler_is_not_caught_by_it() -> None:
    again = Drawing("react").node("startEvent", "on", ERROR).user("fix").end("worse", ERROR).chain("on", "fix", "worse")
    sub = Drawing("sub").start("s").user("a").end("broken", ERROR).chain("s", "a", "broken")
    sub.nested(again, attributes=BY_EVENT)
    d = Drawing().start().nested(sub).user("repair").end().border("oops", "sub", ERROR)
    case = Case(d.chain("start", "sub", "end").chain("oops", "repair", "end").bundle()).do("a")
    assert case.waits_for == ["fix"]
    assert case.do("fix").waits_for == ["repair"]


def test_an_escalation_inside_is_answered_beside() -> None:
    drawn = reacting_inside(ESCALATION, ESCALATION, interrupting=False, tag="intermediateThrowEvent")()
    case = Case(drawn, done=False).do("check")
    assert case.waits_for == ["more", "react_one"]
    assert case.do("more").do("react_one").do("react_two").waits_for == ["after"]


def test_each_of_many_hears_a_signal_by_itself() -> None:
    case = Case(reacting_in_many(), items=[1, 2]).do("work").deliver("recall")
    assert case.waits_for == ["react_one", "work"]


def test_an_event_sub_process_cannot_be_left_by_sending_back() -> None:
    case = Case(reacting(MESSAGE)()).do("a").deliver("paid").do("react_one")
    path = [mark.element_id for mark in case.path]
    targets = engine.send_back_targets(case.definition, case.state, case.token("react_two"), path)
    assert [(target.node_id, target.allowed) for target in targets] == [("a", False), ("react_one", True)]
    assert "which an event started" in str(targets[0].reason)


def test_a_case_that_only_an_event_sub_process_could_still_leave_stands_still() -> None:
    d = Drawing().start().gateway("choose", "c1").gateway("join", kind="parallel").user("a").user("b").end()
    d.flow("start", "choose").flow("choose", "a", "x").flow("choose", "b", ident="c1").chain("a", "join", "end")
    d.chain("b", "join").nested(started_by(MESSAGE), attributes=BY_EVENT)
    with pytest.raises(StepRefused, match="stand still for ever at join"):
        Case(d.bundle(), x=True).do("a")


def test_a_new_event_sub_process_does_not_watch_cases_of_an_older_version() -> None:
    def drawn() -> Drawing:
        return Drawing().start().user("a").end().chain("start", "a", "end")

    old = engine.compile(drawn().bundle())
    new = engine.compile(drawn().nested(started_by(MESSAGE), attributes=BY_EVENT).bundle())
    case = Case(old)
    problems = engine.check_move(old, new, case.state, now=NOW)
    assert [(problem.element, problem.severity) for problem in problems] == [("react", "warning")]
    case.state, case.definition = engine.move_case(old, new, case.state), new
    assert case.do("a").is_completed
