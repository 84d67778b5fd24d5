"""How pictures of the running product are taken for the docs: somebody signs in, and what they see is kept.

Which pictures there are is said by `screenshots` (README and tour) and `publishing_pictures` (the guide to publishing).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from crm.accounts.passwords import DEMO_PASSWORD
from tools.browser import find

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"
ADDRESS = "http://127.0.0.1:8000"


@contextmanager
def opened() -> Iterator[tuple[Browser, str]]:
    """A browser, and the address of the product: the argument of the command, else the one of `make run`."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        yield browser, sys.argv[1] if len(sys.argv) > 1 else ADDRESS
        browser.close()


def signed_in(browser: Browser, address: str, username: str, *, height: int, locale: str = "zh-CN") -> Page:
    """The first page of somebody from the demonstration data, at the width of a desk and without motion."""
    page = browser.new_page(
        base_url=address,
        viewport={"width": 1280, "height": height},
        locale=locale,
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    )
    page.goto("/sign-in")
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/tasks")
    return page


def keep(page: Page, name: str, part: Locator | None = None, *, most_bytes: int) -> None:
    """The window, or a part of the page alone. Ends the command where the picture is larger than the docs may carry."""
    path = FOLDER / f"{name}.png"
    (page if part is None else part).screenshot(path=path)
    if (size := path.stat().st_size) > most_bytes:
        sys.exit(f"{path} has {size} bytes; a picture of the docs may have {most_bytes}.")
    print(path)
