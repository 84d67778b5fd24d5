"""Who may do what with a task, verb by verb: a table of tasks and people, without any database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crm.permissions import Actor
from workflows.models import NO_DUE_DATE, Task, TaskStatus
from workflows.verbs.rules import URGE_EVERY, Standing, actions

NOW = datetime(2026, 3, 11, 2, 0, tzinfo=UTC)
HOLDER = Actor(id=1, username="holder", name="Holder", role_keys=frozenset({"agent"}))
MEMBER = Actor(id=2, username="member", name="Member", role_keys=frozenset({"agent"}))
OTHER = Actor(id=3, username="other", name="Other")
RUNNING = Standing(running=True)


def task(**values: object) -> Task:
    given: dict[str, object] = {
        "id": 7,
        "status": TaskStatus.OPEN,
        "assignee_id": 1,
        "role": "agent",
        "due_at": NO_DUE_DATE,
    }
    return Task(**{**given, **values})


def allowed(found: Task, by: Actor, standing: Standing = RUNNING, *, now: datetime = NOW) -> set[str]:
    return {verb for verb, reason in actions(found, by, standing, now=now).items() if reason is None}


EARLIER = Standing(running=True, takes_part=True, earlier=("draft",))
DIRECTS = Standing(running=True, directs=True)
LAST = Standing(running=True, takes_part=True, is_last_step=True)
HOLDERS = {"release", "complete", "save", "transfer", "delegate", "add-signer", "cc", "comment", "attach", "priority"}


@pytest.mark.parametrize(
    ("found", "by", "standing", "verbs"),
    [
        (task(), HOLDER, Standing(running=True, takes_part=True), HOLDERS),
        (task(), HOLDER, EARLIER, HOLDERS | {"send-back"}),
        (task(), MEMBER, RUNNING, {"urge", "comment"}),
        (task(), OTHER, RUNNING, {"urge", "comment"}),
        (task(), OTHER, DIRECTS, {"transfer", "cc", "urge", "comment", "attach", "priority", "due", "remove-signer"}),
        (task(assignee_id=None), MEMBER, EARLIER, {"claim", "complete", "save", "send-back", "cc", "urge", "comment", "attach"}),
        (task(assignee_id=None), OTHER, DIRECTS, {"transfer", "cc", "urge", "comment", "attach", "priority", "due"}),
        (task(delegated_by_id=3), HOLDER, EARLIER, {"save", "return", "cc", "comment", "attach", "priority"}),
        (task(delegated_by_id=3), OTHER, Standing(running=True, takes_part=True), {"return", "cc", "urge", "comment", "attach"}),
        (task(), OTHER, Standing(running=True, takes_part=True, signers=frozenset({1})), {"cc", "urge", "comment", "attach", "remove-signer"}),
        (task(status=TaskStatus.DONE, closed_by_id=1), HOLDER, LAST, {"withdraw", "cc", "comment"}),
        (task(status=TaskStatus.DONE, closed_by_id=1), OTHER, LAST, {"cc", "comment"}),
        (task(status=TaskStatus.WITHDRAWN), HOLDER, LAST, {"cc", "comment"}),
    ],
)  # fmt: skip
def test_each_verb_is_open_to_whom_it_is_for(found: Task, by: Actor, standing: Standing, verbs: set[str]) -> None:
    assert allowed(found, by, standing) == verbs


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (Standing(running=False, is_last_step=True), "already ended"),
        (Standing(running=True, suspended=True, is_last_step=True), "suspended by an administrator"),
        (Standing(running=True), "moved on since"),
        (Standing(running=True, is_last_step=True, touched=True), "already taken up"),
        (Standing(running=True, is_last_step=True, effect="Send the offer"), "“Send the offer” has been carried out"),
    ],
)
def test_why_a_step_cannot_be_taken_back_is_said_exactly(standing: Standing, words: str) -> None:
    done = task(status=TaskStatus.DONE, closed_by_id=1)
    assert words in str(actions(done, HOLDER, standing, now=NOW)["withdraw"])


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(0), "240 minutes"),
        (timedelta(minutes=1), "239 minutes"),
        (URGE_EVERY - timedelta(seconds=1), "1 minutes"),
    ],
)
def test_urging_rests_and_says_for_how_long(ago: timedelta, words: str) -> None:
    urged = task(urged_at=NOW - ago)
    assert words in str(actions(urged, OTHER, RUNNING, now=NOW)["urge"])
    assert actions(urged, OTHER, RUNNING, now=NOW - ago + URGE_EVERY)["urge"] is None
