"""Bringing a database to the present shape, with Alembic run from code: there is no alembic.ini.

The tables are handed in by `app.py`, because `crm` does not know the rooms above it. Any number of processes may start at
once: one migrates, the others wait and find the work done.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text

from crm.core.db import Database

HERE = Path(__file__).resolve().parent
# Any number that nobody else uses; it names the lock on PostgreSQL.
LOCK = 7_214_050_911


def migrate(database: Database, metadata: MetaData, *, to: str = "head") -> bool:
    """Bring the database to a version, `head` for the newest, `base` for empty. Answers whether anything had to be done."""
    with database.engine.connect() as connection:
        if present_version(connection) == _wanted(to):
            return False
    with database._writing.begin() as connection:
        if not database.is_sqlite:
            # A large table may take its time, and another program's migration is waited for.
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        before = present_version(connection)
        alembic = _alembic(metadata, connection)
        if to == "base":
            command.downgrade(alembic, to)
        else:
            command.upgrade(alembic, to)
        return before != present_version(connection)


def present_version(connection: Connection) -> str | None:
    """The version that the database has; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_version() -> str | None:
    """The version that this program needs."""
    return ScriptDirectory(str(HERE)).get_current_head()


def draft(database: Database, metadata: MetaData, message: str, number: str) -> Path:
    """Write a new version file with what differs between the database and the tables, to be read and corrected."""
    with database._writing.begin() as connection:
        script = command.revision(_alembic(metadata, connection), message=message, autogenerate=True, rev_id=number)
    if script is None or isinstance(script, list):
        raise RuntimeError("Alembic wrote no version file")
    return Path(str(script.path))


def _wanted(to: str) -> str | None:
    return {"head": newest_version(), "base": None}.get(to, to)


def _alembic(metadata: MetaData, connection: Connection) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "os")
    config.attributes.update(metadata=metadata, connection=connection)
    return config
