"""Users by the API, as a personnel system would keep them."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.conftest import Program, program_of
from tests.people import People


@pytest.fixture
def api(app: Flask) -> Program:
    return program_of(app, "admin")


def test_a_user_is_created_looked_at_changed_and_disabled(app: Flask, api: Program) -> None:
    made = api.post("/users", json={"username": "newbie", "name": "新人", "roles": ["service_agent"]})
    assert made.status_code == 201
    path = f"/users/{made.get_json()['id']}"
    seen = api.get(path)
    assert seen.get_json()["roles"] == ["service_agent"]
    changed = api.patch(path, json={"job_title": "客服"}, headers={"If-Match": seen.headers["ETag"]})
    assert changed.status_code == 200
    assert (changed.get_json()["job_title"], changed.get_json()["name"]) == ("客服", "新人")
    assert changed.get_json()["roles"] == ["service_agent"]
    newcomer = program_of(app, "newbie")
    assert newcomer.get("/me").status_code == 200
    assert api.post(f"{path}/disable").get_json()["active"] is False
    assert newcomer.get("/me").status_code == 401
    assert api.post(f"{path}/enable").get_json()["active"] is True


def test_a_change_names_the_version_it_saw(api: Program, people: People) -> None:
    path = f"/users/{people.agent1.id}"
    assert api.patch(path, json={"job_title": "x"}).status_code == 428
    assert api.patch(path, json={"job_title": "x"}, headers={"If-Match": '"1"'}).status_code == 200
    stale = api.patch(path, json={"job_title": "y"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 409
    assert stale.get_json()["current"]["job_title"] == "x"
    assert api.patch(path, json={"job_title": "y"}, headers={"If-Match": "latest"}).status_code == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": "newbie"}, "name"),
        ({"username": "newbie", "name": "x", "roles": ["emperor"]}, "roles"),
        ({"username": "newbie", "name": "x", "password_hash": "x"}, "password_hash"),
        ({"username": "newbie", "name": "x", "active": False}, "active"),
        ({"username": "newbie", "name": "x", "department_id": 10**30}, "department_id"),
        ({"username": "agent1", "name": "x"}, "username"),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_wrong_field_of_a_new_user_is_named(api: Program, body: dict[str, object], field: str) -> None:
    answer = api.post("/users", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.get_json()["errors"]] == [field]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_departments_and_roles_can_be_named(api: Program) -> None:
    assert "客户服务部" in {row["name"] for row in api.get("/departments").get_json()}
    assert "service_agent" in {row["key"] for row in api.get("/roles").get_json()}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_only_administrators_keep_users(app: Flask) -> None:
    for who in ("executive", "supervisor", "agent1"):
        program = program_of(app, who)
        assert program.post("/users", json={"username": "newbie", "name": "x"}).status_code == 403
        assert program.get("/users/1").status_code == 403
