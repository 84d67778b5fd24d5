"""Finished cases like the one at hand, with what helped there.

Looked for among the newest finished cases of the same process about records that the reader may see, by the words of their
titles; rare words count more. That many are read and no more, so the page of a task costs the same in a house of any age.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from math import log

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from crm.accounts.models import User, shown_name
from crm.core.prepared import Prepared
from crm.core.search import query_parts
from crm.permissions import Actor
from workflows import library
from workflows.instances.reach import about_their_records
from workflows.library import Published
from workflows.models import InstanceStatus, ProcessInstance, Task, TaskStatus

NEWEST = 300
MOST_SHOWN = 3
# One word in common is chance, and so are many that nearly every title has: less than this part of what the title says.
FEWEST_IN_COMMON = 2
LEAST_PART = 0.25
# Of a case that went round and round the last rounds tell what helped.
MOST_ANSWERS = 10 * MOST_SHOWN
LONGEST = 280
LONG = "textarea"
NUMBER = re.compile(r"\b[A-Z]{1,4}-\d+\b")

# What a finished step was answered with; those of one case follow each other, the newest first.
ANSWERED = Prepared(
    select(Task.instance_id, Task.node_id, Task.version_id, Task.answers, Task.closed_at, User.name, User.name_en)
    .outerjoin(User, User.id == Task.closed_by_id)
    .where(
        Task.instance_id.in_([bindparam(f"case{place}") for place in range(MOST_SHOWN)]),
        Task.status == TaskStatus.DONE,
    )
    .order_by(Task.id.desc())
    .limit(MOST_ANSWERS)
)


@dataclass(frozen=True)
class Alike:
    """A finished case: what was written at `step` by whom, if anything was."""

    id: int
    title: str
    words: str = ""
    step: str = ""
    who: str = ""
    at: datetime | None = None


def alike(session: Session, instance: ProcessInstance, *, node_id: str, by: Actor) -> list[Alike]:
    """The likest finished cases, with what was answered there at this step; else at the last step that asked for a text."""
    asked = words_of(instance.title)
    if len(asked) < FEWEST_IN_COMMON or instance.record_type is None:
        return []
    values = {"process_key": instance.process_key, "own": instance.id}
    chosen = _likest(asked, _finished(by, instance.record_type).rows(session, values))
    if not chosen:
        return []
    ids = [case_id for case_id, _ in chosen]
    rows = ANSWERED.rows(session, {f"case{place}": ids[min(place, len(ids) - 1)] for place in range(MOST_SHOWN)})
    found = []
    for case_id, title in chosen:
        written = [each for row in rows if row[0] == case_id if (each := _written(session, title, row, by)) is not None]
        here = [each for at, each in written if at == node_id]
        found.append(next((each for each in here or [each for _, each in written]), Alike(case_id, title)))
    return found


@lru_cache(maxsize=20_000)
def words_of(title: str) -> frozenset[str]:
    """What a title says: its words, of a Chinese run every pair of signs; numbers and the record's own number say nothing."""
    said = NUMBER.sub(" ", title)
    return frozenset(
        word for run in query_parts(said) for word in run if len(word) > 1 and not any(sign.isdigit() for sign in word)
    )


def _likest(asked: frozenset[str], cases: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    shared = [(case_id, title, asked & words_of(title)) for case_id, title in cases]
    often = Counter(word for _, _, common in shared for word in common)
    weight = {word: log(1 + len(cases) / (1 + often[word])) for word in asked}
    least = LEAST_PART * sum(weight.values())
    marked = [
        (sum(weight[word] for word in common), case_id, title)
        for case_id, title, common in shared
        if len(common) >= FEWEST_IN_COMMON
    ]
    best = sorted((mark for mark in marked if mark[0] >= least), reverse=True)[:MOST_SHOWN]
    return [(case_id, title) for _, case_id, title in best]


@lru_cache(maxsize=2_000)
def _finished(by: Actor, record_type: str) -> Prepared:
    newest = (
        select(ProcessInstance.id)
        .where(
            ProcessInstance.process_key == bindparam("process_key"),
            ProcessInstance.status == InstanceStatus.COMPLETED,
        )
        .order_by(ProcessInstance.started_at.desc(), ProcessInstance.id.desc())
        .limit(NEWEST)
        .subquery()
    )
    return Prepared(
        select(ProcessInstance.id, ProcessInstance.title)
        .join(newest, newest.c.id == ProcessInstance.id)
        .where(
            ProcessInstance.id != bindparam("own"),
            about_their_records(by, only=record_type),
        )
    )


def _written(session: Session, title: str, row: Sequence[object], by: Actor) -> tuple[str, Alike] | None:
    """What somebody wrote at a step, with the step's id; None where it asked for no text or nothing was said."""
    case_id, node_id, version_id, answers, closed_at, name, name_en = row
    published = library.published(session, int(str(version_id)))
    said = _said(published, str(node_id), answers)
    if not said or not isinstance(closed_at, datetime):
        return None
    who = shown_name(str(name), str(name_en), by.locale) if name else ""
    step = published.name_of(str(node_id), by.locale)
    return str(node_id), Alike(int(str(case_id)), title, said, step, who, closed_at)


def _said(published: Published, node_id: str, answers: object) -> str:
    node = published.definition.nodes.get(node_id)
    form = published.form(node.form_key) if node is not None else None
    if form is None or not isinstance(answers, dict):
        return ""
    # What a step insists on is its result; what may be added is by the way.
    texts = sorted((field for field in form.fields if field.type == LONG), key=lambda field: not field.required)
    said = next((str(value).strip() for field in texts if (value := answers.get(field.path))), "")
    return said if len(said) <= LONGEST else f"{said[:LONGEST].rstrip()} …"
