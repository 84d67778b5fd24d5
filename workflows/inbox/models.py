"""What is kept so that folders of any size are counted at once. Tasks themselves lie in `workflows/models.py`.

Triggers keep these tables, so that no operation can forget them, and in the same transaction. A pool is counted by lines that
are only ever added: nobody waits for anybody else's commit. `workflows/operations/counting.py` condenses them and looks whether
they are true.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import DDL, Date, Index, String, event
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Id, UtcDateTime
from workflows.models import Task


class PoolLine(Base):
    """A part of how many open tasks a role is offered that are due on one day (UTC): their number is the sum of its lines."""

    __tablename__ = "task_pool_line"
    __table_args__ = (Index("ix_task_pool_line_role", "role", "day", "number"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    role: Mapped[str] = mapped_column(String(60))
    day: Mapped[date] = mapped_column(Date)
    number: Mapped[int] = mapped_column(comment="tasks that came, below zero: that went")


class DoneTally(Base):
    """How many tasks a person had completed up to a moment that lies some time back; later ones are counted one by one."""

    __tablename__ = "task_done_tally"

    user_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    number: Mapped[int]
    until: Mapped[datetime] = mapped_column(UtcDateTime)


# An open task that nobody has claimed stands in the pool of its role, in the line of its day.
FOR_SQLITE = (
    """CREATE TRIGGER IF NOT EXISTS task_pool_added AFTER INSERT ON task
WHEN new.status = 'open' AND new.assignee_id IS NULL AND new.role IS NOT NULL
BEGIN INSERT INTO task_pool_line (role, day, number) VALUES (new.role, substr(new.due_at, 1, 10), 1); END""",
    """CREATE TRIGGER IF NOT EXISTS task_pool_left AFTER UPDATE OF status, assignee_id, role, due_at ON task
WHEN old.status = 'open' AND old.assignee_id IS NULL AND old.role IS NOT NULL
AND NOT (new.status = 'open' AND new.assignee_id IS NULL AND new.role IS old.role AND new.due_at = old.due_at)
BEGIN INSERT INTO task_pool_line (role, day, number) VALUES (old.role, substr(old.due_at, 1, 10), -1); END""",
    """CREATE TRIGGER IF NOT EXISTS task_pool_joined AFTER UPDATE OF status, assignee_id, role, due_at ON task
WHEN new.status = 'open' AND new.assignee_id IS NULL AND new.role IS NOT NULL
AND NOT (old.status = 'open' AND old.assignee_id IS NULL AND old.role IS new.role AND old.due_at = new.due_at)
BEGIN INSERT INTO task_pool_line (role, day, number) VALUES (new.role, substr(new.due_at, 1, 10), 1); END""",
    """CREATE TRIGGER IF NOT EXISTS task_pool_removed AFTER DELETE ON task
WHEN old.status = 'open' AND old.assignee_id IS NULL AND old.role IS NOT NULL
BEGIN INSERT INTO task_pool_line (role, day, number) VALUES (old.role, substr(old.due_at, 1, 10), -1); END""",
    # What is completed just now is newer than any tally; only what was done long ago and is not any more must be taken off.
    """CREATE TRIGGER IF NOT EXISTS task_done_changed AFTER UPDATE OF status, closed_by_id, closed_at ON task
WHEN old.status = 'done' BEGIN
UPDATE task_done_tally SET number = number - 1 WHERE user_id = old.closed_by_id AND until >= old.closed_at;
UPDATE task_done_tally SET number = number + 1
WHERE new.status = 'done' AND user_id = new.closed_by_id AND until >= new.closed_at; END""",
    """CREATE TRIGGER IF NOT EXISTS task_done_removed AFTER DELETE ON task WHEN old.status = 'done'
BEGIN UPDATE task_done_tally SET number = number - 1 WHERE user_id = old.closed_by_id AND until >= old.closed_at; END""",
)
FOR_POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION count_task_pool() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN
IF TG_OP = 'UPDATE' AND NEW.status = OLD.status AND NEW.assignee_id IS NOT DISTINCT FROM OLD.assignee_id
AND NEW.role IS NOT DISTINCT FROM OLD.role AND NEW.due_at = OLD.due_at THEN
RETURN NULL;
END IF;
IF TG_OP <> 'INSERT' AND OLD.status = 'open' AND OLD.assignee_id IS NULL AND OLD.role IS NOT NULL THEN
INSERT INTO task_pool_line (role, day, number) VALUES (OLD.role, (OLD.due_at AT TIME ZONE 'UTC')::date, -1);
END IF;
IF TG_OP <> 'DELETE' AND NEW.status = 'open' AND NEW.assignee_id IS NULL AND NEW.role IS NOT NULL THEN
INSERT INTO task_pool_line (role, day, number) VALUES (NEW.role, (NEW.due_at AT TIME ZONE 'UTC')::date, 1);
END IF;
RETURN NULL; END $body$""",
    """CREATE OR REPLACE TRIGGER task_pool_added AFTER INSERT ON task FOR EACH ROW
WHEN (NEW.status = 'open' AND NEW.assignee_id IS NULL AND NEW.role IS NOT NULL)
EXECUTE FUNCTION count_task_pool()""",
    # Short, because it is read again for every change: most of them concern no pool, and then no function is called.
    """CREATE OR REPLACE TRIGGER task_pool_changed AFTER UPDATE OF status, assignee_id, role, due_at ON task FOR EACH ROW
WHEN (OLD.assignee_id IS NULL OR NEW.assignee_id IS NULL) EXECUTE FUNCTION count_task_pool()""",
    """CREATE OR REPLACE TRIGGER task_pool_removed AFTER DELETE ON task FOR EACH ROW
WHEN (OLD.status = 'open' AND OLD.assignee_id IS NULL AND OLD.role IS NOT NULL)
EXECUTE FUNCTION count_task_pool()""",
    """CREATE OR REPLACE FUNCTION count_task_done() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN
UPDATE task_done_tally SET number = number - 1 WHERE user_id = OLD.closed_by_id AND until >= OLD.closed_at;
IF TG_OP = 'UPDATE' AND NEW.status = 'done' THEN
UPDATE task_done_tally SET number = number + 1 WHERE user_id = NEW.closed_by_id AND until >= NEW.closed_at;
END IF;
RETURN NULL; END $body$""",
    """CREATE OR REPLACE TRIGGER task_done_changed AFTER UPDATE OF status, closed_by_id, closed_at ON task FOR EACH ROW
WHEN (OLD.status = 'done') EXECUTE FUNCTION count_task_done()""",
    """CREATE OR REPLACE TRIGGER task_done_removed AFTER DELETE ON task FOR EACH ROW
WHEN (OLD.status = 'done') EXECUTE FUNCTION count_task_done()""",
)

# What follows the tables: by kind of database, for migrations and for tables made from the models alike.
TRIGGERS = {"sqlite": FOR_SQLITE, "postgresql": FOR_POSTGRESQL}

for _dialect, _statements in TRIGGERS.items():
    for _statement in _statements:
        event.listen(Task.__table__, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]  # the library has no type here
