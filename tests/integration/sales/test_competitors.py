"""Competitors say what was won and lost against them: in the list, on their page, for programs."""

from __future__ import annotations

from typing import Any

from flask import Flask

from crm.core.db import Database, unit_of_work
from crm.sales.models import Opportunity
from tests.conftest import Browser, MovableClock, program_of
from tests.people import People


def competitor(app: Flask, name: str) -> dict[str, Any]:
    answer = program_of(app, "supervisor").post("/competitors", json={"name": name, "products": "加工中心"})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.get_json()
    return made


def ended(database: Database, people: People, clock: MovableClock, number: int, **values: Any) -> None:
    with unit_of_work(database) as session:
        now = clock()
        row: dict[str, Any] = {
            "summary": "机床", "customer_name": "宁波甬江", "expected_amount": 1000 * number,
            "chance": 0, "expected_close_on": now.date(), "created_at": now, "updated_at": now, "closed_at": now,
            "assigned_at": now, "owner_id": people.manager1.id, "created_by_id": people.manager1.id,
            "failure_reason": "price", **values,
        }  # fmt: skip
        session.add(Opportunity(**row))


def test_a_competitor_tells_what_was_won_and_lost(
    app: Flask, client: Browser, database: Database, people: People, clock: MovableClock
) -> None:
    strong, weak = competitor(app, "海川机床"), competitor(app, "东岳数控")
    assert (strong["won"], strong["won_amount"], strong["lost"], strong["lost_amount"]) == (0, "0.00", 0, "0.00")
    ended(database, people, clock, 1, status="lost", competitor_id=strong["id"])
    ended(database, people, clock, 2, status="lost", competitor_id=strong["id"])
    ended(database, people, clock, 3, status="lost", competitor_id=strong["id"], deleted_at=clock())
    ended(database, people, clock, 4, status="given_up", competitor_id=strong["id"])
    ended(database, people, clock, 5, status="lost", competitor_id=weak["id"])
    program = program_of(app, "supervisor")
    answer = program.get(f"/competitors/{strong['id']}")
    assert (answer.get_json()["won"], answer.get_json()["lost"], answer.get_json()["lost_amount"]) == (0, 2, "3000.00")
    changed = program.patch(
        f"/competitors/{strong['id']}", json={"note": "价格战"}, headers={"If-Match": answer.headers["ETag"]}
    )
    assert changed.get_json()["lost"] == 2

    def names(order: str) -> list[str]:
        found = program.get(f"/competitors?sort={order}&limit=1")
        again = program.get(f"/competitors?sort={order}&limit=1&cursor={found.get_json()['next']}")
        return [item["name"] for page in (found, again) for item in page.get_json()["items"]]

    assert names("-lost") == ["海川机床", "东岳数控"]
    assert names("lost_amount") == ["海川机床", "东岳数控"]
    few = program.get("/competitors?lost_from=2")
    assert few.status_code == 200, few.text
    assert [row["name"] for row in few.get_json()["items"]] == ["海川机床"]
    client.signed_in_as("supervisor")
    for page in (client.get("/competitors?lang=en"), client.get(f"/competitors/{strong['id']}")):
        assert "3,000" in page.text
