"""The pictures of the README and the tour, taken from the running product with its demonstration data.

    make run                            in one window
    python -m tools.screenshots         in another; with another address as argument where it runs elsewhere

Writes docs/images/*.png. Chinese, at the width of a desk; the editor of diagrams shows names as they are drawn, so its picture
is English.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from crm.accounts.passwords import DEMO_PASSWORD
from tools.browser import find

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"
ADDRESS = "http://127.0.0.1:8000"
SIZE: ViewportSize = {"width": 1280, "height": 820}
MOST_BYTES = 300_000


def main() -> None:
    """Take all pictures from the product at the address given."""
    address = sys.argv[1] if len(sys.argv) > 1 else ADDRESS
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        _inbox(_signed_in(browser, address, "agent1"))
        _case(_signed_in(browser, address, "agent1"))
        _map(_signed_in(browser, address, "admin"))
        _editor(_signed_in(browser, address, "admin"))
        browser.close()


def _signed_in(browser: Browser, address: str, username: str) -> Page:
    page = browser.new_page(
        base_url=address, viewport=SIZE, locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce"
    )
    page.goto("/sign-in")
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/tasks")
    return page


def _inbox(page: Page) -> None:
    page.goto("/tasks?folder=overdue")
    _keep(page, "inbox")


def _case(page: Page) -> None:
    page.locator("[data-rows] tbody a").first.click()
    page.locator("main a[href^='/cases/']").click()
    page.wait_for_selector("[data-diagram][data-ready]")
    _keep(page, "case")


def _map(page: Page) -> None:
    page.goto("/operate/service_request/map")
    page.wait_for_selector("[data-diagram][data-ready]")
    _keep(page, "map")


def _editor(page: Page) -> None:
    """The delivered diagram, in English as it was drawn."""
    _speak(page, "en")
    page.goto("/studio")
    row = page.locator("tr", has=page.locator("a[href='/definitions/service_request']"))
    row.locator("td").last.locator(".btn").click()
    page.wait_for_selector("[data-editor][data-ready=yes]")
    page.locator("[data-canvas] [data-element-id=assign]").click()
    page.wait_for_selector("[data-panel] .studio-group")
    _keep(page, "editor")
    _speak(page, "zh_CN")


def _speak(page: Page, language: str) -> None:
    page.locator(f"button[name=language][value={language}]").click()
    page.wait_for_load_state()


def _keep(page: Page, name: str) -> None:
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path)
    if (size := path.stat().st_size) > MOST_BYTES:
        sys.exit(f"{path} has {size} bytes; a picture of the README may have {MOST_BYTES}.")
    print(path)


if __name__ == "__main__":
    main()
