"""The roof: the only file that sees all rooms. `create_app` puts an application together; below it stands the command line."""

from __future__ import annotations

import argparse
import getpass
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module

from flask import Blueprint, Flask
from sqlalchemy import MetaData
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from tqdm import tqdm
from werkzeug.middleware.proxy_fix import ProxyFix

from crm.accounts import admin_api as accounts_admin_api
from crm.accounts import admin_routes as accounts_admin
from crm.accounts import api as accounts_api
from crm.accounts import audit_routes, organisation_routes
from crm.accounts import profile_routes as accounts_profile
from crm.accounts import routes as accounts
from crm.accounts.demo import DEMO_PEOPLE, seed_accounts, seed_roles
from crm.accounts.first import any_user, create_first_administrator
from crm.accounts.passwords import DEMO_PASSWORD
from crm.accounts.signing_in import sweep
from crm.catalog import api as catalog_api
from crm.catalog import routes as catalog
from crm.competitors import api as competitors_api
from crm.competitors import routes as competitors
from crm.complaints import api as complaints_api
from crm.complaints import routes as complaints
from crm.core.clock import Clock, utc_now
from crm.core.config import ROOT, Config, ConfigError, load_config
from crm.core.db import Base, Database, reading, unit_of_work
from crm.core.errors import HeliuError
from crm.core.mail import transport_for
from crm.customers import api as customers_api
from crm.customers import contact_routes as contacts
from crm.customers import routes as customers
from crm.demo import seed_customers
from crm.demo.complaints import seed_articles
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
from crm.migrations import migrate, newest_version
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
from crm.web import server
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
from workflows.demo import seed_cases
from workflows.demo_losses import seed_losses
from workflows.ladders.seed import seed_ladders
from workflows.models import RUNG, TIMER
from workflows.operations.checking import check_cases
from workflows.operations.counting import check_counts, condense

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
    "workflows.models",
)

SECONDS_TO_STOP = 20


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
    table.on(RUNG, workflows.climb_ladder, gave_up=workflows.timer_gave_up)
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
    return create_app()


# --- the command line


def lay_foundations(session: Session, now: datetime) -> None:
    """What every installation needs before the first person comes in. May be called at every start: it only adds."""
    seed_roles(session, now)
    seed_dictionary(session)
    seed_calendar(session, now)
    library.seed_from_files(session, now=now)
    seed_ladders(session, now)
    seed_rules(session)


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
    ("notices", settle_notices),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; answers the exit code."""
    options = _parser().parse_args(arguments)
    if getattr(options, "demo", False):
        os.environ["HELIU_DEMO"] = "1"
    set_up_logging()
    try:
        config = load_config()
        config.var_dir.mkdir(parents=True, exist_ok=True)
        code: int = options.run(config, options)
    except HeliuError as error:
        faults = [f"{fault.field}: {fault.message}" for fault in getattr(error, "faults", ())]
        print("; ".join([str(error), *faults]), file=sys.stderr)
        return 1
    except OperationalError as error:
        print(f"The database does not answer: {error.orig}\nCheck HELIU_DATABASE_URL.", file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="app.py", description="Heliu CRM")
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(name: str, run: Callable[[Config, argparse.Namespace], int], words: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=words, description=words)
        command.set_defaults(run=run)
        return command

    serving = add("serve", run_serve, "migrate the database, then serve the product until interrupted")
    serving.add_argument("--demo", action="store_true", help="with demonstration data and known passwords")
    serving.add_argument("--reload", action="store_true", help="for development: start anew when a file changes")
    serving.add_argument("--no-scheduler", action="store_true", help="a scheduler runs elsewhere")
    add("scheduler", run_scheduler, "only keep the time: reminders, timers, mail")
    first = add("init", run_init, "prepare an empty database and create the first administrator")
    first.add_argument("--username", default=os.environ.get("HELIU_ADMIN_USERNAME", ""))
    first.add_argument("--name", default=os.environ.get("HELIU_ADMIN_NAME", ""))
    first.add_argument("--password-stdin", action="store_true", help="read the password from the first line of stdin")
    add("migrate", run_migrate, "bring the database to the present shape")
    add("seed", run_seed, "fill an empty database with demonstration data")
    add("routes", run_routes, "list the addresses of the product")
    return parser


def run_serve(config: Config, options: argparse.Namespace) -> int:
    """Everything one machine needs, in one command."""
    if options.reload:
        # The reloader starts this command again in a child; only there the work begins.
        if os.environ.get("WERKZEUG_RUN_MAIN") == "true":
            _prepare(config)
        server.serve_for_development(config, web)
        return 0
    server.check_port(config)
    database = _prepare(config)
    workers = _workers(config)
    if workers > 1:
        server.share_figures(config.var_dir)
    # Workers are forked: a SQLite connection that were open here would keep its locks in them for ever.
    database.close()
    with nullcontext() if options.no_scheduler else _scheduler_beside():
        _say_where(config)
        server.serve(config, "app:web", web, workers=workers)
    return 0


def run_scheduler(config: Config, options: argparse.Namespace) -> int:
    """Keep the time and nothing else; any number of these may run."""
    database = _opened(config)
    run_forever(database, jobs(config))
    return 0


def run_init(config: Config, options: argparse.Namespace) -> int:
    """The first administrator; refuses when somebody has an account already."""
    database = open_database(config)
    migrate(database, metadata())
    username = options.username or _ask("User name of the first administrator: ")
    name = options.name or username
    password = _password(options)
    now = utc_now()
    with unit_of_work(database) as session:
        lay_foundations(session, now)
        create_first_administrator(session, now=now, username=username, name=name, password=password)
    print(f"Administrator {username} was created. Start with: python app.py serve")
    return 0


def run_migrate(config: Config, options: argparse.Namespace) -> int:
    """Bring the database up to date."""
    changed = migrate(Database(config.database_url, timezone=config.timezone), metadata())
    print(f"The database is at version {newest_version()}" + ("." if changed else " already."))
    return 0


def run_seed(config: Config, options: argparse.Namespace) -> int:
    """Demonstration data for an empty database."""
    database = _opened(config)
    with reading(database) as session:
        if any_user(session):
            print("There are accounts already: demonstration data goes into an empty database only.", file=sys.stderr)
            return 1
    seed_demo(database)
    return 0


def run_routes(config: Config, options: argparse.Namespace) -> int:
    """What can be asked."""
    app = create_app(config)
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        print(f"{methods:16} {rule.rule:60} {rule.endpoint}")
    return 0


def seed_demo(database: Database, now: datetime | None = None) -> None:
    """Fill an empty database with the demonstration: with all of it, or when interrupted with nothing."""
    moment = now or utc_now()
    # The bar shows only when the work takes longer than two seconds.
    bar = tqdm(DEMO_STEPS, desc="Demonstration data", delay=2, leave=False, file=sys.stderr)
    with unit_of_work(database) as session, bar as steps:
        for _, step in steps:
            step(session, moment)
            session.flush()


@contextmanager
def _scheduler_beside() -> Iterator[None]:
    """The clock as a process of its own, for as long as the web workers run."""
    clock = subprocess.Popen([sys.executable, str(ROOT / "app.py"), "scheduler"])  # noqa: S603 - our own program
    try:
        yield
    finally:
        clock.terminate()
        try:
            clock.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            clock.kill()


def _opened(config: Config) -> Database:
    database = open_database(config)
    migrate(database, metadata())
    return database


def _prepare(config: Config) -> Database:
    database = _opened(config)
    with reading(database) as session:
        empty = not any_user(session)
    if empty and config.demo:
        seed_demo(database)
    elif empty:
        raise ConfigError("Nobody has an account yet: create the first administrator with `python app.py init`")
    else:
        with unit_of_work(database) as session:
            lay_foundations(session, utc_now())
    return database


def _workers(config: Config) -> int:
    given = os.environ.get("HELIU_WORKERS", "")
    if not given:
        return 1 if config.demo else 2
    if not given.isdecimal() or not 1 <= int(given) <= 64:
        raise ConfigError(f"HELIU_WORKERS must be a number from 1 to 64, not {given!r}")
    return int(given)


def _say_where(config: Config) -> None:
    words = f"Heliu CRM: {config.base_url}"
    if config.demo:
        names = ", ".join(person.username for person in DEMO_PEOPLE)
        words += f"\n  登录 / sign in: {names} — 密码 / password: {DEMO_PASSWORD}"
    print(words, flush=True)


def _ask(question: str) -> str:
    if not sys.stdin.isatty():
        raise ConfigError(
            "Give --username or HELIU_ADMIN_USERNAME, and the password by HELIU_ADMIN_PASSWORD or --password-stdin"
        )
    return input(question)


def _password(options: argparse.Namespace) -> str:
    if options.password_stdin:
        return sys.stdin.readline().rstrip("\n")
    if given := os.environ.get("HELIU_ADMIN_PASSWORD", ""):
        return given
    if not sys.stdin.isatty():
        raise ConfigError("Give the password by HELIU_ADMIN_PASSWORD or --password-stdin")
    first = getpass.getpass("Password (12 characters or more): ")
    if getpass.getpass("Once more: ") != first:
        raise ConfigError("The two passwords differ; nothing was created")
    return first


def set_up_logging() -> None:
    """Logs go to stderr in English, one line a matter."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)


if __name__ == "__main__":
    sys.exit(main())
