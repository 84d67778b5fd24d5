"""Files of other tools through the pages and the API: a report first, then a draft; whatever is uploaded, never an error of ours."""

from __future__ import annotations

import base64
import io
import re
import zipfile

import pytest
from flask import Flask
from sqlalchemy import select

from crm.core.db import reading
from tests.conftest import Browser, program_of
from tests.processes.stories import Story
from tests.unit.studio.exchange.foreign_files import chosen, diagram, straight
from workflows.bundle_files import archive_of
from workflows.library import PROCESS_FILES, bundle_from_folder
from workflows.studio.drafts.models import DraftFile, ProcessDraft
from workflows.studio.drafts.queries import bundle_of, draft_of
from workflows.studio.exchange.models import ImportReport

HOSTILE = '<script>alert("x")</script>'
CAMUNDA = diagram(
    straight(
        '<bpmn:userTask id="approve" name="Approve" camunda:candidateGroups="management" camunda:assignee="anna"/>'
    ),
    speaks=("camunda",),
)


def upload(*files: tuple[str, bytes], **fields: str) -> dict[str, object]:
    return {"files": [(io.BytesIO(raw), name) for name, raw in files], **fields}


def packed_in(page: str) -> str:
    found = re.search(r'name="packed" value="([^"]*)"', page)
    assert found
    return found[1]


def drafts(story: Story) -> int:
    with reading(story.database) as session:
        return len(session.scalars(select(ProcessDraft.id)).all())


def test_a_foreign_diagram_is_reported_first_and_then_becomes_a_draft(story: Story, client: Browser) -> None:
    admin = client.signed_in_as("admin")
    answer = admin.post("/studio/import", data=upload(("order.bpmn", CAMUNDA)))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "management" in page
    assert drafts(story) == 0
    made = admin.post(
        "/studio/import",
        data={"packed": packed_in(page), "group": "management", "role": "sales_supervisor", "act": "draft"},
    )
    assert made.status_code == 302
    with reading(story.database) as session:
        draft = draft_of(session, "order")
        assert draft is not None
        assert made.headers["Location"].endswith(f"/studio/drafts/{draft.id}/report")
        assert draft.name == "Order"
        kept = bundle_of(session, draft.id)
        assert b'value="sales_supervisor"' in kept.bpmn[1]
        assert "approve" in kept.forms
    report = admin.get(made.headers["Location"])
    assert report.status_code == 200
    assert "management" in report.get_data(as_text=True)


def named(key: str, body: str) -> bytes:
    return diagram(straight(body)).replace(b'id="order" name="Order"', f'id="{key}" name="{key.title()}"'.encode())


SEVERAL = {
    "shop/order.bpmn": named("order", '<bpmn:callActivity id="c" calledElement="pay"/>'),
    "shop/parts/pay.bpmn": named("pay", '<bpmn:manualTask id="collect" name="Collect"/>'),
    "shop/refund.bpmn": named("refund", '<bpmn:manualTask id="give_back" name="Give back"/>'),
}


def test_a_zip_of_several_processes_becomes_drafts_together(story: Story, client: Browser) -> None:
    admin = client.signed_in_as("admin")
    answer = admin.post("/studio/import", data=upload(("shop.zip", archive_of(SEVERAL))))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert all(path in page for path in SEVERAL)
    assert re.findall(r'name="diagram" value="([^"]*)"', page) == ["shop/order.bpmn", "shop/refund.bpmn"]
    assert drafts(story) == 0
    said = {"diagram": ["shop/order.bpmn", "shop/refund.bpmn"], "key": ["order", "giving_back"]}
    made = admin.post("/studio/import", data={"packed": packed_in(page), "act": "draft", **said})
    assert made.status_code == 302
    with reading(story.database) as session:
        order, refund = draft_of(session, "order"), draft_of(session, "giving_back")
        assert order is not None
        assert refund is not None
        assert b'id="pay"' in bundle_of(session, order.id).bpmn[1]
        assert b'id="pay"' not in bundle_of(session, refund.id).bpmn[1]
    report = admin.get(made.headers["Location"]).get_data(as_text=True)
    assert f"/studio/drafts/{refund.id}/report" in report
    assert "shop/parts/pay.bpmn" in report


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_of_several_processes_all_become_drafts_or_none(story: Story, client: Browser) -> None:
    admin = client.signed_in_as("admin")
    whole = {**SEVERAL, "taken.bpmn": bundle_from_folder(PROCESS_FILES / "complaint").bpmn[1]}
    page = admin.post("/studio/import", data=upload(("shop.zip", archive_of(whole)))).get_data(as_text=True)
    refused = admin.post("/studio/import", data={"packed": packed_in(page), "act": "draft"})
    assert refused.status_code == 422
    assert drafts(story) == 0
    paths = re.findall(r'name="diagram" value="([^"]*)"', page)
    same = {"packed": packed_in(page), "act": "draft", "diagram": paths, "key": ["one"] * len(paths)}
    assert admin.post("/studio/import", data=same).status_code == 422
    assert drafts(story) == 0
    broken = {**SEVERAL, "broken.bpmn": b"<definitions"}
    answer = admin.post("/studio/import", data=upload(("shop.zip", archive_of(broken))))
    assert answer.status_code == 422
    assert "broken.bpmn" in answer.get_data(as_text=True)
    assert 'name="packed"' not in answer.get_data(as_text=True)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_program_gets_all_processes_of_an_upload_in_their_order(story: Story, app: Flask) -> None:
    files = {path: raw.decode() for path, raw in SEVERAL.items()}
    answer = program_of(app, "admin").post(
        "/definitions/import", json={"files": files, "keys": {"shop/refund.bpmn": "r"}}
    )
    found = answer.get_json()
    assert (found["key"], [other["key"] for other in found["others"]]) == ("order", ["r"])
    assert [line["file"] for line in found["uploaded"]] == sorted(SEVERAL)


def test_a_draft_that_needed_nothing_comes_back_byte_for_byte(story: Story, client: Browser) -> None:
    whole = bundle_from_folder(PROCESS_FILES / "complaint").files
    files = {name: raw.replace(b"\n", b"\r\n") for name, raw in whole.items()}
    admin = client.signed_in_as("admin")
    page = admin.post("/studio/import", data=upload(*files.items())).get_data(as_text=True)
    made = admin.post("/studio/import", data={"packed": packed_in(page), "act": "draft", "replace": "yes"})
    assert made.status_code == 302, made.get_data(as_text=True)
    location = made.headers["Location"].replace("/report", "/bundle.zip")
    with zipfile.ZipFile(io.BytesIO(admin.get(location).data)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files


def test_a_process_that_exists_is_replaced_only_when_somebody_says_so(story: Story, client: Browser) -> None:
    admin = client.signed_in_as("admin")
    files = bundle_from_folder(PROCESS_FILES / "complaint").files
    page = admin.post("/studio/import", data=upload(*files.items())).get_data(as_text=True)
    refused = admin.post("/studio/import", data={"packed": packed_in(page), "act": "draft"})
    assert refused.status_code == 422
    assert drafts(story) == 0


def test_a_report_goes_with_its_draft(story: Story, client: Browser) -> None:
    admin = client.signed_in_as("admin")
    page = admin.post("/studio/import", data=upload(("order.bpmn", CAMUNDA))).get_data(as_text=True)
    made = admin.post("/studio/import", data={"packed": packed_in(page), "act": "draft"})
    assert admin.post(made.headers["Location"].replace("/report", "/discard")).status_code == 302
    with reading(story.database) as session:
        assert session.scalars(select(ImportReport.draft_id)).all() == []
        assert session.scalars(select(DraftFile.draft_id)).all() == []
    assert admin.get(made.headers["Location"]).status_code == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_hostile_texts_stay_texts(story: Story, client: Browser) -> None:
    name = HOSTILE.replace("<", "&lt;").replace('"', "&quot;")
    raw = diagram(
        straight(
            f'<bpmn:userTask id="approve" name="{name}" camunda:candidateGroups="{name}" camunda:dueDate="{name}"/>'
        ),
        speaks=("camunda",),
    )
    page = client.signed_in_as("admin").post("/studio/import", data=upload(("<b>.bpmn", raw))).get_data(as_text=True)
    assert "alert(" in page
    assert HOSTILE not in page
    assert "<b>.bpmn" not in page


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe",
        b"<definitions",
        b"<definitions/>",
        b'<!DOCTYPE d [<!ENTITY e "x">]><definitions>&e;</definitions>',
        b"<a>" * 5_000 + b"</a>" * 5_000,
        diagram(""),
        diagram("<bpmn:userTask/>"),
        diagram("<bpmn:complexGateway id='x'/><bpmn:sequenceFlow id='f' sourceRef='no' targetRef='x'/>"),
        b'<?xml version="1.0" encoding="klingon"?><a/>',
    ],
)
def test_whatever_is_uploaded_is_answered_with_a_report_or_a_cure(story: Story, client: Browser, raw: bytes) -> None:
    admin = client.signed_in_as("admin")
    for name in ("x.bpmn", "x.zip", "x.xml", "x.json", "x"):
        answer = admin.post("/studio/import", data=upload((name, raw)))
        assert answer.status_code in (200, 422), name


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("packed", ["x", "AAAA", base64.b64encode(b"PK\x05\x06" + b"\0" * 18).decode(), "ä"])
def test_files_that_were_tampered_with_on_their_way_are_refused(story: Story, client: Browser, packed: str) -> None:
    answer = client.signed_in_as("admin").post("/studio/import", data={"packed": packed, "act": "draft"})
    assert answer.status_code == 422


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("encoding", ["GB18030", "UTF-16", "utf-8-sig"])
def test_other_encodings_come_in(story: Story, app: Flask, client: Browser, encoding: str) -> None:
    declared = "UTF-8" if encoding == "utf-8-sig" else encoding
    text = (
        diagram(chosen("amount > 1")).decode().replace("UTF-8", declared).replace('name="Order"', 'name="订单——审批"')
    )
    admin = client.signed_in_as("admin")
    page = admin.post("/studio/import", data=upload(("order.bpmn", text.encode(encoding)))).get_data(as_text=True)
    assert "订单——审批" in page
    made = admin.post("/studio/import", data={"packed": packed_in(page), "act": "draft"})
    assert made.status_code == 302


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_large_files_travel_with_their_report(story: Story, client: Browser) -> None:
    noise = "".join(f"{number * 7919 % 100_003:x}" for number in range(300_000))
    words = f"<bpmn:documentation>{noise}</bpmn:documentation><bpmn:startEvent".encode()
    raw = CAMUNDA.replace(b"<bpmn:startEvent", words, 1)
    packed = base64.b64encode(archive_of({"order.bpmn": raw})).decode()
    assert len(packed) > 500_000
    made = client.signed_in_as("admin").post("/studio/import", data={"packed": packed, "act": "draft"})
    assert made.status_code == 302


def test_a_program_gets_report_and_files_and_nothing_is_stored(story: Story, app: Flask) -> None:
    api = program_of(app, "admin")
    body = {"files": {"order.bpmn": CAMUNDA.decode()}, "roles": {"management": "sales_supervisor"}}
    answer = api.post("/definitions/import", json=body)
    assert answer.status_code == 200, answer.get_json()
    found = answer.get_json()
    assert found["key"] == "order"
    assert {line["status"] for line in found["lines"]} == {"translated"}
    assert "sales_supervisor" in found["files"]["order.bpmn"]
    assert drafts(story) == 0
    again = api.post("/definitions/import", json={"files": found["files"]}).get_json()
    assert again["files"] == found["files"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("username", ["executive", "supervisor", "agent1", "stranger"])
def test_only_who_administers_processes_imports(story: Story, app: Flask, client: Browser, username: str) -> None:
    browser = client.signed_in_as(username)
    assert browser.get("/studio/import").status_code == 403
    assert browser.post("/studio/import", data={"packed": "x"}).status_code == 403
    assert browser.get("/studio/drafts/1/report").status_code == 403
    assert browser.get("/studio/drafts/1/bundle.zip").status_code == 403
    body = {"files": {"order.bpmn": CAMUNDA.decode()}}
    assert program_of(app, username).post("/definitions/import", json=body).status_code == 403


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_process_whose_key_is_taken_comes_in_under_another_one(story: Story, client: Browser) -> None:
    admin = client.signed_in_as("admin")
    first = diagram(straight('<bpmn:manualTask id="a"/>')).replace(b'"order"', b'"Process_1"')
    other = first.replace(b'"Process_1"', b'"PROCESS_1"')
    page = admin.post("/studio/import", data=upload(("one.bpmn", first))).get_data(as_text=True)
    assert 'name="key" value="Process_1"' in page
    assert admin.post("/studio/import", data={"packed": packed_in(page), "act": "draft"}).status_code == 302
    page = admin.post("/studio/import", data=upload(("two.bpmn", other))).get_data(as_text=True)
    taken = admin.post("/studio/import", data={"packed": packed_in(page), "act": "draft", "replace": "yes"})
    assert taken.status_code == 422
    assert "import-wanted" in taken.get_data(as_text=True)
    refused = admin.post("/studio/import", data={"packed": packed_in(page), "act": "draft", "key": "no key"})
    assert refused.status_code == 422
    made = admin.post("/studio/import", data={"packed": packed_in(page), "act": "draft", "key": "delivery"})
    assert made.status_code == 302
    with reading(story.database) as session:
        draft = draft_of(session, "delivery")
        assert draft is not None
        assert b'<bpmn:process id="delivery"' in bundle_of(session, draft.id).bpmn[1]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_program_chooses_the_key_too(story: Story, app: Flask) -> None:
    drawn = diagram(straight('<bpmn:manualTask id="a"/>')).decode()
    answer = program_of(app, "admin").post("/definitions/import", json={"files": {"x.bpmn": drawn}, "key": "delivery"})
    assert answer.get_json()["key"] == "delivery"
    taken = program_of(app, "admin").post("/definitions/import", json={"files": {"x.bpmn": drawn}, "key": "a"})
    assert taken.get_json()["key"] == "order"
    assert "a" in {line["before"] for line in taken.get_json()["lines"] if line["status"] == "by_hand"}
