"""Ladders as administrators write them in the browser and by programs."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.conftest import Browser, as_user, program_of
from tests.processes.stories import Story
from workflows.ladders.kept import ladder_of
from workflows.ladders.rungs import Act
from workflows.ladders.seed import seed_ladders

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PAGE = "/definitions/service_request/ladders"


def test_an_administrator_writes_a_ladder(client: Browser, story: Story) -> None:
    as_user(client, "admin")
    assert 'id="archive"' in client.get(PAGE).text
    typed = {
        "version": "0",
        "amount_0": "50",
        "when_0": "share",
        "act_0": "remind",
        "amount_1": "1440",
        "when_1": "after",
        "act_1": "complete",
        "answers_1": "note: 自动<b>归档</b>",
        "amount_2": "",
        "when_2": "after",
        "act_2": "urge",
    }
    assert client.post(f"{PAGE}/archive", data=typed).status_code == 302
    shown = client.get(PAGE).text
    assert "note: 自动&lt;b&gt;归档&lt;/b&gt;" in shown
    assert client.post(f"{PAGE}/archive", data=typed).status_code == 409
    wrong = client.post(f"{PAGE}/archive", data={**typed, "version": "1", "answers_1": "wage: 3", "amount_0": "many"})
    assert wrong.status_code == 422
    assert "many" in wrong.text and "wage" in wrong.text
    assert client.post(f"{PAGE}/nothing", data=typed).status_code == 404
    assert client.get("/definitions/nothing/ladders").status_code == 404
    assert as_user(client, "supervisor").get(PAGE).status_code == 403


def test_a_program_reads_and_writes_ladders(app: Flask, story: Story) -> None:
    from crm.core.db import reading, unit_of_work

    with unit_of_work(story.database) as session:
        seed_ladders(session, story.clock())
    api, path = program_of(app, "admin"), "/definitions/service_request/ladders"
    listed = api.get(path).json
    assert listed is not None
    assert [item["node_id"] for item in listed["items"]] == ["assign", "handle", "feedback", "archive"]
    rungs = [{"when": "after", "amount": 30, "act": "escalate", "role": "executive"}]
    assert api.open("PUT", f"{path}/feedback", json={"rungs": rungs}).status_code == 428
    put = api.open("PUT", f"{path}/feedback", json={"rungs": rungs}, headers={"If-Match": '"1"'})
    assert (put.status_code, put.headers["ETag"]) == (200, '"2"')
    with reading(story.database) as session:
        (rung,) = ladder_of(session, "service_request", "feedback")
    assert (rung.act, rung.amount, rung.role) == (Act.ESCALATE, 30, "executive")
    wrong = [{"when": "never", "amount": 30, "act": "escalate"}]
    refused = api.open("PUT", f"{path}/feedback", json={"rungs": wrong}, headers={"If-Match": '"2"'})
    assert refused.json is not None
    assert [error["field"] for error in refused.json["errors"]] == ["rungs.0.when"]
    with unit_of_work(story.database) as session:
        seed_ladders(session, story.clock())
    with reading(story.database) as session:
        assert ladder_of(session, "service_request", "feedback")[0].amount == 30
