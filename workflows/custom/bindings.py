"""What diagrams of administrators may do with the record that their process opened; the work is done in `crm/custom`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.errors import RuleBroken
from crm.core.i18n import text
from crm.custom import operations as records
from crm.custom.description import CUSTOM
from crm.custom.events import CustomRecordOpened
from crm.custom.models import CustomRecord
from crm.custom.showing import record_facts
from crm.records.queries import find_one
from workflows.about_records import drawn, visible_if
from workflows.custom.opening import RECORD, start_for
from workflows.registry import Bindings, StepContext, operations


def set_state(step: StepContext, *, state: str) -> None:
    """The case's record stands in this state from now on."""
    records.set_state(step.session, by=step.by, now=step.now, record_id=_record_of(step), state=state)


def keep(step: StepContext, *, values: Mapping[str, Any]) -> None:
    """The case's record holds these values."""
    records.keep_values(step.session, by=step.by, now=step.now, record_id=_record_of(step), values=values)


def assign_owner(step: StepContext, *, user_id: int) -> None:
    """This person is responsible for the case's record."""
    records.give_to(step.session, by=step.by, now=step.now, record_id=_record_of(step), user_id=user_id)


def _record_of(step: StepContext) -> int:
    if step.record_type != RECORD or step.record_id is None:
        raise RuleBroken(
            text("This process describes no record of its own; describe one in the studio, under “Record”.")
        )
    return step.record_id


def owner_of(session: Session, record_id: int) -> int | None:
    """Who is responsible for the record."""
    return session.scalar(select(CustomRecord.owner_id).where(CustomRecord.id == record_id))


BINDINGS = Bindings(
    operations=operations(
        ("records/set_state", set_state), ("records/keep", keep), ("records/assign_owner", assign_owner)
    ),
    triggers={CustomRecordOpened: start_for},
    visible={RECORD: visible_if(lambda session, by, record_id: find_one(CUSTOM, session, by=by, record_id=record_id))},
    facts={
        RECORD: drawn(
            "custom/_facts.html", lambda session, by, record_id: record_facts(session, by=by, record_id=record_id)
        )
    },
    owners={RECORD: owner_of},
)
