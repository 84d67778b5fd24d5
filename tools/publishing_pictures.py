"""The pictures of docs/how-to/publish-and-move-cases.md, taken from the running product while the guide is followed.

    HELIU_VAR_DIR=/tmp/pictures make run        in one window, with fresh demonstration data: the guide changes them
    python -m tools.publishing_pictures         in another; with another address as argument where it runs elsewhere

English, as the guide; the step that is drawn has an English name too.
"""

from __future__ import annotations

import sys

from playwright.sync_api import Browser, Locator, Page

from tools import pictures

MOST_BYTES = 150_000
KEY = "service_request"
STEP = "Second approval"
SCENARIO = "A repair, from the call to the archive"


def main() -> None:
    """Follow the guide at the address given, and keep what it shows."""
    with pictures.opened() as (browser, address):
        page = _administrator(browser, address)
        _keep_a_scenario(page)
        _draw(page)
        _publish(page)
        _move(page)


def _administrator(browser: Browser, address: str) -> Page:
    page = pictures.signed_in(browser, address, "admin", height=800, locale="en-GB")
    page.get_by_role("button", name="English").click()
    page.wait_for_selector("html[lang=en]")
    return page


def _keep_a_scenario(page: Page) -> None:
    page.goto(f"/operate?process={KEY}&state=completed")
    case = page.locator("main tbody a[href*='/cases/']").first.get_attribute("href") or ""
    page.goto(f"/cases/{case.rsplit('/', 1)[1]}/scenario")
    page.locator("#name").fill(SCENARIO)
    page.locator("#scenario button[type=submit]").click()
    page.wait_for_url("**/scenarios/*")


def _draw(page: Page) -> None:
    """A step of the supervisors that every request passes before it is archived."""
    page.goto("/studio")
    page.locator("tr", has_text=KEY).locator("form button, a.btn").last.click()
    _find(page)
    (left, low), (right, high) = _middle(page, "satisfied"), _middle(page, "archive")
    page.mouse.click(left + 0.4 * (right - left), (low + high) / 2)
    page.keyboard.press("Delete")
    lane = _box(page.locator("[data-canvas] [data-element-id=lane_supervisor] .djs-visual").first)
    x, y = left + 40, lane[1] + lane[3] / 2
    page.locator(".djs-palette [data-action='create.task']").click()
    page.mouse.move(x - 60, y, steps=4)
    page.mouse.move(x, y, steps=4)
    page.mouse.click(x, y)
    page.keyboard.type(STEP)
    page.keyboard.press("Enter")
    page.locator("#field-formKey").select_option("archive")
    step = page.locator("#field-id").input_value()
    _connect(page, "satisfied", step)
    _connect(page, step, "archive")
    _choose(page, "satisfied")
    page.locator("#field-default").select_option(label=STEP)
    page.wait_for_selector("[data-save-state][data-state=saved]")
    page.get_by_text("Nothing stands in the way of publishing.").wait_for()
    _choose(page, step)
    _keep(page, "publish-draw")


def _publish(page: Page) -> None:
    page.goto(f"{page.url.rsplit('/', 1)[0]}/publish")
    page.wait_for_selector("#impact")
    page.wait_for_function("document.querySelectorAll('.comparison [data-diagram][data-ready]').length === 2")
    _keep(page, "publish-differences", page.locator("#differences"))
    _keep(page, "publish-weighed", page.locator("#scenarios"))
    page.locator(".scenario-failures a").first.click()
    page.wait_for_selector("#diagram [data-diagram][data-ready]")
    _keep(page, "publish-scenario")
    page.locator(".page-top a[href*='/drafts/']:not([href$='/publish']):not([href*='/try'])").click()
    _only_complaints(page)
    page.goto(f"{page.url.rsplit('/', 1)[0]}/publish")
    page.wait_for_selector("#impact")
    page.locator("[name=share][value='25']").check()
    page.locator("#note").fill("Complaints are approved a second time")
    page.locator("#publish form button.btn-primary").click()
    page.wait_for_selector("#share")
    _keep(page, "publish-share", page.locator("#share"))


def _only_complaints(page: Page) -> None:
    """Only complaints pass the new step; all others go to the archive as they did."""
    _find(page)
    _connect(page, "satisfied", "archive")
    _choose(page, "satisfied")
    page.locator("#field-default").select_option(label="Archive")
    page.get_by_role("button", name="Write an expression").click()
    condition = page.get_by_label(f"Condition for “{STEP}”")
    condition.fill('type = "complaint"')
    condition.press("Tab")
    page.wait_for_selector("[data-save-state][data-state=saved]")
    page.get_by_text("Nothing stands in the way of publishing.").wait_for()
    _keep(page, "publish-condition")


def _move(page: Page) -> None:
    page.goto(f"/definitions/{KEY}/move?to=2&at=assign&at=handle")
    page.wait_for_selector("[data-diagram][data-ready]")
    _keep(page, "move-plan")
    page.locator("#reason").fill("One course for all")
    page.locator("#move button.btn-primary").click()
    page.wait_for_url("**/migrations/*")
    page.wait_for_selector("#results .state-good")
    _keep(page, "move-result")


def _find(page: Page) -> None:
    """Bring the end of the diagram into view with the search of the editor."""
    page.wait_for_selector("[data-editor][data-ready=yes]")
    page.locator("[data-act=find]").click()
    page.locator(".djs-search-input input").press_sequentially("keep_archive")
    page.locator(".djs-search-result").first.wait_for()
    page.keyboard.press("Enter")


def _choose(page: Page, element: str) -> None:
    page.locator("[data-canvas]").click(position={"x": 300, "y": 20})
    hit = page.locator(f"[data-canvas] [data-element-id='{element}'] .djs-hit").first
    hit.click(force=True, position={"x": 8, "y": 8})


def _connect(page: Page, source: str, target: str) -> None:
    _choose(page, source)
    page.locator(".djs-context-pad [data-action=connect]").click()
    x, y = _middle(page, target)
    page.mouse.move(x - 10, y, steps=4)
    page.mouse.move(x, y, steps=2)
    page.mouse.click(x, y)


def _middle(page: Page, element: str) -> tuple[float, float]:
    x, y, width, height = _box(page.locator(f"[data-canvas] [data-element-id='{element}'] .djs-visual").first)
    return x + width / 2, y + height / 2


def _box(part: Locator) -> tuple[float, float, float, float]:
    found = part.bounding_box()
    if found is None:
        sys.exit(f"{part} is not on the page.")
    return found["x"], found["y"], found["width"], found["height"]


def _keep(page: Page, name: str, part: Locator | None = None) -> None:
    """The window from its top, or a part of the page alone."""
    if part is None:
        page.evaluate("scrollTo(0, 0)")
    pictures.keep(page, name, part, most_bytes=MOST_BYTES)


if __name__ == "__main__":
    main()
