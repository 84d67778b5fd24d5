"""The editors of the studio in a real browser that has seen nothing yet: how soon something is seen, how soon one can draw, and how
much the page loads.

Each look has a browser of its own, so nothing comes from a cache. Bytes are what goes over the line, compressed as the server
sends it: scripts, styles, signs and the page itself.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Playwright, sync_playwright

from bench.ground import Grounds, House, build_house, opened
from bench.report import Result, median, say
from bench.serving import serving
from crm.accounts import signing_in
from crm.accounts.queries import find_user
from crm.core.db import Database, unit_of_work
from tests.browser.driver import FLAGS
from tools.browser import find
from workflows.studio.drafts.operations import open_draft

LOOKS = 5
# What is looked at: its name, the page below the draft, and what says that the editor can be used.
EDITORS = (
    ("diagrams", "diagram", "[data-editor][data-ready=yes]"),
    ("forms", "forms/handle", "[data-form-editor][data-ready=yes]"),
    ("decision tables", "tables/service_level.dmn", "[data-table-editor][data-ready=yes]"),
)
MEASURE = """() => {
  const loaded = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  return {
    paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    bytes: loaded.map((each) => each.encodedBodySize).reduce((sum, each) => sum + each, 0),
  };
}"""


def measure(grounds: Grounds) -> list[Result]:
    """Each editor in turn, on SQLite: the database has no part in it."""
    path = find()
    if path is None:
        raise RuntimeError("there is no Chromium: python -m tools.browser")
    url = grounds.empty("sqlite", "editor")
    house = build_house(url)
    with opened(url) as database:
        draft, secret = _prepare(database, house)
    found: list[Result] = []
    with serving(grounds, url) as (port, _), sync_playwright() as playwright:
        address = f"http://127.0.0.1:{port}"
        for name, page, ready in EDITORS:
            say(f"editor of {name}")
            place = f"{address}/studio/drafts/{draft}/{page}"
            looks = [_look(playwright, path, secret, place, ready) for _ in range(LOOKS + 1)][1:]
            found += _results(name, looks)
    return found


def _prepare(database: Database, house: House) -> tuple[int, str]:
    """A draft of the service process, and a session of the administrator."""
    admin, now = house.people.admin, datetime.now(UTC)
    with unit_of_work(database) as session:
        draft = open_draft(session, by=admin, now=now, key="service_request")
        session.flush()
        assert admin.id is not None
        secret = signing_in.open_session(session, user=find_user(session, admin.id), now=now).secret
        return draft.id, secret


def _look(playwright: Playwright, path: str, secret: str, place: str, ready: str) -> dict[str, Any]:
    """What one look at the page costs: `paint` and `ready` in milliseconds, `bytes`."""
    browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
    try:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
        context.add_cookies([{"name": "heliu", "value": secret, "url": place}])
        page = context.new_page()
        page.goto(place)
        page.wait_for_selector(ready)
        usable = page.evaluate("performance.now()")
        return {**page.evaluate(MEASURE), "ready": usable}
    finally:
        browser.close()


def _results(name: str, looks: list[dict[str, Any]]) -> list[Result]:
    paint = median([look["paint"] for look in looks]) / 1e3
    ready = median([look["ready"] for look in looks]) / 1e3
    size = median([look["bytes"] for look in looks]) / 1e3
    return [
        Result(f"Editor of {name}: first paint", "—", paint, "s", target="≤ 1.5 s", met=paint <= 1.5),
        Result("— until it can be used", "—", ready, "s"),
        Result("— what the page loads, compressed", "—", size, "kB", target="≤ 700 kB", met=size <= 700),
    ]
