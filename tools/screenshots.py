"""The pictures of the README and the tour, taken from the running product with its demonstration data.

    make run                            in one window
    python -m tools.screenshots         in another; with another address as argument where it runs elsewhere

Writes docs/images/*.png. Chinese, at the width of a desk; the editor of diagrams shows names as they are drawn, so its picture
is English.
"""

from __future__ import annotations

from playwright.sync_api import Page

from tools import pictures

HEIGHT = 820
MOST_BYTES = 300_000


def main() -> None:
    """Take all pictures from the product at the address given."""
    with pictures.opened() as (browser, address):
        _inbox(pictures.signed_in(browser, address, "agent1", height=HEIGHT))
        _case(pictures.signed_in(browser, address, "agent1", height=HEIGHT))
        _map(pictures.signed_in(browser, address, "admin", height=HEIGHT))
        _editor(pictures.signed_in(browser, address, "admin", height=HEIGHT))
        _from_nothing(pictures.signed_in(browser, address, "admin", height=HEIGHT))


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


def _from_nothing(page: Page) -> None:
    """A process is begun: its lanes, its record, the form that begins it, and a step of the machine. Its draft is thrown away."""
    page.goto("/studio/new")
    page.locator("#name").fill("官网交付")
    page.locator("#key").fill("website_delivery")
    for place, role in enumerate(("customer_manager", "sales_supervisor", "contract_clerk", "service_agent")):
        page.locator("[name=lanes]").nth(place).select_option(role)
    _keep(page, "draw-new")
    page.locator("main form button.btn-primary").click()
    page.wait_for_url("**/diagram")
    draft = page.url.removesuffix("/diagram")
    page.goto(f"{draft}/record")
    page.locator("[data-begin]").click()
    page.locator("[data-whole=customer]").check()
    for label, name, kind in (
        ("网站名称", "site", "line"),
        ("预算", "budget", "money"),
        ("上线日期", "live_on", "date"),
    ):
        _add_row(page, "field", label=label, name=name, kind=kind)
    page.locator("[data-whole=title]").select_option("site")
    for label, key, tone in (
        ("已分配", "assigned", "info"),
        ("已审核", "audited", "good"),
        ("已退回", "returned", "warn"),
    ):
        _add_row(page, "state", label=label, key=key, tone=tone)
    page.wait_for_selector("[data-save-state][data-state=saved]")
    page.evaluate("window.scrollTo(0, 0)")
    _keep(page, "draw-record")
    page.locator("[data-saved-first] button").click()
    page.wait_for_selector("[data-form-editor][data-ready=yes]")
    page.locator("[data-toast] button").click()
    _keep(page, "draw-form")
    page.goto(f"{draft}/diagram#Task_1")
    page.wait_for_selector("[data-editor][data-ready=yes]")
    page.locator("[data-action='append.append-service-task']").click()
    page.keyboard.type("已分配")
    page.keyboard.press("Enter")
    page.locator("#field-operation").select_option("records/set_state")
    page.locator("#field-parameter-state").select_option("assigned")
    page.wait_for_selector("[data-save-state][data-state=saved]")
    page.wait_for_selector(".studio-mark", state="detached")
    _keep(page, "draw-panel")
    page.goto("/studio")
    page.goto(f"{draft}/texts")
    page.on("dialog", lambda asked: asked.accept())
    page.locator("[data-menu] > summary").last.click()
    page.locator("form[action$='/discard'] button").click()


def _add_row(page: Page, what: str, **parts: str) -> None:
    """One more field or state of the record."""
    page.locator(f"[data-add={what}]").click()
    row = page.locator(f"[data-{what}s] > tr").last
    for name, value in parts.items():
        part = row.locator(f"[data-part={name}]")
        if name in {"kind", "tone"}:
            part.select_option(value)
        else:
            part.fill(value)


def _keep(page: Page, name: str) -> None:
    pictures.keep(page, name, most_bytes=MOST_BYTES)


if __name__ == "__main__":
    main()
