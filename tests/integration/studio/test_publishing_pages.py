"""The pages and the API of publishing, as an administrator's browser and a program use them."""

from __future__ import annotations

import io
import re
from datetime import datetime

import pytest

from crm.core.db import Database, reading
from tests.conftest import Browser, as_user
from tests.integration.studio.test_publishing import (
    DIAGRAM,
    KEY,
    REASON,
    add_scenario,
    changed_draft,
    in_force,
    publish_draft,
)
from tests.people import People
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows import library
from workflows.studio.drafts import queries

JSON = {"Accept": "application/json"}
HOSTILE = "&quot;&gt;&lt;img src=x onerror=alert(1)&gt;"


@pytest.fixture
def draft_id(story: Story, people: People, now: datetime) -> int:
    return changed_draft(story.database, people, now)


@pytest.fixture
def browser(story: Story, client: Browser) -> Browser:
    return as_user(client, "admin")


def page_of(browser: Browser, address: str, status: int = 200) -> str:
    answer = browser.get(address)
    assert answer.status_code == status
    return answer.get_data(as_text=True)


def seen_on(page: str) -> str:
    found = re.search(r'name="seen" value="(\d+)"', page)
    assert found is not None
    return found[1]


def test_the_page_lists_what_changes_before_it_weighs_what_follows(browser: Browser, draft_id: int) -> None:
    page = page_of(browser, f"/studio/drafts/{draft_id}/publish")
    assert "Deal with it" in page and f"<code>{DIAGRAM}</code>" in page
    assert f'hx-get="/studio/drafts/{draft_id}/publish?weigh=1"' in page


def test_running_cases_are_counted_at_their_steps(browser: Browser, story: Story, draft_id: int) -> None:
    for _ in range(3):
        story.start(story.people.manager1, **REQUEST)
    page = page_of(browser, f"/studio/drafts/{draft_id}/publish?weigh=1")
    impact = page[page.index('id="impact"') :]
    assert re.search(r'<td class="cell-end" data-label="[^"]+">3</td>', impact)
    assert "state-good" in impact


def test_an_administrator_publishes_a_part_takes_it_over_and_rolls_back(
    browser: Browser, database: Database, draft_id: int
) -> None:
    place = f"/studio/drafts/{draft_id}/publish"
    seen = seen_on(page_of(browser, place))
    answer = browser.post(place, data={"seen": seen, "share": "25", "note": "a part first"})
    assert answer.status_code == 302 and answer.location.endswith(f"/definitions/{KEY}/versions/2")
    page = page_of(browser, answer.location)
    assert "25" in page and f'action="/definitions/{KEY}/roll-back"' in page
    page_of(browser, place, status=404)
    assert in_force(database) == 1
    taken = browser.post(f"/definitions/{KEY}/share", data={"percent": "100", "reason": REASON, "seen": seen_on(page)})
    assert taken.status_code == 302 and in_force(database) == 2
    page = page_of(browser, f"/definitions/{KEY}")
    back = browser.post(f"/definitions/{KEY}/roll-back", data={"reason": REASON, "seen": seen_on(page)})
    assert back.status_code == 302 and in_force(database) == 1
    again = browser.post(f"/definitions/{KEY}/roll-back", data={"reason": REASON, "seen": seen_on(page)})
    assert again.status_code == 409


def test_a_failing_scenario_is_told_with_a_field_for_the_reason(
    browser: Browser, database: Database, draft_id: int, now: datetime
) -> None:
    add_scenario(database, now)
    place = f"/studio/drafts/{draft_id}/publish"
    seen = seen_on(page_of(browser, place))
    refused = browser.post(place, data={"seen": seen, "share": "100", "note": "kept in the form"})
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert 'id="exception"' in page and "kept in the form" in page and "Repair" in page
    reason = "The scenario is of last year."
    answer = browser.post(place, data={"seen": seen, "share": "100", "exception": reason})
    assert answer.status_code == 302
    assert reason in page_of(browser, answer.location)


def test_a_stale_page_is_told_so_and_shows_the_newer_draft(
    browser: Browser, database: Database, draft_id: int, people: People, now: datetime
) -> None:
    place = f"/studio/drafts/{draft_id}/publish"
    seen = seen_on(page_of(browser, place))
    changed_draft(database, people, now, "Archive", "Put away")
    refused = browser.post(place, data={"seen": seen, "share": "100"})
    page = refused.get_data(as_text=True)
    assert refused.status_code == 409 and "Put away" in page and seen_on(page) != seen


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_draft_that_cannot_run_says_why(
    browser: Browser, database: Database, draft_id: int, people: People, now: datetime
) -> None:
    changed_draft(database, people, now, "Archive", HOSTILE)
    place = f"/studio/drafts/{draft_id}/publish"
    broken = browser.get(f"/studio/drafts/{draft_id}/files/{DIAGRAM}", headers=JSON).get_json()
    body = {"content": broken["content"].replace('value="assign"', 'value="gone"'), "seen": broken["revision"]}
    assert browser.put(f"/studio/drafts/{draft_id}/files/{DIAGRAM}", json=body, headers=JSON).status_code == 200
    page = page_of(browser, f"{place}?weigh=1")
    assert "gone" in page and "<img src=x" not in page
    assert "data-publish-ready hidden" in page and "data-publish-blocked>" in page
    body = {
        "content": "<nothing",
        "seen": browser.get(f"/studio/drafts/{draft_id}/files/{DIAGRAM}", headers=JSON).get_json()["revision"],
    }
    assert browser.put(f"/studio/drafts/{draft_id}/files/{DIAGRAM}", json=body, headers=JSON).status_code == 200
    page = page_of(browser, f"{place}?weigh=1")
    refused = browser.post(place, data={"seen": seen_on(page), "share": "100"})
    assert refused.status_code == 422 and in_force(database) == 1


def test_two_versions_are_compared_on_a_page_and_for_programs(
    browser: Browser, database: Database, draft_id: int, people: People, now: datetime
) -> None:
    publish_draft(database, people, now, draft_id)
    for address in (f"/definitions/{KEY}/compare", f"/definitions/{KEY}/compare?from=1&to=2"):
        assert "Deal with it" in page_of(browser, address)
    page_of(browser, f"/definitions/{KEY}/compare?from=1&to=9", status=404)
    page_of(browser, "/definitions/nothing/compare", status=404)
    told = browser.get(f"/api/v1/definitions/{KEY}/versions/2/diff?with=1", headers=JSON).get_json()["items"]
    assert [(each["kind"], each["element"], each["before"], each["after"]) for each in told] == [
        ("changed", "handle", "Handle", "Deal with it")
    ]
    assert browser.get(f"/api/v1/definitions/{KEY}/versions/2/diff", headers=JSON).status_code == 422


def test_a_program_sets_a_share_and_takes_it_away(
    browser: Browser, database: Database, draft_id: int, people: People, now: datetime
) -> None:
    publish_draft(database, people, now, draft_id, share=5)
    place = f"/api/v1/definitions/{KEY}/share"
    answer = browser.post(place, json={"percent": 30, "reason": REASON}, headers=JSON)
    assert answer.get_json()["shared"] == {"number": 2, "percent": 30, "started": 0, "taken": 0}
    assert browser.get(place, headers=JSON).get_json()["in_force"] == 1
    none = browser.post(place, json={"percent": 0, "reason": REASON}, headers=JSON)
    assert none.get_json() == {"in_force": 1, "shared": None, "before": None}
    assert browser.post(place, json={"percent": 0, "reason": REASON}, headers=JSON).status_code == 409
    assert browser.post(place, json={"percent": 30, "reason": REASON}, headers=JSON).status_code == 409
    whole = browser.post(place, json={"percent": 100, "number": 2, "reason": REASON}, headers=JSON)
    assert whole.get_json() == {"in_force": 2, "shared": None, "before": 1}


def test_files_that_are_sent_pass_no_failing_scenario_without_a_reason_either(
    browser: Browser, database: Database, draft_id: int, now: datetime
) -> None:
    add_scenario(database, now)
    with reading(database) as session:
        files = {name: raw.decode() for name, raw in queries.bundle_of(session, draft_id).files.items()}
    upload = {"files": [(io.BytesIO(raw.encode()), name) for name, raw in files.items()]}
    refused = browser.post("/definitions/deploy", data=upload)
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422 and 'name="exception"' in page and "Repair" in page
    program = browser.post("/api/v1/definitions", json={"files": files}, headers=JSON)
    assert program.status_code == 422
    assert [fault["field"] for fault in program.get_json()["errors"]] == ["exception"]
    assert in_force(database) == 1
    done = browser.post("/api/v1/definitions", json={"files": files, "exception": REASON}, headers=JSON)
    assert done.status_code == 201 and in_force(database) == 2
    with reading(database) as session:
        assert library.version_of(session, KEY, 2).exception == REASON
    # The draft is another matter: it stays until somebody publishes it or throws it away.
    page_of(browser, f"/studio/drafts/{draft_id}/publish")


def test_the_start_form_carries_its_version_to_the_case(
    browser: Browser, database: Database, draft_id: int, story: Story, people: People, now: datetime
) -> None:
    publish_draft(database, people, now, draft_id, share=99)
    agent = as_user(browser, "manager1")
    form = agent.get(f"/api/v1/processes/{KEY}/form", headers=JSON).get_json()
    assert form["version"] == 1
    page = page_of(agent, f"/processes/{KEY}/start")
    assert f'action="/processes/{KEY}/start?version=1"' in page
    answers = {"customer_id": str(story.customer_id), **REQUEST}
    made = agent.post(f"/api/v1/processes/{KEY}/instances", json={"answers": answers, "version": 2}, headers=JSON)
    assert made.status_code == 201
    assert agent.get(f"/api/v1/processes/{KEY}/form", headers=JSON).get_json()["version"] == 1


def test_nobody_but_administrators_publishes_or_compares(client: Browser, draft_id: int) -> None:
    agent = as_user(client, "agent1")
    for address in (f"/studio/drafts/{draft_id}/publish", f"/definitions/{KEY}/compare"):
        page_of(agent, address, status=403)
    for address in (f"/studio/drafts/{draft_id}/publish", f"/definitions/{KEY}/share", f"/definitions/{KEY}/roll-back"):
        assert agent.post(address, data={"reason": REASON, "percent": "5"}).status_code == 403
