"""Fifty tasks in one request: claimed, and claimed and completed, by the API as a server calls it."""

from __future__ import annotations

from time import perf_counter

from flask.testing import FlaskClient

from app import create_app
from bench.cases import complete, moves, open_task, start_case
from bench.ground import KINDS, NOW, ROOT, Grounds, House, build_house, opened
from bench.report import Result, median, say
from crm.accounts import signing_in
from crm.accounts.queries import find_user
from crm.core.config import Config
from crm.core.db import Database, unit_of_work

TASKS, ROUNDS = 50, 4


def measure(grounds: Grounds) -> list[Result]:
    """On both databases."""
    found: list[Result] = []
    for kind in KINDS:
        url = grounds.empty(kind, f"bulk_{kind}")
        house = build_house(url)
        with opened(url) as database:
            found += _in_bulk(database, house, kind)
        grounds.drop(url)
    return found


def _in_bulk(database: Database, house: House, kind: str) -> list[Result]:
    say(f"{TASKS} tasks in one request, {kind}")
    client, headers = _client(database, house)
    claims, completions = [], []
    for _ in range(ROUNDS):
        claims.append(_ask(client, headers, "claim", _waiting(database, house)))
        completions.append(_ask(client, headers, "complete", _waiting(database, house)))
    whole = median(completions)
    return [
        Result(f"Claim and complete {TASKS} tasks, one request", kind, whole, "s", target="≤ 1 s", met=whole <= 1),
        Result(f"— only claim {TASKS} tasks", kind, median(claims), "s"),
    ]


def _waiting(database: Database, house: House) -> list[int]:
    """So many requests at their last step, which asks for nothing and is offered to all agents."""
    found = []
    for _ in range(TASKS):
        case = start_case(database, house, now=NOW)
        for move in moves(house)[:3]:
            complete(database, move, open_task(database, case), now=NOW)
        found.append(open_task(database, case))
    return found


def _ask(client: FlaskClient, headers: dict[str, str], verb: str, ids: list[int]) -> float:
    begun = perf_counter()
    answer = client.post("/api/v1/tasks/bulk", json={"verb": verb, "ids": ids}, headers=headers)
    seconds = perf_counter() - begun
    assert answer.get_json()["done"] == TASKS, answer.get_json()
    return seconds


def _client(database: Database, house: House) -> tuple[FlaskClient, dict[str, str]]:
    config = Config(
        database_url=database.url, secret_key="only for measurements, thrown away", host="127.0.0.1", port=8000,
        var_dir=ROOT / "var" / "bench" / "bulk", demo=False, timezone="Asia/Shanghai", smtp_url=None,
        mail_from="heliu@localhost", base_url="http://localhost", https=False, trusted_proxies=0,
    )  # fmt: skip
    app = create_app(config, database=database, clock=lambda: NOW)
    with unit_of_work(database) as session:
        user = find_user(session, house.people.agent2.id or 0)
        token = signing_in.issue_token(session, user=user, name="bench", now=NOW).secret
    return app.test_client(), {"Authorization": f"Bearer {token}"}
