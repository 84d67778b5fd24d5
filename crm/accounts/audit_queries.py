"""Reading the audit log."""

from __future__ import annotations

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from crm.core.audit import AuditEntry
from crm.core.i18n import Text, text
from crm.core.keyset import Order
from crm.permissions import Actor, check_may

LATEST = Order((AuditEntry.at, AuditEntry.id), descending=True)
KINDS = {"user": text("User"), "department": text("Department"), "role": text("Role")}


def audit_query(*, by: Actor, q: str = "", kind: str = "") -> Select[AuditEntry]:
    """Who did what, by part of a name, act or address, and by kind of record."""
    check_may(by, "accounts", "administer")
    query = select(AuditEntry)
    if q:
        columns = (AuditEntry.actor_name, AuditEntry.subject_name, AuditEntry.action, AuditEntry.address)
        query = query.where(or_(*(column.icontains(q, autoescape=True) for column in columns)))
    if kind:
        query = query.where(AuditEntry.subject_type == kind)
    return query


def audited_kinds(session: Session) -> list[tuple[str, Text]]:
    """The kinds of record that stand in the log, with their names."""
    kinds = session.scalars(select(AuditEntry.subject_type).distinct().order_by(AuditEntry.subject_type))
    return [(kind, KINDS.get(kind, Text(kind))) for kind in kinds]
