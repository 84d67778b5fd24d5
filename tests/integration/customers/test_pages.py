"""The pages of customers and contacts, as a browser sees them."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from crm.core.db import Database, reading
from crm.customers.models import Contact, Customer
from tests.conftest import as_user


def test_the_list_shows_own_customers_and_finds_by_part_of_the_name(client: FlaskClient, ids: dict[str, int]) -> None:
    browser = as_user(client, "manager1")
    page = browser.get("/customers?q=恒力&grade=key_account&sort=-updated").text
    assert "苏州恒力精密机械有限公司" in page
    assert "Rheinwerk" not in page
    assert "恒力" not in browser.get("/customers?q=rhein").text


def test_the_record_page_shows_fields_contacts_and_timeline(client: FlaskClient, ids: dict[str, int]) -> None:
    page = as_user(client, "manager1").get(f"/customers/{ids['hengli']}").text
    for words in ("大客户", "0512-6688 1234", "王建国", "VIP", f"K-{ids['hengli']:06d}"):
        assert words in page


def test_a_colleagues_records_are_not_found(client: FlaskClient, ids: dict[str, int]) -> None:
    browser = as_user(client, "manager2")
    for path in (
        f"/customers/{ids['hengli']}",
        f"/customers/{ids['hengli']}/edit",
        f"/customers/{ids['hengli']}/timeline",
        f"/customers/{ids['hengli']}/contacts/new",
        f"/contacts/{ids['wang']}/edit",
    ):
        assert browser.get(path).status_code == 404, path


def test_the_stranger_is_refused_everywhere(client: FlaskClient, ids: dict[str, int]) -> None:
    browser = as_user(client, "stranger")
    for path in ("/customers", "/customers/new", "/contacts", "/service-requests", "/administration/dictionary/grade"):
        assert browser.get(path).status_code == 403, path
    assert browser.get(f"/customers/{ids['hengli']}").status_code == 404


def test_a_number_that_no_row_can_have_is_not_found(client: FlaskClient, ids: dict[str, int]) -> None:
    browser = as_user(client, "admin")
    for number in ("0", str(2**63), str(10**30)):
        for path in (
            f"/customers/{number}",
            f"/contacts/{number}/edit",
            f"/administration/dictionary/entries/{number}",
        ):
            assert browser.get(path).status_code == 404, path
        assert browser.get(f"/service-requests/{number}").status_code == 404
    place = f"2026-03-01T00:00:00+00:00_{10**30}"
    assert browser.get(f"/customers/{ids['hengli']}/timeline", query_string={"before": place}).status_code == 200
    assert browser.get("/customers?q=%00%ff&tags=a%00b").status_code == 422


def test_a_customer_is_created_and_markup_in_its_name_is_only_text(
    client: FlaskClient, database: Database, ids: dict[str, int]
) -> None:
    browser = as_user(client, "manager1")
    answer = browser.post("/customers/new", data={"name": "<script>alert(1)</script> 👍", "website": "www.example.com"})
    assert answer.status_code == 302
    page = browser.get(answer.location).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert 'href="https://www.example.com"' in page


def test_wrong_input_redraws_the_form_with_all_that_was_typed(client: FlaskClient, ids: dict[str, int]) -> None:
    answer = as_user(client, "manager1").post(
        "/customers/new", data={"name": "", "phone": "call me", "note": "Keep this", "region": "mars"}
    )
    assert answer.status_code == 422
    for words in ("Keep this", "call me", 'id="name-error"', 'id="phone-error"', 'id="region-error"'):
        assert words in answer.text


def test_a_duplicate_is_shown_and_created_on_purpose_only(client: FlaskClient, ids: dict[str, int]) -> None:
    browser = as_user(client, "manager1")
    data = {"name": "苏州恒力精密机械有限公司"}
    shown = browser.post("/customers/new", data=data)
    assert shown.status_code == 409
    assert f"/customers/{ids['hengli']}" in shown.text
    assert browser.post("/customers/new", data={**data, "on_purpose": "1"}).status_code == 302


def test_a_stale_form_shows_the_newer_values_beside_what_was_typed(
    client: FlaskClient, database: Database, ids: dict[str, int]
) -> None:
    browser = as_user(client, "manager1")
    address = f"/customers/{ids['hengli']}/edit"
    values = {"name": "苏州恒力精密机械有限公司", "version": "1"}
    assert browser.post(address, data={**values, "note": "first"}).status_code == 302
    stale = browser.post(address, data={**values, "note": "second", "grade": "focus"})
    assert stale.status_code == 409
    for words in ("first", "second", 'name="version" value="2"'):
        assert words in stale.text
    assert browser.post(address, data={**values, "version": "2", "note": "second"}).status_code == 302
    with reading(database) as session:
        assert session.get_one(Customer, ids["hengli"]).note == "second"


def test_a_form_without_the_owner_field_keeps_the_owner(
    client: FlaskClient, database: Database, ids: dict[str, int], app: Flask
) -> None:
    as_user(client, "manager1").post(
        f"/customers/{ids['hengli']}/edit", data={"name": "恒力", "version": "1", "owner_id": "1"}
    )
    with reading(database) as session:
        customer = session.get_one(Customer, ids["hengli"])
        assert customer.owner_id == customer.created_by_id


def test_a_contact_is_added_changed_and_deleted(client: FlaskClient, database: Database, ids: dict[str, int]) -> None:
    browser = as_user(client, "manager1")
    added = browser.post(
        f"/customers/{ids['hengli']}/contacts/new",
        data={"name": "李娜", "email": "li.na@example.com", "is_primary": "y"},
    )
    assert added.status_code == 302
    with reading(database) as session:
        contact = session.query(Contact).filter_by(name="李娜").one()
    address = f"/contacts/{contact.id}"
    assert "li.na@example.com" in browser.get(f"{address}/edit").text
    assert browser.post(f"{address}/edit", data={"name": "李娜", "version": "1", "email": "no"}).status_code == 422
    assert browser.post(f"{address}/edit", data={"name": "李娜娜", "version": "1"}).status_code == 302
    assert "李娜娜" in browser.get("/contacts?q=娜娜").text
    assert browser.post(f"{address}/delete", data={"version": "1"}).status_code == 409
    assert browser.post(f"{address}/delete", data={"version": "2"}).status_code == 302
    assert "李娜娜" not in browser.get("/contacts").text


def test_the_timeline_loads_further_lines_in_place(client: FlaskClient, ids: dict[str, int]) -> None:
    browser = as_user(client, "manager1")
    for number in range(1, 33):
        browser.post(
            f"/customers/{ids['hengli']}/edit",
            data={"name": "恒力", "version": str(number), "address": f"Street {number}"},
        )
    page = browser.get(f"/customers/{ids['hengli']}").text
    assert "Street 32" in page
    assert "→ Street 1<" not in page
    more = "/customers/" + page.split('hx-get="/customers/')[1].split('"')[0].replace("&amp;", "&")
    rest = browser.get(more, headers={"HX-Request": "true"})
    assert "Street 1" in rest.text
    assert "<html" not in rest.text
    assert "<html" in browser.get(more).text


def test_an_administrator_keeps_the_dictionary(client: FlaskClient, ids: dict[str, int]) -> None:
    browser = as_user(client, "admin")
    address = "/administration/dictionary/region"
    assert browser.post(address, data={"key": "Mars!", "name": "火星"}).status_code == 422
    assert browser.post(address, data={"key": "mars", "name": "火星", "name_en": "Mars"}).status_code == 302
    page = browser.get(address).text
    assert "火星" in page
    grade = browser.get("/administration/dictionary/grade").text
    entry = grade.split("/administration/dictionary/entries/")[1].split('"')[0]
    assert browser.post(f"/administration/dictionary/entries/{entry}/off", data={"version": "1"}).status_code == 422
    assert browser.post(f"/administration/dictionary/entries/{entry}/down", data={"version": "1"}).status_code == 302
    stale = browser.post(f"/administration/dictionary/entries/{entry}", data={"version": "1", "name": "顶级"})
    assert stale.status_code == 409
