"""What the bindings of processes about records have in common: how a case begins for a record, who may see the record, how
its facts are drawn, and how it goes back with its case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import render_template
from markupsafe import Markup
from sqlalchemy.orm import Session

from crm.core.errors import NotFound
from crm.permissions import Actor
from workflows.registry import CaseStart, Facts, RecordRef, SendingBack, StepContext, TakingBack, Visible

# `tell(session, by, record_id)` answers what the template shows. NotFound for who may not see the record.
Tell = Callable[[Session, Actor, int], Mapping[str, Any]]
# `go_back(session, by, now, record_id, status, reason)` puts the record into an earlier state.
GoBack = Callable[[Session, Actor, datetime, int, Any, str], object]


def case_about(key: str, record: Any, called: str, **data: object) -> CaseStart:
    """A case of the process `key` about a record of the sort of the same name, with its number and what it is `called`. `data`
    are references and small decisions; the customer is always among them."""
    return CaseStart(
        process_key=key,
        title=f"{record.number} {called}",
        data={"customer_id": record.customer_id, **data},
        record=RecordRef(key, record.id),
        customer_id=record.customer_id,
    )


def sent_back(go_back: GoBack, before_step: Mapping[str, Any]) -> SendingBack:
    """A step is done again: the record stands where that step begins. Steps without a state of their own change nothing."""

    def send_back(session: Session, by: Actor, now: datetime, record_id: int, node_id: str, reason: str) -> None:
        status = before_step.get(node_id)
        if status is not None:
            go_back(session, by, now, record_id, status, reason)

    return send_back


def taken_back(go_back: GoBack, states: Mapping[str, Any]) -> Mapping[str, TakingBack]:
    """Operations by name and how each is undone: the record is in the given state again."""

    def back_to(status: Any) -> TakingBack:
        def undo(step: StepContext) -> None:
            if step.record_id is not None:
                go_back(step.session, step.by, step.now, step.record_id, status, "")

        return undo

    return {operation: back_to(status) for operation, status in states.items()}


def visible_if(find: Callable[[Session, Actor, int], object]) -> Visible:
    """A record is visible to whoever `find` finds it for."""

    def may_see(session: Session, by: Actor, record_id: int) -> bool:
        try:
            find(session, by, record_id)
        except NotFound:
            return False
        return True

    return may_see


def drawn(template: str, tell: Tell) -> Facts:
    """The record drawn beside a task; nothing for somebody who may do the task but not see the record."""

    def facts(session: Session, by: Actor, record_id: int) -> Markup:
        try:
            shown = tell(session, by, record_id)
        except NotFound:
            return Markup("")
        return Markup(render_template(template, **shown))  # noqa: S704 -- the template escapes what it shows

    return facts
