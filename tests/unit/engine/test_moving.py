"""Sending an open task back or on, and moving a running case to another version (H20)."""

from __future__ import annotations

from typing import Any

import pytest

from workflows import engine
from workflows.engine import Bundle, StepRefused, UnknownToken

from .case import NOW, Case
from .drawing import Drawing, many, timer
from .test_correctness import inner, parallel


def move(case: Case, node_id: str, target: str, **answers: Any) -> Case:
    step = engine.move_token(
        case.definition, case.state, case.token(node_id), target, answers, call=case.call, now=case.now
    )
    return case._take(step)


def row() -> Drawing:
    d = Drawing().start().user("a").user("b").user("c").end().chain("start", "a", "b", "c", "end")
    return d.border("overdue", "b", timer("P1D"), interrupting=False).user("hurry").chain("overdue", "hurry", "end")


def test_a_task_goes_back_to_any_earlier_step_with_what_was_said() -> None:
    case = Case(row().bundle()).do("a", x=1).do("b", x=2)
    token = case.token("c")
    move(case, "c", "a", reason="the address is wrong")
    assert [(c.token, c.completed) for c in case.step.closed] == [(token, False)]
    assert case.waits_for == ["a"]
    assert case.data("a") == {"x": 2, "reason": "the address is wrong"}
    assert case.do("a").do("b").do("c").is_completed


def test_going_back_sets_and_clears_timers() -> None:
    case = Case(row().bundle()).do("a")
    old = case.step.timers[0].token
    move(case, "b", "a")
    assert case.step.cleared_timers == (old,)
    case.do("a")
    assert case.step.timers[0].token != old


def test_a_branch_beside_goes_on_when_its_task_goes_back() -> None:
    case = Case(row().bundle()).do("a").fire("overdue")
    move(case, "b", "a")
    assert case.waits_for == ["a", "hurry"]


def test_going_back_inside_a_branch_leaves_the_other_branches_alone() -> None:
    case = Case(parallel()).do("a1").do("b1")
    move(case, "a2", "a1")
    assert case.waits_for == ["a1", "c1"]
    assert case.do("a1").do("a2").do("c1").waits_for == ["last"]


def test_going_back_before_a_split_withdraws_the_branches_that_will_open_anew() -> None:
    d = Drawing().start().user("first").gateway("split", kind="parallel").gateway("join", kind="parallel").end()
    d.user("a").user("b").user("c").chain("start", "first", "split", "a", "join", "end")
    bundle = d.chain("split", "b", "join").chain("split", "c", "join").bundle()
    case = Case(bundle).do("first").do("c")
    move(case, "a", "first")
    assert case.waits_for == ["first"]
    assert case.do("first").do("a").do("b").waits_for == ["c"]
    assert case.do("c").is_completed


def test_a_task_may_skip_steps() -> None:
    assert move(Case(row().bundle()), "a", "c").waits_for == ["c"]


@pytest.mark.parametrize("target", ["ghost", "start", "end", "sub_one"])
def test_a_task_cannot_move_to_what_is_no_step_of_its_process(target: str) -> None:
    d = Drawing().start().user("a").nested(inner("sub")).end().chain("start", "a", "sub", "end")
    with pytest.raises(StepRefused) as refused:
        move(Case(d.bundle()), "a", target)
    assert refused.value.element == "a"


def test_one_of_many_cannot_move_alone() -> None:
    d = Drawing().start().user("before").user("a", many("items")).end().chain("start", "before", "a", "end")
    case = Case(d.bundle(), items=[1, 2]).do("before")
    with pytest.raises(StepRefused):
        move(case, "a", "before")


def test_a_closed_task_cannot_move() -> None:
    case = Case(row().bundle())
    token = case.token("a")
    case.do("a")
    with pytest.raises(UnknownToken):
        engine.move_token(case.definition, case.state, token, "a", {}, call=case.call, now=NOW)


# ---------------------------------------------------------------- another version
def version(draw: Drawing, *others: Drawing) -> engine.Definition:
    return engine.compile(draw.bundle(*others))


def test_a_case_moves_to_a_version_with_more_steps() -> None:
    old, new = version(row()), version(
        Drawing().start().user("a").user("b").user("extra").user("c").end().chain("start", "a", "b", "extra", "c", "end")
        .border("overdue", "b", timer("P1D"), interrupting=False).user("hurry").chain("overdue", "hurry", "end")
    )  # fmt: skip
    case = Case(old, x=1).do("a")
    assert engine.check_move(old, new, case.state, now=NOW) == []
    case.state, case.definition = engine.move_case(old, new, case.state), new
    assert case.do("b").waits_for == ["extra"]


def test_a_case_does_not_move_where_its_open_step_is_gone_or_another_kind() -> None:
    """H20: the documented rule of the library lets an open task become a sub-process, and breaks."""
    d = Drawing().start().user("a").end().chain("start", "a", "end")
    old = version(d)
    case = Case(old)
    gone = version(Drawing().start().user("z").end().chain("start", "z", "end"))
    nested = version(Drawing().start().nested(inner("a")).end().chain("start", "a", "end"))
    for new, words in ((gone, "does not have"), (nested, "another kind")):
        problems = engine.check_move(old, new, case.state, now=NOW)
        assert [p.element for p in problems if p.is_error] == ["a"]
        assert words in problems[0].text
        with pytest.raises(StepRefused):
            engine.move_case(old, new, case.state)


def test_a_harmless_change_elsewhere_is_no_hindrance() -> None:
    old = version(row())
    new = version(
        row().user("never_mind").flow("never_mind", "end").border("late", "a", timer("P3D")).flow("late", "never_mind")
    )
    case = Case(old)
    problems = engine.check_move(old, new, case.state, now=NOW)
    assert [(p.element, p.severity) for p in problems] == [("late", "warning")]
    case.state, case.definition = engine.move_case(old, new, case.state), new
    assert case.do("a").do("b").do("c").is_completed


def test_a_token_at_a_join_does_not_move_where_its_flow_is_gone() -> None:
    case = Case(parallel()).do("b1")
    changed = Bundle({n: raw.replace(b"b1__join", b"b1__joined") for n, raw in parallel().files.items()})
    problems = engine.check_move(case.definition, engine.compile(changed), case.state, now=NOW)
    assert [p.element for p in problems if p.is_error] == ["join"]


def test_a_state_of_another_process_is_refused() -> None:
    other = engine.compile(Drawing("other").start().user("a").end().chain("start", "a", "end").bundle())
    with pytest.raises(StepRefused):
        engine.live_nodes(other, Case(row().bundle()).state)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b"[1,2]",
        b"[99,[1,1],[],[]]",
        b"[1,[1,1],[],[]]",
        b'[1,[1,1],["Start"],[[null,"case",0,[[1]]]]]',
        b"\x00",
    ],
)
def test_bytes_that_are_no_state_are_refused(raw: bytes) -> None:
    with pytest.raises(StepRefused):
        engine.live_nodes(version(row()), raw)
