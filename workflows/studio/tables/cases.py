"""Cases that asked a decision not long ago: with which values, and what was answered then.

A case keeps of a decision what its history shows: the values by the labels of their columns, long ones shortened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from crm.permissions import Actor
from workflows import library
from workflows.engine import values
from workflows.engine.run import shown
from workflows.instances.reach import open_to
from workflows.models import InstanceStatus, ProcessEvent, ProcessInstance
from workflows.studio.tables.trying import Column, Tried, as_entered
from workflows.studio.trying.writing import as_feel

# So many cases of each status are looked at, the newest first, and so many lines of their history.
MOST_CASES = 30
MOST_EVENTS = 1_500
MOST_OFFERED = 20
SHORTENED = "…"


@dataclass(frozen=True)
class Asked:
    """How a case asked a decision the last time. `given` are values by label, `rules` the numbers of the rules that counted in
    the table of version `number`."""

    case_id: int
    title: str
    version_id: int
    number: int
    at: datetime
    given: Mapping[str, Any]
    rules: tuple[int, ...]
    answer: Any


@dataclass(frozen=True)
class Filled:
    """The values of a case as somebody would enter them, by column; `missing` are the labels of columns of which it kept
    nothing, `shortened` of those whose value is longer than what it kept."""

    entered: list[str]
    missing: tuple[str, ...]
    shortened: tuple[str, ...]


def asked_lately(session: Session, key: str, decision: str, *, by: Actor) -> list[Asked]:
    """The newest cases of a process that asked this decision and are open to the reader, the last to ask first."""
    found = _newest_cases(session, key, by)
    if not found:
        return []
    events = session.execute(
        select(ProcessEvent.instance_id, ProcessEvent.at, ProcessEvent.detail)
        .where(ProcessEvent.instance_id.in_(found))
        .order_by(ProcessEvent.id.desc())
        .limit(MOST_EVENTS)
    )
    asked: dict[int, Asked] = {}
    for case_id, at, detail in events:
        taken = _taken(detail, decision)
        if taken is None or case_id in asked:
            continue
        title, version_id = found[case_id]
        asked[case_id] = Asked(
            case_id,
            title,
            version_id,
            library.published(session, version_id).number,
            at,
            values.restore(taken.get("inputs") or {}),
            tuple(taken.get("rules") or ()),
            values.restore(taken.get("outputs")),
        )
    return list(asked.values())[:MOST_OFFERED]


def fill(session: Session, case: Asked, decision: str, columns: Sequence[Column]) -> Filled:
    """The values of a case for the columns of a table that may have changed since: a column is known by what it looks at, else
    by its label."""
    then = library.published(session, case.version_id).definition.decisions.get(decision)
    inputs = then.table.inputs if then is not None and then.table is not None else ()
    by_expression = {each.expression.text: case.given[each.label] for each in inputs if each.label in case.given}
    entered, missing, shortened = [], [], []
    for column in columns:
        known = column.expression in by_expression or column.label in case.given
        value = by_expression.get(column.expression, case.given.get(column.label))
        if not known:
            missing.append(column.label)
        elif _is_shortened(value):
            shortened.append(column.label)
        entered.append(as_entered(value, column.type) if known else "")
    return Filled(entered, tuple(missing), tuple(shortened))


def is_as_then(case: Asked, tried: Tried) -> bool:
    """Is the answer now, as far as a history would keep it, the one that the case got?"""
    return tried.cause is None and as_feel(shown(values.plain_numbers(tried.value))) == as_feel(case.answer)


def _newest_cases(session: Session, key: str, by: Actor) -> dict[int, tuple[str, int]]:
    """Title and version of cases by number; the newest of each status, as the index of cases finds them."""
    newest = [
        select(ProcessInstance.id, ProcessInstance.title, ProcessInstance.version_id)
        .where(ProcessInstance.process_key == key, ProcessInstance.status == status, open_to(by))
        .order_by(ProcessInstance.started_at.desc(), ProcessInstance.id.desc())
        .limit(MOST_CASES)
        .subquery()
        for status in InstanceStatus
    ]
    rows = session.execute(union_all(*(select(part) for part in newest)))
    return {case_id: (title, version_id) for case_id, title, version_id in rows}


def _taken(detail: Mapping[str, Any], decision: str) -> Mapping[str, Any] | None:
    """What a line of history tells of the decision, as the last one on its way."""
    for entry in reversed(detail.get("passed", ())):
        if len(entry) > 2 and entry[0] == "decision" and entry[2].get("decision") == decision:
            told: Mapping[str, Any] = entry[2]
            return told
    return None


def _is_shortened(value: Any) -> bool:
    if isinstance(value, str):
        return value.endswith(SHORTENED)
    if isinstance(value, Mapping):
        return any(_is_shortened(each) for each in value.values())
    return isinstance(value, list) and any(_is_shortened(each) for each in value)
