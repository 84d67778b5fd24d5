"""The pages and the API that every record has, seen on interactions and competitors, as a browser and a program see them."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from crm.core.db import Database, reading
from crm.interactions.models import Interaction
from tests.conftest import as_user, program_of
from tests.people import People
from tests.sample_files import sent

FORM = {"channel": "phone", "direction": "in", "held_at": "2026-03-11T09:30", "subject": "备件报价"}


def test_the_list_shows_searches_and_filters(client: FlaskClient, ids: dict[str, int]) -> None:
    browser = as_user(client, "manager1")
    for query in (
        "",
        "?q=扩产",
        "?visits=today",
        f"?customer_id={ids['hengli']}",
        "?held_at_from=2026-03-11&sort=number",
    ):
        assert "五轴扩产需求" in browser.get(f"/interactions{query}").text, query
    for query in ("?q=恒星", "?visits=overdue", "?channel=phone", "?held_at_from=2026-03-12"):
        assert "五轴扩产需求" not in browser.get(f"/interactions{query}").text, query
    narrowed = browser.get(f"/interactions?customer_id=K-{ids['hengli']:06d}").text
    assert "苏州恒力精密机械有限公司" in narrowed.split('class="chips"')[1]


def test_a_list_cannot_be_narrowed_to_a_customer_that_one_may_not_see(client: FlaskClient, ids: dict[str, int]) -> None:
    answer = as_user(client, "manager2").get(f"/interactions?customer_id={ids['hengli']}")
    assert answer.status_code == 422
    assert "恒力" not in answer.text


def test_the_record_page_shows_names_links_and_what_happened(client: FlaskClient, ids: dict[str, int]) -> None:
    page = as_user(client, "manager1").get(f"/interactions/{ids['talk']}").text
    for words in (
        "上门",
        "王海燕",
        "明年三月前",
        f'href="/customers/{ids["hengli"]}"',
        f'href="/contacts/{ids["wang"]}"',
    ):
        assert words in page
    assert as_user(client, "manager2").get(f"/interactions/{ids['talk']}").status_code == 404


def test_the_pages_of_customer_and_contact_list_their_interactions(client: FlaskClient, ids: dict[str, int]) -> None:
    browser = as_user(client, "manager1")
    for path in (f"/customers/{ids['hengli']}", f"/contacts/{ids['wang']}"):
        page = browser.get(path).text
        assert "五轴扩产需求" in page, path
        assert "/interactions/new?" in page, path
    assert "/interactions/new?" not in as_user(client, "contracts").get(f"/customers/{ids['hengli']}").text


@pytest.mark.parametrize("named", ["K-{:06d}", "{}", "苏州恒力精密机械有限公司", "K-{:06d} 苏州恒力"])
def test_without_a_script_a_record_is_named_by_number_or_name(
    client: FlaskClient, database: Database, ids: dict[str, int], people: People, named: str
) -> None:
    answer = as_user(client, "manager1").post(
        "/interactions/new", data={**FORM, "customer_id": named.format(ids["hengli"]), "contact_id": "王建国"}
    )
    assert answer.status_code == 302
    with reading(database) as session:
        made = session.get_one(Interaction, int(answer.location.rsplit("/", 1)[1]))
        assert (made.customer_id, made.contact_id) == (ids["hengli"], ids["wang"])
        # Half past nine on the reader's clock in Shanghai.
        assert made.held_at.isoformat() == "2026-03-11T01:30:00+00:00"


def test_a_name_that_is_not_found_redraws_the_form_with_all_that_was_typed(
    client: FlaskClient, ids: dict[str, int]
) -> None:
    answer = as_user(client, "manager1").post(
        "/interactions/new", data={**FORM, "customer_id": "Rheinwerk Automation GmbH", "detail": "Keep this"}
    )
    assert answer.status_code == 422
    for words in ('id="customer_id-error"', "Keep this", 'value="Rheinwerk Automation GmbH"', "备件报价"):
        assert words in answer.text


def test_a_form_opened_on_a_contact_knows_the_customer(client: FlaskClient, ids: dict[str, int]) -> None:
    browser = as_user(client, "manager1")
    page = browser.get(f"/interactions/new?contact_id={ids['wang']}").text
    assert f"K-{ids['hengli']:06d} 苏州恒力精密机械有限公司" in page
    foreign = browser.get(f"/interactions/new?contact_id={ids['vogel']}&customer_id={ids['rhein']}")
    assert foreign.status_code == 200
    assert "Rheinwerk" not in foreign.text
    assert "Vogel" not in foreign.text


def test_a_stale_form_shows_the_newer_values_beside_what_was_typed(client: FlaskClient, ids: dict[str, int]) -> None:
    browser = as_user(client, "manager1")
    address = f"/interactions/{ids['talk']}/edit"
    assert browser.post(address, data={**FORM, "version": "1", "place": "first"}).status_code == 302
    stale = browser.post(address, data={**FORM, "version": "1", "place": "second"})
    assert stale.status_code == 409
    for words in ("first", "second", 'name="version" value="2"'):
        assert words in stale.text
    assert browser.post(address, data={**FORM, "version": "2", "place": "second"}).status_code == 302


def test_a_record_is_deleted_by_those_who_may(client: FlaskClient, ids: dict[str, int]) -> None:
    address = f"/interactions/{ids['talk']}/delete"
    assert as_user(client, "agent1").post(address, data={"version": "1"}).status_code == 403
    browser = as_user(client, "manager1")
    assert browser.post(address, data={"version": "1"}).location == "/interactions"
    assert browser.get(f"/interactions/{ids['talk']}").status_code == 404


def test_files_are_put_beside_a_record_and_taken_away_again(client: FlaskClient, ids: dict[str, int]) -> None:
    browser = as_user(client, "manager1")
    address = f"/interactions/{ids['talk']}"
    answer = browser.post(f"{address}/files", data={"files": [sent("报价.pdf"), sent("plan.pdf")]})
    assert answer.status_code == 302
    page = browser.get(address).text
    assert "报价.pdf" in page
    assert "plan.pdf" in page
    file_id = page.split('href="/files/')[1].split('"')[0]
    assert f'action="{address}/files/{file_id}/remove"' in page
    assert "/remove" not in as_user(client, "contracts").get(address).text
    with as_user(client, "agent1").get(f"/files/{file_id}") as contents:
        assert contents.status_code == 200
    assert as_user(client, "manager2").get(f"/files/{file_id}").status_code == 404
    assert as_user(client, "contracts").post(f"{address}/files", data={"files": [sent("x.pdf")]}).status_code == 403
    browser = as_user(client, "manager1")
    assert browser.post(f"{address}/files/{file_id}/remove").status_code == 302
    assert browser.post(f"{address}/files/{file_id}/remove").status_code == 404
    assert browser.post(f"{address}/files").status_code == 302


def test_what_is_typed_is_looked_up_within_what_one_may_see(client: FlaskClient, ids: dict[str, int]) -> None:
    browser = as_user(client, "manager1")
    assert browser.get("/records/customer/suggest?q=恒力").get_json() == [
        {
            "value": f"K-{ids['hengli']:06d} 苏州恒力精密机械有限公司",
            "label": "苏州恒力精密机械有限公司",
            "hint": f"K-{ids['hengli']:06d}",
        }
    ]
    assert browser.get("/records/customer/suggest?q=Rhein").get_json() == []
    boss = as_user(client, "supervisor")
    assert len(boss.get("/records/contact/suggest").get_json()) == 2
    near = boss.get("/records/contact/suggest", query_string={"near": f"K-{ids['rhein']:06d} Rheinwerk"}).get_json()
    assert [one["label"] for one in near] == ["Katrin Vogel"]
    assert boss.get("/records/secret/suggest").status_code == 404
    assert as_user(client, "stranger").get("/records/customer/suggest").status_code == 403


def test_the_timeline_of_a_record_loads_further_lines_in_place(client: FlaskClient, ids: dict[str, int]) -> None:
    browser = as_user(client, "manager1")
    for number in range(1, 33):
        browser.post(
            f"/interactions/{ids['talk']}/edit", data={**FORM, "version": str(number), "place": f"Hall {number}."}
        )
    page = browser.get(f"/interactions/{ids['talk']}").text
    more = "/interactions/" + page.split('hx-get="/interactions/')[1].split('"')[0].replace("&amp;", "&")
    rest = browser.get(more, headers={"HX-Request": "true"})
    assert "→ Hall 1." in rest.text
    assert "<html" not in rest.text
    assert "<html" in browser.get(more).text


def test_a_record_is_created_listed_changed_and_deleted_by_a_program(app: Flask, ids: dict[str, int]) -> None:
    api = program_of(app, "manager1")
    assert [row["id"] for row in api.get("/interactions?visits=today").get_json()["items"]] == [ids["talk"]]
    body = {**FORM, "held_at": "2026-03-11T09:30:00+08:00", "customer_id": ids["hengli"], "next_visit": "2026-03-20"}
    made = api.post("/interactions", json=body)
    assert made.status_code == 201
    told: dict[str, Any] = made.get_json()
    assert (told["number"], told["held_at"], told["person_id"]) == (
        f"IA-{told['id']:06d}",
        "2026-03-11T01:30:00+00:00",
        None,
    )
    path = f"/interactions/{told['id']}"
    assert api.get(path).headers["ETag"] == '"1"'
    found = api.get("/interactions?next_visit_from=2026-03-15&q=备件&sort=held_at").get_json()
    assert [row["id"] for row in found["items"]] == [told["id"]]
    changed = api.patch(path, json={"place": "北京"}, headers={"If-Match": '"1"'})
    assert (changed.get_json()["place"], changed.headers["ETag"]) == ("北京", '"2"')
    stale = api.patch(path, json={"place": "x"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.get_json()["current"]["next_visit"]) == (409, "2026-03-20")
    assert api.patch(path, json={"customer_id": ids["rhein"]}, headers={"If-Match": '"2"'}).status_code == 422
    assert api.patch(path, json={}).status_code == 428
    assert api.delete(path, headers={"If-Match": '"2"'}).status_code == 204
    assert api.get(path).status_code == 404


def test_a_program_is_held_to_the_same_scope(app: Flask, ids: dict[str, int]) -> None:
    foreign = program_of(app, "manager2")
    path = f"/interactions/{ids['talk']}"
    assert foreign.get(path).status_code == 404
    assert foreign.patch(path, json={"place": "x"}, headers={"If-Match": '"1"'}).status_code == 404
    assert foreign.get("/interactions").get_json()["items"] == []
    assert program_of(app, "contracts").patch(path, json={}, headers={"If-Match": '"1"'}).status_code == 403
    assert program_of(app, "stranger").get("/interactions").status_code == 403


def test_a_program_puts_files_beside_a_record_and_takes_them_away(app: Flask, ids: dict[str, int]) -> None:
    api, colleague = program_of(app, "manager1"), program_of(app, "agent1")
    file_id = api.post("/files", data={"file": sent("报价.pdf")}).get_json()["id"]
    place = f"/interactions/{ids['talk']}/files"
    for _ in range(2):
        answer = api.post(place, json={"file_ids": [file_id]})
        assert (answer.status_code, [file["name"] for file in answer.get_json()]) == (200, ["报价.pdf"])
    assert [file["id"] for file in colleague.get(place).get_json()] == [file_id]
    assert api.post(place, json={"file_ids": [999_999]}).status_code == 404
    assert api.post(place, json={"file_ids": []}).status_code == 422
    assert program_of(app, "manager2").get(place).status_code == 404
    assert program_of(app, "contracts").post(place, json={"file_ids": [file_id]}).status_code == 403
    assert api.delete(f"{place}/{file_id}").status_code == 204
    assert api.delete(f"{place}/{file_id}").status_code == 404
    told = api.get(f"/interactions/{ids['talk']}/timeline").get_json()
    assert [line["kind"] for line in told["items"]] == ["file.removed", "file.added", "interaction.created"]


def test_a_program_reads_the_timeline_page_by_page(app: Flask, ids: dict[str, int]) -> None:
    api = program_of(app, "manager1")
    first = api.get(f"/customers/{ids['hengli']}/timeline?limit=2").get_json()
    rest = api.get(f"/customers/{ids['hengli']}/timeline", query_string={"before": first["next"]}).get_json()
    kinds = [line["kind"] for page in (first, rest) for line in page["items"]]
    assert kinds == ["interaction.created", "contact.created", "customer.created"]
    assert (rest["next"], first["items"][0]["detail"]) == (None, "明年三月前增加两台设备")
    assert program_of(app, "manager2").get(f"/customers/{ids['hengli']}/timeline").status_code == 404


def test_pages_of_the_list_follow_one_another(app: Flask, ids: dict[str, int]) -> None:
    api = program_of(app, "manager1")
    for hour in (1, 2):
        body = {**FORM, "held_at": f"2026-03-10T0{hour}:00:00Z", "customer_id": ids["hengli"]}
        assert api.post("/interactions", json=body).status_code == 201
    first = api.get("/interactions?limit=2&sort=-held_at").get_json()
    second = api.get(f"/interactions?limit=2&sort=-held_at&cursor={first['next']}").get_json()
    assert len({row["id"] for page in (first, second) for row in page["items"]}) == 3


def test_the_description_of_the_api_names_fields_and_filters(app: Flask, ids: dict[str, int]) -> None:
    spec = app.test_client().get("/api/v1/openapi.json").get_json()
    listed = spec["paths"]["/api/v1/interactions"]["get"]
    assert {"q", "sort", "cursor", "channel", "held_at_from", "held_at_to", "visits"} <= {
        parameter["name"] for parameter in listed["parameters"]
    }
    body = spec["components"]["schemas"]["NewInteractionBody"]["properties"]
    assert body["direction"]["enum"] == ["out", "in"]
    assert body["held_at"]["format"] == "date-time"
    assert "customer_id" not in spec["components"]["schemas"]["InteractionBody"]["properties"]


def test_markup_in_a_record_is_only_text(client: FlaskClient, ids: dict[str, int]) -> None:
    browser = as_user(client, "marketing")
    answer = browser.post("/competitors/new", data={"name": "<b>Okada</b>", "strengths": "<script>alert(1)</script>"})
    assert answer.status_code == 302
    for path in (answer.location, "/competitors", "/competitors?q=okada"):
        page = browser.get(path).text
        assert "<script>alert(1)" not in page
        assert "<b>Okada" not in page
        assert "Okada" in page
