"""Rules of service requests, as tables of cases; no database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from crm.core.errors import Invalid
from crm.service.rules import STEPS, Status, minutes, plan, refusal

AT = datetime(2026, 3, 11, 2, 0, tzinfo=UTC)

ALLOWED = {
    "assign": {"opened", "assigned", "handled", "fed_back"},
    "record_handling": {"assigned", "handled", "fed_back"},
    "record_feedback": {"handled", "fed_back"},
    "return_to_handling": {"fed_back"},
    "archive": {"fed_back"},
    "cancel": {"opened", "assigned", "handled", "fed_back"},
    "plan_sla": {"opened", "assigned", "handled", "fed_back"},
}


@pytest.mark.parametrize("verb", sorted(STEPS))
@pytest.mark.parametrize("status", [*Status])
def test_each_step_starts_only_from_its_states(verb: str, status: Status) -> None:
    reason = refusal(verb, number="SR-000001", status=status, satisfaction=4)
    assert (reason is None) == (status in ALLOWED[verb])


@pytest.mark.parametrize(("satisfaction", "is_open"), [(None, False), (1, False), (2, False), (3, True), (5, True)])
def test_the_archive_takes_satisfied_customers_only(satisfaction: int | None, is_open: bool) -> None:
    reason = refusal("archive", number="SR-000001", status=Status.FED_BACK, satisfaction=satisfaction)
    assert (reason is None) == is_open


@pytest.mark.parametrize(("hours", "found"), [(4, 240), (Decimal("0.5"), 30), (1.25, 75), (0, 0), (8784, 527_040)])
def test_hours_become_minutes(hours: object, found: int) -> None:
    assert minutes("sla_hours", hours) == found


@pytest.mark.parametrize("hours", [-1, 10_000, True, None, "4", float("nan"), float("inf"), Decimal("sNaN")])
def test_what_is_no_bearable_time_is_refused(hours: object) -> None:
    with pytest.raises(Invalid):
        minutes("sla_hours", hours)


@pytest.mark.parametrize(("sla", "ahead", "reminder"), [(480, 120, 360), (480, 0, 480), (240, 480, 120), (1, 1, 1)])
def test_a_reminder_never_comes_in_the_first_half(sla: int, ahead: int, reminder: int) -> None:
    due_at, remind_at = plan(AT, sla, ahead)
    assert (due_at, remind_at) == (AT + timedelta(minutes=sla), AT + timedelta(minutes=reminder))
