"""Starting a case, reading a diagram, and what a web worker costs: one step over HTTP, and its memory."""

from __future__ import annotations

import http.client
import re
import subprocess
from datetime import UTC, datetime
from html import unescape
from time import perf_counter
from urllib.parse import urlencode

from bench.cases import complete, moves, open_task, start_case
from bench.ground import KINDS, NOW, Grounds, House, build_house, opened
from bench.limit import Driver
from bench.report import Result, median, say
from bench.serving import serving
from crm.accounts import signing_in
from crm.accounts.queries import find_user
from crm.core.db import Database, unit_of_work
from workflows import engine, library

STARTS, READINGS, POSTS, LIMITS = 60, 15, 60, 35
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def measure(grounds: Grounds) -> list[Result]:
    """Starts on both databases, the diagram once, a worker on each."""
    found = [_reading()]
    for kind in KINDS:
        url = grounds.empty(kind, f"starts_{kind}")
        house = build_house(url)
        with opened(url) as database:
            found.append(_starting(database, house, kind))
        found.append(_limit_of_starting(grounds, url, house, kind))
        say(f"one step over HTTP, {kind}")
        found += _over_http(grounds, url, house, kind)
        grounds.drop(url)
    return found


def _reading() -> Result:
    say("parse and check of the service diagram")
    seconds = []
    for _ in range(READINGS):
        begun = perf_counter()
        bundle = library.bundle_from_folder(library.PROCESS_FILES / "service_request")
        engine.compile(bundle)
        seconds.append(perf_counter() - begun)
    figure = median(seconds) * 1e3
    return Result("Parse and check of the service diagram", "—", figure, "ms", target="≤ 300 ms", met=figure <= 300)


def _starting(database: Database, house: House, kind: str) -> Result:
    """The whole operation: start form, business record, search words, event, case, first task, timers, commit."""
    say(f"start of a case, {kind}")
    seconds = []
    for number in range(STARTS + 10):
        begun = perf_counter()
        start_case(database, house, now=NOW)
        if number >= 10:
            seconds.append(perf_counter() - begun)
    figure = median(seconds) * 1e3
    return Result("Start of a case, with its record", kind, figure, "ms", target="≤ 5 ms", met=figure <= 5)


def _limit_of_starting(grounds: Grounds, url: str, house: House, kind: str) -> Result:
    """The rows of a start alone: no start can be quicker."""
    copy = grounds.copy(url, f"starts_{kind}_limit")
    written, driver = [], Driver(url)
    with opened(url) as database:
        before = driver.rows()
        for _ in range(LIMITS):
            start_case(database, house, now=NOW)
            after = driver.rows()
            written.append(driver.changes(before, after))
            before = after
    driver.close()
    limit, seconds = Driver(copy), []
    for statements in written:
        begun = perf_counter()
        limit.write(statements)
        seconds.append(perf_counter() - begun)
    limit.close()
    grounds.drop(copy)
    return Result("— the same rows by the bare driver, no engine (limit)", kind, median(seconds[5:]) * 1e3, "ms")


def _over_http(grounds: Grounds, url: str, house: House, kind: str) -> list[Result]:
    """A real server and a browser's connection that stays open: the post that completes “handle”, up to its redirect."""
    handle = moves(house)[1]
    with opened(url) as database:
        now = datetime.now(UTC)
        tasks = []
        for _ in range(POSTS):
            case = start_case(database, house, now=now)
            assigning = moves(house)[0]
            complete(database, assigning, open_task(database, case), now=now)
            tasks.append(open_task(database, case))
        with unit_of_work(database) as session:
            secret = signing_in.open_session(session, user=find_user(session, handle.user_id), now=now).secret
    with serving(grounds, url) as (port, process):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Cookie": f"heliu={secret}", "Content-Type": "application/x-www-form-urlencoded"}
        pages, posts = [], []
        for task_id in tasks:
            begun = perf_counter()
            connection.request("GET", f"/tasks/{task_id}", headers=headers)
            answer = connection.getresponse()
            page = answer.read().decode()
            pages.append(perf_counter() - begun)
            assert answer.status == 200, answer.status
            token = TOKEN.search(page)
            assert token, "the task page has no token"
            body = urlencode({"csrf_token": unescape(token.group(1)), "act": "complete", **handle.answers})
            begun = perf_counter()
            connection.request("POST", f"/tasks/{task_id}", body=body, headers=headers)
            answer = connection.getresponse()
            answer.read()
            posts.append(perf_counter() - begun)
            assert answer.status == 302, answer.status
        memory = _largest(process) / 1e3
    figure = median(posts[5:]) * 1e3
    return [
        Result("One step over HTTP: post, commit, redirect", kind, figure, "ms", target="≤ 15 ms", met=figure <= 15),
        Result("The page of a task over HTTP", kind, median(pages[5:]) * 1e3, "ms"),
        Result("Memory of a web worker", kind, memory, "MB", target="≤ 200 MB", met=memory <= 200),
    ]


def _largest(root: int) -> int:
    """Resident kilobytes of the largest process of a server: itself or a worker of its."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,rss="], capture_output=True, text=True, check=True).stdout
    rows = [tuple(map(int, line.split())) for line in listed.splitlines()]
    family = {root}
    for _ in range(3):
        family |= {pid for pid, parent, _ in rows if parent in family}
    return max(rss for pid, _, rss in rows if pid in family)
