"""The nightly look at running cases."""

from __future__ import annotations

from sqlalchemy import select, update

from crm.core.db import reading, unit_of_work
from crm.core.due import DueRow
from crm.service.models import ServiceRequest
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows.models import Incident, Task
from workflows.operations.checking import DIFFERS, IDLE, check_cases


def look(story: Story) -> list[str]:
    """What the nightly look finds now."""
    with unit_of_work(story.database) as session:
        check_cases(session, now=story.clock())
    with reading(story.database) as session:
        return list(session.scalars(select(Incident.kind).order_by(Incident.id)))


def test_a_healthy_case_is_left_alone(story: Story) -> None:
    story.start(story.people.manager1, **REQUEST)
    assert look(story) == []


def test_a_case_whose_record_is_finished_is_reported_once(story: Story) -> None:
    story.start(story.people.manager1, **REQUEST)
    with unit_of_work(story.database) as session:
        session.execute(update(ServiceRequest).values(status="cancelled", cancelled_at=story.clock()))
    assert look(story) == [DIFFERS]
    assert look(story) == [DIFFERS]


def test_a_case_that_waits_for_nothing_is_reported(story: Story) -> None:
    story.start(story.people.manager1, **REQUEST)
    with unit_of_work(story.database) as session:
        session.execute(update(Task).values(status="withdrawn", closed_at=story.clock()))
        for row in session.scalars(select(DueRow).where(DueRow.kind == "timer")):
            session.delete(row)
    assert look(story) == [IDLE]
