"""The cases on the page of a customer: running and past ones, with where each stands and who holds it."""

from __future__ import annotations

from sqlalchemy import update

from crm.core.db import unit_of_work
from tests.conftest import Browser, as_user
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows.models import ProcessInstance


def _panel(page: str) -> str:
    return page.split('id="cases"')[1].split("</section>")[0] if 'id="cases"' in page else ""


def test_a_customers_page_shows_where_its_cases_stand_and_who_holds_them(story: Story, client: Browser) -> None:
    people = story.people
    past = story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    story.do(people.agent1, "handle", handling="完成")
    story.do(people.manager1, "feedback", result="好", satisfaction=5)
    story.do(people.agent2, "archive")
    running = story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    panel = _panel(as_user(client, "manager1").get(f"/customers/{story.customer_id}").text)
    assert f"/cases/{running.id}" in panel
    assert panel.index(f"/cases/{running.id}") < panel.index(f"/cases/{past.id}")
    assert people.agent1.name in panel
    for words in ("运行中", "已完成"):
        assert words in panel


def test_a_case_that_is_not_open_to_the_reader_is_not_among_them(story: Story, client: Browser) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)
    address = f"/customers/{story.customer_id}"
    assert _panel(as_user(client, "contracts").get(address).text)
    # About nothing that the reader may see, and nobody's business but that of those who work on it.
    with unit_of_work(story.database) as session:
        session.execute(update(ProcessInstance).values(record_type=None, record_id=None))
    assert not _panel(as_user(client, "contracts").get(address).text)
    assert _panel(as_user(client, "manager1").get(address).text)


def test_a_record_shows_its_earlier_cases_below_the_newest(story: Story, client: Browser) -> None:
    people = story.people
    first = story.start(people.manager1, **REQUEST)
    second = story.start(people.manager1, **REQUEST)
    with unit_of_work(story.database) as session:
        session.execute(
            update(ProcessInstance).where(ProcessInstance.id == second.id).values(record_id=first.record_id)
        )
    page = as_user(client, "manager1").get(f"/service-requests/{first.record_id}").text
    assert f"/cases/{first.id}" in page.split('id="earlier-cases"')[1]
    assert 'id="earlier-cases"' not in client.get(f"/service-requests/{second.record_id}").text
