"""What the processes give the application: pages, a part of the API, lines of the navigation, and work for the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from markupsafe import Markup
from sqlalchemy.orm import Session

from crm.accounts.api import COUNTS
from crm.accounts.audit_queries import name_by
from crm.core.due import Due
from crm.core.events import Listeners
from crm.core.i18n import ctext, text
from crm.permissions import Actor
from crm.reminders.kinds import add_rules
from crm.web.navigation import Entry
from crm.web.slots import Panel, add_panel
from workflows import audited, queries, reminding, triggers
from workflows.assigning import absences
from workflows.assigning import api as assigning_api
from workflows.assigning import routes as assigning
from workflows.custom import routes as custom_routes
from workflows.inbox import api as inbox_api
from workflows.inbox import arriving
from workflows.inbox import list_routes as inbox_list
from workflows.inbox import routes as inbox
from workflows.inbox import views_api as inbox_views_api
from workflows.instances import api as instances_api
from workflows.instances import panels
from workflows.instances import routes as instances
from workflows.ladders import api as ladders_api
from workflows.ladders import climbing
from workflows.ladders import routes as ladders
from workflows.messaging import api as messaging_api
from workflows.messaging.models import BEGIN, HEAR, LOOK, SAID
from workflows.migrating import api as migrations_api
from workflows.migrating import operations as migrating
from workflows.migrating import routes as migrations_routes
from workflows.migrating.models import MOVE, UNDO
from workflows.operate import api as operate_api
from workflows.operate import incident_routes, map_routes
from workflows.operate import routes as operate_routes
from workflows.operations import beginning, carrying, hearing, incidents, timers
from workflows.papers import routes as papers_routes
from workflows.registry import registry
from workflows.studio import api as studio_api
from workflows.studio import diagram_routes
from workflows.studio import routes as studio
from workflows.studio.drafts import api as drafts_api
from workflows.studio.drafts import file_routes as draft_file_routes
from workflows.studio.drafts import routes as drafts_routes
from workflows.studio.exchange import api as exchange_api
from workflows.studio.exchange import routes as exchange_routes
from workflows.studio.forms import routes as studio_forms_routes
from workflows.studio.publishing import api as publishing_api
from workflows.studio.publishing import routes as studio_publishing_routes
from workflows.studio.tables import routes as studio_tables_routes
from workflows.studio.trying import routes as studio_trying_routes
from workflows.studio.trying import scenario_routes
from workflows.verbs import api as verbs_api
from workflows.verbs import routes as verbs

PAGES = (
    inbox.blueprint,
    inbox_list.blueprint,
    verbs.blueprint,
    arriving.blueprint,
    instances.processes,
    instances.cases,
    studio.definitions,
    ladders.pages,
    assigning.blueprint,
    drafts_routes.blueprint,
    draft_file_routes.blueprint,
    studio_forms_routes.blueprint,
    studio_tables_routes.blueprint,
    studio_trying_routes.blueprint,
    scenario_routes.blueprint,
    studio_publishing_routes.blueprint,
    exchange_routes.blueprint,
    migrations_routes.blueprint,
    operate_routes.blueprint,
    incident_routes.blueprint,
    map_routes.blueprint,
    papers_routes.blueprint,
    custom_routes.blueprint,
    diagram_routes.blueprint,
)
API = (
    inbox_api.api,
    verbs_api.api,
    inbox_views_api.api,
    instances_api.processes,
    instances_api.instances,
    studio_api.api,
    publishing_api.api,
    drafts_api.api,
    exchange_api.api,
    ladders_api.api,
    assigning_api.api,
    messaging_api.messages,
    messaging_api.signals,
    operate_api.repairs,
    operate_api.incidents,
    migrations_api.api,
)
# Rooms whose pages are reached through the studio.
STUDIO = (
    "definitions", "ladders", "assignees", "studio_diagram", "studio_forms", "studio_tables", "studio_trying",
    "studio_scenarios", "studio_publishing", "exchange", "migrations", "custom",
)  # fmt: skip
NAVIGATION = (
    Entry(
        text("Inbox"),
        "inbox.show",
        "inbox",
        order=10,
        badge=inbox.waiting_count,
        badge_endpoint="inbox.count",
    ),
    Entry(text("New case"), "processes.index", "plus", order=20),
    Entry(
        text("Process studio"),
        "studio.index",
        "sitemap",
        permission=("processes", "administer"),
        group=text("Administration"),
        order=210,
        rooms=STUDIO,
    ),
    Entry(
        ctext("navigation", "Cases"),
        "operate.index",
        "list-search",
        permission=("processes", "administer"),
        group=text("Administration"),
        order=212,
        rooms=("operate_map",),
    ),
    Entry(
        text("Incidents"),
        "operate_incidents.index",
        "alert-triangle",
        permission=("processes", "administer"),
        group=text("Administration"),
        order=214,
        badge=incident_routes.waiting_count,
    ),
)


def set_up(listeners: Listeners) -> None:
    """Join the processes to the rooms below: events start cases, record pages show them, `GET /me` counts
    tasks, reminders look at them."""
    triggers.listen(listeners)
    absences.listen(listeners)
    add_rules(*reminding.RULES)
    for kind, name_in in audited.NAMES.items():
        name_by(kind, name_in)
    add_panel("customer", panels.cases_of_customer, order=10)
    for record_type in registry().visible:
        add_panel(record_type, _panel(record_type), order=20)
        add_panel(record_type, panels.earlier_cases(record_type), order=90)
    if inbox_api.count_folders not in COUNTS:
        COUNTS.append(inbox_api.count_folders)


def fire_timer(session: Session, due: Due, now: datetime) -> None:
    """A timer of a case is due."""
    timers.fire(session, due, now=now)


def begin_absence(session: Session, due: Due, now: datetime) -> None:
    """Somebody is away from now on."""
    absences.begin(session, due, now=now)


def climb_ladder(session: Session, due: Due, now: datetime) -> None:
    """A rung of a task's ladder has come."""
    climbing.climb(session, due, now=now)


def timer_gave_up(session: Session, due: Due, error: str, now: datetime) -> None:
    """A timer has used up its tries: the case gets an incident."""
    incidents.keep_timer_fault(session, due, error=error, now=now)


def add_messages(on: Callable[..., None]) -> None:
    """What the clock does with messages, signals and start events; `on` takes a kind of due row and its handler."""
    on(SAID, lambda session, due, now: carrying.carry(session, due, now=now))
    on(HEAR, lambda session, due, now: hearing.hear(session, due, now=now), gave_up=timer_gave_up, bulk=True)
    on(LOOK, lambda session, due, now: carrying.look_into_cases(session, due, now=now), bulk=True)
    on(
        BEGIN,
        lambda session, due, now: beginning.begin(session, due, now=now),
        gave_up=lambda session, due, error, now: beginning.gave_up(session, due, error, now=now),
    )


def add_migrations(on: Callable[..., None]) -> None:
    """The clock moves cases to other versions, and back, one by one and in no hurry."""
    for kind in (MOVE, UNDO):
        on(
            kind,
            lambda session, due, now: migrating.carry_on(session, due, now=now),
            gave_up=lambda session, due, error, now: migrating.gave_up(session, due, error, now=now),
            bulk=True,
        )


_panels: dict[str, Callable[[Session, Actor, int], Markup]] = {}


def _panel(record_type: str) -> Panel:
    """The newest case about a record, for its page. The same function for the same sort of record, so that it is added once."""

    def draw(session: Session, actor: Actor, record_id: int) -> Markup:
        instance = queries.instance_of_record(session, record_type, record_id)
        return instances.case_panel(session, actor, instance) if instance else Markup("")

    return _panels.setdefault(record_type, draw)
