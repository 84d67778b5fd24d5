"""The roof: the only file that sees all rooms. `create_app` puts an application together; the commands stand in `crm/commands.py`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module

from flask import Blueprint, Flask
from sqlalchemy import MetaData
from sqlalchemy.orm import Session
from werkzeug.middleware.proxy_fix import ProxyFix

from crm.accounts import admin_api as accounts_admin_api
from crm.accounts import admin_routes as accounts_admin
from crm.accounts import api as accounts_api
from crm.accounts import audit_routes, organisation_routes
from crm.accounts import profile_routes as accounts_profile
from crm.accounts import routes as accounts
from crm.accounts.demo import seed_accounts, seed_roles
from crm.accounts.signing_in import sweep
from crm.catalog import api as catalog_api
from crm.catalog import routes as catalog
from crm.commands import House, set_up_logging
from crm.commands import main as run_command
from crm.competitors import api as competitors_api
from crm.competitors import routes as competitors
from crm.complaints import api as complaints_api
from crm.complaints import routes as complaints
from crm.core.clock import Clock, utc_now
from crm.core.config import ROOT, Config, load_config
from crm.core.db import Base, Database
from crm.core.mail import transport_for
from crm.core.memory import settle
from crm.custom import api as custom_api
from crm.custom import routes as custom
from crm.customers import api as customers_api
from crm.customers import contact_routes as contacts
from crm.customers import routes as customers
from crm.demo import seed_customers
from crm.demo.complaints import seed_articles
from crm.demo.files import seed_files
from crm.demo.interactions import seed_interactions
from crm.demo.orders import seed_orders
from crm.dictionary import routes as dictionary
from crm.dictionary.seed import seed_dictionary
from crm.files import api as files_api
from crm.files import routes as files
from crm.files.operations import sweep as sweep_files
from crm.files.storage import FileStore
from crm.interactions import api as interactions_api
from crm.interactions import routes as interactions
from crm.knowledge import api as knowledge_api
from crm.knowledge import routes as knowledge
from crm.losses import api as losses_api
from crm.losses import routes as losses
from crm.notices import api as notices_api
from crm.notices import own_routes as notice_choices
from crm.notices import routes as notices
from crm.notices.demo import settle_notices
from crm.notices.robots import Courier
from crm.orders import api as orders_api
from crm.orders import routes as orders
from crm.records import pages as records
from crm.reminders import api as reminders_api
from crm.reminders import routes as reminders
from crm.reminders import rule_routes as reminder_rules
from crm.reminders.operations import seed_rules
from crm.sales import api as sales_api
from crm.sales import routes as sales
from crm.service import api as service_api
from crm.service import routes as service
from crm.web.api import ApiBlueprint, set_up_api
from crm.web.assets import set_up_assets
from crm.web.doors import Ground
from crm.web.errors import set_up_errors
from crm.web.health import set_up_health
from crm.web.languages import set_up_languages
from crm.web.login import set_up_login
from crm.web.navigation import Entry, set_up_navigation
from crm.web.security import set_up_security
from crm.web.sessions import Sessions
from crm.worktime import api as worktime_api
from crm.worktime import routes as worktime
from crm.worktime.seed import seed_calendar, seed_worktime
from scheduler.jobs import Jobs, add_losses, add_mail, add_notices, add_reminders
from scheduler.rhythm import every, nightly
from scheduler.runner import run_forever
from workflows import library
from workflows import room as workflows
from workflows.assigning.absences import ABSENCE
from workflows.demo import seed_cases
from workflows.demo_losses import seed_losses
from workflows.ladders.seed import seed_ladders
from workflows.migrating.forgetting import forget_old_moves
from workflows.models import RUNG, TIMER
from workflows.operations.checking import check_cases
from workflows.operations.counting import check_counts, condense
from workflows.operations.messages import forget_old as forget_old_messages

# Modules that only hold tables: imported so that migrations and tests see every one of them.
TABLES = (
    "crm.accounts.models",
    "crm.accounts.credentials",
    "crm.activity.models",
    "crm.catalog.models",
    "crm.complaints.models",
    "crm.competitors.models",
    "crm.core.audit",
    "crm.core.due",
    "crm.core.heartbeat",
    "crm.core.outbox",
    "crm.core.search",
    "crm.custom.models",
    "crm.customers.models",
    "crm.dictionary.models",
    "crm.files.models",
    "crm.interactions.models",
    "crm.knowledge.models",
    "crm.losses.models",
    "crm.notices.models",
    "crm.orders.models",
    "crm.reminders.models",
    "crm.sales.models",
    "crm.service.models",
    "crm.worktime.models",
    "workflows.assigning.models",
    "workflows.inbox.models",
    "workflows.ladders.models",
    "workflows.messaging.models",
    "workflows.migrating.models",
    "workflows.models",
    "workflows.studio.drafts.models",
    "workflows.studio.exchange.models",
    "workflows.studio.trying.models",
)


@dataclass(frozen=True)
class Room:
    """What a room gives the application: pages, a part of the API, lines of the navigation."""

    pages: tuple[Blueprint, ...] = ()
    api: tuple[ApiBlueprint, ...] = ()
    navigation: tuple[Entry, ...] = field(default=())


def rooms() -> tuple[Room, ...]:
    """All rooms, in no order that matters."""
    return (
        Room(
            pages=(
                accounts.pages,
                accounts_profile.pages,
                accounts_admin.pages,
                organisation_routes.pages,
                audit_routes.pages,
            ),
            api=(accounts_api.tokens, accounts_api.people, accounts_admin_api.api),
            navigation=accounts_admin.NAVIGATION,
        ),
        Room(
            pages=(customers.pages, contacts.pages, contacts.of_customer),
            api=(customers_api.customers, customers_api.contacts),
            navigation=customers.NAVIGATION,
        ),
        Room(pages=(records.pages,)),
        Room(pages=(interactions.pages,), api=(interactions_api.api,), navigation=interactions.NAVIGATION),
        Room(pages=(competitors.pages,), api=(competitors_api.api,), navigation=competitors.NAVIGATION),
        Room(
            pages=(sales.pages, sales.plan_pages),
            api=(sales_api.opportunities, sales_api.plan_items),
            navigation=sales.NAVIGATION,
        ),
        Room(pages=(catalog.pages,), api=(catalog_api.api,), navigation=catalog.NAVIGATION),
        Room(pages=(complaints.pages,), api=(complaints_api.api,), navigation=complaints.NAVIGATION),
        Room(pages=(knowledge.pages,), api=(knowledge_api.api,), navigation=knowledge.NAVIGATION),
        Room(pages=(custom.pages,), api=(custom_api.api,), navigation=custom.NAVIGATION),
        Room(pages=(losses.pages,), api=(losses_api.api,), navigation=losses.NAVIGATION),
        Room(
            pages=(orders.pages, orders.line_pages),
            api=(orders_api.api, orders_api.line_api),
            navigation=orders.NAVIGATION,
        ),
        Room(pages=(service.pages,), api=(service_api.api,), navigation=service.NAVIGATION),
        Room(pages=(files.pages,), api=(files_api.api,)),
        Room(pages=(dictionary.pages,), navigation=dictionary.NAVIGATION),
        Room(pages=(notices.pages, notice_choices.pages), api=(notices_api.api,)),
        Room(pages=(reminders.pages, reminder_rules.pages), api=reminders_api.API, navigation=reminders.NAVIGATION),
        Room(pages=(worktime.pages,), api=(worktime_api.api,), navigation=worktime.NAVIGATION),
        Room(pages=workflows.PAGES, api=workflows.API, navigation=workflows.NAVIGATION),
    )


def metadata() -> MetaData:
    """Every table of the product."""
    for module in TABLES:
        import_module(module)
    return Base.metadata


def open_database(config: Config) -> Database:
    """The database of this installation, with everybody who listens to what happens in it."""
    database = Database(config.database_url, timezone=config.timezone)
    workflows.set_up(database.listeners)
    return database


def stand_on(app: Flask, ground: Ground) -> None:
    """Put the application onto this ground: settings, database, time. Tests move one application from ground to ground."""
    app.config["SECRET_KEY"] = ground.config.secret_key
    app.extensions["heliu"] = ground
    app.session_interface = Sessions(app, ground)


def create_app(config: Config | None = None, *, database: Database | None = None, clock: Clock | None = None) -> Flask:
    """Put an application together: ground, doors, rooms."""
    config = config or load_config()
    metadata()
    app = Flask("heliu", root_path=str(ROOT), static_folder="crm/static", template_folder="templates")
    app.config["TEMPLATES_AUTO_RELOAD"] = False
    stand_on(app, Ground(config=config, database=database or open_database(config), clock=clock or utc_now))
    if config.trusted_proxies:
        count = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    set_up_login(app)
    set_up_languages(app)
    set_up_health(app)
    api = set_up_api(app)
    set_up_security(app)
    set_up_errors(app)
    set_up_assets(app)
    entries: list[Entry] = []
    for room in rooms():
        for blueprint in room.pages:
            app.register_blueprint(blueprint)
        for part in room.api:
            api.register_blueprint(part)
        entries += room.navigation
    set_up_navigation(app, entries)
    return app


def jobs(config: Config) -> Jobs:
    """What the clock can do."""
    table = Jobs()
    add_mail(table, transport_for(config))
    add_notices(table, Courier(config.base_url))
    add_reminders(table)
    add_losses(table, config.timezone)
    table.on(TIMER, workflows.fire_timer, gave_up=workflows.timer_gave_up)
    table.on(ABSENCE, workflows.begin_absence)
    table.on(RUNG, workflows.climb_ladder, gave_up=workflows.timer_gave_up)
    workflows.add_messages(table.on)
    workflows.add_migrations(table.on)
    table.every("old messages", forget_old_messages, every(hours=24))
    table.every("old moves", forget_old_moves, nightly(hour=3, timezone=config.timezone))
    table.every("cases", lambda session, now: check_cases(session, now=now), nightly(hour=2, timezone=config.timezone))
    table.every(
        "counts", lambda session, now: check_counts(session, now=now), nightly(hour=4, timezone=config.timezone)
    )
    table.every("pool lines", lambda session, _now: condense(session), every(hours=1 / 12))
    table.every("accounts", lambda session, now: sweep(session, now=now), nightly(hour=3, timezone=config.timezone))
    store = FileStore(config.upload_dir)
    table.every(
        "files",
        lambda session, now: sweep_files(session, now=now, store=store),
        nightly(hour=2, timezone=config.timezone),
    )
    return table


def web() -> Flask:
    """The application of a web worker, from the environment; named to the server as `app:web`."""
    set_up_logging()
    app = create_app()
    settle()
    return app


def lay_foundations(session: Session, now: datetime) -> None:
    """What every installation needs before the first person comes in. May be called at every start: it only adds."""
    seed_roles(session, now)
    seed_dictionary(session)
    seed_calendar(session, now)
    library.seed_from_files(session, now=now)
    seed_ladders(session, now)
    seed_rules(session)


def seed_demo_files(session: Session, now: datetime) -> None:
    """The files of the demonstration go where this installation keeps its files."""
    seed_files(session, now, FileStore(load_config().upload_dir))


# The demonstration, step by step.
DEMO_STEPS: tuple[tuple[str, Callable[[Session, datetime], object]], ...] = (
    ("foundations", lay_foundations),
    ("people", seed_accounts),
    ("working time", seed_worktime),
    ("customers", seed_customers),
    ("interactions", seed_interactions),
    ("orders", seed_orders),
    ("articles", seed_articles),
    ("cases", seed_cases),
    ("losses", seed_losses),
    ("files", seed_demo_files),
    ("notices", settle_notices),
)


def keep_time(config: Config, database: Database) -> None:
    """Do what is due, until interrupted."""
    settle()
    run_forever(database, jobs(config))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; answers the exit code."""
    house = House(
        metadata=metadata,
        open_database=open_database,
        create_app=create_app,
        web=web,
        target="app:web",
        keep_time=keep_time,
        foundations=lay_foundations,
        demo_steps=DEMO_STEPS,
    )
    return run_command(house, arguments)


if __name__ == "__main__":
    sys.exit(main())
