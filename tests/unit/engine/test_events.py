"""Messages, signals, errors, escalations, ends: who hears them and what they stop."""

from __future__ import annotations

import pytest

from workflows import engine
from workflows.engine import Awaited, StepRefused, UnknownToken

from .case import Case
from .drawing import ERROR, MESSAGE, SIGNAL, TERMINATE, Drawing, extensions, many, timer
from .test_correctness import (
    error_at_the_border,
    escalation_at_the_border,
    event_gateway,
    inner,
    interrupting_timer,
    message_at_the_border,
    sub_process,
    termination,
)


def test_an_interrupting_timer_withdraws_the_task() -> None:
    case = Case(interrupting_timer())
    token = case.token("work")
    case.fire("overdue")
    assert case.waits_for == ["late"]
    assert [(c.token, c.completed) for c in case.step.closed] == [(token, False)]
    assert case.passed("timer") == ["overdue"]
    with pytest.raises(UnknownToken):
        case.do_token(token)


def test_a_timer_that_is_not_set_cannot_fire() -> None:
    case = Case(interrupting_timer())
    token = case.step.timers[0].token
    case.do("work")
    with pytest.raises(UnknownToken):
        case.fire_token(token)


def test_a_timer_around_a_sub_process_withdraws_all_that_is_inside() -> None:
    case = Case(sub_process()).do("before").do("sub_one")
    assert case.live == ["sub", "sub_two"]
    case.fire("overdue")
    assert case.waits_for == ["chase"]
    assert case.do("chase").is_completed


def test_a_timer_around_many_sub_processes_withdraws_them_all() -> None:
    d = Drawing().start().nested(inner("sub"), many("items")).border("overdue", "sub", timer("P1D")).user("chase").end()
    case = Case(d.chain("start", "sub", "end").chain("overdue", "chase", "end").bundle(), items=[1, 2, 3])
    assert case.waits_for == ["sub_one"] * 3
    case.fire("overdue")
    assert case.waits_for == ["chase"]
    assert len(case.step.closed) == 3
    assert len(case.state) < 300


def test_the_first_event_of_a_race_wins() -> None:
    case = Case(event_gateway()).do("first")
    assert case.live == ["on_signal", "on_message", "on_time"]
    timer_token = case.step.timers[0].token
    case.deliver("paid", amount=5)
    assert case.waits_for == ["last"]
    assert case.data("last")["amount"] == 5
    assert case.step.cleared_timers == (timer_token,)
    with pytest.raises(StepRefused, match="does not wait for recall"):
        case.deliver("recall")


def test_the_timer_of_a_race_can_win_too() -> None:
    case = Case(event_gateway()).do("first").fire("on_time")
    assert case.waits_for == ["slow"]


def test_a_message_beside_a_task_may_come_again_and_again() -> None:
    case = Case(message_at_the_border()).deliver("paid", n=1).deliver("paid", n=2)
    assert case.waits_for == ["noted", "noted", "work"]
    assert sorted(task.data["n"] for task in case.open.values() if task.node_id == "noted") == [1, 2]
    case.deliver("recall")
    assert case.waits_for == ["noted", "noted", "recalled_work"]


def test_a_message_reaches_the_one_that_waited_longest_and_a_signal_everybody() -> None:
    d = Drawing().start().gateway("split", kind="parallel").end()
    d.catch("m1", MESSAGE).catch("m2", MESSAGE).catch("s1", SIGNAL).catch("s2", SIGNAL)
    d.flow("start", "split")
    for name in ("m1", "m2", "s1", "s2"):
        d.chain("split", name, "end")
    case = Case(d.bundle())
    assert case.deliver("paid").live == ["m2", "s1", "s2"]
    assert case.deliver("recall").live == ["m2"]
    assert case.deliver("paid").is_completed


def test_a_payload_goes_into_the_variable_that_the_diagram_names() -> None:
    named = (
        '<bpmn:messageEventDefinition messageRef="message_paid"><bpmn:extensionElements>'
        "<spiffworkflow:messageVariable>payment</spiffworkflow:messageVariable></bpmn:extensionElements>"
        "</bpmn:messageEventDefinition>"
    )
    d = Drawing().start().catch("wait", named).user("a").end().chain("start", "wait", "a", "end")
    assert Case(d.bundle()).deliver("paid", amount=3).data("a") == {"payment": {"amount": 3}}


def test_a_thrown_signal_is_heard_in_the_case_and_told() -> None:
    d = Drawing().start().gateway("split", kind="parallel").catch("hear", SIGNAL).user("a").user("b").end()
    d.node("intermediateThrowEvent", "tell", SIGNAL)
    d.chain("start", "split", "hear", "b", "end").chain("split", "a", "tell", "end")
    case = Case(d.bundle()).do("a")
    assert case.waits_for == ["b"]
    mark = next(mark for mark in case.path if mark.kind == "message")
    assert mark.detail == {"name": "recall", "payload": None, "caught": True}


def test_a_message_that_nobody_in_the_case_waits_for_is_told_to_the_caller() -> None:
    d = Drawing().start().node("sendTask", "send", MESSAGE).user("a").end().chain("start", "send", "a", "end")
    case = Case(d.bundle())
    assert [m.detail["caught"] for m in case.path if m.kind == "message"] == [False]


def test_an_error_leaves_its_sub_process_by_the_border() -> None:
    case = Case(error_at_the_border(), done=False).do("before").do("check", done=False)
    assert case.waits_for == ["repair"]
    assert case.do("repair", done=True).do("check", done=True).waits_for == ["after"]


def test_an_error_is_caught_only_around_the_sub_process_that_threw_it() -> None:
    """The library offers it to every waiting event of the surrounding process."""
    thrower = Drawing("thrower").start("s1").user("u1").end("broken", ERROR).chain("s1", "u1", "broken")
    d = Drawing().start().gateway("split", kind="parallel").nested(thrower).nested(inner("calm")).user("repair").end()
    d.border("oops", "calm", ERROR).chain("start", "split", "thrower", "end").chain("split", "calm", "end")
    case = Case(d.chain("oops", "repair", "end").bundle())
    with pytest.raises(StepRefused, match="broken thrown at broken is caught nowhere"):
        case.do("u1")


def test_an_error_climbs_until_somebody_catches_it() -> None:
    thrower = Drawing("thrower").start("s1").user("u1").end("broken", ERROR).chain("s1", "u1", "broken")
    middle = Drawing("middle").start("m1").call("deep", "thrower").end("m2").chain("m1", "deep", "m2")
    d = Drawing().start().nested(middle, many("items")).border("oops", "middle", ERROR).user("repair").end()
    d.chain("start", "middle", "end").chain("oops", "repair", "end")
    case = Case(d.bundle(thrower), items=[1, 2])
    assert case.waits_for == ["u1", "u1"]
    assert case.do("u1").waits_for == ["repair"]


def test_an_escalation_starts_a_branch_beside_the_sub_process() -> None:
    case = Case(escalation_at_the_border()).do("check")
    assert case.waits_for == ["go", "look"]
    assert case.do("go").do("look").do("after").is_completed


def test_termination_ends_the_case_and_withdraws_what_is_open() -> None:
    case = Case(termination(), done=False)
    token = case.token("b")
    case.do("a", done=True, last=1)
    assert case.is_completed
    assert token in [closed.token for closed in case.step.closed if not closed.completed]
    assert case.step.data["last"] == 1


def test_termination_inside_a_sub_process_ends_only_that() -> None:
    sub = Drawing("sub").start("s").gateway("f", kind="parallel").user("a").user("b").end("kill", TERMINATE).end("e")
    sub.chain("s", "f", "a", "kill").chain("f", "b", "e")
    d = Drawing().start().nested(sub).user("after").end().chain("start", "sub", "after", "end")
    case = Case(d.bundle()).do("a", x=1)
    assert case.waits_for == ["after"]
    assert case.data("after") == {"x": 1}


def test_data_go_into_a_called_process_and_come_back() -> None:
    d = Drawing().start().call("called", "leaf").user("after").end().chain("start", "called", "after", "end")
    case = Case(d.bundle(inner("leaf")), x=1).do("leaf_one", y=2).do("leaf_two", x=3)
    assert case.data("after") == {"x": 3, "y": 2}


def test_scripts_before_and_after_a_task() -> None:
    d = (
        Drawing()
        .start()
        .user("a", before="{ limit: amount * 2 }", after="= { limit: null, net: said - 1 }")
        .user("b")
        .end()
    )
    case = Case(d.chain("start", "a", "b", "end").bundle(), amount=5)
    assert case.data("a")["limit"] == 10
    assert case.do("a", said=8).data("b") == {"amount": 5, "said": 8, "limit": None, "net": 7}


def test_a_case_tells_what_it_waits_for() -> None:
    case = Case(event_gateway()).do("first")
    assert engine.awaited(case.definition, case.state) == ["paid", "recall"]
    assert engine.awaited(case.definition, case.deliver("paid").state) == []


# ---------------------------------------------------------------- into the world
def test_a_step_tells_what_the_case_begins_and_ceases_to_wait_for() -> None:
    d = Drawing().start().user("a").catch("wait", MESSAGE).user("b").border("off", "b", SIGNAL).end("ended").end()
    case = Case(d.chain("start", "a", "wait", "b", "end").flow("off", "ended").bundle())
    assert (case.step.listens, case.step.ceased) == ((), ())
    case.do("a")
    assert (case.step.listens, case.step.ceased) == ((Awaited("message", "paid"),), ())
    before = case.state
    case.deliver("paid")
    assert (case.step.listens, case.step.ceased) == ((Awaited("signal", "recall"),), (Awaited("message", "paid"),))
    back = engine.take_back(case.definition, before, case.state).step
    assert (back.listens, back.ceased) == ((Awaited("message", "paid"),), (Awaited("signal", "recall"),))
    case.do("b")
    assert (case.step.listens, case.step.ceased) == ((), (Awaited("signal", "recall"),))


def test_messages_and_signals_leave_the_case_with_what_they_bring() -> None:
    said = extensions("<spiffworkflow:messagePayload>{n: 1}</spiffworkflow:messagePayload>")
    message = f'<bpmn:messageEventDefinition messageRef="message_paid">{said}</bpmn:messageEventDefinition>'
    d = Drawing().start().node("intermediateThrowEvent", "tell", message)
    d.node("intermediateThrowEvent", "call", SIGNAL).end().chain("start", "tell", "call", "end")
    thrown = [(each.kind, each.name, each.payload) for each in Case(d.bundle()).step.thrown]
    assert thrown == [("message", "paid", {"n": 1}), ("signal", "recall", None)]


def test_a_message_that_the_case_itself_waits_for_stays_inside() -> None:
    throws = '<bpmn:messageEventDefinition messageRef="message_paid"/>'
    d = Drawing().start().gateway("fork", kind="parallel").catch("wait", MESSAGE).user("a").end("heard")
    d.node("intermediateThrowEvent", "tell", throws).end().chain("start", "fork", "a", "tell", "end")
    case = Case(d.chain("fork", "wait", "heard").bundle()).do("a")
    assert case.step.completed
    assert case.step.thrown == ()


def test_a_name_is_heard_as_what_was_meant() -> None:
    d = Drawing().start().catch("wait", MESSAGE).end().chain("start", "wait", "end")
    case = Case(d.bundle())
    with pytest.raises(StepRefused, match="does not wait for paid"):
        engine.deliver(case.definition, case.state, "paid", {}, call=case.call, now=case.now, kind="signal")
    assert engine.deliver(
        case.definition, case.state, "paid", 5, call=case.call, now=case.now, kind="message"
    ).completed
