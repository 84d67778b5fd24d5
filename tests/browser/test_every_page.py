"""Every page of the product, in both languages, light on a desk and dark on a phone: usable by everybody, whole, and quiet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from typing import Literal

import pytest
from playwright.sync_api import Browser, FilePayload, Page

from crm.core.db import unit_of_work
from crm.customers.operations import change_customer
from crm.customers.queries import find_customer
from crm.worktime.seed import seed_worktime
from tests.browser.driver import accessibility_faults, foreign_words, sideways_overflow
from tests.browser.office import CHINESE, DESKTOP, ENGLISH, PHONE, Furniture, Office
from tests.unit.studio.exchange.foreign_files import diagram, straight

pytestmark = pytest.mark.browser

FOREIGN = diagram(
    straight('<bpmn:userTask id="approve" name="审批" camunda:candidateGroups="g" camunda:dueDate="P1D"/>'),
    speaks=("camunda",),
).replace(b'name="Order"', 'name="订单"'.encode())

Act = Callable[[Page, Office, Furniture], None]

LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((DESKTOP, "light"), (PHONE, "dark"))


@dataclass(frozen=True)
class Place:
    """A page to look at: who opens which address (with `{names}` of the furniture), and what they do there first."""

    name: str
    reader: str
    path: str
    act: Act | None = None
    status: int = 200


def start_nothing(page: Page, office: Office, furniture: Furniture) -> None:
    page.locator("main form button.btn-primary").click()
    page.wait_for_selector("[data-error-summary]")


def sign_in_wrongly(page: Page, office: Office, furniture: Furniture) -> None:
    page.locator("[name=username]").fill("nobody")
    page.locator("[name=password]").fill("wrong")
    page.locator("main form button.btn-primary").click()
    page.wait_for_selector("[role=alert]")


def publish_nonsense(page: Page, office: Office, furniture: Furniture) -> None:
    file: FilePayload = {"name": "new.bpmn", "mimeType": "text/xml", "buffer": b"<definitions/>"}
    page.locator("[type=file]").set_input_files(file)
    page.locator("main form button.btn-primary").click()
    page.wait_for_selector(".notice-bad")


def import_a_diagram(page: Page, office: Office, furniture: Furniture) -> None:
    """A foreign diagram, and the report of what became of it."""
    file: FilePayload = {"name": "order.bpmn", "mimeType": "text/xml", "buffer": FOREIGN}
    page.locator("[type=file]").set_input_files(file)
    page.locator("main form button.btn-primary").click()
    page.wait_for_selector("[data-diagram][data-ready=yes]")


def be_overtaken(page: Page, office: Office, furniture: Furniture) -> None:
    """A colleague stores the customer while this reader has the form open."""
    with unit_of_work(office.database) as session:
        by = office.people.supervisor
        customer = find_customer(session, by=by, customer_id=furniture.customer)
        values = {"address": f"星湖街 {customer.version} 号"}
        change_customer(
            session, by=by, now=office.clock(), customer_id=customer.id, version=customer.version, values=values
        )
    page.locator("main form [name=address]").fill("苏州大道 1 号")
    page.locator("main form button.btn-primary").click()
    page.wait_for_selector("text=星湖街")


def keep_calendars(page: Page, office: Office, furniture: Furniture) -> None:
    with unit_of_work(office.database) as session:
        seed_worktime(session, office.clock())
    page.reload()
    page.wait_for_selector("#departments")


def stop_the_clock(page: Page, office: Office, furniture: Furniture) -> None:
    """The customer is asked something; in the second language the answer is still awaited."""
    if page.locator("#answer").count() == 0:
        page.locator("details:has(#question) > summary").click()
        page.locator("#question").fill("请提供主轴的序列号。")
        page.locator("details:has(#question) button").click()
    page.wait_for_selector("#answer")


def name_a_robot_inside(page: Page, office: Office, furniture: Furniture) -> None:
    page.locator("#new-robot [name=kind]").select_option("webhook")
    page.locator("#new-robot [name=name]").fill("Inside")
    page.locator("#new-robot [name=address]").fill("http://127.0.0.1:9000/hook")
    page.locator("#new-robot button").click()
    page.wait_for_selector("#new-robot [role=alert]")


def open_shortcuts(page: Page, office: Office, furniture: Furniture) -> None:
    page.keyboard.press("?")
    page.wait_for_selector("#shortcuts[open]")


def open_menus(page: Page, office: Office, furniture: Furniture) -> None:
    page.locator("main [data-menu] > summary").last.click()


def open_filters(page: Page, office: Office, furniture: Furniture) -> None:
    page.locator(".more-filters > summary").click()


def tick_a_row(page: Page, office: Office, furniture: Furniture) -> None:
    page.locator("[data-check]").first.check()


def open_views(page: Page, office: Office, furniture: Furniture) -> None:
    page.locator(".views summary").click()


def open_verbs(page: Page, office: Office, furniture: Furniture) -> None:
    page.locator("main .verbs > summary").click()


def send_empty(page: Page, office: Office, furniture: Furniture) -> None:
    page.locator("#verb form button.btn-primary").click()
    page.wait_for_selector("[data-error-summary]")


def approve_what_asks_for_none(page: Page, office: Office, furniture: Furniture) -> None:
    tick_a_row(page, office, furniture)
    page.locator("[data-bulk] button[value=approve]").click()
    page.locator("#confirm [data-yes]").click()
    page.wait_for_selector(".notice-warn")


def draw_without_a_name(page: Page, office: Office, furniture: Furniture) -> None:
    page.locator("main form button.btn-primary").click()
    page.wait_for_selector("[aria-invalid]")


def describe_a_record(page: Page, office: Office, furniture: Furniture) -> None:
    if page.locator("[data-begin]").is_visible():
        page.locator("[data-begin]").click()
        page.locator("[data-add=field]").click()
        page.locator("[data-fields] [data-part=label]").fill("网址")
        page.locator("[data-fields] [data-part=name]").fill("address")
    page.wait_for_selector("[data-save-state][data-state=saved]")


def wait_for_findings(page: Page, office: Office, furniture: Furniture) -> None:
    page.locator("[data-findings-sum]:not(:empty)").wait_for()


def begin_a_trial(page: Page, office: Office, furniture: Furniture) -> None:
    page.locator("#begin button[value=begin]").click()
    page.locator("#answer button[value=answer], #task button[value=complete]").first.wait_for()


def keep_a_scenario(page: Page, office: Office, furniture: Furniture) -> None:
    page.fill("#name", f"scenario {page.evaluate('performance.timeOrigin')}")
    page.locator("#scenario button[type=submit]").click()
    page.locator("#values").wait_for()


def wait_until_weighed(page: Page, office: Office, furniture: Furniture) -> None:
    wait_for_findings(page, office, furniture)
    page.wait_for_selector("#impact")


PLACES = (
    Place("sign in", "", "/sign-in"),
    Place("sign in, wrong password", "", "/sign-in", sign_in_wrongly),
    *(Place(f"inbox, {folder}", "supervisor", f"/tasks?folder={folder}") for folder in ("mine", "groups", "started")),
    *(Place(f"inbox, {folder}", "agent1", f"/tasks?folder={folder}") for folder in ("overdue", "today", "done")),
    Place("inbox, nothing found", "agent1", "/tasks?q=nothing"),
    Place("inbox, shortcuts", "agent1", "/tasks", open_shortcuts),
    *(Place(f"inbox, {folder}", "agent1", f"/tasks?folder={folder}") for folder in ("delegated", "copied")),
    Place("inbox, ticked", "supervisor", "/tasks?folder=mine", tick_a_row),
    Place("inbox, keeping a view", "supervisor", "/tasks?folder=mine", open_views),
    Place("inbox, refused in bulk", "supervisor", "/tasks?folder=mine", approve_what_asks_for_none),
    Place("task, its verbs", "supervisor", "/tasks/{drafted_task}", open_verbs),
    Place("task, transfer", "supervisor", "/tasks/{drafted_task}/transfer"),
    Place("task, transfer refused", "supervisor", "/tasks/{drafted_task}/transfer", send_empty),
    Place("task, add a signer", "supervisor", "/tasks/{drafted_task}/add-signer"),
    Place("task, copy to", "supervisor", "/tasks/{drafted_task}/cc"),
    Place("task, due date", "supervisor", "/tasks/{drafted_task}/due"),
    Place("task, cannot be sent back", "supervisor", "/tasks/{drafted_task}/send-back"),
    Place("task with a draft", "supervisor", "/tasks/{drafted_task}"),
    Place("task that can be claimed", "supervisor", "/tasks/{offered_task}"),
    Place("task that is done", "agent2", "/tasks/{done_task}"),
    Place("task of a colleague", "admin", "/tasks/{offered_task}"),
    Place("new case", "manager1", "/processes"),
    Place("start a request", "manager1", "/processes/service_request/start"),
    Place("start a request, refused", "manager1", "/processes/service_request/start", start_nothing),
    Place("case that runs", "admin", "/cases/{overdue}"),
    Place("case that ended", "manager1", "/cases/{archived}"),
    Place("case that was cancelled", "admin", "/cases/{cancelled}"),
    Place("service requests", "manager1", "/service-requests"),
    Place("service request", "manager1", "/service-requests/{request}"),
    Place("customers", "manager1", "/customers"),
    Place("customers, nothing found", "manager1", "/customers?q=nothing"),
    Place("customer", "manager1", "/customers/{customer}", open_menus),
    Place("new customer", "manager1", "/customers/new"),
    Place("new customer, refused", "manager1", "/customers/new", start_nothing),
    Place("customer, edited", "manager1", "/customers/{customer}/edit"),
    Place("customer, overtaken", "manager1", "/customers/{customer}/edit", be_overtaken),
    Place("contacts", "manager1", "/contacts"),
    Place("new contact", "manager1", "/customers/{customer}/contacts/new"),
    Place("contact", "manager1", "/contacts/{contact}"),
    Place("contact, edited", "manager1", "/contacts/{contact}/edit"),
    Place("interactions", "manager1", "/interactions", open_filters),
    Place(
        "interactions of a day, with filters",
        "manager1",
        "/interactions?held_at_from=2026-01-01&customer_id={customer}",
    ),
    Place("interactions, nothing found", "manager1", "/interactions?q=nothing"),
    Place("interaction", "manager1", "/interactions/{talk}", open_menus),
    Place("new interaction", "manager1", "/interactions/new?contact_id={contact}"),
    Place("new interaction, refused", "manager1", "/interactions/new", start_nothing),
    Place("interaction, edited", "manager1", "/interactions/{talk}/edit"),
    Place("competitors", "manager1", "/competitors"),
    Place("competitor", "marketing", "/competitors/{competitor}"),
    Place("new competitor", "marketing", "/competitors/new"),
    Place("own profile", "manager1", "/profile"),
    Place("notices", "agent1", "/notices"),
    Place("how one is told, a robot refused", "agent1", "/profile/notices", name_a_robot_inside),
    Place("reminders", "manager1", "/reminders"),
    Place("reminder rules", "admin", "/administration/reminders"),
    Place("reminder rule", "admin", "/administration/reminders/visit"),
    Place("users", "admin", "/administration/users"),
    Place("user", "admin", "/administration/users/{agent}"),
    Place("new user", "admin", "/administration/users/new"),
    Place("departments", "admin", "/administration/departments"),
    Place("department", "admin", "/administration/departments/1"),
    Place("roles", "admin", "/administration/roles"),
    Place("role", "admin", "/administration/roles/1"),
    Place("new role", "admin", "/administration/roles/new"),
    Place("new department, refused", "admin", "/administration/departments/new", start_nothing),
    Place("audit log", "admin", "/administration/audit"),
    Place("pick-lists", "admin", "/administration/dictionary"),
    Place("pick-list", "admin", "/administration/dictionary/service_type"),
    Place("pick-list entry", "admin", "/administration/dictionary/entries/1"),
    Place("calendars", "admin", "/administration/calendars", keep_calendars),
    Place("calendar", "admin", "/administration/calendars/1?month=2026-10"),
    Place("calendar, holidays unknown", "admin", "/administration/calendars/2?month=2027-02"),
    Place("new calendar, refused", "admin", "/administration/calendars/new", start_nothing),
    Place("ladders", "admin", "/definitions/service_request/ladders"),
    Place("request that waits for the customer", "admin", "/service-requests/{waiting_request}", stop_the_clock),
    Place("studio", "admin", "/studio"),
    Place("studio, new process", "admin", "/studio/new"),
    Place("studio, new process refused", "admin", "/studio/new", draw_without_a_name),
    Place("studio, no record", "admin", "/studio/drafts/{draft}/record", wait_for_findings),
    Place("studio, a record described", "admin", "/studio/drafts/{draft}/record", describe_a_record),
    Place("own records", "manager1", "/own-records"),
    Place("studio, texts of a draft", "admin", "/studio/drafts/{draft}/texts", wait_for_findings),
    Place("studio, forms of a draft", "admin", "/studio/drafts/{draft}/forms", wait_for_findings),
    Place("studio, decision tables", "admin", "/studio/drafts/{draft}/tables", wait_for_findings),
    Place("studio, a form for a step", "admin", "/studio/drafts/{draft}/forms?step=feedback", wait_for_findings),
    Place("studio, field rights of a step", "admin", "/studio/drafts/{draft}/rights/feedback", wait_for_findings),
    Place("studio, trial of a draft", "admin", "/studio/drafts/{draft}/try"),
    Place("studio, trial that asks", "admin", "/studio/drafts/{draft}/try", begin_a_trial),
    Place("studio, a case as a scenario", "admin", "/cases/{archived}/scenario"),
    Place("studio, a scenario", "admin", "/cases/{archived}/scenario", keep_a_scenario),
    Place("studio, scenarios", "admin", "/studio/processes/service_request/scenarios"),
    Place("studio, publish a draft", "admin", "/studio/drafts/{draft}/publish", wait_until_weighed),
    Place("studio, two versions compared", "admin", "/definitions/service_request/compare"),
    Place("studio, import", "admin", "/studio/import"),
    Place("studio, report of an import", "admin", "/studio/import", import_a_diagram),
    Place("definition", "admin", "/definitions/service_request"),
    Place("move cases", "admin", "/definitions/service_request/move"),
    Place("publish", "admin", "/definitions/deploy"),
    Place("publish, refused", "admin", "/definitions/deploy", publish_nonsense),
    Place("cases, with filters", "admin", "/operate?process=service_request&state=running", open_filters),
    Place("cases, ticked", "admin", "/operate", tick_a_row),
    Place("cases, nothing found", "admin", "/operate?q=nothing&variable=amount=1"),
    Place("case looked into", "admin", "/operate/cases/{overdue}"),
    Place("case looked into that ended", "admin", "/operate/cases/{cancelled}"),
    *(
        Place(f"case repaired by {act}", "admin", f"/operate/cases/{{overdue}}/{act}")
        for act in ("variables", "suspend", "cancel", "move")
    ),
    Place("incidents", "admin", "/operate/incidents"),
    Place("map of a process", "admin", "/operate/service_request/map"),
    Place("not found", "agent1", "/customers/99999", status=404),
    Place("no permission", "agent1", "/studio", status=403),
)


@pytest.fixture(scope="module")
def windows(chromium: Browser, busy_office: tuple[Office, Furniture]) -> Iterator[Callable[[str, str], Page]]:
    """The window of a reader in a language. It stays open for the next page, as a reader's does, with what it has stored of the last."""
    office, _ = busy_office
    with ExitStack() as stack:

        @cache
        def window(reader: str, language: str) -> Page:
            return stack.enter_context(office.visited(chromium, reader, language=language))

        yield window


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
@pytest.mark.parametrize("language", [CHINESE, ENGLISH])
def test_a_page_is_usable_by_everybody(
    windows: Callable[[str, str], Page], busy_office: tuple[Office, Furniture], place: Place, language: str
) -> None:
    office, furniture = busy_office
    page = windows(place.reader, language)
    if place.reader:
        office.speak(place.reader, language)
    page.set_viewport_size({"width": DESKTOP, "height": 844})
    page.emulate_media(color_scheme="light")
    answer = page.goto(place.path.format_map(vars(furniture)))
    assert answer is not None
    assert answer.status == place.status
    if place.act:
        place.act(page, office, furniture)
        page.wait_for_load_state()
    if page.locator("[data-diagram]").count():
        page.wait_for_selector("[data-diagram][data-ready]")
    assert page.locator("html").get_attribute("lang") == {CHINESE: "zh-CN", ENGLISH: "en"}[language]
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=scheme)
        page.locator(f"html[data-bs-theme={scheme}]").wait_for()
        # Colours are the same in every language.
        assert accessibility_faults(page, colours=language == CHINESE) == [], f"{scheme}, at a width of {width}"
        assert sideways_overflow(page) <= 0, f"at a width of {width}"
    if language == CHINESE:
        assert "\n".join(foreign_words(page)) == ""
