"""The pages and the API that plan a move, follow it, stop it and take it back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import Browser
from tests.integration.migrating.test_migrating import cases, let_clock_work, version_of
from tests.integration.migrating.versions import KEY, publish
from tests.processes.stories import Story

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HOSTILE = '"><img src=x onerror=alert(1)>'


@pytest.fixture
def admin(story: Story, client: Browser) -> Browser:
    """An administrator; one case stands at each of two steps, the second of which the newest version does not have."""
    publish(story, "check", "decide")
    cases(story, 1)
    cases(story, 1, "check")
    publish(story, "check", "approve")
    browser = client.signed_in_as("admin")
    browser.post("/language", data={"language": "en"})
    return browser


def test_the_plan_says_what_becomes_of_the_cases_and_proposes_a_step(admin: Browser) -> None:
    page = admin.get(f"/definitions/{KEY}/move").text
    assert "Moves by itself" in page
    assert "Needs another step" in page
    assert '<option value="approve" selected>' in page


def test_a_plan_is_tried_with_what_was_chosen_and_changes_nothing(story: Story, admin: Browser) -> None:
    page = admin.post(f"/definitions/{KEY}/move/check", data={"to": "2", "map.decide": "approve"})
    assert page.status_code == 200
    assert "Needs another step</span></td>" not in page.text
    assert version_of(story, story.instance_id) == 1


def test_cases_move_and_move_back_from_the_pages(story: Story, admin: Browser) -> None:
    answer = admin.post(f"/definitions/{KEY}/move/begin", data={"to": "2", "map.decide": "approve", "reason": HOSTILE})
    where = answer.headers["Location"]
    waiting = admin.get(where).text
    assert 'hx-trigger="every 2s"' in waiting
    assert HOSTILE not in waiting
    let_clock_work(story)
    part = admin.get(f"{where}/progress")
    assert part.headers["HX-Refresh"] == "true"
    assert "All 2 cases are done." in part.text
    assert "Moved" in admin.get(where).text
    admin.post(f"{where}/undo")
    let_clock_work(story)
    assert "Moved back" in admin.get(where).text
    assert version_of(story, story.instance_id) == 1


def test_only_cases_that_stand_at_chosen_steps_are_planned_and_moved(story: Story, admin: Browser) -> None:
    place = f"/definitions/{KEY}/move"
    assert "Needs another step</span></td>" in admin.get(place).text
    page = admin.get(f"{place}?at=check").text
    assert "Needs another step</span></td>" not in page
    assert "Move 1 cases" in page
    assert '<input type="hidden" name="at" value="check">' in page
    assert "No case stands at these steps" in admin.get(f"{place}?at={HOSTILE}").text
    assert HOSTILE not in admin.get(f"{place}?at={HOSTILE}").text
    refused = admin.post(f"{place}/begin", data={"to": "2", "at": ["check"], "reason": ""})
    assert refused.status_code == 422 and '<input type="hidden" name="at" value="check">' in refused.text
    nobody = admin.post(f"{place}/begin", data={"to": "2", "at": [HOSTILE], "reason": "new law"})
    assert nobody.status_code == 422
    where = admin.post(f"{place}/begin", data={"to": "2", "at": ["check"], "reason": "new law"}).headers["Location"]
    let_clock_work(story)
    done = admin.get(where).text
    assert "All 1 cases are done." in done
    assert "<dt>Only cases at the steps</dt><dd>check</dd>" in done
    assert version_of(story, story.instance_id) == 1, "the case at the other step stays"


def test_the_results_are_a_file_whose_cells_are_no_formulas(story: Story, admin: Browser) -> None:
    where = admin.post(f"/definitions/{KEY}/move/begin", data={"to": "2", "reason": "new law"}).headers["Location"]
    let_clock_work(story)
    lines = admin.get(f"{where}/results.csv").text.splitlines()
    assert len(lines) == 3
    assert "does not have" in lines[1]


def test_a_run_is_stopped(story: Story, admin: Browser) -> None:
    where = admin.post(f"/definitions/{KEY}/move/begin", data={"to": "2", "reason": "new law"}).headers["Location"]
    admin.post(f"{where}/stop")
    assert "Stopped after 0 of 2 cases." in admin.get(where).text


def test_without_a_reason_nothing_moves_and_the_plan_stays_as_typed(story: Story, admin: Browser) -> None:
    answer = admin.post(f"/definitions/{KEY}/move/begin", data={"to": "2", "map.decide": "approve", "reason": " "})
    assert answer.status_code == 422
    assert "Give a reason" in answer.text
    assert '<option value="approve" selected>' in answer.text


def test_one_case_moves_from_its_own_page(story: Story, admin: Browser) -> None:
    case = story.instance_id
    assert f"/definitions/{KEY}/move?case={case}" in admin.get(f"/cases/{case}").text
    data = {"to": "2", "case": str(case), "map.decide": "approve", "reason": "asked for"}
    assert "Move the case" in admin.get(f"/definitions/{KEY}/move?case={case}").text
    where = admin.post(f"/definitions/{KEY}/move/begin", data=data).headers["Location"]
    assert "All 1 cases are done." in admin.get(where).text
    assert version_of(story, case) == 2
    assert "from version 1 of the process to version 2" in admin.get(f"/cases/{case}").text


@pytest.mark.parametrize(
    "path",
    ["/definitions/none/move", f"/definitions/{KEY}/move?to=9", f"/definitions/{KEY}/move?from=9", "/migrations/9"],
)
def test_what_does_not_exist_is_not_found(admin: Browser, path: str) -> None:
    assert admin.get(path).status_code == 404


@pytest.mark.parametrize("page", ["-1", "99999999999999999999", "x"])
def test_odd_pages_are_answered(story: Story, admin: Browser, page: str) -> None:
    where = admin.post(f"/definitions/{KEY}/move/begin", data={"to": "2", "reason": "new law"}).headers["Location"]
    assert admin.get(f"{where}?page={page}").status_code == 200


def test_programs_check_and_move_one_case(story: Story, admin: Browser) -> None:
    path = f"/api/v1/instances/{story.instance_id}/migrate"
    body = {"to": 2, "reason": "asked for"}
    checked = admin.post(f"{path}?check=1", json=body).get_json()
    assert (checked["outlook"], checked["proposed"]) == ("mapping", {"decide": "approve"})
    moved = admin.post(path, json={**body, "mapping": checked["proposed"]}).get_json()
    assert moved["moved"] is True
    assert version_of(story, story.instance_id) == 2


def test_programs_begin_a_run_and_follow_it(story: Story, admin: Browser) -> None:
    run = admin.post(f"/api/v1/definitions/{KEY}/migrations", json={"to": 2, "reason": "new law"}).get_json()
    assert run["under_way"] is True
    let_clock_work(story)
    done = admin.get(f"/api/v1/migrations/{run['id']}").get_json()
    assert (done["under_way"], done["counts"]) == (False, {"moved": 1, "refused": 1})
    assert "does not have" in done["cases"][0]["reasons"][0]
    assert admin.post(f"/api/v1/definitions/{KEY}/migrations", json={"to": 2}).status_code == 422


def test_others_neither_see_nor_move(story: Story, admin: Browser, client: Browser) -> None:
    agent: Callable[[str], Browser] = client.signed_in_as
    assert agent("agent1").get(f"/definitions/{KEY}/move").status_code == 403
    body = {"to": 2, "reason": "asked for"}
    assert client.post(f"/api/v1/instances/{story.instance_id}/migrate?check=1", json=body).status_code == 403
