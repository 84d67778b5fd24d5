"""The inbox of a large house: its counts and its pages, in the database and as a page of the product."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from html import unescape
from time import perf_counter
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import create_app
from bench.crowd import PEOPLE, Crowd, fill
from bench.ground import KINDS, NOW, ROOT, Grounds, build_house, opened
from bench.report import Result, median, say
from crm.accounts import signing_in
from crm.accounts.queries import actor_for, find_user
from crm.core.config import Config
from crm.core.db import Database, reading, unit_of_work
from crm.permissions import Actor
from workflows.inbox.queries import Folder, Sort, counts, page

PEOPLE_ASKING, DEEP, PAGES_ON = 60, 40, 3
NEXT = re.compile(r'href="(/tasks\?[^"]*after=[^"]*)"')


def measure(grounds: Grounds) -> list[Result]:
    """The inbox on both databases."""
    scale = float(os.environ.get("BENCH_SCALE", "1.0"))
    found = []
    for kind in KINDS:
        say(f"inbox at scale {scale:g}, {kind}")
        url = grounds.empty(kind, f"inbox_{kind}")
        house = build_house(url)
        with opened(url) as database:
            crowd = fill(database, house, scale)
            found += _in_the_database(database, kind, crowd)
            found += _as_a_page(database, kind, crowd)
        grounds.drop(url)
    return found


def _asking(crowd: Crowd) -> list[int]:
    """People spread over the house, so that small and large groups take part as they are."""
    return [crowd.first + (n * 37) % PEOPLE for n in range(PEOPLE_ASKING)]


def _in_the_database(database: Database, kind: str, crowd: Crowd) -> list[Result]:
    say(f"asking the database, {kind}")
    now = NOW + timedelta(hours=3)
    first, numbers, pages = [], [], []
    with reading(database) as session:
        actors = [actor_for(session, user_id) for user_id in _asking(crowd)]
    for warming in (True, False):
        for actor in actors:
            with reading(database) as session:
                counted = _seconds(partial(counts, session, by=actor, now=now))
                shown = _seconds(partial(page, session, by=actor, now=now, folder=Folder.GROUPS))
            if not warming:
                numbers.append(counted)
                first.append(counted + shown)
                with reading(database) as session:
                    pages.append(_deep(session, actor, Folder.GROUPS, Sort.DUE))
    whole, further = median(first) * 1e3, median(pages) * 1e3
    return [
        Result("Inbox: first page with all folder counts, in the database", kind, whole, "ms", target="≤ 5 ms", met=whole <= 5),
        Result("— the counts alone", kind, median(numbers) * 1e3, "ms"),
        Result("— slowest of twenty people", kind, sorted(first)[int(len(first) * 0.95)] * 1e3, "ms"),
        Result(f"Inbox: page {DEEP}, in the database", kind, further, "ms", target="≤ 5 ms", met=further <= 5),
    ]  # fmt: skip


def _deep(session: Session, actor: Actor, folder: Folder, sort: Sort) -> float:
    """Seconds of a page far down a folder."""
    now, after = NOW + timedelta(hours=3), None
    for _ in range(DEEP - 1):
        after = page(session, by=actor, now=now, folder=folder, sort=sort, after=after).next
        if after is None:
            return 0.0
    return _seconds(lambda: page(session, by=actor, now=now, folder=folder, sort=sort, after=after))


def _seconds(act: Callable[[], Any]) -> float:
    begun = perf_counter()
    act()
    return perf_counter() - begun


def _as_a_page(database: Database, kind: str, crowd: Crowd) -> list[Result]:
    """The inbox page of the application, called as a server calls it; a real connection is measured elsewhere."""
    say(f"asking for pages, {kind}")
    now = NOW + timedelta(hours=3)
    folder = ROOT / "var" / "bench" / "inbox" / "pages"
    config = Config(
        database_url=database.url, secret_key="only for measurements, thrown away", host="127.0.0.1", port=8000, var_dir=folder,
        demo=False, timezone="Asia/Shanghai", smtp_url=None, mail_from="heliu@localhost", base_url="http://localhost",
        https=False, trusted_proxies=0,
    )  # fmt: skip
    app = create_app(config, database=database, clock=lambda: now)
    first, further = [], []
    for user_id in _asking(crowd):
        with unit_of_work(database) as session:
            opened = signing_in.open_session(session, user=find_user(session, user_id), now=now)
        client = app.test_client()
        client.set_cookie("heliu", opened.secret)
        client.get("/tasks?folder=mine")

        seconds, answer = _ask(client, "/tasks?folder=groups")
        first.append(seconds)
        for _ in range(PAGES_ON):
            following = NEXT.search(answer)
            if following is None:
                break
            seconds, answer = _ask(client, unescape(following.group(1)))
        else:
            further.append(seconds)
    whole, later = median(first) * 1e3, median(further) * 1e3
    return [
        Result("Inbox: the page, server time", kind, whole, "ms", target="≤ 25 ms", met=whole <= 25),
        Result(f"Inbox: page {PAGES_ON + 1}, server time", kind, later, "ms", target="≤ 25 ms", met=later <= 25),
    ]


def _ask(client: FlaskClient, path: str) -> tuple[float, str]:
    begun = perf_counter()
    answer = client.get(path)
    seconds = perf_counter() - begun
    assert answer.status_code == 200, answer.status
    return seconds, answer.text
