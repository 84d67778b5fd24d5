"""Drives a real Chromium: a site to look at, a page that may not reach outside, and what an accessibility checker says.

    with serving(app) as site, launched() as chromium, opened(chromium, site) as page: …

`opened` fails when a page asks another machine for anything, breaks the content security policy or throws an error.
How fast a machine is must never decide a test: whatever is expected of a page may take PATIENCE.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright
from werkzeug.serving import make_server
from werkzeug.wsgi import ClosingIterator

from tools.browser import find

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
# Latin on Chinese pages too: what people wrote, and a language that names itself.
LATIN = (
    "Rheinwerk Automation GmbH",
    "Question about the maintenance contract",
    "Spindle makes a noise above 8,000 rpm",
    "Head of Maintenance",
    "^English$",
    "^Heliu$",
)
PATIENCE = 60.0  # seconds; only ends a test that waits for what never comes
# No list of features to switch off: it would take the place of Playwright's own, without which clicks on a new page may get lost.
FLAGS = [
    "--no-sandbox",
    # Nothing here needs one, and one that is only reckoned costs a tenth of all the time.
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-domain-reliability",
    "--disable-default-apps",
    "--no-first-run",
    "--no-default-browser-check",
    "--metrics-recording-only",
    "--disable-extensions",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@contextmanager
def launched() -> Iterator[Browser]:
    """A Chromium. Where there is none the test is skipped, on the build machine it fails."""
    path = find()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("there is no Chromium: python -m tools.browser")
        pytest.skip("there is no Chromium: python -m tools.browser")
    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class _Counted:
    """An application that knows whether it is answering somebody: what it stands on must not be taken away meanwhile."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._answering = 0
        self._changed = threading.Condition()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        self._count(1)
        try:
            with closing(ClosingIterator(self._app(environ, start))) as answer:
                return [b"".join(answer)]
        finally:
            self._count(-1)

    def _count(self, more: int) -> None:
        with self._changed:
            self._answering += more
            self._changed.notify_all()

    def wait(self) -> None:
        """Until everybody has got their answer."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._answering, PATIENCE), "a request is never answered"


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The application at an address of this machine."""
    counted = _Counted(app)
    server = make_server("127.0.0.1", 0, counted, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        counted.wait()
        server.server_close()


@contextmanager
def opened(
    browser: Browser, site: str, *, locale: str = "zh-CN", width: int = 1280, dark: bool = False, scripts: bool = True
) -> Iterator[Page]:
    """A fresh window on the site; 390 wide for a phone. `page.goto("/inbox")` takes paths."""
    context = browser.new_context(
        base_url=site,
        locale=locale,
        timezone_id="Asia/Shanghai",
        viewport={"width": width, "height": 844 if width < 768 else 800},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        java_script_enabled=scripts,
    )
    context.set_default_timeout(PATIENCE * 1000)
    faults = listened(context, site)
    with context:
        yield context.new_page()
    assert not faults, faults


def listened(context: BrowserContext, site: str) -> list[str]:
    """Fills with what goes wrong in the windows of this context from now on: errors, refusals by the policy, requests to other machines."""
    faults: list[str] = []

    def asked(request: Request) -> None:
        # Looked at and not stopped: stopping would switch the browser's cache off. No name is resolved but ours (FLAGS).
        if not request.url.startswith((site, "data:", "blob:")):
            faults.append(f"asked another machine: {request.url}")

    def said(message: ConsoleMessage) -> None:
        # An answer 4xx to the page itself is what some tests are about; Chromium reports it as an error as well.
        if message.type == "error" and "the server responded with a status" not in message.text:
            faults.append(f"{message.location.get('url', '')}: {message.text}")

    context.on("request", asked)
    context.on("console", said)
    context.on("weberror", lambda fault: faults.append(str(fault.error)))
    return faults


def accessibility_faults(page: Page, *, colours: bool = True) -> list[str]:
    """What axe finds on the page as it is now, one line each; empty is good. Comparing `colours` takes most of its time."""
    page.wait_for_load_state()
    # Through the debugger, since the content security policy would refuse a script tag.
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE.read_text(encoding="utf-8"))
    options = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": colours}}}
    found: list[dict[str, Any]] = page.evaluate(
        "async (options) => (await axe.run(document, options)).violations", options
    )
    return [f"{fault['id']}: {node['html'][:160]}" for fault in found for node in fault["nodes"]]


def sideways_overflow(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    page.wait_for_load_state()
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def foreign_words(page: Page) -> list[str]:
    """English sentences that are left on a Chinese page: in its text, its labels and its hints. Names, codes and addresses may be Latin."""
    found: list[str] = page.evaluate(
        """() => {
          const silent = "script, style, template, code, kbd, pre, time, [lang=en], .bjs-powered-by, input, textarea";
          const said = [];
          const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
          while (walk.nextNode()) if (!walk.currentNode.parentElement.closest(silent)) said.push(walk.currentNode.data);
          for (const name of ["aria-label", "placeholder", "title", "alt", "data-confirm", "data-words"])
            for (const element of document.querySelectorAll(`body [${name}]`))
              if (!element.closest(".bjs-powered-by, [lang=en]")) said.push(element.getAttribute(name));
          return [...new Set(said.map((words) => words.trim()))];
        }"""
    )
    english = re.compile(r"[a-z]{2,} +[a-z]{2,}|^[A-Z][a-z]+$")
    return [words for words in found if english.search(re.sub("|".join(LATIN), "", words))]
