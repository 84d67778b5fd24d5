"""The accounts pages show what they should to those who may see them."""

from __future__ import annotations

import pytest

from tests.conftest import Browser

PAGES = [
    "/profile",
    "/administration/users",
    "/administration/users?q=王&state=active&role=customer_manager",
    "/administration/users/new",
    "/administration/users/3",
    "/administration/departments",
    "/administration/departments/new",
    "/administration/departments/3",
    "/administration/roles",
    "/administration/roles/new",
    "/administration/roles/2",
    "/administration/audit",
]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_an_administrator_sees_the_page(client: Browser, path: str, language: str) -> None:
    browser = client.signed_in_as("admin")
    browser.post("/language", data={"language": language, "next": "/"})
    answer = browser.get(path)
    assert answer.status_code == 200
    assert f'<html lang="{"en" if language == "en" else "zh-CN"}">' in answer.text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("who", ["executive", "supervisor", "manager1", "agent1", "marketing", "contracts"])
def test_nobody_else_sees_the_administration(client: Browser, who: str) -> None:
    browser = client.signed_in_as(who)
    for path in PAGES[1:]:
        assert browser.get(path).status_code == 403, path
    assert "/administration/users" not in browser.get("/profile").text
