"""Whatever is drawn: a case stored, pruned and loaded at every step goes the way of one that was never disturbed."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from workflows import engine
from workflows.engine import Bundle
from workflows.engine.specs.event_definitions import due_of
from workflows.engine.state import dump
from workflows.engine.stepping import look

from .case import Case
from .constructs import CONSTRUCTS
from .drawing import ERROR, ESCALATION, MESSAGE, SIGNAL, TERMINATE, Drawing, many, timer
from .service_request import bundle as service_request
from .undisturbed import Undisturbed

DATA: dict[str, Any] = {
    "request": {"id": 7, "manager": 3, "agents": [4]},
    "items": ["a", "b", "c"],
    "n": 3,
    "x": 2,
    "done": False,
    "satisfied": False,
}


def inner(ident: str) -> Drawing:
    return (
        Drawing(ident)
        .start(f"{ident}_start")
        .user(f"{ident}_one")
        .user(f"{ident}_two")
        .end(f"{ident}_end")
        .chain(f"{ident}_start", f"{ident}_one", f"{ident}_two", f"{ident}_end")
    )


def sequence() -> Bundle:
    d = Drawing().start().user("a").script("b", "{ y: x + 1, z: if y > 2 then [x] else null }").user("c").end()
    return d.chain("start", "a", "b", "c", "end").bundle()


def loop() -> Bundle:
    d = Drawing().start().gateway("merge").user("a").user("b").gateway("again", default="back").end()
    d.chain("start", "merge", "a", "b", "again").flow("again", "end", "done").flow("again", "merge", ident="back")
    return d.bundle()


def parallel() -> Bundle:
    d = Drawing().start().gateway("split", kind="parallel").gateway("join", kind="parallel").end()
    d.user("a1").user("a2").user("b1").user("c1").user("last")
    d.chain("start", "split", "a1", "a2", "join", "last", "end").chain("split", "b1", "join")
    return d.chain("split", "c1", "join").bundle()


def parallel_in_a_loop() -> Bundle:
    d = Drawing().start().gateway("merge").gateway("split", kind="parallel").gateway("join", kind="parallel").end()
    d.user("a").user("b").gateway("again", default="back")
    d.chain("start", "merge", "split", "a", "join", "again").chain("split", "b", "join")
    return d.flow("again", "end", "done").flow("again", "merge", ident="back").bundle()


def inclusive() -> Bundle:
    d = Drawing().start().user("first").gateway("split", "split__c", kind="inclusive").gateway("join", kind="inclusive")
    d.user("a").user("b").user("c").gateway("inside", "inside__b2").user("b2").user("last").end()
    d.chain("start", "first", "split").flow("split", "a", "x > 0").flow("split", "b", "x > 1").flow("split", "c")
    d.chain("a", "join").chain("b", "inside").flow("inside", "join", "done").flow("inside", "b2").chain("b2", "join")
    return d.chain("c", "join", "last", "end").bundle()


def sub_process() -> Bundle:
    d = Drawing().start().user("before").nested(inner("sub")).user("after").end().end("late")
    d.border("overdue", "sub", timer("P2D")).user("chase")
    return d.chain("start", "before", "sub", "after", "end").chain("overdue", "chase", "late").bundle()


def sub_process_in_a_loop() -> Bundle:
    d = Drawing().start().gateway("merge").nested(inner("sub")).user("after").user("chase").end()
    d.border("overdue", "sub", timer("PT3H")).gateway("again", default="back")
    d.chain("start", "merge", "sub", "after", "again").chain("overdue", "chase", "again")
    return d.flow("again", "end", "done").flow("again", "merge", ident="back").bundle()


def call_activity() -> Bundle:
    middle = Drawing("middle").start("m_start").user("m_one").call("m_call", "leaf").end("m_end")
    middle.chain("m_start", "m_one", "m_call", "m_end")
    d = Drawing().start().call("called", "middle").gateway("again", default="back").end()
    d.chain("start", "called", "again").flow("again", "end", "done").flow("again", "called", ident="back")
    return d.bundle(middle, inner("leaf"))


def for_each(sequential: bool, until: str | None = None) -> Callable[[], Bundle]:
    def drawn() -> Bundle:
        d = Drawing().start().user("first").user("last").user("rescue").end().end("late")
        d.user("work", many("items", sequential=sequential, until=until))
        d.border("overdue", "work", timer("PT5H"))
        return d.chain("start", "first", "work", "last", "end").chain("overdue", "rescue", "late").bundle()

    return drawn


def for_each_sub_process(sequential: bool) -> Callable[[], Bundle]:
    def drawn() -> Bundle:
        d = Drawing().start().user("first").user("last").end()
        d.nested(inner("sub"), many("items", sequential=sequential))
        return d.chain("start", "first", "sub", "last", "end").bundle()

    return drawn


def standard_loop() -> Bundle:
    body = (
        '<bpmn:standardLoopCharacteristics testBefore="true" loopMaximum="4">'
        "<bpmn:loopCondition>not(done)</bpmn:loopCondition></bpmn:standardLoopCharacteristics>"
    )
    d = Drawing().start().user("work", body).user("last").end()
    return d.chain("start", "work", "last", "end").bundle()


def interrupting_timer() -> Bundle:
    d = Drawing().start().user("work").border("overdue", "work", timer("PT1H")).user("late").end("e1").end("e2")
    return d.chain("start", "work", "e1").chain("overdue", "late", "e2").bundle()


def reminders() -> Bundle:
    d = Drawing().start().user("work").user("work2").user("asked").end("e1").end("e2")
    d.border("remind", "work", timer("R3/PT1H", "timeCycle"), interrupting=False)
    return d.chain("start", "work", "work2", "e1").chain("remind", "asked", "e2").bundle()


def event_gateway() -> Bundle:
    d = Drawing().start().user("first").gateway("race", kind="eventBased").user("last").user("slow").end()
    d.catch("on_signal", SIGNAL).catch("on_message", MESSAGE).catch("on_time", timer("P2D"))
    d.chain("start", "first", "race", "on_signal", "last", "end").chain("race", "on_message", "last")
    return d.chain("race", "on_time", "slow", "end").bundle()


def waiting_in_parallel() -> Bundle:
    d = Drawing().start().gateway("split", kind="parallel").gateway("join", kind="parallel").user("last").end()
    d.catch("wait", timer("PT1H")).catch("recalled", SIGNAL).user("a").node("receiveTask", "paid", MESSAGE)
    d.chain("start", "split", "wait", "join", "last", "end").chain("split", "recalled", "join")
    return d.chain("split", "a", "join").chain("split", "paid", "join").bundle()


def message_at_the_border() -> Bundle:
    d = Drawing().start().user("work").user("noted").user("recalled_work").end()
    d.border("note", "work", MESSAGE, interrupting=False).border("recall", "work", SIGNAL)
    return (
        d.chain("start", "work", "end").chain("note", "noted", "end").chain("recall", "recalled_work", "end").bundle()
    )


def error_at_the_border() -> Bundle:
    sub = Drawing("sub").start("s").user("check").gateway("ok", default="no").end("fine").end("broken", ERROR)
    sub.chain("s", "check", "ok").flow("ok", "fine", "done").flow("ok", "broken", ident="no")
    d = Drawing().start().user("before").nested(sub).user("after").user("repair").end()
    d.border("oops", "sub", ERROR)
    return d.chain("start", "before", "sub", "after", "end").chain("oops", "repair", "sub").bundle()


def escalation_at_the_border() -> Bundle:
    sub = (
        Drawing("sub").start("s").user("check").node("intermediateThrowEvent", "shout", ESCALATION).user("go").end("f")
    )
    sub.chain("s", "check", "shout", "go", "f")
    d = Drawing().start().nested(sub).user("after").user("look").end()
    d.border("heard", "sub", ESCALATION, interrupting=False)
    return d.chain("start", "sub", "after", "end").chain("heard", "look", "end").bundle()


def termination() -> Bundle:
    d = Drawing().start().gateway("split", kind="parallel").user("a").user("b").gateway("ok", "more").user("a2")
    d.end("kill", TERMINATE).end("e1").end("e2")
    d.chain("start", "split", "a", "ok").flow("ok", "kill", "done").flow("ok", "a2", ident="more").chain("a2", "e1")
    return d.chain("split", "b", "e2").bundle()


DRAWN: dict[str, Callable[[], Bundle]] = {
    "sequence": sequence,
    "loop": loop,
    "parallel": parallel,
    "parallel in a loop": parallel_in_a_loop,
    "inclusive": inclusive,
    "sub-process": sub_process,
    "sub-process in a loop": sub_process_in_a_loop,
    "call activity in a loop": call_activity,
    "for each, side by side": for_each(False),
    "for each, one after the other": for_each(True),
    "for each, until": for_each(False, "answer > 5"),
    "for each, in turn, until": for_each(True, "numberOfCompletedInstances >= 2"),
    "sub-process for each, side by side": for_each_sub_process(False),
    "sub-process for each, in turn": for_each_sub_process(True),
    "standard loop": standard_loop,
    "interrupting timer": interrupting_timer,
    "reminders": reminders,
    "event gateway": event_gateway,
    "waiting in parallel": waiting_in_parallel,
    "message and signal at the border": message_at_the_border,
    "error at the border": error_at_the_border,
    "escalation at the border": escalation_at_the_border,
    "termination": termination,
    "service request": service_request,
    **CONSTRUCTS,
}


def seen_in(case: Case) -> tuple[Any, ...]:
    """What people and clocks see of a stored case; on the way, that storing it again gives the same bytes."""
    assert dump(look(case.definition, case.state)) == case.state
    tasks = [(t.token, t.node_id, engine.task_data(case.definition, case.state, t.token)) for t in case.open.values()]
    timers = [(t.token, t.node_id, t.due_at) for t in case.timers.values()]
    return sorted(tasks, key=lambda t: t[0]), sorted(timers), case.is_completed, case.calls, case.path


def seen_in_memory(memory: Undisturbed) -> tuple[Any, ...]:
    tasks = [(t.id, t.task_spec.bpmn_id, t.data) for t in memory.open()]
    timers = [(t.id, t.task_spec.bpmn_id, due_of(t).at) for t in memory.timers()]  # type: ignore[union-attr]
    workflow = memory.workflow
    return sorted(tasks, key=lambda t: t[0]), sorted(timers), workflow.completed, memory.calls, workflow.run.passed


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("seed", range(6))
def test_a_stored_case_goes_the_way_of_an_undisturbed_one(name: str, seed: int) -> None:
    """Pitfalls 4, 6, 8 and H18: nothing is lost or changed by being stored at every step."""
    dice = random.Random(f"{name} {seed}")  # noqa: S311 -- the same walk at every run, no secret
    definition = engine.compile(DRAWN[name]())
    case, memory = Case(definition, **DATA), Undisturbed(definition, DATA)
    assert seen_in(case) == seen_in_memory(memory)
    for number in range(40):
        if case.is_completed:
            break
        choices: list[tuple[str, Any]] = [("do", token) for token in case.open]
        choices += [("fire", token) for token in case.timers if dice.random() < 0.4 or not case.open]
        choices += [
            ("deliver", word) for word in ("paid", "recall") if memory.hears(word) and (number < 9 or not case.open)
        ]
        verb, what = dice.choice(choices)
        if verb == "do":
            over = number > 12 or dice.random() < 0.3
            answers = {"answer": dice.randint(0, 9), f"k{number % 4}": {"at": [number]}, "x": dice.randint(0, 3)}
            answers |= {"done": over, "satisfied": over}
            case.do_token(what, **answers)
            memory.do(what, answers)
        elif verb == "fire":
            case.now = max(case.now, case.timers[what].due_at)
            memory.fire(what, case.now)
            case.fire_token(what)
        else:
            case.deliver(what, got=number)
            memory.deliver(what, {"got": number})
        assert seen_in(case) == seen_in_memory(memory)
    assert case.is_completed
    assert case.step.data == memory.workflow.data
