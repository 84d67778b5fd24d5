"""What an administrator does to a case by hand: look at its variables, change them, go on past a task."""

from __future__ import annotations

from decimal import Decimal

import pytest

from workflows import engine
from workflows.engine import BadValue, Bundle, UnknownToken

from .case import Case
from .drawing import Drawing


def two_roads() -> Bundle:
    """a and b side by side, then `last`."""
    d = Drawing().start().gateway("split", kind="parallel").gateway("join", kind="parallel").end()
    d.user("a").user("b").user("last")
    return d.chain("start", "split", "a", "join", "last", "end").chain("split", "b", "join").bundle()


def change(case: Case, token: int | None, *removals: str, **changes: object) -> Case:
    return case._take(
        engine.set_variables(case.definition, case.state, token, changes, removals, call=case.call, now=case.now)
    )


def skip(case: Case, node: str) -> Case:
    return case._take(engine.skip(case.definition, case.state, case.token(node), call=case.call, now=case.now))


def seen(case: Case) -> dict[str, dict[str, object]]:
    return {place.node_id: place.data for place in engine.positions(case.definition, case.state) if place.task}


def test_a_variable_changes_wherever_the_case_stands() -> None:
    case = change(Case(two_roads(), x=1, y=2), None, "y", x=Decimal("1.5"))
    assert seen(case) == {"a": {"x": Decimal("1.5")}, "b": {"x": Decimal("1.5")}}
    assert case.step.opened == ()
    assert case.step.closed == ()


def test_a_variable_changes_at_one_task_alone() -> None:
    case = Case(two_roads(), x=1)
    change(case, case.token("a"), x=2)
    assert seen(case) == {"a": {"x": 2}, "b": {"x": 1}}


def test_the_changed_value_goes_on_with_the_case() -> None:
    case = change(Case(two_roads(), x=1), None, x=2)
    case.do("a").do("b")
    assert seen(case) == {"last": {"x": 2}}


@pytest.mark.parametrize("changes", [{"typename": 1}, {"x": float("nan")}, {"x": object()}, {"x": "\0"}])
def test_what_no_case_can_hold_is_refused_and_changes_nothing(changes: dict[str, object]) -> None:
    case = Case(two_roads(), x=1)
    with pytest.raises(BadValue):
        change(case, None, **changes)
    assert seen(case)["a"] == {"x": 1}


def test_a_skipped_task_lets_the_case_go_on_without_having_been_done() -> None:
    case = skip(Case(two_roads(), x=1), "a")
    assert [closed.completed for closed in case.step.closed] == [False]
    case.do("b")
    assert seen(case) == {"last": {"x": 1}}


def test_a_task_that_is_open_no_more_is_neither_skipped_nor_changed() -> None:
    case = Case(two_roads(), x=1)
    token = case.token("a")
    case.do("a")
    with pytest.raises(UnknownToken):
        engine.skip(case.definition, case.state, token, call=case.call, now=case.now)
    with pytest.raises(UnknownToken):
        change(case, token, x=2)


def test_a_case_that_has_ended_stands_nowhere() -> None:
    case = Case(two_roads(), x=1).do("a").do("b").do("last")
    assert engine.positions(case.definition, case.state) == []
