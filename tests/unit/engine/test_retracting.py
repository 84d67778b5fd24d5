"""Retracting a completion while others have moved on: only its own branch goes back, and only while nothing has come of it."""

from __future__ import annotations

import pytest

from workflows import engine
from workflows.engine import Bundle

from .case import Case
from .drawing import Drawing, timer


def two_roads() -> Bundle:
    """a1, a2 and b1, b2 side by side, then `last`."""
    d = Drawing().start().gateway("split", kind="parallel").gateway("join", kind="parallel").end()
    d.user("a1").user("a2").user("b1").user("b2").user("last")
    return d.chain("start", "split", "a1", "a2", "join", "last", "end").chain("split", "b1", "b2", "join").bundle()


def done(case: Case, node: str, **answers: object) -> tuple[int, ...]:
    """Complete a step; the tokens that it left behind."""
    left = case.do(node, **answers).step.left
    assert left is not None
    return left


def why_not(case: Case, left: tuple[int, ...], node: str) -> str | None:
    reason = engine.why_not_retract(case.definition, case.state, left, node)
    return None if reason is None else reason.template


def retract(case: Case, left: tuple[int, ...], node: str, **data: object) -> Case:
    return case._take(
        engine.retract(case.definition, case.state, left, node, data, call=case.call, now=case.now, budget=case.budget)
    )


def test_one_branch_goes_back_and_the_other_stays_where_it_has_come_to() -> None:
    case = Case(two_roads(), x=1)
    before = case.data("a1")
    left = done(case, "a1", y=2)
    case.do("b1", z=3)
    assert why_not(case, left, "a1") is None
    retract(case, left, "a1", **before)
    assert case.waits_for == ["a1", "b2"]
    assert case.data("a1") == before
    case.do("a1", y=5).do("a2").do("b2")
    assert case.waits_for == ["last"]
    assert {"x": 1, "y": 5, "z": 3}.items() <= case.data("last").items()
    assert case.do("last").is_completed


def test_a_branch_that_waits_for_the_others_goes_back_as_well() -> None:
    case = Case(two_roads()).do("a1")
    left = done(case, "a2", y=2)
    case.do("b1")
    retract(case, left, "a2")
    assert case.waits_for == ["a2", "b2"]
    case.do("b2")
    assert case.waits_for == ["a2"]
    assert case.do("a2").waits_for == ["last"]


def test_what_has_been_gone_on_with_stays() -> None:
    case = Case(two_roads())
    left = done(case, "a1")
    case.do("a2")
    assert "gone on with" in str(why_not(case, left, "a1"))
    with pytest.raises(engine.StepRefused, match="gone on with"):
        retract(case, left, "a1")


def test_branches_that_have_come_together_stay_together() -> None:
    case = Case(two_roads()).do("a1")
    left = done(case, "a2")
    case.do("b1").do("b2")
    assert case.waits_for == ["last"]
    assert "gone on with" in str(why_not(case, left, "a2"))


def test_whoever_brings_branches_together_leaves_nothing_that_could_go_back_alone() -> None:
    case = Case(two_roads()).do("a1").do("a2").do("b1")
    assert case.do("b2").step.left is None


def test_a_split_that_the_step_opened_is_closed_again() -> None:
    d = Drawing().start().gateway("split", kind="parallel").user("other").user("more").end("done")
    d.user("first").gateway("fork", kind="parallel").user("x").user("y").end("x_end").end("y_end")
    d.chain("start", "split", "first", "fork", "x", "x_end").chain("fork", "y", "y_end")
    case = Case(d.chain("split", "other", "more", "done").bundle())
    left = done(case, "first")
    case.do("other")
    retract(case, left, "first")
    assert case.waits_for == ["first", "more"]
    case.do("first")
    assert case.waits_for == ["more", "x", "y"]
    assert "gone on with" in str(why_not(case, left, "first"))


def test_events_at_the_border_begin_anew_and_those_of_what_followed_are_withdrawn() -> None:
    d = Drawing().start().gateway("split", kind="parallel").user("a").user("b").user("other").user("more")
    d.end("a_end").end("late_end").end("b_late_end").end("other_end")
    d.border("late", "a", timer("P1D")).border("b_late", "b", timer("P2D")).chain("late", "late_end")
    d.chain("b_late", "b_late_end").chain("start", "split", "a", "b", "a_end").chain(
        "split", "other", "more", "other_end"
    )
    case = Case(d.bundle())
    left = done(case, "a")
    assert sorted(each.node_id for each in case.timers.values()) == ["b_late"]
    case.do("other").later(hours=1)
    retract(case, left, "a")
    assert [each.node_id for each in case.timers.values()] == ["late"]
    assert case.fire("late").waits_for == ["more"]


def test_whoever_ends_a_part_of_the_process_leaves_nothing_that_could_go_back() -> None:
    inner = Drawing("sub").start("sub_start").user("inside").end("sub_end").chain("sub_start", "inside", "sub_end")
    d = Drawing().start().gateway("split", kind="parallel").nested(inner).user("after").user("other")
    d.end("after_end").end("other_end").chain("start", "split", "sub", "after", "after_end")
    case = Case(d.chain("split", "other", "other_end").bundle())
    assert case.do("inside").step.left is None


def test_a_branch_that_has_ended_while_others_go_on_goes_back_as_well() -> None:
    d = Drawing().start().gateway("split", kind="parallel").user("a").user("b").user("b2").end("e1").end("e2")
    case = Case(d.chain("start", "split", "a", "e1").chain("split", "b", "b2", "e2").bundle())
    left = done(case, "a")
    case.do("b")
    retract(case, left, "a")
    assert case.waits_for == ["a", "b2"]
    assert case.do("b2").waits_for == ["a"]
    assert case.do("a").is_completed


def test_a_step_that_left_nothing_behind_says_that_its_branch_has_ended() -> None:
    case = Case(two_roads()).do("a1")
    assert why_not(case, (), "a1") == "The branch of {element} has ended."


def test_a_part_that_the_step_entered_is_left_again() -> None:
    inner = Drawing("sub").start("sub_start").user("inside").user("deeper").end("sub_end")
    inner.chain("sub_start", "inside", "deeper", "sub_end")
    d = Drawing().start().gateway("split", kind="parallel").user("first").nested(inner).user("other").user("more")
    d.end("first_end").end("other_end").chain("start", "split", "first", "sub", "first_end")
    case = Case(d.chain("split", "other", "more", "other_end").bundle())
    left = done(case, "first")
    case.do("other")
    retract(case, left, "first")
    assert case.waits_for == ["first", "more"]
    again = done(case, "first")
    case.do("inside")
    assert "gone on with" in str(why_not(case, again, "first"))


def test_signers_of_one_step_are_not_parted() -> None:
    d = Drawing().start().gateway("split", kind="parallel").user("a").user("b").user("other").end("e1").end("e2")
    case = Case(d.chain("start", "split", "a", "b", "e1").chain("split", "other", "e2").bundle())
    asked = engine.add_signer(
        case.definition, case.state, case.token("a"), 7, where="parallel", call=case.call, now=case.now
    )
    case._take(asked)
    assert case.do("a").step.left is None
