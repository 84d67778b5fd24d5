"""On PostgreSQL nobody waits without end for a statement or for a row that somebody else holds."""

from __future__ import annotations

from sqlalchemy import text

from crm.core.db import Database, unit_of_work


def test_every_connection_has_its_limits(database: Database) -> None:
    if database.is_sqlite:
        with database.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000
        return
    with unit_of_work(database) as session:
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        found = {name: session.scalar(text("SELECT current_setting(:name)"), {"name": name}) for name in names}
    assert found == {
        "statement_timeout": "1min",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "2min",
    }
