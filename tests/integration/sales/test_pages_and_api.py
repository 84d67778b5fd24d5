"""Opportunities and their plans in pages and in the API: who sees what, what is refused, and that their cases follow."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from crm.core.db import Database, reading
from crm.sales.models import Opportunity, PlanItem
from tests.conftest import Browser, as_user, program_of
from tests.people import People
from workflows import triggers
from workflows.models import ProcessInstance, Task

NEW = {
    "summary": "两台五轴加工中心",
    "customer_name": "宁波甬江模具有限公司",
    "contact_name": "钱进",
    "contact_phone": "0574-5555 2001",
    "expected_amount": "300000.00",
    "chance": 60,
    "expected_close_on": "2026-06-30",
}


@pytest.fixture(autouse=True)
def _published(delivered: Database) -> None:
    triggers.listen(delivered.listeners)


def created(app: Flask, by: str = "manager1", **values: Any) -> dict[str, Any]:
    answer = program_of(app, by).post("/opportunities", json={**NEW, **values})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def developing(app: Flask, database: Database, manager: People) -> dict[str, Any]:
    """A small opportunity that manager1 develops."""
    begun = created(app, expected_amount="80000")
    supervisor = program_of(app, "supervisor")
    answers = {"manager_id": str(manager.manager1.id)}
    answer = supervisor.post(f"/tasks/{task_of(database, begun['id'])}/complete", json={"answers": answers})
    assert answer.status_code == 200, answer.text
    return begun


def task_of(database: Database, opportunity_id: int) -> int:
    with reading(database) as session:
        found = (
            select(Task.id)
            .join(ProcessInstance, ProcessInstance.id == Task.instance_id)
            .where(ProcessInstance.record_id == opportunity_id, Task.status == "open")
        )
        return session.scalars(found).one()


def test_an_opportunity_that_a_program_creates_has_its_case(app: Flask, database: Database) -> None:
    begun = created(app)
    assert (begun["number"], begun["status"], begun["owner_id"]) == ("OP-000001", "submitted", None)
    with reading(database) as session:
        assert session.get_one(Task, task_of(database, begun["id"])).node_id == "approve_supervisor"


def test_an_unassigned_opportunity_is_seen_by_its_creator_and_by_those_who_decide(app: Flask) -> None:
    path = f"/opportunities/{created(app)['id']}"
    seen = {who: program_of(app, who).get(path).status_code for who in ("manager1", "manager2", "supervisor")}
    assert seen == {"manager1": 200, "manager2": 404, "supervisor": 200}
    for who, status in (("executive", 200), ("contracts", 200), ("agent1", 404), ("stranger", 404)):
        assert program_of(app, who).get(path).status_code == status


def test_the_amount_stays_while_it_is_being_approved(app: Flask) -> None:
    begun, manager = created(app), program_of(app, "manager1")
    path = f"/opportunities/{begun['id']}"
    etag = manager.get(path).headers["ETag"]
    refused = manager.patch(path, json={"expected_amount": "1.00"}, headers={"If-Match": etag})
    assert refused.status_code == 422
    assert "expected_amount" in refused.text
    changed = manager.patch(path, json={"chance": 70}, headers={"If-Match": etag})
    assert (changed.status_code, changed.get_json()["chance"]) == (200, 70)


def test_what_has_ended_can_be_corrected_but_not_in_its_figures(app: Flask) -> None:
    begun, manager = created(app), program_of(app, "manager1")
    path = f"/opportunities/{begun['id']}"
    manager.post(f"{path}/withdraw", json={"reason": "客户破产"})
    etag = manager.get(path).headers["ETag"]
    refused = manager.patch(path, json={"chance": 90, "description": "x"}, headers={"If-Match": etag})
    assert refused.status_code == 422
    corrected = manager.patch(path, json={"description": "法院公告 2026-03-09"}, headers={"If-Match": etag})
    assert corrected.status_code == 200


def test_somebody_must_be_named_who_might_buy(app: Flask) -> None:
    refused = program_of(app, "manager1").post("/opportunities", json={**NEW, "customer_name": ""})
    assert refused.status_code == 422
    assert "customer_name" in refused.text


def test_its_creator_gives_it_up_and_the_case_ends(app: Flask, database: Database) -> None:
    begun = created(app)
    path = f"/opportunities/{begun['id']}"
    assert program_of(app, "manager2").post(f"{path}/withdraw", json={"reason": "x"}).status_code == 404
    assert program_of(app, "manager1").post(f"{path}/withdraw", json={"reason": "客户破产"}).status_code == 204
    assert program_of(app, "manager1").get(path).get_json()["status"] == "given_up"
    with reading(database) as session:
        assert session.scalars(select(ProcessInstance.status)).one() == "cancelled"


def test_a_plan_is_kept_by_programs_too(app: Flask, database: Database, people: People) -> None:
    begun, manager = developing(app, database, people), program_of(app, "manager1")
    step = {"opportunity_id": begun["id"], "planned_on": "2026-03-20", "subject": "寄样件"}
    item = manager.post("/plan-items", json=step)
    assert item.status_code == 201
    path = f"/plan-items/{item.get_json()['id']}"
    assert manager.post(f"{path}/result", json={"result": "样件合格"}).status_code == 204
    done = manager.get(path)
    assert (done.get_json()["result"], done.get_json()["done_by_id"]) == ("样件合格", people.manager1.id)
    assert manager.post(f"{path}/result", json={"result": "又一次"}).status_code in (409, 422)
    assert manager.delete(path, headers={"If-Match": done.headers["ETag"]}).status_code in (409, 422)
    assert program_of(app, "manager2").get(path).status_code == 404


def test_nothing_is_planned_before_somebody_is_assigned(app: Flask) -> None:
    step = {"opportunity_id": created(app)["id"], "planned_on": "2026-03-20", "subject": "寄样件"}
    assert program_of(app, "supervisor").post("/plan-items", json=step).status_code in (409, 422)


def test_a_supervisor_hands_it_over_and_its_history_is_told(app: Flask, database: Database, people: People) -> None:
    path = f"/opportunities/{developing(app, database, people)['id']}"
    supervisor = program_of(app, "supervisor")
    given = supervisor.post(f"{path}/reassign", json={"manager_id": people.manager2.id, "note": "区域调整"})
    assert given.status_code == 200
    told = supervisor.get(f"{path}/assignments").get_json()["items"]
    assert [(line["manager_id"], line["ended_at"] is None) for line in told] == [
        (people.manager1.id, False),
        (people.manager2.id, True),
    ]
    assert program_of(app, "manager2").get(path).get_json()["owner_id"] == people.manager2.id


def test_list_record_and_plan_are_drawn(app: Flask, client: Browser, database: Database, people: People) -> None:
    begun = developing(app, database, people)
    browser = as_user(client, "manager1")
    assert "两台五轴加工中心" in browser.get("/opportunities?status=developing").text
    link = f"/opportunities/{begun['id']}"
    planned = {"opportunity_id": begun["number"], "planned_on": "2026-03-20", "subject": "寄样件"}
    here = f"/plan-items/new?opportunity_id={begun['id']}&back={link}%23plan"
    assert here.replace("&", "&amp;") in browser.get(link).text
    assert f'href="{link}#plan"' in browser.get(here).text
    assert browser.post(here, data=planned).headers["Location"] == f"{link}#plan"
    page = browser.get(link).text
    assert "寄样件" in page
    assert f'action="{link}/reassign"' in page
    with reading(database) as session:
        item_id = session.scalars(select(PlanItem.id)).one()
    assert (
        browser.post(f"/plan-items/{item_id}/result", data={"result": "样件合格"}).headers["Location"] == f"{link}#plan"
    )
    assert "样件合格" in browser.get(link).text
    assert "寄样件" in browser.get(f"/plan-items/{item_id}").text


def test_the_pages_say_why_something_cannot_be(app: Flask, client: Browser, database: Database, people: People) -> None:
    begun = developing(app, database, people)
    browser = as_user(client, "manager1")
    link = f"/opportunities/{begun['id']}"
    to_agent = {"manager_id": str(people.agent1.id)}
    assert "刘芳" in browser.post(f"{link}/reassign", data=to_agent, follow_redirects=True).text
    assert begun["number"] in browser.post(f"{link}/withdraw", data={"reason": "x"}, follow_redirects=True).text
    with reading(database) as session:
        assert session.get_one(Opportunity, begun["id"]).status == "developing"


def test_a_task_shows_the_opportunity_beside_its_form(client: Browser, app: Flask, database: Database) -> None:
    task = task_of(database, created(app)["id"])
    page = as_user(client, "supervisor").get(f"/tasks/{task}").text
    assert "OP-000001" in page
    assert "钱进" in page


def test_whoever_changes_a_rejected_opportunity_reads_why_beside_the_form(
    client: Browser, app: Flask, database: Database
) -> None:
    begun = created(app)
    reject = {"answers": {"decision": "reject", "reason": "先谈付款条件"}}
    supervisor = program_of(app, "supervisor")
    assert supervisor.post(f"/tasks/{task_of(database, begun['id'])}/complete", json=reject).status_code == 200
    browser = as_user(client, "manager1")
    assert "先谈付款条件" in browser.get(f"/tasks/{task_of(database, begun['id'])}").text
    assert "先谈付款条件" in browser.get(f"/opportunities/{begun['id']}").text
