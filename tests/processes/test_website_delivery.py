"""A process from nothing: an administrator draws “website delivery” with a record of its own, four people run it through."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from crm.accounts import own_account
from crm.core.db import reading, unit_of_work
from crm.core.errors import Invalid, NotFound
from crm.custom.description import CUSTOM
from crm.custom.models import CustomRecord
from crm.records.queries import find_one
from tests.conftest import Browser, as_user, program_of
from tests.processes.stories import Story
from tests.unit.engine.drawing import Drawing
from workflows import library, queries
from workflows.custom.checking import record_problems
from workflows.engine import Bundle
from workflows.models import ProcessEvent
from workflows.operations import deploying
from workflows.studio.drafts import operations as drafts
from workflows.studio.drafts.queries import bundle_of
from workflows.studio.findings import findings

KEY = "website_delivery"
SALES, AUDIT, PRODUCTION, SERVICE = "customer_manager", "sales_supervisor", "contract_clerk", "service_agent"
RECORD: dict[str, Any] = {
    "name": "官网交付",
    "plural": "官网交付",
    "title": "site",
    "customer": True,
    "fields": [
        {"name": "site", "label": "网站名称", "kind": "line", "required": True},
        {"name": "budget", "label": "预算", "kind": "money"},
        {"name": "live_on", "label": "上线日期", "kind": "date"},
        {"name": "address", "label": "网址", "kind": "line"},
        {"name": "urgent", "label": "加急", "kind": "flag"},
        {"name": "style", "label": "风格", "kind": "choice", "options": ["简约", "商务"]},
    ],
    "states": [
        {"key": "new", "label": "新建", "tone": "neutral"},
        {"key": "assigned", "label": "已分配", "tone": "info"},
        {"key": "returned", "label": "已退回", "tone": "warn"},
        {"key": "production", "label": "制作中", "tone": "info"},
        {"key": "rework", "label": "返工", "tone": "warn"},
        {"key": "accepted", "label": "验收通过", "tone": "good"},
        {"key": "entered", "label": "数据已录入", "tone": "good"},
        {"key": "done", "label": "已完成", "tone": "good"},
    ],
}


def form(*fields: dict[str, Any]) -> bytes:
    components = [{"id": f"f_{each['key']}", "label": each["key"], **each} for each in fields]
    return json.dumps({"type": "default", "id": "form", "schemaVersion": 19, "components": components}).encode()


def choice(key: str, *values: str) -> dict[str, Any]:
    return {"type": "radio", "key": key, "values": [{"label": each, "value": each} for each in values]}


def drawing() -> Drawing:
    drawn = Drawing(KEY).start(formKey="start", role=SALES)
    states = ("assigned", "returned", "production", "rework", "accepted", "entered", "done")
    for state in states:
        drawn.service(f"set_{state}", "records/set_state", state=f'"{state}"')
    drawn.service("keep_address", "records/keep", values="{ address: address, live_on: live_on }")
    drawn.service("give", "records/assign_owner", user_id="initiator_id")
    drawn.user("assign", role=None).user("audit", role=None, form="audit").user("produce", role=None, form="produce")
    drawn.user("accept", role=None, form="accept").user("enter_data", role=None).user("train", role=None)
    drawn.gateway("audited", "audited__set_production").gateway("checked", "checked__set_accepted")
    drawn.gateway("again").gateway("once_more").end()
    drawn.chain(
        "start", "again", "assign", "set_assigned", "audit", "audited", "set_production", "once_more", "produce"
    )
    drawn.chain("produce", "keep_address", "accept", "checked", "set_accepted", "give", "enter_data", "set_entered")
    drawn.chain("set_entered", "train", "set_done", "end")
    drawn.flow("audited", "set_returned", 'result = "return"').flow("set_returned", "again")
    drawn.flow("checked", "set_rework", 'outcome = "rework"').flow("set_rework", "once_more")
    drawn.lane("Sales", ["start", "again", "assign", "set_assigned", "accept", "checked"], SALES)
    drawn.lane("Audit", ["audit", "audited", "set_returned", "set_production"], AUDIT)
    drawn.lane("Production", ["once_more", "produce", "keep_address", "set_rework"], PRODUCTION)
    drawn.lane("Service", ["set_accepted", "give", "enter_data", "set_entered", "train", "set_done", "end"], SERVICE)
    return drawn


def files(record: dict[str, Any] = RECORD) -> dict[str, bytes]:
    return {
        **drawing().bundle().files,
        "start.form.json": form(
            {"type": "textfield", "key": "site", "validate": {"required": True}},
            {"type": "number", "key": "budget"},
            {"type": "textfield", "key": "customer_id"},
            choice("style", "简约", "商务"),
        ),
        "audit.form.json": form(choice("result", "accept", "return")),
        "produce.form.json": form(
            {"type": "textfield", "key": "address"}, {"type": "datetime", "subtype": "date", "key": "live_on"}
        ),
        "accept.form.json": form(choice("outcome", "pass", "rework")),
        "record.json": json.dumps(record, ensure_ascii=False).encode(),
    }


@pytest.fixture
def delivery(story: Story) -> Story:
    """The administrator has drawn and published the process."""
    admin, now = story.people.admin, story.clock()
    with unit_of_work(story.database) as session:
        draft = drafts.new_draft(session, by=admin, now=now, key=KEY, name="官网交付", files=files())
        roles = deploying.role_keys(session)
        assert findings(bundle_of(session, draft.id), roles=roles, locale="zh_CN", key=KEY) == []
        checked = deploying.check_files(bundle_of(session, draft.id).files, roles=roles)
        deploying.deploy(session, by=admin, now=now, checked=checked)
    return story


def record_of(story: Story) -> CustomRecord:
    with reading(story.database) as session:
        return session.scalars(select(CustomRecord)).one()


def test_four_people_deliver_a_website(delivery: Story) -> None:
    people = delivery.people
    answers = {"site": "恒力官网", "budget": "12000.50", "customer_id": str(delivery.customer_id), "style": "商务"}
    delivery.start(people.manager1, KEY, **answers)
    record = record_of(delivery)
    assert (record.title, record.state, record.customer_id) == ("恒力官网", "new", delivery.customer_id)
    assert record.values == {"site": "恒力官网", "budget": "12000.50", "style": "商务"}
    assert delivery.instance().record_type == "custom"
    assert delivery.instance().title == f"{record.number} 恒力官网"
    delivery.do(people.manager1, "assign")
    assert record_of(delivery).state == "assigned"
    delivery.do(people.supervisor, "audit", result="return")
    assert record_of(delivery).state == "returned"
    delivery.do(people.manager1, "assign")
    delivery.do(people.supervisor, "audit", result="accept")
    assert record_of(delivery).state == "production"
    delivery.do(people.contracts, "produce", address="https://hengli.example", live_on="2026-04-01")
    delivery.do(people.manager1, "accept", outcome="rework")
    assert record_of(delivery).state == "rework"
    delivery.do(people.contracts, "produce", address="https://hengli.example", live_on="2026-04-02")
    delivery.do(people.manager1, "accept", outcome="pass")
    assert record_of(delivery).state == "accepted"
    delivery.do(people.agent1, "enter_data")
    delivery.do(people.agent1, "train")
    record = record_of(delivery)
    assert (record.state, record.state_name) == ("done", "已完成")
    assert record.values["live_on"] == "2026-04-02"
    assert record.owner_id == people.manager1.id
    assert delivery.instance().status == "completed"


def test_its_pages_show_the_record_with_its_own_fields(delivery: Story, client: Browser) -> None:
    people = delivery.people
    hostile = '"><img src=x onerror=alert(1)>'
    delivery.start(people.manager1, KEY, site=hostile, budget="10", customer_id=str(delivery.customer_id))
    manager = as_user(client, "manager1")
    record = record_of(delivery)
    listed = manager.get("/own-records").get_data(as_text=True)
    assert record.number in listed and "<img src=x" not in listed
    page = manager.get(f"/own-records/{record.id}").get_data(as_text=True)
    assert "网站名称" in page and "新建" in page and "<img src=x" not in page
    assert "data-diagram" in page, "its case is shown beside it"
    customer = manager.get(f"/customers/{delivery.customer_id}").get_data(as_text=True)
    assert f"/own-records/{record.id}" in customer
    task = manager.get(f"/tasks/{delivery.task('assign').id}").get_data(as_text=True)
    assert "网站名称" in task


def test_the_list_is_narrowed_by_sort_state_and_person_and_refuses_what_is_not_there(
    delivery: Story, client: Browser, app: Flask
) -> None:
    people = delivery.people
    for site in ("恒力官网", "太湖官网"):
        delivery.start(people.manager1, KEY, site=site)
    delivery.do(people.manager1, "assign")
    manager, boss, program = (
        as_user(client, "manager1"),
        as_user(app.test_client(), "supervisor"),
        program_of(app, "manager1"),
    )
    page = manager.get("/own-records").text
    for option in ("官网交付 (2)", "新建 (1)", "已分配 (1)", "返工 (0)"):
        assert f"{option}</option>" in page
    for query, sites in (
        (f"sort_key={KEY}", "恒力 太湖"),
        ("state=assigned", "太湖"),
        ("state=done", ""),
        ("q=恒力", "恒力"),
        ("mine=true", "恒力 太湖"),
        ("state=melted", "恒力 太湖"),
    ):
        page = manager.get(f"/own-records?{query}").text
        assert [site in page for site in ("恒力官网", "太湖官网")] == [site in sites for site in ("恒力", "太湖")], (
            query
        )
        assert ("melted" in page) == ("melted" in query)
    assert "恒力官网" not in boss.get("/own-records?mine=true").text
    for order in ("title", "sort_key", "state", "updated_at", "created_at"):
        orders = []
        for direction in (order, f"-{order}"):
            first = program.get(f"/own-records?sort={direction}&limit=1").get_json()
            second = program.get(f"/own-records?sort={direction}&limit=1&cursor={first['next']}").get_json()
            orders.append([each["id"] for each in (*first["items"], *second["items"])])
        assert orders[0] == orders[1][::-1]
    assert [each["state_name"] for each in program.get("/own-records?state=assigned").get_json()["items"]] == ["已分配"]
    for query, field in (("state=melted", "state"), ("sort_key=ghost", "sort_key"), ("mine=maybe", "mine")):
        refused = program.get(f"/own-records?{query}")
        assert refused.status_code == 422
        assert [each["field"] for each in refused.get_json()["errors"]] == [field]


def test_an_operation_that_is_given_nothing_stops_the_case_with_its_cause_until_the_value_is_there(
    delivery: Story, client: Browser
) -> None:
    raw = {name: content.replace(b"&quot;assigned&quot;", b"wanted") for name, content in files().items()}
    with reading(delivery.database) as session:
        checked = deploying.check_files(raw, roles=deploying.role_keys(session))
    with unit_of_work(delivery.database) as session:
        deploying.deploy(session, by=delivery.people.admin, now=delivery.clock(), checked=checked)
    delivery.start(delivery.people.manager1, KEY, site="恒力官网")
    token = delivery.task("assign").token
    as_user(client, "manager1").post(f"/tasks/{delivery.task('assign').id}", data={"_act": "complete"})
    admin = as_user(client, "admin")
    told = "set_assigned 处的操作 records/set_state 没有得到以下参数的值：state"
    for page in (f"/operate/cases/{delivery.instance_id}", "/operate/incidents"):
        assert told in admin.get(page).text
    change = {"token": token, "name": "wanted", "kind": "text", "value": "assigned", "reason": "it was forgotten"}
    assert admin.post(f"/operate/cases/{delivery.instance_id}/variables", data=change).status_code == 302
    admin.post(f"/operate/cases/{delivery.instance_id}/retry", data={"reason": "the value is there now"})
    assert record_of(delivery).state == "assigned"
    assert delivery.waiting() == ["audit"]


def test_readers_of_the_other_language_see_the_words_of_the_record_translated(delivery: Story, client: Browser) -> None:
    told = {
        "官网交付": "Website delivery",
        "新建": "Just opened",
        "预算": "Funds",
        "商务": "Businesslike",
        "unused": "x",
    }
    translated = {**files(), "texts.json": json.dumps({"en": told}).encode()}
    with reading(delivery.database) as session:
        roles = deploying.role_keys(session)
    with unit_of_work(delivery.database) as session:
        checked = deploying.check_files(translated, roles=roles)
        deploying.deploy(session, by=delivery.people.admin, now=delivery.clock(), checked=checked)
    delivery.start(delivery.people.manager1, KEY, site="恒力官网", style="商务")
    with unit_of_work(delivery.database) as session:
        own_account.set_language(session, by=delivery.people.manager1, now=delivery.clock(), locale="en")
    manager = as_user(client, "manager1")
    listed, page = (manager.get(path).text for path in ("/own-records", f"/own-records/{record_of(delivery).id}"))
    for words in ("Website delivery", "Just opened"):
        assert words in listed
    for words in ("Website delivery", "Just opened", "Funds", "Businesslike"):
        assert words in page
    assert "新建" not in listed + page


def test_a_colleague_of_another_department_does_not_see_the_record(delivery: Story) -> None:
    delivery.start(delivery.people.manager1, KEY, site="恒力官网")
    record_id = record_of(delivery).id
    with reading(delivery.database) as session:
        assert find_one(CUSTOM, session, by=delivery.people.supervisor, record_id=record_id).id == record_id
        with pytest.raises(NotFound):
            find_one(CUSTOM, session, by=delivery.people.manager2, record_id=record_id)


def test_what_does_not_fit_the_record_is_told_in_the_start_form(delivery: Story) -> None:
    with pytest.raises(Invalid):
        delivery.start(delivery.people.manager1, KEY, site="恒力官网", budget="-")
    with reading(delivery.database) as session:
        assert session.scalars(select(CustomRecord)).all() == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": ""}, "has no name"),
        ({"states": []}, "needs 1 to 40 states"),
        ({"fields": {}}, "a list of at most"),
        ({"fields": [{"name": "Id", "label": "x", "kind": "line"}]}, "cannot be a name here"),
        ({"fields": [{"name": "owner_id", "label": "x", "kind": "line"}], "title": ""}, "has owner_id already"),
        ({"fields": [{"name": "a", "label": "x", "kind": "record"}], "title": ""}, "no kind that is known"),
        ({"fields": [{"name": "a", "label": "x", "kind": "choice"}], "title": ""}, "needs 1 to 100 options"),
        ({"fields": [{"name": "a", "label": "", "kind": "line"}], "title": "a"}, "has no label"),
        ({"fields": [{"name": "a", "label": "x", "kind": "line"}] * 2, "title": ""}, "is there twice"),
        ({"states": [{"key": "a", "label": "A", "tone": "pink"}]}, "one of these tones"),
        ({"title": "nothing"}, "none of its fields"),
    ],
)
def test_a_record_that_cannot_be_is_refused_with_the_cure(story: Story, change: dict[str, Any], told: str) -> None:
    checked = deploying.check_files(files({**RECORD, **change}), roles=frozenset({SALES, AUDIT, PRODUCTION, SERVICE}))
    assert any(told in problem.text for problem in checked.errors), [problem.text for problem in checked.errors]


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({**RECORD, "states": RECORD["states"][:1]}, "puts the record into the state “done”, which it does not have"),
        ({**RECORD, "fields": RECORD["fields"][:1]}, "keeps “live_on” in the record, which has no such field"),
        (None, "writes to a record, but the process describes none"),
    ],
)
def test_a_step_that_writes_what_the_record_does_not_have_is_told_before_publishing(
    record: dict[str, Any] | None, told: str
) -> None:
    given = files(record or RECORD)
    if record is None:
        del given["record.json"]
    problems = record_problems(Bundle(given))
    assert any(told in problem.text and problem.element for problem in problems), [each.text for each in problems]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_state_that_the_record_does_not_have_stops_the_step_and_stores_nothing(story: Story) -> None:
    story.publish(Bundle(files({**RECORD, "states": RECORD["states"][:1]})))
    story.start(story.people.manager1, KEY, site="恒力官网")
    with pytest.raises(Exception, match="has no state"):
        story.do(story.people.manager1, "assign")
    assert story.waiting() == ["assign"]


def test_a_process_without_a_record_of_its_own_opens_none(delivery: Story) -> None:
    delivery.start(delivery.people.manager1, "service_request", type="enquiry", summary="x", request="y")
    with reading(delivery.database) as session:
        assert session.scalars(select(CustomRecord)).all() == []
        assert library.active(session, KEY).definition.bundle.record == RECORD
        assert queries.open_tasks(session, delivery.instance_id)
        assert session.scalars(select(ProcessEvent).where(ProcessEvent.instance_id == delivery.instance_id)).all()
