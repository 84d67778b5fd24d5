"""Starting a case: from its start form, or by a business event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from crm.core.db import company_time
from crm.core.errors import Denied, HeliuError
from crm.core.i18n import text
from crm.core.numbers import typed_key
from crm.core.prepared import Prepared, columns_of, inserted, loaded
from crm.customers.queries import find_customer
from crm.permissions import SYSTEM, Actor
from forms import BoundForm
from workflows import engine, library
from workflows.attachments import hold_for_case
from workflows.causes import Cause, describe
from workflows.custom.opening import opening_of
from workflows.engine.values import clean, clean_data
from workflows.library import Published
from workflows.models import InstanceStatus, ProcessInstance
from workflows.operations.steps import services, store_step
from workflows.registry import CaseStart, RecordRef, registry
from workflows.rules import why_not_start
from workflows.task_forms import Submission, checked_answers, step_form, told_in_form

OPENING = "opening_by_form"
BEGIN = inserted(
    ProcessInstance, "version_id", "process_key", "title", "status", "record_type", "record_id", "customer_id",
    "started_by_id", "started_at", "department_id", "business_key", "state",
)  # fmt: skip
LAST_OF_RECORD = Prepared(
    select(*columns_of(ProcessInstance))
    .where(
        ProcessInstance.record_type == bindparam("type"),
        ProcessInstance.record_id == bindparam("id"),
        ProcessInstance.process_key == bindparam("key"),
    )
    .order_by(ProcessInstance.id.desc())
    .limit(1)
)


def start_process(
    session: Session, *, by: Actor, now: datetime, key: str, submission: Submission, number: int | None = None
) -> ProcessInstance:
    """Start a case from its start form; `number` is the version whose form was filled in, as far as that is known.

    Where the process is about a record, the answers open that record, and the record's event starts the case: the same
    road as from anywhere else. Otherwise the answers become the data of the case.
    """
    published = library.for_start(session, key, number)
    if reason := why_not_start(published.definition, by):
        raise Denied(reason)
    form = step_form(
        session, published, published.definition.start_form, by=by, now=now, data={}, values={}, submission=submission
    )
    answers = checked_answers(form, submission)
    opening = registry().openings.get(key)
    own = opening_of(published) if opening is None else None
    opening = opening or own
    if opening is None:
        with redrawing(form):
            instance = start_case(session, _plain_start(session, published, answers, by), by=by, now=now)
        hold_for_case(session, form, by=by, now=now, instance_id=instance.id)
        return instance
    begun = session.info[OPENING] = _Opening(published)
    try:
        with redrawing(form), told_in_form(form, locale=by.locale):
            record = opening(session, by, now, answers)
            session.info["database"].listeners.hear(session)
    finally:
        del session.info[OPENING]
    instance = begun.instance or _case_of(session, key, record)
    if own is not None:
        hold_for_case(session, form, by=by, now=now, instance_id=instance.id)
    return instance


class StartFault(HeliuError):
    """A case that somebody began, or something that they did, failed through a fault of its process. Nothing was stored; the
    administrators are to be told. `form` redraws what was entered, where it was entered in a start form."""

    status, code = 500, "start-failed"

    def __init__(self, published: Published, *, by: Actor, cause: Exception) -> None:
        name = published.translator(by.locale)(published.definition.name) or published.key
        super().__init__(
            text(
                "“{process}” cannot begin, because the process has a fault. Nothing was stored, and the administrators have been told. The fault: {cause}",
                process=name,
                cause=Cause(describe(cause)),
            )
        )
        self.published, self.by, self.cause = published, by, cause
        self.form: BoundForm | None = None


@contextmanager
def redrawing(form: BoundForm | None) -> Iterator[None]:
    """Where the case cannot begin, what was entered in this form is not lost."""
    try:
        yield
    except StartFault as fault:
        if form is not None:
            form.settle()
        fault.form = form
        raise


@dataclass
class _Opening:
    """A start form that is opening a record: the case that comes of it is of the same version as the form."""

    published: Published
    instance: ProcessInstance | None = None


@dataclass(frozen=True)
class Entry:
    """By which start event of which version a case begins, what came with it, and what the history tells of it."""

    published: Published
    node_id: str
    payload: object = None
    detail: Mapping[str, object] = field(default_factory=dict)


def start_case(
    session: Session, start: CaseStart, *, by: Actor, now: datetime, entry: Entry | None = None
) -> ProcessInstance:
    """Start a case with the given data, and run it to the first step that waits.

    With an `entry` it begins by itself: there what the diagram does is done by the system, whoever sent the message. Without,
    a fault of the process is raised as StartFault.
    """
    opening: _Opening | None = session.info.get(OPENING)
    if opening is not None and (entry is not None or opening.published.key != start.process_key):
        opening = None
    if entry is not None:
        published = entry.published
    else:
        published = opening.published if opening is not None else library.for_start(session, start.process_key)
    acting = by if entry is None else SYSTEM
    row = BEGIN.first(
        session,
        {
            "version_id": published.version_id,
            "process_key": start.process_key,
            "title": start.title[:300],
            "status": InstanceStatus.RUNNING,
            "record_type": start.record.type if start.record else None,
            "record_id": start.record.id if start.record else None,
            "customer_id": start.customer_id,
            "started_by_id": by.id,
            "started_at": now,
            "department_id": by.department_id,
            "business_key": start.business_key,
            "state": b"",
        },
    )
    instance = loaded(session, ProcessInstance, row or ())
    data = clean_data({**start.data, "initiator_id": by.id, "started_at": now})
    try:
        step = engine.start(
            published.definition,
            data,
            call=services(session, instance, by=acting, now=now),
            now=company_time(session, now),
            at=None if entry is None else entry.node_id,
            payload=None if entry is None else entry.payload,
        )
    except (HeliuError, DBAPIError):
        raise  # a refusal, or a database that is away: neither is a fault of the process
    except Exception as cause:
        if entry is not None:
            raise  # nobody waits for an answer: whoever carries the message or the clock's row keeps the fault
        raise StartFault(published, by=by, cause=cause) from cause
    store_step(
        session,
        instance,
        published,
        step,
        now=now,
        event="started",
        by=by,
        node_id=None if entry is None else entry.node_id,
        detail={"data": data, **_brought(entry)},
    )
    if opening is not None:
        opening.instance = instance
    return instance


def _brought(entry: Entry | None) -> dict[str, object]:
    """What the history tells of how the case began, with what came along then."""
    if entry is None:
        return {}
    payload = {} if entry.payload is None else {"payload": clean(entry.payload, entry.node_id)}
    return {**entry.detail, **payload}


def _plain_start(session: Session, published: Published, answers: Mapping[str, Any], by: Actor) -> CaseStart:
    title = next((str(answers[key]) for key in ("title", "summary", "subject") if answers.get(key)), "")
    name = published.translator(by.locale)(published.definition.name)
    return CaseStart(
        process_key=published.key,
        title=title or name,
        data=answers,
        customer_id=customer_named_in(session, answers, by=by),
    )


def customer_named_in(session: Session, answers: Mapping[str, Any], *, by: Actor) -> int | None:
    """The customer that the answers name. NotFound if this person may not see it: the pages of the case will name it."""
    customer_id = typed_key(str(answers.get("customer_id") or ""))
    return find_customer(session, by=by, customer_id=customer_id).id if customer_id is not None else None


def _case_of(session: Session, key: str, record: RecordRef) -> ProcessInstance:
    row = LAST_OF_RECORD.first(session, {"type": record.type, "id": record.id, "key": key})
    if row is None:
        raise LookupError(f"opening a record of {key!r} started no case")
    return loaded(session, ProcessInstance, row)
