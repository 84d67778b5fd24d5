"""Which way a token goes, and when branches come together."""

from __future__ import annotations

import random

import pytest

from workflows.engine import StepRefused

from .case import Case
from .drawing import Drawing
from .test_correctness import inclusive, parallel, parallel_in_a_loop


def choosing(default: str | None = "other") -> Drawing:
    d = Drawing().start().gateway("choose", default).user("big").user("small").user("none").end()
    d.flow("start", "choose").flow("choose", "big", "amount > 100").flow("choose", "small", "amount > 10")
    return d.flow("choose", "none", ident="other").chain("big", "end").chain("small", "end").chain("none", "end")


@pytest.mark.parametrize(("amount", "task"), [(500, "big"), (50, "small"), (5, "none"), (None, "none"), ("x", "none")])
def test_an_exclusive_gateway_takes_the_first_flow_that_holds_else_the_default(amount: object, task: str) -> None:
    assert Case(choosing().bundle(), amount=amount).waits_for == [task]


def test_a_gateway_with_one_flow_needs_no_condition() -> None:
    d = Drawing().start().gateway("merge").user("a").end().chain("start", "merge", "a", "end")
    assert Case(d.bundle()).waits_for == ["a"]


def test_a_single_conditional_flow_that_does_not_hold_stops_the_step() -> None:
    d = Drawing().start().gateway("only").user("a").end().flow("start", "only").flow("only", "a", "ok").flow("a", "end")
    assert Case(d.bundle(), ok=True).waits_for == ["a"]
    with pytest.raises(StepRefused, match="No condition holds at only"):
        Case(d.bundle(), ok=False)


def test_a_parallel_join_in_a_loop_waits_for_both_branches_in_every_round() -> None:
    """Pitfall 3: the library's join fires in the second round while one branch is still open."""
    dice = random.Random(7)  # noqa: S311 -- the same walk at every run, no secret
    case = Case(parallel_in_a_loop(), done=False)
    size = len(case.state)
    for _ in range(100):
        assert case.waits_for == ["a", "b"]
        first = dice.choice(case.waits_for)
        case.do(first)
        other = {"a": "b", "b": "a"}[first]
        assert case.waits_for == [other]
        assert "join" in case.live
        case.do(other)
    assert len(case.state) < size + 40
    assert case.do("a", done=True).do("b", done=True).is_completed


def test_branches_keep_each_others_changes_at_the_join() -> None:
    """The library lets the last branch bring back the old value of what an earlier one changed."""
    case = Case(parallel(), status="old", kept=1, dropped=[1])
    case.do("b1", status="new").do("a1", note="a").do("c1", other={"x": 1}).do("a2")
    assert case.waits_for == ["last"]
    assert case.data("last") == {
        "status": "new", "kept": 1, "dropped": [1], "note": "a", "other": {"x": 1},
    }  # fmt: skip


def test_where_two_branches_change_the_same_the_later_one_counts() -> None:
    case = Case(parallel())
    case.do("b1", who="b").do("c1", who="c").do("a1").do("a2", who="a")
    assert case.data("last")["who"] == "a"


def test_lists_are_not_mixed_at_a_join() -> None:
    """Pitfall 7: the library merges [2, 2] over [1, 2] into [1, 2]."""
    case = Case(parallel(), x=[1, 2])
    case.do("b1", x=[2, 2]).do("c1").do("a1").do("a2")
    assert case.data("last")["x"] == [2, 2]


@pytest.mark.parametrize(("x", "done", "tasks"), [(1, True, ["a"]), (2, True, ["a", "b"]), (0, True, ["c"])])
def test_an_inclusive_gateway_takes_every_flow_that_holds_and_waits_for_just_these(
    x: int, done: bool, tasks: list[str]
) -> None:
    case = Case(inclusive(), x=x, done=done).do("first")
    assert case.waits_for == tasks
    for task in tasks:
        assert "last" not in case.waits_for
        case.do(task)
    assert case.waits_for == ["last"]


def test_an_inclusive_join_waits_for_a_branch_that_takes_a_detour() -> None:
    case = Case(inclusive(), x=2, done=False).do("first").do("a").do("b")
    assert case.waits_for == ["b2"]
    assert case.do("b2").waits_for == ["last"]


def test_an_inclusive_join_goes_on_when_the_other_branch_ends_elsewhere() -> None:
    d = Drawing().start().gateway("split", "d", kind="inclusive").gateway("join", kind="inclusive").user("a").user("b")
    d.gateway("ok", "no").end("away").user("last").end().chain("start", "split")
    d.flow("split", "a", "true").flow("split", "b", ident="d").chain("a", "join", "last", "end").chain("b", "ok")
    d.flow("ok", "join", "fine").flow("ok", "away", ident="no")
    d.flows = [f.replace("split__a", "sa") for f in d.flows]
    bundle = d.flow("split", "b", "both", ident="extra").bundle()
    case = Case(bundle, both=True, fine=False)
    assert case.waits_for == ["a", "b"]
    assert case.do("a").waits_for == ["b"]
    assert case.do("b").waits_for == ["last"]


def test_a_join_that_can_never_fire_is_refused_instead_of_standing_still() -> None:
    d = Drawing().start().gateway("choose", "c1").gateway("join", kind="parallel").user("a").user("b").end()
    d.flow("start", "choose").flow("choose", "a", "x").flow("choose", "b", ident="c1")
    d.chain("a", "join", "end").chain("b", "join")
    case = Case(d.bundle(), x=True)
    before = case.state
    with pytest.raises(StepRefused, match="stand still for ever at join"):
        case.do("a")
    assert case.state == before


def test_sixteen_doubled_parallel_gateways_cost_sixteen_steps() -> None:
    """H7: the library predicts 65,537 tasks before the first step."""
    d = Drawing().start().user("a").end()
    for number in range(16):
        d.gateway(f"g{number}", kind="parallel")
    d.flow("start", "g0")
    for number in range(15):
        d.flow(f"g{number}", f"g{number + 1}", ident=f"a{number}").flow(
            f"g{number}", f"g{number + 1}", ident=f"b{number}"
        )
    case = Case(d.chain("g15", "a", "end").bundle())
    assert case.waits_for == ["a"]
    assert case.passed("gateway") == [f"g{number}" for number in range(16)]


def test_parallel_ends_bring_their_data_together() -> None:
    d = Drawing().start().gateway("split", kind="parallel").user("a").user("b").end("e1").end("e2")
    d.chain("start", "split", "a", "e1").chain("split", "b", "e2")
    case = Case(d.bundle(), x=0).do("a", x=1)
    assert not case.is_completed
    assert case.do("b", y=2).is_completed
    assert case.step.data == {"x": 1, "y": 2}
