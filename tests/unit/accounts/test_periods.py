"""When two absences hold together, and which chains of substitutes close on themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crm.accounts.periods import ALWAYS, Absence, Period, overlap, ring_through

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def march(first: int | None, last: int | None) -> Period:
    """From the beginning of one day to the beginning of another."""
    return (
        DAY + timedelta(days=first) if first is not None else None,
        DAY + timedelta(days=last) if last is not None else None,
    )


def holds(period: Period | None, moment: datetime) -> bool:
    return (
        period is not None and (period[0] is None or period[0] <= moment) and (period[1] is None or moment < period[1])
    )


days = st.none() | st.integers(0, 12)
periods = st.builds(march, days, days).filter(lambda p: p[0] is None or p[1] is None or p[0] < p[1])
moments = st.integers(-2, 30).map(lambda half: DAY + timedelta(hours=12 * half))


@given(periods, periods, moments)
def test_the_overlap_holds_when_both_hold(one: Period, other: Period, moment: datetime) -> None:
    assert holds(overlap(one, other), moment) == (holds(one, moment) and holds(other, moment))


@given(
    st.dictionaries(st.integers(0, 5), st.builds(Absence, st.integers(0, 5), periods), max_size=6), st.integers(0, 5)
)
def test_a_ring_is_found_exactly_when_somebody_would_stand_in_for_themselves(
    absences: dict[int, Absence], user_id: int
) -> None:
    absences = {absent: absence for absent, absence in absences.items() if absence.substitute_id != absent}

    def comes_back(moment: datetime) -> bool:
        current, steps = user_id, 0
        while current in absences and holds(absences[current].period, moment) and steps <= len(absences):
            current, steps = absences[current].substitute_id, steps + 1
            if current == user_id:
                return True
        return False

    every_half_day = [DAY + timedelta(hours=12 * half) for half in range(-2, 28)]
    assert bool(ring_through(user_id, absences)) == any(comes_back(moment) for moment in every_half_day)


def test_two_who_stand_in_for_each_other_at_different_times_are_no_ring() -> None:
    absences = {1: Absence(2, march(0, 7)), 2: Absence(1, march(7, 14))}
    assert ring_through(1, absences) == []


def test_a_ring_names_everybody_in_it() -> None:
    absences = {1: Absence(2, ALWAYS), 2: Absence(3, march(0, 7)), 3: Absence(1, march(6, None))}
    assert ring_through(1, absences) == [1, 2, 3]
