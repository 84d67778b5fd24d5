"""Publishing: what cannot run is refused by element with its cure, and running cases keep their version."""

from __future__ import annotations

import io
import zipfile

import pytest
from flask import Flask
from sqlalchemy import func, select

from crm.accounts import operations
from crm.core.db import reading, unit_of_work
from tests.conftest import Browser, as_user, program_of
from tests.processes.small import HEAD, script_task, service_task, straight, user_task
from tests.processes.stories import Story
from workflows.engine import Bundle
from workflows.library import PROCESS_FILES, bundle_from_folder
from workflows.models import DefinitionVersion

DEEP = "<a>" * 3_000 + "</a>" * 3_000
REFUSED = {
    "broken XML": ("x.bpmn", "<definitions"),
    "a DOCTYPE": ("x.bpmn", '<!DOCTYPE d [<!ENTITY e "x">]>' + HEAD + "</bpmn:definitions>"),
    "no process": ("x.bpmn", HEAD + "</bpmn:definitions>"),
    "nesting without end": ("x.bpmn", HEAD + DEEP + "</bpmn:definitions>"),
}
WRONG = {
    "unknown form": (straight("x", user_task("check", form="ghost")), "check"),
    "no role": (straight("x", user_task("check", role="")), "check"),
    "unknown role": (straight("x", user_task("check", role="wizard")), "check"),
    "Python in a script": (straight("x", script_task("grow", "import os")), "grow"),
    "unknown operation": (straight("x", service_task("work", "service/ghost")), "work"),
    "missing parameter": (straight("x", service_task("work", "service/archive")), "work"),
    "an id that the engine keeps": (straight("x", user_task("End")), "End"),
    "an unknown user": (straight("x", user_task("check", assign="person", assignTo="nobody")), "check"),
    "an unknown candidate": (
        straight("x", user_task("check", assign="candidates", assignTo="agent1, nobody")),
        "check",
    ),
    "an id twice": (straight("x", user_task("check"), user_task("check")), "check"),
}


def files(bundle: Bundle) -> dict[str, str]:
    return {name: content.decode() for name, content in bundle.files.items()}


def versions(story: Story) -> int:
    with reading(story.database) as session:
        return session.scalar(select(func.count()).select_from(DefinitionVersion)) or 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_run_is_refused_by_its_element(story: Story, app: Flask, case: str) -> None:
    bundle, element = WRONG[case]
    before = versions(story)
    refused = program_of(app, "admin").post("/definitions", json={"files": files(bundle)})
    assert refused.status_code == 422, refused.get_json()
    assert element in [error["field"] for error in refused.get_json()["errors"]]
    assert versions(story) == before


def test_somebody_who_has_left_is_named_with_element_and_cure(story: Story, app: Flask) -> None:
    named = {"files": files(straight("x", user_task("check", assign="person", assignTo="Contracts")))}
    admin = program_of(app, "admin")
    assert admin.post("/definitions/check", json=named).get_json()["can_be_published"] is True
    assert admin.post("/definitions", json=named).status_code == 201
    with unit_of_work(story.database) as session:
        operations.disable_user(
            session, by=story.people.admin, now=story.clock(), user_id=story.people.contracts.id or 0
        )
    checked = admin.post("/definitions/check", json=named).get_json()
    assert checked["can_be_published"] is False
    assert [(problem["element"], "contracts" in problem["message"]) for problem in checked["problems"]] == [
        ("check", True)
    ]
    changed = {"files": files(straight("x", user_task("again", assign="person", assignTo="contracts")))}
    refused = admin.post("/definitions", json=changed)
    assert refused.status_code == 422
    assert "assignTo" in refused.get_json()["errors"][0]["message"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_no_diagram_is_refused(story: Story, app: Flask, case: str) -> None:
    name, content = REFUSED[case]
    refused = program_of(app, "admin").post("/definitions/check", json={"files": {name: content}})
    assert refused.status_code == 200
    assert refused.get_json()["can_be_published"] is False
    assert all(problem["message"] for problem in refused.get_json()["problems"])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_files_that_are_none_are_named(story: Story, app: Flask) -> None:
    refused = program_of(app, "admin").post("/definitions", json={"files": "x.bpmn"})
    assert refused.status_code == 422
    assert [error["field"] for error in refused.get_json()["errors"]] == ["files"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("size", "field"), [(3_000_000, "x.bpmn"), (10_000_000, "files")])
def test_many_megabytes_are_refused_with_the_limit(story: Story, app: Flask, size: int, field: str) -> None:
    refused = program_of(app, "admin").post("/definitions", json={"files": {"x.bpmn": "x" * size}})
    assert refused.status_code == 422
    assert [(error["field"], "MB" in error["message"]) for error in refused.get_json()["errors"]] == [(field, True)]


def test_a_new_version_serves_new_cases_and_running_ones_keep_theirs(story: Story, app: Flask) -> None:
    admin = program_of(app, "admin")
    story.start(story.people.manager1, **_request())
    old = story.instance_id
    bundle = bundle_from_folder(PROCESS_FILES / "service_request")
    changed = {
        **files(bundle),
        "service_request.bpmn": files(bundle)["service_request.bpmn"].replace('name="Handle"', 'name="Solve"'),
    }
    published = admin.post("/definitions", json={"files": changed, "note": "renamed"})
    assert published.status_code == 201, published.get_json()
    assert published.get_json()["number"] == 2
    story.start(story.people.manager1, **_request())
    assert admin.get(f"/instances/{story.instance_id}").get_json()["version_number"] == 2
    assert admin.get(f"/instances/{old}").get_json()["version_number"] == 1
    assert admin.post("/definitions", json={"files": changed}).status_code == 409


def test_a_process_drawn_today_can_be_started_and_done_at_once(story: Story, app: Flask) -> None:
    admin, agent = program_of(app, "admin"), program_of(app, "agent1")
    published = admin.post("/definitions", json={"files": files(straight("stock_check", user_task("check")))})
    assert published.status_code == 201, published.get_json()
    assert "stock_check" in [process["key"] for process in agent.get("/processes").get_json()["items"]]
    started = agent.post("/processes/stock_check/instances", json={"answers": {}}).get_json()
    (task,) = agent.get("/tasks?folder=groups").get_json()["items"]
    assert task["instance_id"] == started["id"]
    assert agent.post(f"/tasks/{task['id']}/complete", json={"answers": {"note": "done"}}).status_code == 200


def test_only_administrators_of_processes_deploy_and_look(story: Story, app: Flask) -> None:
    supervisor = program_of(app, "supervisor")
    bundle = files(straight("x", user_task("check")))
    assert supervisor.post("/definitions", json={"files": bundle}).status_code == 403
    assert supervisor.get("/definitions").status_code == 403
    assert supervisor.get("/definitions/service_request/versions/1").status_code == 403


def test_a_zip_archive_is_published_through_the_page_and_comes_back_as_it_was(story: Story, client: Browser) -> None:
    as_user(client, "admin")
    bundle = straight("zipped", user_task("check"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in bundle.files.items():
            archive.writestr(name, content)
    sent = client.post(
        "/definitions/deploy", data={"files": (io.BytesIO(packed.getvalue()), "zipped.zip"), "note": "first"}
    )
    assert sent.status_code == 302, sent.text
    back = zipfile.ZipFile(io.BytesIO(client.get("/definitions/zipped/versions/1/bundle").data))
    assert {name: back.read(name) for name in back.namelist()} == dict(bundle.files)


def test_faults_of_an_upload_are_listed_on_the_page(story: Story, client: Browser) -> None:
    as_user(client, "admin")
    bundle = straight("x", user_task("check", form="ghost"))
    uploads = [(io.BytesIO(content), name) for name, content in bundle.files.items()]
    page = client.post("/definitions/deploy", data={"files": uploads})
    assert page.status_code == 422
    assert "check" in page.text
    assert client.post("/definitions/deploy", data={"files": [(io.BytesIO(b"PK bad"), "x.zip")]}).status_code == 422


def _request() -> dict[str, str]:
    return {"type": "enquiry", "priority": "1", "summary": "交货期", "request": "请告知下一批的交货期。"}
