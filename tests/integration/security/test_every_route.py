"""Every address of the product, asked by somebody who is not signed in and by a stranger without any permission.

A new view is found here by itself. It refuses both, or it stands in one of the lists below with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.routing import IntegerConverter
from werkzeug.test import TestResponse

from app import create_app
from tests.conftest import Browser, MovableClock, settings
from tests.databases import SqliteTemplate

OPEN_TO_EVERYBODY = {
    "accounts.sign_in": "one must be able to come in",
    "accounts.set_language": "the sign-in page has the switch too",
    "profile.password_link": "its secret is the proof; an unknown one is not found",
    "tokens_api.issue": "user name and password are the proof",
    "api-docs.openapi_json": "programs read the description before they have a token",
    "health.alive": "machines ask it",
    "health.ready": "machines ask it",
    "health.metrics": "guarded by address or token",
    "static": "style sheets and scripts",
}
OPEN_TO_ALL_WHO_ARE_SIGNED_IN = {
    "accounts.sign_out": "everybody may leave",
    "profile.show": "one's own account",
    "profile.save": "one's own account",
    "profile.change_password": "one's own account",
    "profile.substitute": "one's own account",
    "profile.end_session": "one's own account; other people's sessions are not found",
    "profile.create_token": "acts for oneself only",
    "tokens_api.me": "who am I",
    "tokens_api.revoke_current": "ends one's own token only",
    "tokens_api.set_substitute": "one's own absence",
    "files_api.post_file": "a file of one's own: open to nobody else until a form takes it",
    "notices.index": "what oneself was told, here nothing",
    "notices.live": "what oneself was told, here nothing",
    "notices.read_all": "what oneself was told, here nothing",
    "notices_api.list_notices": "what oneself was told, here nothing",
    "notices_api.read_notices": "what oneself was told, here nothing",
    "notice_choices.show": "how oneself is told",
    "notice_choices.save": "how oneself is told",
    "notice_choices.name_robot": "how oneself is told",
    "notices_api.get_choices": "how oneself is told",
    "notices_api.patch_choices": "how oneself is told",
    "notices_api.list_robots": "one's own robots, here none",
    "notices_api.post_robot": "one's own robots",
    "reminders.index": "what concerns oneself, here nothing",
    "reminders_api.list_reminders": "what concerns oneself, here nothing",
    "inbox.home": "the start page shows what is open to the reader, here nothing",
    "inbox.show": "one's own tasks, here none",
    "inbox.count": "one's own tasks, here none",
    "inbox_list.bulk": "each ticked task is asked for its own sake; foreign ones are left as they are",
    "inbox_list.keep": "one's own views",
    "inbox_views_api.list_views": "one's own views",
    "inbox_views_api.post_view": "one's own views",
    "task_verbs_api.bulk": "each task is asked for its own sake; foreign ones are left as they are",
    "tasks_api.list_tasks": "one's own tasks, here none",
    "instances_api.list_instances": "the cases that one may see, here none",
    "processes.index": "the processes that one may start, here none",
    "processes_api.list_processes": "the processes that one may start, here none",
}
# What a view must be sent before it can look whose record it is.
BODIES: dict[str, dict[str, object]] = {
    "service.wait": {"question": "When?"},
    "service_api.post_wait": {"question": "When?"},
    "instances_api.cancel": {"reason": "because"},
    "task_verbs_api.transfer": {"user_id": 1},
    "task_verbs_api.delegate": {"user_id": 1},
    "task_verbs_api.add_signer": {"user_id": 1, "where": "before"},
    "task_verbs_api.send_back": {"to": "draft", "reason": "because"},
    "task_verbs_api.copy": {"user_ids": [1]},
    "task_verbs_api.comment": {"text": "hello"},
    "task_verbs_api.attach": {"file_ids": [1]},
    "task_verbs_api.set_priority": {"priority": "low"},
    "task_verbs_api.set_due": {"due": None},
}
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self';",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
)
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")


class Asked(NamedTuple):
    """A question to the product."""

    method: str
    path: str
    endpoint: str

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")


def _every_question() -> list[Asked]:
    """Each method of each address, with numbers and words in the places."""
    app = create_app(settings("sqlite://", Path("unused")))
    found: list[Asked] = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            values = {
                name: 1 if isinstance(rule._converters[name], IntegerConverter) else "x" for name in rule.arguments
            }
            built = rule.build(values, append_unknown=False)
            assert built is not None
            found += [Asked(method, built[1], rule.endpoint) for method in METHODS if method in (rule.methods or ())]
    return sorted(found, key=lambda asked: (asked.path, asked.method))


ASKED = _every_question()
GUARDED = [asked for asked in ASKED if asked.endpoint not in OPEN_TO_EVERYBODY]
FOREIGN = [asked for asked in GUARDED if asked.endpoint not in OPEN_TO_ALL_WHO_ARE_SIGNED_IN]


def by_room(questions: list[Asked]) -> pytest.MarkDecorator:
    """One test for each room: a test of its own for each address would take longer to set up than to ask."""
    rooms: dict[str, list[Asked]] = {}
    for asked in questions:
        rooms.setdefault(asked.endpoint.partition(".")[0], []).append(asked)
    return pytest.mark.parametrize("questions", list(rooms.values()), ids=list(rooms))


@pytest.fixture(scope="module")
def whole_app(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One application for all of these: nobody who asks here may change anything."""
    folder = tmp_path_factory.mktemp("routes")
    database = sqlite_template.copy(folder)
    app = create_app(settings(database.url, folder), database=database, clock=MovableClock())
    app.testing = True
    app.test_client_class = Browser
    yield app
    database.close()


def _ask(browser: Browser, asked: Asked) -> TestResponse:
    sent = BODIES.get(asked.endpoint, {})
    body: dict[str, Any] = {} if asked.method == "GET" else {"json" if asked.is_api else "data": sent}
    return browser.open(asked.path, method=asked.method, **body)


@by_room(GUARDED)
def test_whoever_is_not_signed_in_is_sent_to_the_door(whole_app: Flask, questions: list[Asked]) -> None:
    wrong = {}
    for asked in questions:
        answer = _ask(cast(Browser, whole_app.test_client()), asked)
        door = (answer.status_code, (answer.location or "").partition("?")[0])
        if door != ((401, "") if asked.is_api else (302, "/sign-in")):
            wrong[asked] = door
    assert wrong == {}


@by_room(FOREIGN)
def test_a_stranger_without_permissions_is_refused(whole_app: Flask, questions: list[Asked]) -> None:
    stranger = cast(Browser, whole_app.test_client()).signed_in_as("stranger")
    answers = {asked: _ask(stranger, asked).status_code for asked in questions}
    assert {asked: status for asked, status in answers.items() if status not in {403, 404}} == {}


def test_the_lists_name_only_views_that_exist() -> None:
    known = {endpoint for _, _, endpoint in ASKED}
    assert set(OPEN_TO_EVERYBODY) | set(OPEN_TO_ALL_WHO_ARE_SIGNED_IN) <= known


@by_room(ASKED)
def test_every_answer_carries_the_security_headers(whole_app: Flask, questions: list[Asked]) -> None:
    wrong = {}
    for asked in questions:
        headers = whole_app.test_client().open(asked.path, method=asked.method).headers
        if faults := list(_faults_of(headers)):
            wrong[asked] = faults
    assert wrong == {}


def _faults_of(headers: Headers) -> Iterator[str]:
    """What is wrong with the headers of an answer."""
    for part in POLICY:
        if part not in headers.get("Content-Security-Policy", ""):
            yield part
    for name, value in (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin")):
        if headers.get(name) != value:
            yield name
    if "Permissions-Policy" not in headers:
        yield "Permissions-Policy"
