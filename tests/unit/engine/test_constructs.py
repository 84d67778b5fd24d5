"""What the rarer constructs of BPMN do. Event sub-processes have a file of their own.

That storing them changes nothing is proved in test_correctness.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from workflows import engine
from workflows.engine import StepRefused

from .case import NOW, Case
from .constructs import (
    BY_EVENT,
    CANCEL,
    all_of_several,
    called,
    called_for_each,
    condition_at_the_border,
    condition_in_a_race,
    condition_in_the_way,
    escalation_that_interrupts,
    first_of_several,
    passing,
    termination_in_many,
    throwing_several,
    transaction,
    transactions_for_each,
    when,
    without_order,
)
from .drawing import SIGNAL, Drawing, many, timer


# ---------------------------------------------------------------- transactions
def test_a_cancelled_transaction_withdraws_all_of_it_and_goes_its_own_way() -> None:
    case = Case(transaction(), done=False).do("charge", answer=3)
    assert case.waits_for == ["apologise"]
    assert case.timers == {}
    assert case.do("apologise").is_completed


def test_a_transaction_that_is_not_cancelled_is_a_sub_process() -> None:
    case = Case(transaction()).do("charge", done=True)
    assert case.waits_for == ["reserve"]
    assert case.do("reserve").waits_for == ["ship"]


def test_one_cancelled_transaction_of_many_cancels_them_all() -> None:
    case = Case(transactions_for_each(), items=[1, 2]).do("charge", done=True).do("charge", done=False)
    assert case.waits_for == ["apologise"]


# ---------------------------------------------------------------- conditions
def test_a_condition_in_the_way_waits_until_other_branches_make_it_true() -> None:
    case = Case(condition_in_the_way(), x=0)
    assert case.live == ["a", "enough"]
    case.do("a", x=2)
    assert case.waits_for == ["b"]
    assert case.do("b").data("last") == {"x": 2}


def test_a_condition_that_holds_already_does_not_wait() -> None:
    assert Case(condition_in_the_way(), x=5).waits_for == ["a", "b"]


def test_a_condition_at_the_border_interrupts_when_it_becomes_true() -> None:
    case = Case(condition_at_the_border(interrupting=True)(), x=0, done=False).do("a", x=1)
    assert case.waits_for == ["a", "b"]
    assert case.do("a", x=3).waits_for == ["noted"]


def test_a_condition_beside_a_task_happens_each_time_that_it_becomes_true() -> None:
    sub = (
        Drawing("sub").start("s").user("a").user("b").user("c").user("c2").end("e").chain("s", "a", "b", "c", "c2", "e")
    )
    d = (
        Drawing()
        .start()
        .nested(sub)
        .user("seen")
        .end()
        .end("e2")
        .border("high", "sub", when("x > 2"), interrupting=False)
    )
    case = Case(d.chain("start", "sub", "end").chain("high", "seen", "e2").bundle(), x=0).do("a", x=3)
    assert case.waits_for == ["b", "seen"]
    assert case.do("b", x=4).waits_for == ["c", "seen"]
    assert case.do("c", x=1).waits_for == ["c2", "seen"]


def test_a_condition_that_ceased_to_hold_may_happen_again() -> None:
    d = Drawing().start().user("a").user("b").user("c").user("d").user("seen").end().end("e2")
    sub = Drawing("sub").start("s").user("hold").end("e").chain("s", "hold", "e")
    d.gateway("split", kind="parallel").nested(sub).border("high", "sub", when("x > 2"), interrupting=False)
    d.chain("start", "split", "a", "b", "c", "d", "end").chain("split", "sub", "end").chain("high", "seen", "e2")
    case = Case(d.bundle(), x=0).do("a", x=3).do("b", x=1).do("c", x=9)
    assert case.waits_for == ["d", "hold", "seen", "seen"]


def test_a_condition_can_win_a_race() -> None:
    case = Case(condition_in_a_race(), x=0)
    assert len(case.timers) == 1
    case.do("a", x=2)
    assert case.timers == {}
    assert case.waits_for == ["b"]


def test_conditions_that_answer_each_other_for_ever_are_stopped() -> None:
    sub = Drawing("sub").start("s").user("work").end("e").chain("s", "work", "e")
    for name, condition, script in (("up", "n < 1", "{ n: 2 }"), ("down", "n > 1", "{ n: -1 }")):
        react = Drawing(name).node("startEvent", f"{name}_on", when(condition), isInterrupting="false")
        react.script(f"{name}_do", script).user(f"{name}_hold").end(f"{name}_e")
        sub.nested(react.chain(f"{name}_on", f"{name}_do", f"{name}_hold", f"{name}_e"), attributes=BY_EVENT)
    d = Drawing().start().nested(sub).end().chain("start", "sub", "end")
    with pytest.raises(StepRefused, match="more than"):
        Case(d.bundle(), n=0, budget=engine.Budget(steps=100))


# ---------------------------------------------------------------- several events in one
@pytest.mark.parametrize("first", ["paid", "recall", "timer"])
def test_the_first_of_several_events_is_enough(first: str) -> None:
    case = Case(first_of_several()).do("first")
    assert engine.awaited(case.definition, case.state) == ["paid", "recall"]
    case = case.fire("any") if first == "timer" else case.deliver(first)
    assert case.waits_for == ["last"]
    assert case.passed("timer") == (["any"] if first == "timer" else [])


def test_all_of_several_events_must_happen_in_whatever_order() -> None:
    case = Case(all_of_several()).do("first").deliver("recall", a=1).fire("all")
    assert case.timers == {}
    assert case.deliver("recall", b=1).live == ["all"]
    assert case.deliver("paid", c=1).data("last") == {"a": 1, "b": 1, "c": 1}


def test_several_events_are_thrown_at_once() -> None:
    case = Case(throwing_several()).do("a")
    assert case.waits_for == ["b"]
    assert [mark.element_id for mark in case.path if mark.kind == "message"] == ["tell", "tell", "told"]


# ---------------------------------------------------------------- steps without order
def test_steps_without_order_are_all_open_and_all_needed() -> None:
    case = Case(without_order()())
    assert case.waits_for == ["a", "b", "c"]
    case.do("c", z=1).do("b", y=1).do("a", x=1)
    assert case.waits_for == ["b2"]
    assert case.do("b2").data("last") == {"x": 1, "y": 1, "z": 1}


def test_steps_without_order_end_when_it_is_enough() -> None:
    case = Case(without_order("x > 2")(), x=0).do("a", x=1)
    assert case.waits_for == ["b", "c"]
    assert case.do("c", x=3).waits_for == ["last"]
    assert case.data("last") == {"x": 3}


def test_sending_back_among_steps_without_order_stays_on_one_way() -> None:
    case = Case(without_order()()).do("b").do("c")
    path = [mark.element_id for mark in case.path]
    targets = engine.send_back_targets(case.definition, case.state, case.token("b2"), path)
    assert [(target.node_id, target.allowed) for target in targets] == [("b", True), ("c", False)]
    assert "without any order" in str(targets[1].reason)


# ---------------------------------------------------------------- calls
def test_a_called_process_gets_and_gives_only_what_it_names() -> None:
    case = Case(called(("x",), ("total",))(), x=4, mine=1).do("before")
    assert case.data("one") == {"x": 4}
    case.do("one", x=9).do("two")
    assert case.data("after") == {"x": 4, "mine": 1, "total": 10}


def test_a_called_process_without_named_results_gives_all_and_takes_nothing_away() -> None:
    case = Case(called(("x", "n"), ())(), x=4, n=1, mine=1).do("before").do("one").do("two")
    assert case.data("after") == {"x": 4, "n": 1, "mine": 1, "total": 5, "secret": 1}


def test_a_called_process_is_not_begun_without_what_it_needs() -> None:
    case = Case(called(("x", "n"), ())(), x=4)
    with pytest.raises(StepRefused, match="called needs n"):
        case.do("before")
    drawn = Drawing("leaf").start("s").user("one").end("e").chain("s", "one", "e")
    drawn.nodes.insert(0, passing((), ("total",)))
    d = Drawing().start().call("called", "leaf").end().chain("start", "called", "end")
    with pytest.raises(StepRefused, match="give back total"):
        Case(d.bundle(drawn)).do("one")


def test_each_of_many_called_processes_gets_its_own_item() -> None:
    case = Case(called_for_each(), items=["a", "b"])
    assert case.do("one").do("one").data("after")["results"] == ["a", "b"]


def test_what_a_called_process_keeps_for_itself_is_not_carried_out_by_sending_back() -> None:
    case = Case(called(("x",), ("total",))(), x=4, mine=1).do("before").do("one", x=9)
    step = engine.move_token(
        case.definition, case.state, case.token("two"), "before", {"why": "no"}, call=case.call, now=case.now
    )
    assert case._take(step).data("before") == {"x": 4, "mine": 1, "why": "no"}


# ---------------------------------------------------------------- beginnings
def beginning() -> engine.Definition:
    variable = (
        '<bpmn:messageEventDefinition messageRef="message_paid"><bpmn:extensionElements>'
        "<spiffworkflow:messageVariable>payment</spiffworkflow:messageVariable></bpmn:extensionElements>"
        "</bpmn:messageEventDefinition>"
    )
    d = Drawing().node("startEvent", "by_message", variable).node("startEvent", "by_time", timer("R/P7D", "timeCycle"))
    d.node("startEvent", "by_signal", SIGNAL).start("by_hand", formKey="form").user("a").user("b").end()
    d.chain("by_message", "a", "end").chain("by_time", "b", "end").flow("by_signal", "b").flow("by_hand", "a")
    return engine.compile(d.bundle())


def test_a_case_may_begin_by_a_person_a_message_a_signal_or_the_clock() -> None:
    definition = beginning()
    assert {name: (b.kind, b.name, b.timer) for name, b in definition.beginnings.items()} == {
        "by_hand": ("none", None, None),
        "by_message": ("message", "paid", None),
        "by_signal": ("signal", "recall", None),
        "by_time": ("timer", None, ("timeCycle", "R/P7D")),
    }
    assert definition.start_form == "form"
    assert Case(definition).waits_for == ["a"]
    for at, task in (("by_hand", "a"), ("by_message", "a"), ("by_signal", "b"), ("by_time", "b")):
        step = engine.start(
            definition, {"by": 7}, call=Case(definition).call, now=NOW, at=at, payload={"n": 1, "by": 8}
        )
        assert [opened.node_id for opened in step.opened] == [task]
        assert step.passed[0].element_id == at
        came = {"payment": {"n": 1, "by": 8}} if at == "by_message" else {"n": 1}
        assert step.opened[0].data == {"by": 7, **came}


def test_a_case_cannot_begin_elsewhere() -> None:
    definition = beginning()
    with pytest.raises(StepRefused, match="cannot begin at a"):
        engine.start(definition, {}, call=Case(definition).call, now=NOW, at="a")


def test_the_clock_begins_cases_in_its_rhythm() -> None:
    definition = beginning()
    due = engine.first_beginning(definition, "by_time", now=NOW)
    assert due is not None
    assert due.at == NOW + timedelta(days=7)
    following = engine.next_beginning(due, now=NOW + timedelta(days=30))
    assert following is not None
    assert following.at == NOW + timedelta(days=35)
    with pytest.raises(StepRefused, match="No clock begins"):
        engine.first_beginning(definition, "by_hand", now=NOW)


@pytest.mark.parametrize(
    ("kind", "text", "at"),
    [
        ("timeDuration", "PT2H", NOW + timedelta(hours=2)),
        ("timeDate", '=date and time(today(), time("18:00:00Z"))', NOW.replace(hour=18)),
        ("timeCycle", "R1/2026-02-01T00:00:00Z/P1D", NOW.replace(month=2, day=1, hour=0)),
    ],
)
def test_the_clock_may_begin_a_case_once(kind: str, text: str, at: datetime) -> None:
    d = Drawing().node("startEvent", "by_time", timer(text, kind)).user("a").end().chain("by_time", "a", "end")
    due = engine.first_beginning(engine.compile(d.bundle()), "by_time", now=NOW)
    assert due is not None
    assert due.at == at
    assert engine.next_beginning(due, now=at) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("R/2026-01-01T00:00:00Z/P7D", ("2026-02-05T00:00:00+00:00", None)),
        ("R5/2026-01-01T00:00:00Z/P7D", None),
        ("R6/2026-01-01T00:00:00Z/P7D", ("2026-02-05T00:00:00+00:00", 1)),
        ("R/2025-10-31T00:00:00+08:00/P1M", ("2026-02-27T16:00:00+00:00", None)),
        ("R4/2025-10-31T00:00:00+08:00/P1M", None),
        ("R/0001-01-01T00:00:00Z/P1M", ("2026-02-01T00:00:00+00:00", None)),
    ],
)
def test_what_the_clock_would_have_begun_before_publishing_is_not_made_up_for(
    text: str, expected: tuple[str, int | None] | None
) -> None:
    due = first(text, "timeCycle")
    assert (None if due is None else (due.at.isoformat(), due.left)) == expected
    assert first("2026-01-31T07:59:59Z", "timeDate") is None


def first(text: str, kind: str) -> engine.Due | None:
    d = Drawing().node("startEvent", "by_time", timer(text, kind)).user("a").end().chain("by_time", "a", "end")
    return engine.first_beginning(engine.compile(d.bundle()), "by_time", now=NOW)


def test_a_monthly_beginning_keeps_its_day() -> None:
    due = first("R/2026-01-31T00:00:00+08:00/P1M", "timeCycle")
    seen = []
    for _ in range(4):
        assert due is not None
        seen.append(due.at.astimezone(timezone(timedelta(hours=8))).date().isoformat())
        due = engine.next_beginning(due, now=due.at)
    assert seen == ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]


# ---------------------------------------------------------------- ends
def test_termination_in_one_of_many_ends_just_that_one() -> None:
    case = Case(termination_in_many(), items=[1, 2]).do("a")
    assert case.waits_for == ["a", "b"]
    assert case.do("a").waits_for == ["last"]


def test_an_escalation_may_interrupt_a_called_process() -> None:
    assert Case(escalation_that_interrupts(), done=False).do("check").waits_for == ["look"]
    assert Case(escalation_that_interrupts()).do("check", done=True).waits_for == ["after"]


def test_a_cancel_event_is_for_transactions_only() -> None:
    sub = Drawing("sub").start("s").user("a").end("off", CANCEL).chain("s", "a", "off")
    d = Drawing().start().nested(sub, many("items")).end().chain("start", "sub", "end")
    with pytest.raises(engine.BundleRefused, match="stands in none"):
        engine.compile(d.bundle())
