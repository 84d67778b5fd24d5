"""The command line: serve, keep the time, prepare and migrate the database, fill in the demonstration, list addresses.

It knows the ground that commands stand on; which rooms the product has is handed in by `app.py` as a `House`.
"""

from __future__ import annotations

import argparse
import getpass
import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

from flask import Flask
from sqlalchemy import MetaData
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session
from tqdm import tqdm

from crm.accounts.demo import DEMO_PEOPLE
from crm.accounts.first import any_user, create_first_administrator
from crm.accounts.passwords import DEMO_PASSWORD
from crm.core.clock import utc_now
from crm.core.config import Config, ConfigError, load_config, make_folder
from crm.core.db import Database, reading, unit_of_work
from crm.core.errors import HeliuError
from crm.migrations import migrate, newest_version
from crm.web import server
from crm.web.beside import SchedulerBeside

# What a shell expects of a command that was interrupted.
INTERRUPTED = 130


@dataclass(frozen=True)
class House:
    """The product as commands need it: its tables, its database with everybody who listens, its application, its clock.

    `web` is the application of a worker, from the environment, and `target` names it to the server as `module:function`.
    `foundations` is what every installation needs before the first person comes in, `demo_steps` the demonstration.
    """

    metadata: Callable[[], MetaData]
    open_database: Callable[[Config], Database]
    create_app: Callable[[Config], Flask]
    web: Callable[[], Flask]
    target: str
    keep_time: Callable[[Config, Database], None]
    foundations: Callable[[Session, datetime], None]
    demo_steps: Sequence[tuple[str, Callable[[Session, datetime], object]]]


Command = Callable[[House, Config, argparse.Namespace], int]


def main(house: House, arguments: Sequence[str] | None = None) -> int:
    """Run one command; answers the exit code."""
    options = _parser().parse_args(arguments)
    if getattr(options, "demo", False):
        os.environ["HELIU_DEMO"] = "1"
    set_up_logging()
    try:
        config = load_config()
        make_folder(config.var_dir)
        code: int = options.run(house, config, options)
    except HeliuError as error:
        faults = [f"{fault.field}: {fault.message}" for fault in getattr(error, "faults", ())]
        print("; ".join([str(error), *faults]), file=sys.stderr)
        return 1
    except DatabaseError as error:
        if type(error) not in (OperationalError, DatabaseError):
            raise
        print(f"The database does not answer: {error.orig}\nCheck HELIU_DATABASE_URL.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. What was not finished has been undone; the command may be given again.", file=sys.stderr)
        return INTERRUPTED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="app.py", description="Heliu CRM")
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(name: str, run: Command, words: str) -> argparse.ArgumentParser:
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


def run_serve(house: House, config: Config, options: argparse.Namespace) -> int:
    """Everything one machine needs, in one command."""
    if options.reload:
        # The reloader starts this command again in a child; only there the work begins.
        if os.environ.get("WERKZEUG_RUN_MAIN") == "true":
            _prepare(house, config)
        server.serve_for_development(config, house.web)
        return 0
    server.check_port(config)
    database = _prepare(house, config)
    workers = _workers(config)
    if workers > 1:
        server.share_figures(config.var_dir)
    # Workers are forked: a SQLite connection that were open here would keep its locks in them for ever.
    database.close()
    with nullcontext() if options.no_scheduler else SchedulerBeside():
        _say_where(config)
        server.serve(config, house.target, house.web, workers=workers)
    return 0


def run_scheduler(house: House, config: Config, options: argparse.Namespace) -> int:
    """Keep the time and nothing else; any number of these may run."""
    database = _opened(house, config)
    house.keep_time(config, database)
    return 0


def run_init(house: House, config: Config, options: argparse.Namespace) -> int:
    """The first administrator; refuses when somebody has an account already."""
    database = house.open_database(config)
    migrate(database, house.metadata())
    username = options.username or _ask("User name of the first administrator: ")
    name = options.name or username
    password = _password(options)
    now = utc_now()
    with unit_of_work(database) as session:
        house.foundations(session, now)
        create_first_administrator(session, now=now, username=username, name=name, password=password)
    print(f"Administrator {username} was created. Start with: python app.py serve")
    return 0


def run_migrate(house: House, config: Config, options: argparse.Namespace) -> int:
    """Bring the database up to date."""
    changed = migrate(Database(config.database_url, timezone=config.timezone), house.metadata())
    print(f"The database is at version {newest_version()}" + ("." if changed else " already."))
    return 0


def run_seed(house: House, config: Config, options: argparse.Namespace) -> int:
    """Demonstration data for an empty database."""
    database = _opened(house, config)
    with reading(database) as session:
        if any_user(session):
            print("There are accounts already: demonstration data goes into an empty database only.", file=sys.stderr)
            return 1
    seed_demo(house, database)
    return 0


def run_routes(house: House, config: Config, options: argparse.Namespace) -> int:
    """What can be asked."""
    app = house.create_app(config)
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        print(f"{methods:16} {rule.rule:60} {rule.endpoint}")
    return 0


def seed_demo(house: House, database: Database, now: datetime | None = None) -> None:
    """Fill an empty database with the demonstration: with all of it, or when interrupted with nothing."""
    moment = now or utc_now()
    # The bar shows only when the work takes longer than two seconds.
    bar = tqdm(house.demo_steps, desc="Demonstration data", delay=2, leave=False, file=sys.stderr)
    with unit_of_work(database) as session, bar as steps:
        for _, step in steps:
            step(session, moment)
            session.flush()


def _opened(house: House, config: Config) -> Database:
    database = house.open_database(config)
    migrate(database, house.metadata())
    return database


def _prepare(house: House, config: Config) -> Database:
    database = _opened(house, config)
    with reading(database) as session:
        empty = not any_user(session)
    if empty and config.demo:
        seed_demo(house, database)
    elif empty:
        raise ConfigError("Nobody has an account yet: create the first administrator with `python app.py init`")
    else:
        with unit_of_work(database) as session:
            house.foundations(session, utc_now())
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
