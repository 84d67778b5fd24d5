"""The audit log says what was done in the reader's words: names of choices, of processes, of fields."""

from __future__ import annotations

import re

import pytest

from crm.accounts import own_account
from crm.accounts.models import User
from crm.core.db import unit_of_work
from crm.customers.operations import change_customer
from tests.conftest import Browser, as_user
from tests.processes.stories import Story, story
from workflows.operate import repairing
from workflows.studio.drafts import operations

__all__ = ["story"]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def rows(client: Browser, language: str) -> list[str]:
    """The lines of the log as plain text."""
    page = as_user(client, "admin").get("/administration/audit", headers={"Accept-Language": language})
    found = re.findall(r"<tr.*?</tr>", page.get_data(as_text=True), re.DOTALL)[1:]
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in found]


def test_a_choice_is_told_by_its_name(story: Story, client: Browser) -> None:
    values = {"grade": "partner"}
    with unit_of_work(story.database) as session:
        change_customer(
            session,
            by=story.people.manager1,
            now=story.clock(),
            customer_id=story.customer_id,
            version=1,
            values=values,
        )
    changed = next(row for row in rows(client, "zh-CN") if "客户已修改" in row or "修改客户" in row)
    assert "重点客户" in changed or "大客户" in changed, changed
    assert "key_account" not in changed and "partner" not in changed


def test_a_draft_is_called_like_its_process(story: Story, client: Browser) -> None:
    with unit_of_work(story.database) as session:
        operations.open_draft(session, by=story.people.admin, now=story.clock(), key="service_request")
    opened = next(row for row in rows(client, "zh-CN") if "草稿" in row)
    assert "客户服务" in opened and "draft.opened" not in opened


def test_the_words_of_a_repair_are_those_of_cases(story: Story, client: Browser) -> None:
    story.start(story.people.agent1, type="enquiry", summary="x", request="y")
    with unit_of_work(story.database) as session:
        repairing.suspend(
            session, by=story.people.admin, now=story.clock(), instance_id=story.instance_id, reason="order changed"
        )
    suspended = next(row for row in rows(client, "zh-CN") if "order changed" in row)
    assert "原因" in suspended


def test_who_acted_is_named_in_the_readers_language_and_by_the_name_of_that_day(story: Story, client: Browser) -> None:
    with unit_of_work(story.database) as session:
        operations.open_draft(session, by=story.people.admin, now=story.clock(), key="service_request")
    assert any("孙立" in row for row in rows(client, "zh-CN") if "草稿" in row)
    with unit_of_work(story.database) as session:
        own_account.set_language(session, by=story.people.admin, now=story.clock(), locale="en")
    assert any("Sun Li" in row and "孙立" not in row for row in rows(client, "en") if "Draft" in row)
    with unit_of_work(story.database) as session:
        session.get_one(User, story.people.admin.id).name = "孙丽"
    assert any("孙立" in row for row in rows(client, "en") if "Draft" in row)
