"""How a process that describes a record of its own begins: the answers of its start form open the record, whose event starts
the case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.core.numbers import typed_key
from crm.custom.events import CustomRecordOpened
from crm.custom.models import CustomRecord
from crm.custom.operations import open_record
from crm.customers.queries import find_customer
from crm.permissions import Actor
from workflows.library import Published
from workflows.registry import CaseStart, Opening, RecordRef

RECORD = "custom"


def opening_of(published: Published) -> Opening | None:
    """What the start form of this version opens; None where it describes no record."""
    described = published.definition.bundle.record
    if described is None:
        return None

    def opening(session: Session, by: Actor, now: datetime, answers: Mapping[str, Any]) -> RecordRef:
        customer_id = typed_key(str(answers.get("customer_id") or ""))
        if customer_id is not None:
            # The pages of the record will name the customer: NotFound if this person may not see it.
            customer_id = find_customer(session, by=by, customer_id=customer_id).id
        record = open_record(
            session,
            by=by,
            now=now,
            key=published.key,
            described=described,
            answers=answers,
            texts=published.definition.bundle.texts,
            customer_id=customer_id,
        )
        return RecordRef(RECORD, record.id)

    return opening


def start_for(session: Session, event: CustomRecordOpened) -> CaseStart:
    """A case for a record that has just been opened, with what it was opened with and its number."""
    record = session.get_one(CustomRecord, event.record_id)
    return CaseStart(
        process_key=event.sort_key,
        title=f"{record.number} {record.title}",
        data={**event.answers, "record_id": record.id},
        record=RecordRef(RECORD, record.id),
        customer_id=record.customer_id,
    )
