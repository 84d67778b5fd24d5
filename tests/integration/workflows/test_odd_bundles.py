"""Processes with names that no header and no column takes, and archives that are broken in every way."""

from __future__ import annotations

import io
import zipfile

import pytest
from flask import Flask

from crm.core.db import reading
from crm.core.errors import Invalid
from tests.conftest import Browser, program_of
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from workflows.bundle_files import uploaded_files
from workflows.engine import Bundle
from workflows.library import active, bundle_of


def files(bundle: Bundle) -> dict[str, str]:
    return {name: content.decode() for name, content in bundle.files.items()}


@pytest.mark.parametrize("length", [80, 81])
def test_a_process_key_is_as_long_as_its_column(story: Story, app: Flask, length: int) -> None:
    key = "k" * length
    answer = program_of(app, "admin").post("/definitions", json={"files": files(straight(key, user_task("check")))})
    assert answer.status_code == (201 if length == 80 else 422), answer.get_json()


@pytest.mark.parametrize("length", [120, 121])
def test_an_id_of_an_element_is_as_long_as_its_column(story: Story, app: Flask, length: int) -> None:
    api = program_of(app, "admin")
    step = "s" * length
    answer = api.post("/definitions", json={"files": files(straight("small", user_task(step)))})
    if length == 121:
        assert answer.status_code == 422
        assert step in [error["field"] for error in answer.get_json()["errors"]]
        return
    started = program_of(app, "agent1").post("/processes/small/instances", json={"answers": {}})
    assert [task["node_id"] for task in started.get_json()["tasks"]] == [step]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_process_with_a_chinese_key_can_be_downloaded(story: Story, client: Browser) -> None:
    story.publish(straight("报修流程", user_task("check")))
    answer = client.signed_in_as("admin").get("/definitions/报修流程/versions/1/bundle")
    assert answer.status_code == 200
    assert "filename*=UTF-8''" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None


@pytest.mark.parametrize("encoding", ["GB18030", "UTF-16", "utf-8-sig"])
def test_a_diagram_in_another_encoding_is_published_and_comes_back_readable(
    story: Story, client: Browser, encoding: str
) -> None:
    whole = straight("small", user_task("check"))
    declared = "UTF-8" if encoding == "utf-8-sig" else encoding
    drawn = whole.bpmn[1].decode().replace('name="check"', 'name="检查——报修"')
    written = f'<?xml version="1.0" encoding="{declared}"?>{drawn}'.encode(encoding)
    name = whole.bpmn[0]
    upload = [(io.BytesIO(content), each) for each, content in {**whole.files, name: written}.items()]
    assert client.signed_in_as("admin").post("/definitions/deploy", data={"files": upload}).status_code == 302
    with reading(story.database) as session:
        kept = active(session, "small")
        assert kept.name_of("check", "zh_CN") == "检查——报修"
        back = bundle_of(session, kept.version_id).bpmn[1]
    assert back.decode().endswith(drawn)
    assert (back == written) is (encoding == "utf-8-sig")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_file_that_is_not_in_the_encoding_that_it_names_is_refused(story: Story, client: Browser) -> None:
    broken = '<?xml version="1.0" encoding="UTF-8"?><definitions name="报修"/>'.encode("gbk")
    upload = {"files": (io.BytesIO(broken), "x.bpmn"), "note": ""}
    page = client.signed_in_as("admin").post("/definitions/deploy", data=upload)
    assert page.status_code == 422
    assert "x.bpmn" in page.get_data(as_text=True)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_with_any_damage_is_read_or_refused(method: int) -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", method) as archive:
        archive.writestr("报修.bpmn", "<definitions/>" * 20)
    whole = kept.getvalue()
    refused = 0
    for place in range(len(whole)):
        for flip in (0xFF, 0x01, 0x80):
            damaged = whole[:place] + bytes([whole[place] ^ flip]) + whole[place + 1 :]
            try:
                uploaded_files([("x.zip", damaged)])
            except Invalid:
                refused += 1
    assert refused > len(whole)
