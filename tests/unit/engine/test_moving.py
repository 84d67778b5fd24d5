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


@pytest.mark.parametrize(
    ("target", "words"),
    [("ghost", "no step"), ("start", "no step"), ("end", "no step"), ("sub_one", "inside of sub, where the case")],
)
def test_a_task_cannot_move_to_what_is_no_step_of_its_process(target: str, words: str) -> None:
    d = Drawing().start().user("a").nested(inner("sub")).end().chain("start", "a", "sub", "end")
    case = Case(d.bundle())
    reason = engine.check_move_token(case.definition, case.state, case.token("a"), target)
    assert reason is not None
    assert words in str(reason)
    with pytest.raises(StepRefused, match=words) as refused:
        move(case, "a", target)
    assert refused.value.element == "a"


def block() -> Drawing:
    """first, then two branches: a1, an inner pair (p, q), a2 beside b; then last, and round again unless done."""
    d = Drawing().start().user("first").gateway("split", kind="parallel").gateway("join", kind="parallel").end()
    d.user("a1").gateway("inner_split", kind="parallel").gateway("inner_join", kind="parallel")
    d.user("p").user("q").user("a2").user("b").user("last").gateway("merge").gateway("again", default="back")
    d.chain("start", "merge", "first", "split", "a1", "inner_split", "p", "inner_join", "a2", "join", "last", "again")
    d.chain("inner_split", "q", "inner_join").chain("split", "b", "join")
    return d.flow("again", "end", "done").flow("again", "merge", ident="back")


def targets(case: Case, node_id: str) -> dict[str, str | None]:
    path = [mark.element_id for mark in case.path]
    found = engine.send_back_targets(case.definition, case.state, case.token(node_id), path)
    assert all(target.allowed == (target.reason is None) for target in found)
    return {target.node_id: None if target.allowed else str(target.reason) for target in found}


def test_targets_are_the_steps_that_were_passed_each_with_its_reason_where_it_is_refused() -> None:
    case = Case(block().bundle()).do("first").do("a1").do("p").do("b")
    found = targets(case, "q")
    assert list(found) == ["first", "a1", "p", "b"]
    assert [node for node, reason in found.items() if reason is None] == ["first", "a1"]
    assert "another branch after inner_split" in (found["p"] or "")
    assert "another branch after split" in (found["b"] or "")
    found = targets(case.do("q").do("a2").do("last", done=False).do("first"), "b")
    assert [node for node, reason in found.items() if reason is None] == ["first", "last"]


def test_a_finished_parallel_part_is_entered_again_only_as_a_whole() -> None:
    case = Case(block().bundle()).do("first").do("a1").do("p").do("q").do("a2").do("b")
    found = targets(case, "last")
    assert [node for node, reason in found.items() if reason is None] == ["first"]
    assert "between split and join, which belong together" in (found["b"] or "")
    assert move(case, "last", "first").waits_for == ["first"]


def test_a_branch_that_is_past_an_inner_join_is_withdrawn_too() -> None:
    case = Case(block().bundle()).do("first").do("a1").do("p").do("q")
    assert case.waits_for == ["a2", "b"]
    assert move(case, "b", "first").waits_for == ["first"]
    case.do("first")
    assert case.waits_for == ["a1", "b"]
    assert case.do("a1").do("p").do("q").do("a2").do("b").do("last", done=True).is_completed


def test_going_back_inside_a_block_withdraws_only_the_inner_pair() -> None:
    case = Case(block().bundle()).do("first").do("a1").do("p")
    assert move(case, "q", "a1").waits_for == ["a1", "b"]
    case.do("a1").do("q").do("b")
    assert case.waits_for == ["p"]
    assert case.do("p").do("a2").waits_for == ["last"]


def test_skipping_out_of_a_parallel_part_leaves_no_branch_behind() -> None:
    case = Case(block().bundle()).do("first").do("a1")
    assert move(case, "p", "last").waits_for == ["last"]
    assert case.do("last", done=True).is_completed


def test_going_back_out_of_a_sub_process_withdraws_all_of_it_and_keeps_what_was_entered() -> None:
    d = Drawing().start().user("before").nested(inner("sub")).user("after").end()
    d.border("overdue", "sub", timer("P1D")).chain("overdue", "after")
    case = Case(d.chain("start", "before", "sub", "after", "end").bundle()).do("before").do("sub_one", x=1)
    assert targets(case, "sub_two") == {"before": None, "sub_one": None}
    move(case, "sub_two", "before", reason="incomplete")
    assert case.waits_for == ["before"]
    assert case.timers == {}
    assert case.data("before") == {"x": 1, "reason": "incomplete"}
    assert case.do("before").do("sub_one").do("sub_two").do("after").is_completed


def test_going_back_out_of_one_of_many_sub_processes_withdraws_them_all() -> None:
    d = (
        Drawing()
        .start()
        .user("before")
        .nested(inner("sub"), many("items", output=None, answer=None))
        .user("after")
        .end()
    )
    case = Case(d.chain("start", "before", "sub", "after", "end").bundle(), items=[1, 2, 3]).do("before")
    case.do("sub_one", x=1)
    move(case, "sub_two", "before", reason="no")
    assert case.waits_for == ["before"]
    assert case.data("before") == {"items": [1, 2, 3], "reason": "no"}


@pytest.mark.parametrize("sequential", [False, True])
def test_going_back_out_of_a_countersignature_withdraws_all_who_sign(sequential: bool) -> None:
    d = Drawing().start().user("before").user("sign", many("items", sequential=sequential)).end()
    case = Case(d.chain("start", "before", "sign", "end").bundle(), items=[1, 2, 3]).do("before")
    case.do("sign", answer="yes")
    assert targets(case, "sign") == {"before": None}
    move(case, "sign", "before", reason="wrong sum")
    assert case.waits_for == ["before"]
    assert case.data("before") == {"items": [1, 2, 3], "results": [], "reason": "wrong sum"}
    case.do("before")
    for _ in range(3):
        case.do("sign", answer="yes")
    assert case.is_completed


def test_going_back_out_of_a_loop_keeps_what_its_rounds_said() -> None:
    body = (
        "<bpmn:standardLoopCharacteristics><bpmn:loopCondition>not(done)</bpmn:loopCondition>"
        "</bpmn:standardLoopCharacteristics>"
    )
    d = Drawing().start().user("before").user("work", body).end().chain("start", "before", "work", "end")
    case = Case(d.bundle()).do("before").do("work", x=1, done=False)
    assert move(case, "work", "before").data("before") == {"x": 1, "done": False}


def test_events_at_the_border_of_a_branch_that_is_withdrawn_wait_no_more() -> None:
    d = Drawing().start().user("first").gateway("split", kind="parallel").gateway("join", kind="parallel").end()
    d.user("a").user("b").border("remind", "b", timer("PT1H"), interrupting=False).user("hurry").end("e2")
    d.chain("start", "first", "split", "a", "join", "end").chain("split", "b", "join").chain("remind", "hurry", "e2")
    case = Case(d.bundle()).do("first")
    assert len(case.timers) == 1
    assert move(case, "a", "first").timers == {}
    case = Case(d.bundle()).do("first").fire("remind")
    assert move(case, "a", "first").waits_for == ["first", "hurry"]


def test_branches_that_came_together_before_are_not_left_once_more() -> None:
    d = Drawing().start().gateway("s1", kind="parallel").gateway("j1", kind="parallel").user("x").user("y").end()
    d.gateway("s2", kind="parallel").gateway("j2", kind="parallel").user("z0").user("z1").user("z2")
    d.border("remind", "x", timer("PT1H"), interrupting=False).user("hurry").end("e2").chain("remind", "hurry", "e2")
    d.chain("start", "s1", "x", "j1", "s2", "z0", "z1", "j2", "end").chain("s1", "y", "j1").chain("s2", "z2", "j2")
    case = Case(d.bundle()).fire("remind").do("x").do("y").do("z0")
    assert move(case, "z1", "z0").waits_for == ["hurry", "z0", "z2"]
    assert case.do("z0").do("z1").do("z2").do("hurry").is_completed


def test_a_branch_that_an_event_started_stays_by_itself() -> None:
    case = Case(row().bundle()).do("a").fire("overdue")
    assert "only overdue starts" in str(engine.check_move_token(case.definition, case.state, case.token("b"), "hurry"))
    assert "branch that overdue started" in (targets(case, "hurry")["a"] or "")
    with pytest.raises(StepRefused, match="branch that overdue started"):
        move(case, "hurry", "a")


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
