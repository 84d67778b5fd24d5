"""Decision tables in the studio: listed, tried out and looked through for gaps, as text that is not stored yet."""

from __future__ import annotations

import html
import re

import pytest

from crm.core.db import Database, unit_of_work
from tests.conftest import Browser, as_user
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from workflows.engine import Bundle
from workflows.studio.drafts import operations

DMN = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="defs" name="Levels" namespace="https://heliu.example/dmn">
  <decision id="level" name="Which level">
    <decisionTable id="level_table" hitPolicy="UNIQUE">
      <input id="i1" label="Amount"><inputExpression id="e1" typeRef="number"><text>order.amount</text></inputExpression></input>
      <input id="i2" label="&lt;b&gt;Kind"><inputExpression id="e2" typeRef="string"><text>kind</text></inputExpression></input>
      <output id="o1" name="level" typeRef="string" />
      <rule id="r1"><inputEntry id="c11"><text>&lt; 10</text></inputEntry><inputEntry id="c12"><text>-</text></inputEntry><outputEntry id="c13"><text>"low"</text></outputEntry></rule>
      <rule id="r2"><inputEntry id="c21"><text>&gt; 10</text></inputEntry><inputEntry id="c22"><text>-</text></inputEntry><outputEntry id="c23"><text>"high"</text></outputEntry></rule>
      <rule id="r3"><inputEntry id="c31"><text>&gt; 10</text></inputEntry><inputEntry id="c32"><text>"vip"</text></inputEntry><outputEntry id="c33"><text>kind</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>
"""


@pytest.fixture
def browser(story: Story, client: Browser) -> Browser:
    return as_user(client, "admin")


@pytest.fixture
def tables(browser: Browser, story: Story, database: Database) -> str:
    files = dict(straight("small", user_task("check"), user_task("last")).files)
    with unit_of_work(database) as session:
        by, now = story.people.named("admin"), story.clock()
        bundle = Bundle({**files, "level.dmn": DMN.encode()})
        draft = operations.new_draft(session, by=by, now=now, key="small", name="Small", files=bundle.files)
        return f"/studio/drafts/{draft.id}/tables"


def tried(browser: Browser, tables: str, *given: str, content: str = DMN) -> str:
    sent = {f"in-{number}": value for number, value in enumerate(given)}
    answer = browser.post(f"{tables}/level.dmn/try", data={"_text": content, "_decision": "level", **sent})
    assert answer.status_code == 200
    return html.unescape(answer.get_data(as_text=True))


def analysed(browser: Browser, tables: str, content: str = DMN) -> str:
    answer = browser.post(f"{tables}/level.dmn/analysis", data={"_text": content, "_decision": "level"})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_tables_are_listed_and_opened(browser: Browser, tables: str) -> None:
    listed = browser.get(tables).get_data(as_text=True)
    assert "level.dmn" in listed and "Which level" in listed
    opened = browser.get(f"{tables}/level.dmn")
    assert opened.status_code == 200
    assert "style-src 'self' 'unsafe-inline'" in opened.headers["Content-Security-Policy"]
    assert "<b>Kind" not in opened.get_data(as_text=True)
    assert browser.get(f"{tables}/small.bpmn").status_code == 404


def test_a_row_is_decided_as_in_a_case(browser: Browser, tables: str) -> None:
    assert 'data-rules="1"' in (page := tried(browser, tables, "5", "any"))
    assert "<code>low</code>" in page
    assert 'data-rules=""' in tried(browser, tables, "10", "")
    assert "rules 2, 3" in tried(browser, tables, "11", "vip") or "2, 3" in tried(browser, tables, "11", "vip")


def test_answers_read_what_was_entered(browser: Browser, tables: str) -> None:
    only = DMN.replace("UNIQUE", "COLLECT")
    assert '["high", "vip"]' in tried(browser, tables, "11", "vip", content=only)


def test_what_is_no_value_is_said_at_its_column(browser: Browser, tables: str) -> None:
    page = tried(browser, tables, "5 +", "x")
    assert 'id="in-0-fault"' in page and 'id="in-1-fault"' not in page
    assert 'value="5 +"' in page


def test_gaps_and_overlaps_of_the_text_in_the_editor_are_told(browser: Browser, tables: str) -> None:
    page = analysed(browser, tables)
    kinds = re.findall(r'data-found="(\w+)"', page)
    assert kinds == ["gap", "empty", "overlap"]
    cells = re.search(r'data-add-rule="([^"]*)"', page)
    assert cells is not None and html.unescape(cells[1]) == '["10", "-"]'
    closed = analysed(browser, tables, DMN.replace("&lt; 10", "&lt;= 10").replace('"vip"', "-"))
    assert re.findall(r'data-found="(\w+)"', closed) == ["empty", "overlap"]


@pytest.mark.parametrize(
    "content", ["", "<", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", DMN.replace('"low"', "(1 +"), "<a/>"]
)
def test_what_cannot_be_read_is_no_fault_of_the_server(browser: Browser, tables: str, content: str) -> None:
    assert "data-tried" not in tried(browser, tables, "5", "x", content=content)
    assert "data-found" not in analysed(browser, tables, content)


def test_only_administrators_of_processes_see_tables(browser: Browser, tables: str) -> None:
    staff = as_user(browser, "agent1")
    assert staff.get(tables).status_code == 403
    assert staff.get(f"{tables}/level.dmn").status_code == 403
    assert staff.post(f"{tables}/level.dmn/try", data={"_text": DMN}).status_code == 403
    assert staff.post(f"{tables}/level.dmn/analysis", data={"_text": DMN}).status_code == 403
