"""When timers are due. H15: the library takes -PT5M for +PT5M, P for nothing, and 31 January plus a month for 3 March."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from feel import YearsMonths
from workflows import engine
from workflows.engine import StepRefused
from workflows.engine.timers import BadTimer, Due, first_due, next_due

from .case import NOW, Case
from .drawing import Drawing, timer

JANUARY = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "value", "at"),
    [
        ("timeDuration", "PT2H", datetime(2026, 1, 31, 14, tzinfo=UTC)),
        ("timeDuration", "P1M", datetime(2026, 2, 28, 12, tzinfo=UTC)),
        ("timeDuration", "P1Y1M", datetime(2027, 2, 28, 12, tzinfo=UTC)),
        ("timeDuration", "P2W", datetime(2026, 2, 14, 12, tzinfo=UTC)),
        ("timeDuration", "P1DT1M", datetime(2026, 2, 1, 12, 1, tzinfo=UTC)),
        ("timeDuration", timedelta(minutes=5), datetime(2026, 1, 31, 12, 5, tzinfo=UTC)),
        ("timeDuration", YearsMonths(1), datetime(2026, 2, 28, 12, tzinfo=UTC)),
        ("timeDate", "2026-03-01T08:00:00+08:00", datetime(2026, 3, 1, 0, tzinfo=UTC)),
        ("timeDate", "2026-03-01T08:00Z", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("timeDate", datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)),
        ("timeCycle", "R3/PT1H", datetime(2026, 1, 31, 13, tzinfo=UTC)),
        ("timeCycle", "R/2026-02-01T00:00:00Z/P1D", datetime(2026, 2, 1, tzinfo=UTC)),
    ],
)
def test_a_timer_is_due_at(kind: str, value: Any, at: datetime) -> None:
    assert first_due(kind, value, JANUARY).at == at


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("timeDuration", value)
        for value in ("P", "PT", "-PT5M", "P1H", "PT1D", "P9999999999Y", "P1000000Y", "1h", "", "PPPT1HPP", "PT１H", 5, None, True, timedelta(-1), YearsMonths(-1), date(2026, 1, 1))
    ]
    + [
        ("timeDate", value)
        for value in ("2026-07-15T09:00:00", "2026-07-15", "2026-13-01T00:00:00Z", datetime(2026, 1, 1), date(2026, 1, 1), "9999-12-31T23:59:59-12:00", "P1D", None)
    ]
    + [("timeCycle", value) for value in ("R/PT0S", "R/PT59S", "R0/PT1H", "PT1H", "R3/P", "R99999/PT1H", "R-1/PT1H", "R3/PT1H/PT1H", 3)],
)  # fmt: skip
def test_what_is_no_timer_is_refused(kind: str, value: Any) -> None:
    with pytest.raises(BadTimer):
        first_due(kind, value, JANUARY)


def test_a_cycle_that_was_slept_through_is_caught_up_once_and_keeps_its_rhythm() -> None:
    due = first_due("timeCycle", "R/PT1H", JANUARY)
    after = next_due(due, JANUARY + timedelta(hours=10, minutes=20))
    assert after == Due(JANUARY + timedelta(hours=11), None, "R/PT1H")


def test_a_cycle_counts_its_firings() -> None:
    due: Due | None = first_due("timeCycle", "R3/P1M", JANUARY)
    seen = []
    while due is not None:
        seen.append((due.at.month, due.at.day, due.left))
        due = next_due(due, due.at)
    assert seen == [(2, 28, 3), (3, 28, 2), (4, 28, 1)]


def test_a_cycle_that_fires_early_does_not_fall_due_twice() -> None:
    due = first_due("timeCycle", "R/PT1H", JANUARY)
    after = next_due(due, JANUARY)
    assert after is not None
    assert after.at == JANUARY + timedelta(hours=2)


def reminding() -> Drawing:
    d = Drawing().start().user("work").service("remind", "mail/remind").end("reminded").end()
    d.border("every_hour", "work", timer("R3/PT1H", "timeCycle"), interrupting=False)
    return d.chain("start", "work", "end").chain("every_hour", "remind", "reminded")


def test_a_reminder_repeats_beside_its_task_and_then_stops() -> None:
    case = Case(reminding().bundle())
    assert (case.step.timers[0].due_at, case.step.timers[0].repeats_left) == (NOW + timedelta(hours=1), 2)
    token = case.step.timers[0].token
    for left in (1, 0):
        case.later(hours=1).fire("every_hour")
        assert [(t.token, t.repeats_left, t.due_at) for t in case.step.timers] == [
            (token, left, case.now + timedelta(hours=1))
        ]
    case.later(hours=1).fire("every_hour")
    assert case.step.cleared_timers == (token,)
    assert len(case.calls) == 3
    assert case.waits_for == ["work"]
    assert case.do("work").is_completed


def test_ten_hours_of_sleep_remind_once() -> None:
    case = Case(reminding().bundle()).later(hours=10, minutes=5).fire("every_hour")
    assert len(case.calls) == 1
    assert case.step.timers[0].due_at == NOW + timedelta(hours=11)


def test_a_timer_may_come_out_of_the_data() -> None:
    d = Drawing().start().catch("wait", timer('contract.ends - duration("P7D")', "timeDate")).end()
    ends = datetime(2026, 6, 30, 10, tzinfo=UTC)
    case = Case(d.chain("start", "wait", "end").bundle(), contract={"ends": ends})
    assert case.step.timers[0].due_at == ends - timedelta(days=7)
    assert case.fire("wait").is_completed


@pytest.mark.parametrize("value", [None, "soon", datetime(2026, 6, 30), 5])
def test_a_timer_out_of_the_data_that_is_no_time_is_refused_with_its_element(value: Any) -> None:
    d = Drawing().start().catch("wait", timer("=ends", "timeDate")).end()
    with pytest.raises(StepRefused) as refused:
        Case(d.chain("start", "wait", "end").bundle(), ends=value)
    assert refused.value.element == "wait"


def test_no_clock_is_read() -> None:
    """Pitfall of the library: its timers look at the wall clock whenever anything happens."""
    d = Drawing().start().gateway("split", kind="parallel").user("a").user("b").user("late").end()
    d.border("overdue", "b", timer("PT1H"))
    d.chain("start", "split", "a", "end").chain("split", "b", "end").chain("overdue", "late", "end")
    case = Case(d.bundle()).later(days=400).do("a")
    assert case.waits_for == ["b"]
    assert case.fire("overdue").waits_for == ["late"]


def test_a_day_as_due_date_lasts_until_its_end_where_people_work() -> None:
    d = Drawing().start().user("a", dueDate="=ends").end().chain("start", "a", "end")
    china = timezone(timedelta(hours=8))
    step = engine.start(
        engine.compile(d.bundle()), {"ends": date(2026, 2, 3)}, call=nothing, now=datetime(2026, 2, 1, tzinfo=china)
    )
    assert step.opened[0].due_at == datetime(2026, 2, 3, 23, 59, 59, 999999, tzinfo=china)


def test_today_is_the_day_where_people_work() -> None:
    d = Drawing().start().script("s", "{ day: today() }").user("a").end().chain("start", "s", "a", "end")
    definition = engine.compile(d.bundle())
    early = datetime(2026, 2, 3, 1, 0, tzinfo=timezone(timedelta(hours=8)))
    assert engine.start(definition, {}, call=nothing, now=early).opened[0].data == {"day": date(2026, 2, 3)}
    in_utc = early.astimezone(UTC)
    assert engine.start(definition, {}, call=nothing, now=in_utc).opened[0].data == {"day": date(2026, 2, 2)}
    with pytest.raises(ValueError, match="zone"):
        engine.start(definition, {}, call=nothing, now=datetime(2026, 2, 3))


def nothing(operation: str, parameters: dict[str, Any], node_id: str) -> None:
    """An operation that does nothing."""


def test_due_dates_of_tasks() -> None:
    d = (
        Drawing()
        .start()
        .user("a", dueDate="PT4H")
        .user("b", dueDate='=now() + duration("P1D")')
        .user("c", dueDate="end")
    )
    case = Case(d.end().chain("start", "a", "b", "c", "end").bundle(), end=None)
    assert case.step.opened[0].due_at == NOW + timedelta(hours=4)
    case.do("a")
    assert case.step.opened[0].due_at == NOW + timedelta(days=1)
    case.do("b")
    assert case.step.opened[0].due_at is None
