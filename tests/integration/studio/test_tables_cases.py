"""A row of a decision table is tried out with the values of a case, and the answer of then stands beside the answer of now."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from crm.core.db import Database, reading, unit_of_work
from tests.conftest import Browser, as_user
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows.studio.drafts import operations, queries
from workflows.studio.tables.cases import Asked, Filled, asked_lately, fill
from workflows.studio.tables.trying import columns_of, read_table

KEY, FILE, DECISION = "service_request", "who_handles.dmn", "who_handles"


@pytest.fixture
def browser(story: Story, client: Browser) -> Browser:
    return as_user(client, "admin")


@pytest.fixture
def draft_id(story: Story, database: Database) -> int:
    with unit_of_work(database) as session:
        return operations.open_draft(session, by=story.people.admin, now=story.clock(), key=KEY).id


@pytest.fixture
def content(database: Database, draft_id: int) -> str:
    with reading(database) as session:
        return queries.file_of(session, draft_id, FILE).content


def begin(story: Story, **answers: str) -> int:
    return story.start(story.people.manager1, **{**REQUEST, **answers}).id


def asked(story: Story, database: Database, by: str = "admin") -> list[Asked]:
    with reading(database) as session:
        return asked_lately(session, KEY, DECISION, by=story.people.named(by))


def filled(database: Database, draft_id: int, case: Asked, content: str) -> Filled:
    """What this case puts into the columns of the table as it stands in the editor."""
    with reading(database) as session:
        decision = read_table(queries.bundle_of(session, draft_id), FILE, content.encode()).decisions[0]
        return fill(session, case, DECISION, columns_of(decision, content.encode()))


def tried(browser: Browser, draft_id: int, content: str, **sent: object) -> str:
    values = {"_text": content, "_decision": DECISION, **sent}
    answer = browser.post(f"/studio/drafts/{draft_id}/tables/{FILE}/try", data=values)
    assert answer.status_code == 200
    return html.unescape(answer.get_data(as_text=True))


def test_cases_that_asked_are_offered_the_newest_first(story: Story, database: Database) -> None:
    first = begin(story)
    story.clock.move(minutes=5)
    second = begin(story, type="complaint")
    found = asked(story, database)
    assert [each.case_id for each in found] == [second, first]
    assert found[1].given["Type"] == "repair"
    assert found[1].answer == {"team": "service_agent", "prefer": "same_as_before"}
    assert (found[1].number, found[1].rules) == (1, (4,))


def test_cases_of_another_decision_or_process_are_not_offered(story: Story, database: Database) -> None:
    begin(story)
    with reading(database) as session:
        by = story.people.admin
        assert asked_lately(session, KEY, "level", by=by) == []
        assert asked_lately(session, "complaint", DECISION, by=by) == []


def test_a_case_is_offered_to_those_who_may_see_it(story: Story, database: Database) -> None:
    begin(story)
    assert asked(story, database, "manager2") == []


def test_a_column_is_known_by_what_it_looks_at_else_by_its_label(
    story: Story, database: Database, draft_id: int, content: str
) -> None:
    begin(story)
    (case,) = asked(story, database)
    assert filled(database, draft_id, case, content) == Filled(["repair", "east", "key_account", "0"], (), ())
    renamed = content.replace('label="Type"', 'label="Sort"').replace(
        "<text>region</text>", "<text>customer.region</text>"
    )
    assert filled(database, draft_id, case, renamed).entered[:2] == ["repair", "east"]
    other = content.replace('label="Type"', 'label="Sort"').replace("<text>type</text>", "<text>sort</text>")
    assert filled(database, draft_id, case, other) == Filled(["", "east", "key_account", "0"], ("Sort",), ())


def test_a_value_of_which_only_the_beginning_was_kept_is_named(
    story: Story, database: Database, draft_id: int, content: str
) -> None:
    begin(story)
    (case,) = asked(story, database)
    long = replace(case, given={**case.given, "Type": "x" * 200 + "…", "Region": ["east", "…"]})
    assert filled(database, draft_id, long, content).shortened == ("Type", "Region")


def test_the_answer_of_then_stands_beside_the_answer_of_now(
    browser: Browser, story: Story, draft_id: int, content: str
) -> None:
    case = begin(story)
    page = tried(browser, draft_id, content, _case=case, _fill="1")
    assert 'data-rules="4"' in page and 'data-as-then="yes"' in page
    assert re.search(rf'<a href="/cases/{case}">', page)
    changed = content.replace('<text>"same_as_before"</text>', '<text>"owner"</text>')
    page = tried(browser, draft_id, changed, _case=case, _fill="1")
    assert 'data-as-then="no"' in page
    assert "same_as_before" in page and "owner" in page


def test_values_that_were_changed_by_hand_stay_beside_the_answer_of_the_case(
    browser: Browser, story: Story, draft_id: int, content: str
) -> None:
    case = begin(story)
    page = tried(browser, draft_id, content, _case=case, **{"in-0": "enquiry", "in-1": "overseas"})
    assert 'value="enquiry"' in page and 'data-rules="3"' in page and 'data-as-then="no"' in page


@pytest.mark.parametrize("case", ["", "0", "99999", "x", "1'; --"])
def test_a_case_that_was_not_offered_is_no_case(
    browser: Browser, story: Story, draft_id: int, content: str, case: str
) -> None:
    begin(story)
    page = tried(browser, draft_id, content, _case=case, _fill="1")
    assert "data-then" not in page and "data-tried" in page


def test_hostile_words_of_a_case_stay_words(browser: Browser, story: Story, draft_id: int, content: str) -> None:
    begin(story, summary='"><img src=x onerror=alert(1)>')
    answer = browser.get(f"/studio/drafts/{draft_id}/tables/{FILE}").get_data(as_text=True)
    assert "<img src=x" not in answer
