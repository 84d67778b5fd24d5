"""What a step hides of its form is hidden from programs and in the history too, although the answers of a row or a group carry
along what was known beside them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from crm.core.db import reading, unit_of_work
from tests.conftest import program_of
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from workflows import library
from workflows.instances.answering import Answers
from workflows.models import Task
from workflows.operations import tasks
from workflows.task_forms import Submission

FORM = {
    "type": "default",
    "components": [
        {
            "type": "dynamiclist",
            "id": "c1",
            "path": "items",
            "label": "Items",
            "components": [
                {"type": "textfield", "id": "c2", "key": "name", "label": "Article"},
                {"type": "textfield", "id": "c3", "key": "cost", "label": "Cost"},
            ],
        },
        {
            "type": "group",
            "id": "c4",
            "path": "terms",
            "label": "Terms",
            "components": [
                {"type": "textfield", "id": "c5", "key": "delivery", "label": "Delivery"},
                {"type": "textfield", "id": "c6", "key": "margin", "label": "Margin"},
            ],
        },
        {
            "type": "dynamiclist",
            "id": "c7",
            "path": "rivals",
            "label": "Rivals",
            "components": [{"type": "textfield", "id": "c8", "key": "price", "label": "Price"}],
        },
    ],
}
KNOWN = {
    "items": [{"name": "Pump", "cost": "sesame one"}, {"name": "Valve", "cost": "sesame two"}],
    "terms": {"delivery": "May", "margin": "sesame three"},
    "rivals": [{"price": "sesame four"}],
}


@pytest.fixture
def quote(story: Story) -> Story:
    """A case whose second step hides what its first was answered with, and whose third shows it again."""
    hiding = user_task("offer", form="quote", hiddenFields="items[].cost, terms.margin, rivals")
    story.publish(
        straight(
            "quote", user_task("reckon", form="quote"), hiding, user_task("sum", form="quote"), forms={"quote": FORM}
        )
    )
    agent = story.people.agent1
    story.start(agent, key="quote")
    story.do(agent, "reckon", **KNOWN)
    return story


def answer(story: Story, **answers: Any) -> int:
    """Do the step that hides; answers its number."""
    task_id = story.task("offer").id
    story.complete(story.people.agent1, task_id, **answers)
    return task_id


def test_a_program_reads_nothing_of_what_an_open_step_hides(quote: Story, app: Flask) -> None:
    form = program_of(app, "agent1").get(f"/tasks/{quote.task('offer').id}").get_json()["form"]
    assert form["values"] == {"items": [{"name": "Pump"}, {"name": "Valve"}], "terms": {"delivery": "May"}}
    assert [field["path"] for field in form["fields"]] == ["items[].name", "terms.delivery"]
    assert "sesame" not in json.dumps(form)


def test_a_program_reads_nothing_of_it_in_a_draft(quote: Story, app: Flask) -> None:
    task_id = quote.task("offer").id
    draft = {"items": [{"name": "Pump 2"}, {"name": "Valve"}]}
    told = program_of(app, "agent1").post(f"/tasks/{task_id}/save", json={"answers": draft}).get_json()
    assert told["form"]["values"]["items"] == draft["items"]
    assert "sesame" not in json.dumps(told)


def test_a_program_reads_nothing_of_it_among_the_answers_and_the_case_keeps_it(quote: Story, app: Flask) -> None:
    offered = {"items": [{"name": "Pump 2"}, {"name": "Valve"}], "terms": {"delivery": "June"}}
    task_id = answer(quote, **offered)
    program = program_of(app, "agent1")
    told = program.get(f"/tasks/{task_id}").get_json()
    assert told["answers"] == offered
    assert "sesame" not in json.dumps(told)
    assert program.get(f"/tasks/{quote.task('sum').id}").get_json()["form"]["values"] == {
        "items": [{"name": "Pump 2", "cost": "sesame one"}, {"name": "Valve", "cost": "sesame two"}],
        "terms": {"delivery": "June", "margin": "sesame three"},
        "rivals": [{"price": "sesame four"}],
    }


def test_the_history_names_nothing_that_the_step_had_hidden(quote: Story) -> None:
    person, task_id = quote.people.agent1, quote.task("offer").id
    left = MultiDict([("items.1.name", "Valve"), ("terms.delivery", "June")])
    with unit_of_work(quote.database) as session:
        sent = Submission(formdata=left)
        tasks.complete(session, by=person, now=quote.clock(), task_id=task_id, submission=sent)
    with reading(quote.database) as session:
        done = session.get_one(Task, task_id)
        published = library.published(session, done.version_id)
        changes = Answers(session, published, by=person, now=quote.clock()).of(done)
    assert ("Article (1)", "Pump", "Valve") in changes
    assert "sesame" not in str(changes)
