"""Cases on the pages of records: every running and past one, with where it stands and who holds it."""

from __future__ import annotations

from flask import render_template
from markupsafe import Markup
from sqlalchemy import case, select
from sqlalchemy.orm import Session

from crm.permissions import Actor
from crm.web.slots import Panel
from workflows.instances.reach import open_to
from workflows.models import InstanceStatus, ProcessInstance
from workflows.showing import show_cases

# Looked at for a page; whoever wants older ones opens the record that each was about.
MOST_CASES = 20
_earlier: dict[str, Panel] = {}


def cases_of_customer(session: Session, actor: Actor, customer_id: int) -> Markup:
    """The cases of a customer that are open to this person: the running ones first, then the newest past ones."""
    is_past = case((ProcessInstance.status == InstanceStatus.RUNNING, 0), else_=1)
    newest = (
        select(ProcessInstance)
        .where(ProcessInstance.customer_id == customer_id, open_to(actor))
        .order_by(is_past, ProcessInstance.started_at.desc(), ProcessInstance.id.desc())
        .limit(MOST_CASES)
    )
    return _drawn(session, actor, list(session.scalars(newest)), "cases")


def earlier_cases(record_type: str) -> Panel:
    """A panel with the cases about a record but the newest, whose diagram its page shows. One function a sort of record."""

    def draw(session: Session, actor: Actor, record_id: int) -> Markup:
        older = (
            select(ProcessInstance)
            .where(ProcessInstance.record_type == record_type, ProcessInstance.record_id == record_id)
            .order_by(ProcessInstance.id.desc())
            .offset(1)
            .limit(MOST_CASES)
        )
        return _drawn(session, actor, list(session.scalars(older)), "earlier-cases")

    return _earlier.setdefault(record_type, draw)


def _drawn(session: Session, actor: Actor, found: list[ProcessInstance], name: str) -> Markup:
    if not found:
        return Markup()
    shown = show_cases(session, found, by=actor)
    return Markup(render_template("cases/_list.html", rows=shown, panel_id=name))  # noqa: S704 -- the template escapes what it shows
