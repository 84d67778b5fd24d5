"""What running cases wait for and what they say, kept in the transaction of the step with which it changed.

A step that neither begins nor ceases to wait for anything costs no statement here.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from crm.core import due
from crm.core.db import dialect_of
from crm.core.errors import RuleBroken
from crm.core.i18n import text
from crm.core.prepared import Prepared
from workflows.engine import Awaited, Step, Thrown
from workflows.kept import keep
from workflows.messaging.models import LONGEST_NAME, SAID, Said, Waiting
from workflows.models import ProcessInstance

WAITING = cast(Table, Waiting.__table__)
# Under this name a session remembers by how many cases in a row what it is just carrying out was caused.
HOPS = "hops"
MOST_HOPS = 10
COLUMNS = ("instance_id", "kind", "name", "record_type", "record_id", "business_key", "since")
OF_CASE = delete(WAITING).where(WAITING.c.instance_id == bindparam("of_instance"))
NO_MORE = Prepared(OF_CASE.where(WAITING.c.kind == bindparam("of_kind"), WAITING.c.name == bindparam("of_name")))
NOTHING = Prepared(OF_CASE)


def follow_step(session: Session, instance: ProcessInstance, step: Step, *, by_id: int | None, now: datetime) -> None:
    """Keep what the case waits for after this step, and hand on what it said."""
    for awaited in step.ceased:
        given = {"of_instance": instance.id, "of_kind": awaited.kind, "of_name": awaited.name}
        NO_MORE.later(session, given)
    if step.listens:
        wait_for(session, instance, step.listens, now=now)
    for thrown in step.thrown:
        _say(session, instance, thrown, by_id=by_id, now=now)


def wait_for(session: Session, instance: ProcessInstance, awaited: Collection[Awaited], *, now: datetime) -> None:
    """From now on the case hears these. What it waits for already stays as it is."""
    for each in awaited:
        if len(each.name) > LONGEST_NAME:
            continue  # in a version from before such names were refused: nobody can say it from outside
        row = {
            "instance_id": instance.id,
            "kind": each.kind,
            "name": each.name,
            "record_type": instance.record_type,
            "record_id": instance.record_id,
            "business_key": instance.business_key,
            "since": now,
        }
        _begin_to_wait(dialect_of(session)).later(session, row)


def awaited_by(session: Session, instance_id: int) -> set[tuple[str, str]]:
    """Kinds and names of what the case waits for."""
    wanted = select(Waiting.kind, Waiting.name).where(Waiting.instance_id == instance_id)
    return {(row.kind, row.name) for row in session.execute(wanted)}


def forget_case(session: Session, instance_id: int) -> None:
    """The case has ended and waits for nothing."""
    NOTHING.later(session, {"of_instance": instance_id})


@cache
def _begin_to_wait(dialect: str) -> Prepared:
    insert = (postgresql if dialect == "postgresql" else sqlite).insert
    values: dict[str, Any] = {name: bindparam(name) for name in COLUMNS}
    return Prepared(insert(WAITING).values(values).on_conflict_do_nothing())


def _say(session: Session, instance: ProcessInstance, thrown: Thrown, *, by_id: int | None, now: datetime) -> None:
    """It is carried to the others by the clock: no step waits for those of other cases, or fails with them."""
    if not 0 < len(thrown.name) <= LONGEST_NAME:
        return
    hops = session.info.get(HOPS, 0) + 1
    if hops > MOST_HOPS:
        raise RuleBroken(
            text(
                "Messages go round between cases without end: “{name}” was passed on {most} times.",
                name=thrown.name,
                most=MOST_HOPS,
            )
        )
    said_id = due.insert_once(
        session,
        Said,
        {
            "kind": thrown.kind,
            "name": thrown.name,
            "content": keep({"payload": thrown.payload}),
            "at": now,
            "by_id": by_id,
            "from_id": instance.id,
            "record_type": instance.record_type,
            "record_id": instance.record_id,
            "business_key": instance.business_key,
            "customer_id": instance.customer_id,
            "hops": hops,
        },
    )
    due.schedule(session, due.Appointment(SAID, due_at=now, subject_id=said_id), now=now)
