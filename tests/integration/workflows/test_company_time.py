"""What “today” means in a process: the company's day, not the server's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.processes.small import script_task, straight, user_task
from tests.processes.stories import Story
from workflows.kept import restore


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_today_is_the_companys_day(story: Story) -> None:
    story.publish(straight("dated", script_task("note_day", "{ day: string(today()) }"), user_task("check")))
    # In Shanghai it is half past one in the morning of the twelfth.
    story.clock.set(datetime(2026, 3, 11, 17, 30, tzinfo=UTC))
    story.start(story.people.manager1, key="dated")
    assert restore(story.task("check").data)["day"] == "2026-03-12"
