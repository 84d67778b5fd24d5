"""Hours as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.worktime.hours import DAY, BadHours, Hours, joined, minutes_of, read_hours, write_hours


@pytest.mark.parametrize(
    ("words", "hours"),
    [
        ("", ()),
        ("  ", ()),
        ("9:00-17:30", ((540, 1050),)),
        ("09:00–12:00, 13:00–18:00", ((540, 720), (780, 1080))),
        ("13：00至18：00，9：00至12：00", ((540, 720), (780, 1080))),
        ("09:00-12:00 12:00-18:00", ((540, 1080),)),
        ("00:00-24:00", ((0, DAY),)),
        ("22.00 - 24.00; 0.00 - 6.00", ((0, 360), (1320, DAY))),
    ],
)
def test_hours_are_read_however_they_are_written(words: str, hours: Hours) -> None:
    assert read_hours(words) == hours


@pytest.mark.parametrize(
    "words",
    ["nine to five", "09:00", "09:00-", "25:00-26:00", "09:00-24:01", "09:60-10:00", "18:00-09:00", "09:00-09:00",
     "09:00-12:00, 11:00-13:00", "09:00-12:00 and 13:00-18:00", "٠٩:٠٠-١٠:٠٠",
     ",".join(f"{hour:02}:00-{hour:02}:30" for hour in range(9))],
)  # fmt: skip
def test_what_is_no_hours_is_refused_with_the_cause(words: str) -> None:
    with pytest.raises(BadHours) as refused:
        read_hours(words)
    assert refused.value.cause.in_language("en")


@given(st.lists(st.integers(0, DAY), max_size=16, unique=True).map(sorted))
def test_what_is_written_is_read_back(edges: list[int]) -> None:
    hours = joined(list(zip(edges[::2], edges[1::2], strict=False)))
    assert read_hours(write_hours(hours)) == hours
    assert minutes_of(hours) == sum(end - begin for begin, end in hours) <= DAY


@given(st.text(max_size=60))
def test_no_text_does_more_than_be_refused(words: str) -> None:
    try:
        hours = read_hours(words)
    except BadHours:
        return
    assert all(0 <= begin < end <= DAY for begin, end in hours)
