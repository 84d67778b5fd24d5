"""Durations in hours of work: the engine asks whoever hands in when they are over, and counts by the clock otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.processes.small import bundle, properties, straight, user_task
from workflows import engine
from workflows.engine import Bundle
from workflows.engine.lint import lint

NOW = datetime(2026, 3, 11, 2, 0, tzinfo=UTC)


class Office:
    """Answers no calls, and works only every second hour, ten of them a day."""

    def __call__(self, operation: str, parameters: dict[str, Any], node_id: str) -> Mapping[str, Any] | None:
        raise AssertionError(operation)

    def working_time(self, start: datetime, days: int, hours: timedelta) -> datetime:
        return start + 2 * (days * timedelta(hours=10) + hours)


class Clock:
    """Answers no calls and knows no hours of work."""

    def __call__(self, operation: str, parameters: dict[str, Any], node_id: str) -> Mapping[str, Any] | None:
        raise AssertionError(operation)


def with_timer(text: str, *, kind: str = "timeDuration", **said: str) -> Bundle:
    xsi = 'xsi:type="bpmn:tFormalExpression"'
    body = (
        '<bpmn:startEvent id="begin" /><bpmn:intermediateCatchEvent id="pause">'
        f"{properties(**said) if said else ''}"
        f"<bpmn:timerEventDefinition><bpmn:{kind} {xsi}>{text}</bpmn:{kind}></bpmn:timerEventDefinition>"
        '</bpmn:intermediateCatchEvent><bpmn:endEvent id="finish" />'
        '<bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="pause" />'
        '<bpmn:sequenceFlow id="f2" sourceRef="pause" targetRef="finish" />'
    )
    return bundle("waits", body)


@pytest.mark.parametrize(
    ("due", "hours"),
    [
        ("PT4H", 8),
        ("duration(&quot;PT4H&quot;)", 8),
        ("PT24H", 48),
        ("P1D", 20),
        ("P1DT1H", 22),
        ("duration(&quot;P1DT1H&quot;)", 22),
        ("P1W", 7 * 24),  # a week is one on the wall
        ("P1M", 31 * 24),
        ("now() + duration(&quot;PT4H&quot;)", 4),  # a moment is a moment
        ("2026-03-11T06:00:00Z", 4),
    ],
)
def test_a_duration_until_a_task_is_due_counts_hours_of_work(due: str, hours: int) -> None:
    definition = engine.compile(straight("small", user_task("write", dueDate=due)))
    (task,) = engine.start(definition, {}, call=Office(), now=NOW).opened
    assert task.due_at == NOW + timedelta(hours=hours)


def test_without_hours_of_work_every_hour_counts() -> None:
    definition = engine.compile(straight("small", user_task("write", dueDate="PT4H")))
    (task,) = engine.start(definition, {}, call=Clock(), now=NOW).opened
    assert task.due_at == NOW + timedelta(hours=4)


@pytest.mark.parametrize(("said", "hours"), [({}, 4), ({"workingTime": "false"}, 4), ({"workingTime": "true"}, 8)])
def test_a_timer_counts_hours_of_work_where_the_diagram_says_so(said: dict[str, str], hours: int) -> None:
    step = engine.start(engine.compile(with_timer("PT4H", **said)), {}, call=Office(), now=NOW)
    assert [timer.due_at for timer in step.timers] == [NOW + timedelta(hours=hours)]


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("PT4H", "timeDuration", "yes"),
        ("R3/PT4H", "timeCycle", "true"),
        ("2026-03-11T06:00:00Z", "timeDate", "true"),
    ],
)
def test_working_time_that_cannot_be_counted_is_refused_before_publishing(text: str, kind: str, said: str) -> None:
    _, _, problems = lint(with_timer(text, kind=kind, workingTime=said))
    assert [problem.element for problem in problems if problem.is_error] == ["pause"]
