"""Which step an opportunity may take in which stage, and when its manager is reminded."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from crm.sales.rules import STATUS_NAMES, STATUS_TONES, STEPS, Status, day_end, reminded_at, why_not

ALLOWED = {
    "approve": {"submitted"},
    "reject": {"submitted"},
    "submit_again": {"rejected"},
    "assign": {"approved"},
    "reassign": {"developing"},
    "plan": {"developing"},
    "win": {"developing"},
    "lose": {"developing"},
    "withdraw": {"submitted", "rejected", "approved"},
    "give_up": {"submitted", "rejected", "approved", "developing"},
}
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("verb", STEPS)
def test_a_step_is_refused_in_every_other_stage(verb: str, status: Status) -> None:
    refused = why_not(verb, number="OP-000001", status=status)
    assert (refused is None) is (status in ALLOWED[verb])
    if refused is not None:
        assert "OP-000001" in str(refused)


def test_every_stage_has_a_name_and_a_tone() -> None:
    assert set(STATUS_NAMES) == set(STATUS_TONES) == set(Status)


def test_a_planned_step_is_reminded_of_at_nine_and_due_by_the_end_of_its_day() -> None:
    day = date(2026, 3, 20)
    assert reminded_at(day, SHANGHAI) == datetime(2026, 3, 20, 1, 0, tzinfo=UTC)
    assert day_end(day, SHANGHAI) == datetime(2026, 3, 20, 15, 59, 59, tzinfo=UTC)
