"""A process from nothing, in the browser: an administrator draws “website delivery” with a record of its own and puts it in force,
and four people run it through in their inboxes."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.driver import accessibility_faults
from tests.browser.office import CHINESE, CUSTOMERS, INBOX, Office, Words
from tests.browser.pen import END, GATEWAY, SERVICE_TASK, USER_TASK, Pen
from tests.processes.test_website_delivery import AUDIT, KEY, PRODUCTION, SALES, SERVICE

pytestmark = pytest.mark.browser
NAME, SITE = "官网交付", "恒力官网"
FIELDS = (
    ("网站名称", "site", "line", ""),
    ("预算", "budget", "money", ""),
    ("上线日期", "live_on", "date", ""),
    ("网址", "address", "line", ""),
    ("加急", "urgent", "flag", ""),
    ("风格", "style", "choice", "简约，商务"),
)
STATES = (
    ("已分配", "assigned", "info"),
    ("已审核", "audited", "good"),
    ("已退回", "returned", "warn"),
    ("制作中", "production", "info"),
    ("返工", "rework", "warn"),
    ("验收通过", "accepted", "good"),
    ("数据已录入", "entered", "good"),
    ("培训中", "training", "info"),
    ("已完成", "done", "good"),
)
LANES = (
    ("Lane_1", "销售", SALES),
    ("Lane_2", "审核", AUDIT),
    ("Lane_3", "制作", PRODUCTION),
    ("Lane_4", "客服", SERVICE),
)


def name_it(page: Page) -> str:
    """Begin the process; answers the address of its draft."""
    page.goto("/studio/new")
    page.locator("#name").fill(NAME)
    page.locator("#key").fill(KEY)
    for place, (_, _, role) in enumerate(LANES):
        page.locator("[name=lanes]").nth(place).select_option(role)
    page.locator("main form button.btn-primary").click()
    page.wait_for_url("**/diagram")
    return page.url.removesuffix("/diagram")


def describe_the_record(page: Page, draft: str) -> None:
    page.goto(f"{draft}/record")
    page.locator("[data-begin]").click()
    page.locator("[data-whole=customer]").check()
    for label, name, kind, options in FIELDS:
        page.locator("[data-add=field]").click()
        row = page.locator("[data-fields] > tr").last
        row.locator("[data-part=label]").fill(label)
        row.locator("[data-part=name]").fill(name)
        row.locator("[data-part=kind]").select_option(kind)
        row.locator("[data-part=options]").fill(options)
    page.locator("[data-fields] [data-part=required]").first.check()
    page.locator("[data-whole=title]").select_option("site")
    for label, key, tone in STATES:
        page.locator("[data-add=state]").click()
        row = page.locator("[data-states] > tr").last
        row.locator("[data-part=label]").fill(label)
        row.locator("[data-part=key]").fill(key)
        row.locator("[data-part=tone]").select_option(tone)
    assert accessibility_faults(page) == []
    page.locator("[data-saved-first] button").click()
    page.wait_for_selector("[data-form-editor][data-ready=yes]")
    for label, _, _, _ in FIELDS:
        expect(page.locator("[data-canvas]")).to_contain_text(label)


def draw(page: Page, draft: str) -> dict[str, str]:
    """Draw the steps; answers the id of each by its name."""
    page.goto(f"{draft}/diagram")
    pen, sales, audit, production, service = Pen(page), *(lane for lane, _, _ in LANES)
    drawn: dict[str, str] = {"分配": "Task_1"}

    def then(source: str, tool: str, name: str, **where: str | float) -> None:
        drawn[name] = pen.append(drawn[source], tool, name, **where)  # type: ignore[arg-type]

    for lane, name, _ in LANES:
        pen.rename(lane, name)
    pen.rename("Task_1", "分配")
    pen.remove("EndEvent_1")
    then("分配", SERVICE_TASK, "已分配")
    then("已分配", USER_TASK, "审核", lane=audit)
    then("审核", GATEWAY, "审核结果")
    then("审核结果", SERVICE_TASK, "已审核")
    then("审核结果", SERVICE_TASK, "已退回", lane=sales, further=0.5)
    pen.connect(drawn["已退回"], drawn["分配"])
    then("已审核", USER_TASK, "排期", lane=production, further=0.2)
    then("排期", SERVICE_TASK, "制作中")
    pen.show_all()
    then("制作中", USER_TASK, "制作")
    then("制作", SERVICE_TASK, "保留网址")
    pen.show_all()
    then("保留网址", USER_TASK, "验收", lane=sales, further=0.2)
    then("验收", GATEWAY, "验收结果")
    pen.show_all()
    then("验收结果", SERVICE_TASK, "返工", lane=audit, further=0.4)
    pen.connect(drawn["返工"], drawn["制作"])
    then("验收结果", SERVICE_TASK, "验收通过", lane=service, further=0.4)
    for before, tool, name in (
        ("验收通过", USER_TASK, "录入数据"),
        ("录入数据", SERVICE_TASK, "数据已录入"),
        ("数据已录入", USER_TASK, "安排培训"),
        ("安排培训", SERVICE_TASK, "培训中"),
        ("培训中", USER_TASK, "培训"),
        ("培训", SERVICE_TASK, "已完成"),
    ):
        then(before, tool, name)
        pen.show_all()
    pen.append(drawn["已完成"], END)
    return drawn


def add_field(page: Page, kind: str, label: str, key: str, *options: tuple[str, str]) -> None:
    """One more field of the form that is open, with its options if it has some."""
    page.locator(f".fjs-palette-field[data-field-type={kind}]").press("Enter")
    entry = "date-label" if kind == "datetime" else "label"
    page.locator(
        f"[data-entry-id={entry}] .bio-properties-panel-input, [data-entry-id={entry}] [contenteditable]"
    ).first.click()
    page.keyboard.press("Control+a")
    page.keyboard.type(label)
    page.locator("#bio-properties-panel-key").fill(key)
    page.locator("#bio-properties-panel-key").press("Tab")
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "saved")
    group = page.locator("[data-group-id='group-staticOptions']")
    for place, (words, value) in enumerate(options):
        if place:
            group.locator(".bio-properties-panel-add-entry").click()
        option = group.locator(".bio-properties-panel-collapsible-entry").nth(place)
        option.wait_for()
        # One that was just added may stand open already.
        if "open" not in (option.get_attribute("class") or "").split():
            option.locator("button").first.click()
        page.locator(f"#bio-properties-panel-staticOptions-{place}-label").fill(words)
        page.locator(f"#bio-properties-panel-staticOptions-{place}-value").fill(value)


def ask(page: Page, pen: Pen, step: str, key: str, *fields: tuple[str, str, str, tuple[tuple[str, str], ...]]) -> Pen:
    """A form for a step, made from its panel; back to the diagram."""
    pen.choose(step)
    page.locator("[data-field=formLinks] a").first.click()
    page.locator("#new-form #key").fill(key)
    page.locator("#new-form form button").click()
    page.wait_for_selector("[data-form-editor][data-ready=yes]")
    for kind, label, name, options in fields:
        add_field(page, kind, label, name, *options)
    page.locator(f".studio-form-bar a[href$='#{step}']").click()
    pen = Pen(page)
    expect(page.locator("#field-formKey")).to_have_value(key)
    return pen


def tell_what_to_do(page: Page, drawn: dict[str, str]) -> None:
    """Forms, states and conditions, in the panel."""
    pen = Pen(page)
    pen = ask(
        page, pen, drawn["审核"], "audit", ("radio", "审核意见", "result", (("同意", "accept"), ("退回", "return")))
    )
    pen = ask(
        page,
        pen,
        drawn["制作"],
        "produce",
        ("textfield", "网址", "address", ()),
        ("datetime", "上线日期", "live_on", ()),
    )
    pen = ask(
        page, pen, drawn["验收"], "accept", ("radio", "验收意见", "outcome", (("通过", "pass"), ("返工", "rework")))
    )
    for name in ("排期", "录入数据", "安排培训", "培训"):
        pen.field(drawn[name], "formKey").select_option("work")
    for label, key, _ in STATES:
        pen.field(drawn[label], "operation").select_option("records/set_state")
        page.locator("select#field-parameter-state").select_option(key)
    pen.field(drawn["保留网址"], "operation").select_option("records/keep")
    for label in ("网址", "上线日期"):
        page.locator("[data-field=parameter-values]").get_by_label(label).check()
    for gateway, default, condition in (
        ("审核结果", "已审核", 'result = "return"'),
        ("验收结果", "验收通过", 'outcome = "rework"'),
    ):
        pen.field(drawn[gateway], "name").fill(gateway)
        page.locator("#field-default").select_option(label=default)
        page.locator("select[id^=field-condition]").select_option(condition)
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "saved")
    expect(page.locator(".studio-mark")).to_have_count(0)


def choose_customer(page: Page) -> None:
    page.get_by_role("combobox", name="客户").fill("恒力")
    page.get_by_role("option", name=CUSTOMERS[0][0]).click()
    page.locator("[name=site]").fill(SITE)


def try_it(page: Page, draft: str) -> None:
    """A case begins on the draft, and asks for the first step."""
    page.goto(f"{draft}/try")
    choose_customer(page)
    page.locator("#begin button[value=begin]").click()
    expect(page.locator("#task")).to_contain_text("分配")


def publish(page: Page, draft: str) -> None:
    page.goto(f"{draft}/publish")
    page.locator("#impact").wait_for()
    page.locator("#note").fill("第一版")
    page.locator("#publish form button.btn-primary").click()
    page.wait_for_url("**/versions/1")


def do_the_step(page: Page, say: Words, step: str, **answers: str) -> None:
    """Find the step in the inbox, claim it and complete it."""
    page.goto("/tasks?folder=groups")
    row = page.locator("[data-rows] tbody tr").filter(has_text=SITE)
    expect(row).to_contain_text(step)
    row.get_by_role("link", name=SITE).click()
    page.get_by_role("main").get_by_role("button", name=say("Claim"), exact=True).click()
    for name, value in answers.items():
        field = page.locator(f"[name={name}]")
        field.first.wait_for()  # the claim leads to this page with the form open
        if field.first.get_attribute("type") == "radio":
            page.locator(f"[name={name}][value={value}]").check()
        else:
            field.fill(value)
    page.get_by_role("main").get_by_role("button", name=say("Complete"), exact=True).click()
    page.wait_for_url(INBOX)


PATH: tuple[tuple[str, str, dict[str, str], str], ...] = (
    ("manager1", "分配", {}, "已分配"),
    ("supervisor", "审核", {"result": "return"}, "已退回"),
    ("manager1", "分配", {}, "已分配"),
    ("supervisor", "审核", {"result": "accept"}, "已审核"),
    ("contracts", "排期", {}, "制作中"),
    ("contracts", "制作", {"address": "https://hengli.example", "live_on": "2026-04-01"}, "制作中"),
    ("manager1", "验收", {"outcome": "rework"}, "返工"),
    ("contracts", "制作", {"address": "https://www.hengli.example", "live_on": "2026-04-02"}, "返工"),
    ("manager1", "验收", {"outcome": "pass"}, "验收通过"),
    ("agent1", "录入数据", {}, "数据已录入"),
    ("agent1", "安排培训", {}, "培训中"),
    ("agent1", "培训", {}, "已完成"),
)


def test_four_people_deliver_a_website_by_a_process_drawn_from_nothing(chromium: Browser, office: Office) -> None:
    say = office.words(CHINESE)
    with office.visited(chromium, "admin", language=CHINESE) as page:
        page.set_viewport_size({"width": 1600, "height": 1000})
        draft = name_it(page)
        describe_the_record(page, draft)
        drawn = draw(page, draft)
        tell_what_to_do(page, drawn)
        try_it(page, draft)
        publish(page, draft)
    with ExitStack() as stack:
        names = ("manager1", "supervisor", "contracts", "agent1")
        desks = {name: stack.enter_context(office.visited(chromium, name, language=CHINESE)) for name in names}
        manager = desks["manager1"]
        manager.goto(f"/processes/{KEY}/start")
        choose_customer(manager)
        manager.get_by_role("main").get_by_role("button", name=say("Start"), exact=True).click()
        manager.wait_for_url("**/cases/*")
        manager.goto("/own-records")
        manager.get_by_role("link", name=SITE).click()
        manager.wait_for_url("**/own-records/*")
        own, stands_at = manager.url, manager.locator(".page-top .state").first
        expect(stands_at).to_have_text("新建")
        for username, step, answers, state in PATH:
            do_the_step(desks[username], say, step, **answers)
            manager.goto(own)
            expect(stands_at).to_have_text(state)
        expect(manager.locator("#own-fields")).to_contain_text("https://www.hengli.example")
        assert accessibility_faults(manager) == []
        manager.goto(f"/customers/{office.story.customer_id}")
        expect(manager.get_by_role("main").get_by_role("link", name=SITE).first).to_be_visible()
