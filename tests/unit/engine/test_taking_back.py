"""Putting the state before a step into place again: tasks, timers and variables are as they were, and no number comes twice."""

from __future__ import annotations

from workflows import engine

from .case import Case
from .drawing import Drawing, timer
from .test_correctness import parallel


def row() -> Case:
    d = Drawing().start().user("a").user("b").user("c").end()
    d.border("soon", "a", timer("P1D")).border("later", "b", timer("P2D")).chain("soon", "c").chain("later", "c")
    return Case(d.chain("start", "a", "b", "c", "end").bundle())


def test_what_was_open_is_open_and_what_was_opened_is_closed() -> None:
    case = row()
    before, task, (watch,) = case.state, case.token("a"), case.step.timers
    case.later(hours=1).do("a", x=1)
    back = engine.take_back(case.definition, before, case.state)
    assert back.reopened == (task,)
    assert [(closed.token, closed.completed) for closed in back.step.closed] == [(case.token("b"), False)]
    assert [(again.node_id, again.due_at) for again in back.step.timers] == [("soon", watch.due_at)]
    assert back.step.cleared_timers == tuple(token for token in case.timers if token != watch.token)
    assert engine.task_data(case.definition, back.step.state, task) == engine.task_data(case.definition, before, task)


def test_what_follows_gets_numbers_that_nobody_had() -> None:
    case = row()
    before, task = case.state, case.token("a")
    case.do("a")
    given = case.token("b")
    back = engine.take_back(case.definition, before, case.state)
    again = engine.complete(case.definition, back.step.state, task, {}, call=case.call, now=case.now)
    assert all(opened.token > given for opened in again.opened)


def test_branches_that_a_step_brought_together_part_again() -> None:
    case = Case(parallel()).do("b1").do("a1").do("a2")
    before, task = case.state, case.token("c1")
    case.do("c1")
    assert case.waits_for == ["last"]
    back = engine.take_back(case.definition, before, case.state)
    assert back.reopened == (task,)
    assert engine.live_nodes(case.definition, back.step.state) == engine.live_nodes(case.definition, before)
