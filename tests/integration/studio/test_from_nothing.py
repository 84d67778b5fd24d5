"""What makes a process from nothing easy: lanes for roles, a form made for a step, a start form made from the record, and what the
panel offers to choose instead of writing it."""

from __future__ import annotations

import json

import pytest

from crm.core.db import Database, reading, unit_of_work
from tests.conftest import Browser, as_user
from tests.processes.stories import Story
from tests.processes.test_website_delivery import KEY, RECORD, files
from workflows.engine.bundle import RECORD_NAME
from workflows.engine.diagram import Diagram
from workflows.operations import deploying
from workflows.registry import registry
from workflows.studio.drafts import operations
from workflows.studio.drafts.queries import bundle_of, draft_of, file_of
from workflows.studio.findings import findings
from workflows.studio.operation_names import OPERATION_NAMES, PARAMETER_NAMES
from workflows.studio.surroundings import diagram_of

ROLES = ["customer_manager", "service_agent"]
HOSTILE = '"><img src=x onerror=alert(1)> {lane 1} {name}'


@pytest.fixture
def browser(story: Story, client: Browser) -> Browser:
    return as_user(client, "admin")


def begun(browser: Browser, database: Database, **values: object) -> int:
    browser.post("/studio/new", data={"key": KEY, "name": "官网交付", **values})
    with reading(database) as session:
        draft = draft_of(session, KEY)
        assert draft is not None
        return draft.id


def drawn(database: Database, draft_id: int) -> Diagram:
    with reading(database) as session:
        diagram = diagram_of(bundle_of(session, draft_id))
    assert diagram is not None
    return diagram


def describe(story: Story, draft_id: int, record: object = RECORD) -> None:
    with unit_of_work(story.database) as session:
        operations.save_file(
            session, by=story.people.admin, now=story.clock(), draft_id=draft_id, name=RECORD_NAME,
            content=json.dumps(record, ensure_ascii=False), seen=0,
        )  # fmt: skip


def test_each_role_that_takes_part_gets_a_lane_and_the_process_can_run_at_once(
    browser: Browser, database: Database
) -> None:
    draft_id = begun(browser, database, lanes=[*ROLES, "", ""], name=HOSTILE)
    diagram = drawn(database, draft_id)
    assert [diagram.nodes[ident].role for ident in ("StartEvent_1", "Task_1")] == [ROLES[0], ROLES[0]]
    with reading(database) as session:
        bundle, roles = bundle_of(session, draft_id), deploying.role_keys(session)
    assert bundle.bpmn[1].count(b"<bpmn:lane ") == len(ROLES)
    assert bundle.texts["en"]["客服专员"] == "Service agent", "a lane has its name in both languages"
    assert findings(bundle, roles=roles, locale="en", key=KEY, thorough=True) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("lanes", [["nobody"], ["service_agent"] * 7])
def test_lanes_for_roles_that_are_not_there_or_too_many_are_refused(browser: Browser, lanes: list[str]) -> None:
    answer = browser.post("/studio/new", data={"key": KEY, "name": "x", "lanes": lanes})
    assert answer.status_code == 422
    assert 'id="lanes-fault"' in answer.get_data(as_text=True)


def test_a_form_is_made_for_a_step_which_asks_it_from_then_on(browser: Browser, database: Database) -> None:
    draft_id = begun(browser, database)
    page = browser.get(f"/studio/drafts/{draft_id}/forms?step=Task_1").get_data(as_text=True)
    assert 'value="form_1"' in page and 'name="step" value="Task_1"' in page
    answer = browser.post(f"/studio/drafts/{draft_id}/forms", data={"key": "audit", "title": "审核", "step": "Task_1"})
    assert answer.location.endswith("/forms/audit")
    assert drawn(database, draft_id).nodes["Task_1"].form_key == "audit"
    gone = browser.post(f"/studio/drafts/{draft_id}/forms", data={"key": "second", "title": "", "step": "gone"})
    assert gone.status_code == 404
    with reading(database) as session:
        assert "second" not in bundle_of(session, draft_id).form_files


def test_the_start_form_is_made_from_the_record_and_later_only_completed(
    browser: Browser, story: Story, database: Database
) -> None:
    draft_id = begun(browser, database)
    describe(story, draft_id)
    place = f"/studio/drafts/{draft_id}/record/start-form"
    assert browser.post(place).location.endswith("/forms/start")
    assert drawn(database, draft_id).nodes["StartEvent_1"].form_key == "start"
    with reading(database) as session:
        bundle, roles = bundle_of(session, draft_id), deploying.role_keys(session)
        revision = file_of(session, draft_id, "start.form.json").revision
    asked = [each["key"] for each in bundle.forms["start"]["components"]]
    assert asked == ["customer_id", *(each["name"] for each in RECORD["fields"])]
    assert findings(bundle, roles=roles, locale="en", key=KEY) == []
    browser.post(place)
    with reading(database) as session:
        assert file_of(session, draft_id, "start.form.json").revision == revision, "nothing was missing"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("record", [None, [], {"fields": [{"name": "a", "label": "x", "kind": []}], "states": 3}])
def test_a_record_that_is_none_is_told_and_never_an_error(
    browser: Browser, story: Story, database: Database, record: object
) -> None:
    draft_id = begun(browser, database)
    if record is not None:
        describe(story, draft_id, record)
    answer = browser.post(f"/studio/drafts/{draft_id}/record/start-form")
    assert answer.status_code in {302, 422}
    assert browser.get(f"/studio/drafts/{draft_id}/record").status_code == 200
    assert browser.get(f"/studio/drafts/{draft_id}/findings").status_code == 200
    assert browser.get(f"/studio/drafts/{draft_id}/catalogue").status_code == 200


def test_the_panel_offers_states_fields_answers_and_operations_by_their_names(
    browser: Browser, story: Story, database: Database
) -> None:
    with unit_of_work(database) as session:
        draft = operations.new_draft(
            session,
            by=story.people.admin,
            now=story.clock(),
            key=KEY,
            name="官网交付",
            files={**files(), "texts.json": json.dumps({"zh_CN": {"accept": "同意"}, "en": {"新建": "New"}}).encode()},
        )
        draft_id = draft.id
    offered = browser.get(f"/studio/drafts/{draft_id}/catalogue?element=audited").get_json()
    assert offered["record"]["states"][0] == {"key": "new", "label": "新建"}
    assert {"name": "site", "label": "网站名称"} in offered["record"]["fields"]
    assert offered["operations"][0]["name"].startswith("records/")
    assert offered["operations"][0]["title"]
    result = next(each for each in offered["variables"] if each["name"] == "result")
    assert result["values"] == [["accept", "同意"], ["return", "return"]], "in the reader's words"


def test_every_operation_is_named_for_people_who_draw() -> None:
    operations_there = registry().operations
    assert set(OPERATION_NAMES) == set(operations_there)
    for name, parameters in PARAMETER_NAMES.items():
        assert set(parameters) == set(operations_there[name].parameters)
