"""The inbox of a large house: its counts and its pages, in the database and as a page of the product."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from functools import partial
from html import unescape
from time import perf_counter

from flask.testing import FlaskClient

from app import create_app
from bench.crowd import PEOPLE, Crowd, fill
from bench.driver import Stopwatch, watched
from bench.ground import KINDS, NOW, ROOT, Grounds, build_house, opened
from bench.report import Result, median, say
from crm.accounts import signing_in
from crm.accounts.queries import actor_for, find_user
from crm.core.config import Config
from crm.core.db import Database, reading, unit_of_work
from crm.permissions import Actor
from workflows.inbox.folders import Folder, Sort
from workflows.inbox.queries import counts, page

PEOPLE_ASKING, DEEP, PAGES_ON = 60, 40, 3
NEXT = re.compile(r'href="(/tasks\?[^"]*after=[^"]*)"')
LATER = NOW + timedelta(hours=3)


def measure(grounds: Grounds) -> list[Result]:
    """The inbox on both databases."""
    scale = float(os.environ.get("BENCH_SCALE", "1.0"))
    found = []
    for kind in KINDS:
        begun = perf_counter()
        say(f"inbox at scale {scale:g}, {kind}")
        url = grounds.empty(kind, f"inbox_{kind}")
        house = build_house(url)
        with opened(url) as database:
            crowd = fill(database, house, scale)
            watch = watched(database)
            found += _in_the_database(database, watch, kind, crowd)
            found += _as_a_page(database, watch, kind, crowd)
        grounds.drop(url)
        say(f"{kind} took {perf_counter() - begun:.0f} seconds")
    return found


def _asking(crowd: Crowd) -> list[int]:
    """People spread over the house, so that small and large groups take part as they are."""
    return [crowd.first + (n * 37) % PEOPLE for n in range(PEOPLE_ASKING)]


def _in_the_database(database: Database, watch: Stopwatch, kind: str, crowd: Crowd) -> list[Result]:
    """Statements and rows alone; with the translation of rows into objects in a line of its own."""
    say(f"asking the database, {kind}")
    with reading(database) as session:
        actors = [actor_for(session, user_id) for user_id in _asking(crowd)]
    numbers, first, whole = [], [], []
    pages: dict[str, list[float]] = {}
    for warming in (True, False):
        for actor in actors:
            with reading(database) as session:
                begun = perf_counter()
                counted = watch.during(partial(counts, session, by=actor, now=LATER))
                shown = watch.during(partial(page, session, by=actor, now=LATER, folder=Folder.GROUPS))
                seconds = perf_counter() - begun
            others = _other_pages(database, watch, actor)
            if not warming:
                numbers.append(counted)
                first.append(counted + shown)
                whole.append(seconds)
                for name, seconds in others.items():
                    pages.setdefault(name, []).append(seconds)
    middle = median(first) * 1e3
    return [
        Result("Inbox: first page with all folder counts, in the database", kind, middle, "ms", target="≤ 5 ms", met=middle <= 5),
        Result("— the counts alone", kind, median(numbers) * 1e3, "ms"),
        Result("— slowest of twenty people", kind, sorted(first)[int(len(first) * 0.95)] * 1e3, "ms"),
        Result("— with its translation into objects", kind, median(whole) * 1e3, "ms"),
        *(
            Result(name, kind, figure, "ms", target="≤ 5 ms", met=figure <= 5)
            for name, figure in ((name, median(seconds) * 1e3) for name, seconds in pages.items())
        ),
    ]  # fmt: skip


def _other_pages(database: Database, watch: Stopwatch, actor: Actor) -> dict[str, float]:
    """Seconds of the driver for a page far down, and for first pages of other folders and orders."""
    found = {}
    with reading(database) as session:
        look = partial(page, session, by=actor, now=LATER, folder=Folder.GROUPS)
        after = None
        for _ in range(DEEP - 1):
            after = look(after=after).next
            if after is None:
                break
        else:
            found[f"Inbox: page {DEEP}, in the database"] = watch.during(partial(look, after=after))
        found["— by priority"] = watch.during(partial(look, sort=Sort.PRIORITY))
        found["— newest first"] = watch.during(partial(look, sort=Sort.NEWEST))
        for folder in (Folder.OVERDUE, Folder.DONE):
            found[f"— folder “{folder}”"] = watch.during(partial(look, folder=folder))
    return found


def _as_a_page(database: Database, watch: Stopwatch, kind: str, crowd: Crowd) -> list[Result]:
    """The inbox page of the application, called as a server calls it; a real connection is measured elsewhere."""
    say(f"asking for pages, {kind}")
    folder = ROOT / "var" / "bench" / "inbox" / "pages"
    config = Config(
        database_url=database.url, secret_key="only for measurements, thrown away", host="127.0.0.1", port=8000, var_dir=folder,
        demo=False, timezone="Asia/Shanghai", smtp_url=None, mail_from="heliu@localhost", base_url="http://localhost",
        https=False, trusted_proxies=0,
    )  # fmt: skip
    app = create_app(config, database=database, clock=lambda: LATER)
    first, further, by_driver, statements = [], [], [], []
    for user_id in _asking(crowd):
        with unit_of_work(database) as session:
            opened = signing_in.open_session(session, user=find_user(session, user_id), now=LATER)
        client = app.test_client()
        client.set_cookie("heliu", opened.secret)
        client.get("/tasks?folder=mine")

        driven, asked = watch.seconds, watch.statements
        seconds, answer = _ask(client, "/tasks?folder=groups")
        first.append(seconds)
        by_driver.append(watch.seconds - driven)
        statements.append(watch.statements - asked)
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
        Result(f"— of it in the database, {median(statements):.0f} statements", kind, median(by_driver) * 1e3, "ms"),
        Result(f"Inbox: page {PAGES_ON + 1}, server time", kind, later, "ms", target="≤ 25 ms", met=later <= 25),
    ]


def _ask(client: FlaskClient, path: str) -> tuple[float, str]:
    begun = perf_counter()
    answer = client.get(path)
    seconds = perf_counter() - begun
    assert answer.status_code == 200, answer.status
    return seconds, answer.text
