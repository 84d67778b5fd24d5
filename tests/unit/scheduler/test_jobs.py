"""The table of jobs."""

from __future__ import annotations

import pytest

from scheduler.jobs import Jobs, Lane
from scheduler.rhythm import every


def do_nothing(*_anything: object) -> None:
    pass


def test_a_kind_has_one_handler_only() -> None:
    jobs = Jobs()
    jobs.on("timer", do_nothing)
    with pytest.raises(ValueError, match="two jobs are called timer"):
        jobs.on("timer", do_nothing)


def test_a_name_that_no_row_can_hold_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="longer than 40 letters"):
        Jobs().every("x" * 35, do_nothing, every(hours=1))


def test_what_talks_to_the_world_or_comes_in_thousands_has_a_lane_of_its_own() -> None:
    jobs = Jobs()
    jobs.on("timer", do_nothing)
    jobs.on("mail", do_nothing, errand=do_nothing)
    jobs.on("webhook", do_nothing, errand=do_nothing, abroad=True)
    jobs.on("warning", do_nothing, bulk=True)
    jobs.every("cleaning", do_nothing, every(hours=1))
    assert jobs.kinds(Lane.INSIDE) == {"timer", "every:cleaning"}
    assert jobs.kinds(Lane.OUTSIDE) == {"mail"}
    assert jobs.kinds(Lane.ABROAD) == {"webhook"}
    assert jobs.kinds(Lane.BULK) == {"warning"}
