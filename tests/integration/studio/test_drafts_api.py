"""Drafts as programs use them."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.conftest import Program, program_of
from tests.processes.stories import Story


@pytest.fixture
def program(app: Flask, story: Story) -> Program:
    return program_of(app, "admin")


def test_a_program_opens_a_draft_saves_a_file_and_checks_it(program: Program) -> None:
    opened = program.post("/drafts", json={"key": "service_request"})
    assert opened.status_code == 201
    draft = opened.get_json()
    assert {file["name"] for file in draft["files"]} >= {"service_request.bpmn", "texts.json"}
    place = f"/drafts/{draft['id']}"
    found = program.get(f"{place}/files/service_request.bpmn")
    tag = found.headers["ETag"]
    broken = {"content": found.get_json()["content"].replace('value="handle"', 'value="nothing"')}
    assert program.open("PUT", f"{place}/files/service_request.bpmn", json=broken).status_code == 428
    saved = program.open("PUT", f"{place}/files/service_request.bpmn", json=broken, headers={"If-Match": tag})
    assert saved.status_code == 200
    stale = program.open(
        "PUT", f"{place}/files/service_request.bpmn", json={"content": "<x/>"}, headers={"If-Match": tag}
    )
    assert stale.status_code == 409
    assert f'"{stale.get_json()["current"]["revision"]}"' == saved.headers["ETag"]
    checked = program.post(f"{place}/check").get_json()
    assert checked["can_be_published"] is False
    assert checked["findings"][0]["element"] == "handle"
    assert [each["key"] for each in program.get("/drafts").get_json()["items"]] == ["service_request"]


def test_a_program_begins_a_new_process_and_gives_it_up(program: Program) -> None:
    draft = program.post("/drafts", json={"key": "new_one", "name": "New one"}).get_json()
    place = f"/drafts/{draft['id']}"
    assert program.post(f"{place}/check").get_json() == {"can_be_published": True, "findings": []}
    made = program.open("PUT", f"{place}/files/more.form.json", json={"content": "{}"}, headers={"If-Match": '"0"'})
    assert made.status_code == 200
    gone = program.open("DELETE", f"{place}/files/more.form.json", headers={"If-Match": made.headers["ETag"]})
    assert gone.status_code == 204
    assert "more.form.json" not in {each["name"] for each in program.get(place).get_json()["files"]}
    assert program.delete(place).status_code == 204
    assert program.get(place).status_code == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_drafts_are_closed_to_programs_of_others(app: Flask, program: Program) -> None:
    draft = program.post("/drafts", json={"key": "service_request"}).get_json()
    other = program_of(app, "supervisor")
    for method, path in (
        ("GET", "/drafts"), ("POST", "/drafts"), ("GET", f"/drafts/{draft['id']}"), ("DELETE", f"/drafts/{draft['id']}"),
        ("GET", f"/drafts/{draft['id']}/files/texts.json"), ("POST", f"/drafts/{draft['id']}/check"),
    ):  # fmt: skip
        assert other.open(method, path, json={"key": "service_request"}).status_code == 403, (method, path)
