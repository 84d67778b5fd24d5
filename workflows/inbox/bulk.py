"""One verb for several tasks of the inbox. Each task is a unit of work of its own: what is refused for one stops no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.errors import Denied, Fault, HeliuError, Invalid
from crm.core.i18n import Text, text
from crm.permissions import Actor
from crm.web.doors import reading_session
from forms import FieldDescription
from workflows import library, queries
from workflows.doors import stepping
from workflows.models import Task
from workflows.operations import tasks
from workflows.task_forms import FormRefused, Submission, step_rights
from workflows.verbs import handing

MOST_TASKS = 200
# How a form's field is told that it decides, where it does not say so itself (`"properties": {"approves": "…"}`).
DECIDING = ("decision", "approval", "approved", "agree")
APPROVING = ("approve", "approved", "agree", "agreed", "pass", "yes", "true")


class Verb(StrEnum):
    CLAIM = "claim"
    RELEASE = "release"
    TRANSFER = "transfer"
    COMPLETE = "complete"
    APPROVE = "approve"


@dataclass(frozen=True)
class Outcome:
    """What became of one task: done, or the reason why not."""

    task_id: int
    title: str
    reason: Text | str | None = None


def do_in_bulk(
    verb: Verb, ids: Sequence[int], *, by: Actor, now: datetime, user_id: int | None = None, note: str = ""
) -> list[Outcome]:
    """Do the same with each task, in the given order; answers what became of each. One that this person may not see is named
    by its number alone."""
    wanted = list(dict.fromkeys(ids))
    if not wanted or len(wanted) > MOST_TASKS:
        raise Invalid([Fault("ids", text("Choose one to {most} tasks.", most=MOST_TASKS))])
    if verb is Verb.TRANSFER and user_id is None:
        raise Invalid([Fault("user_id", text("Choose to whom."))])
    titles = _titles(wanted, by=by)
    outcomes = []
    for task_id in wanted:
        title = titles.get(task_id, f"#{task_id}")
        try:
            with stepping() as session:
                _do(session, verb, task_id, by=by, now=now, user_id=user_id, note=note)
            outcomes.append(Outcome(task_id, title))
        except FormRefused:
            asks = text("This step asks for answers; open the task and fill in its form.")
            outcomes.append(Outcome(task_id, title, asks))
        except Invalid as refused:
            first = refused.faults[0].message if refused.faults else refused.message
            outcomes.append(Outcome(task_id, title, first))
        except HeliuError as refused:
            outcomes.append(Outcome(task_id, title, refused.message))
    return outcomes


def _do(
    session: Session, verb: Verb, task_id: int, *, by: Actor, now: datetime, user_id: int | None, note: str
) -> None:
    match verb:
        case Verb.CLAIM:
            tasks.claim(session, by=by, now=now, task_id=task_id)
        case Verb.RELEASE:
            tasks.release(session, by=by, now=now, task_id=task_id)
        case Verb.TRANSFER:
            handing.transfer(session, by=by, now=now, task_id=task_id, user_id=user_id or 0, note=note)
        case Verb.COMPLETE | Verb.APPROVE:
            answers = _answers(session, verb, task_id, by=by)
            tasks.complete(session, by=by, now=now, task_id=task_id, submission=Submission(answers=answers))


def _answers(session: Session, verb: Verb, task_id: int, *, by: Actor) -> Mapping[str, Any]:
    """What a task is completed with in bulk: nothing, or the approval that its form asks for."""
    task = queries.find_task(session, task_id, by=by)
    published = library.published(session, task.version_id)
    node = published.definition.nodes[task.node_id]
    form = published.form(node.form_key)
    if form is not None and task.draft:
        raise Denied(text("Something has been entered here already; open the task and look at it."))
    if verb is Verb.COMPLETE or form is None:
        if verb is Verb.APPROVE:
            raise Denied(text("This step asks for no approval."))
        return {}
    shut = step_rights(node)
    open_fields = (field for field in form.fields if field.path not in shut)
    found = next((answer for field in open_fields if (answer := _approval(field)) is not None), None)
    if found is None:
        raise Denied(text("This step asks for no approval."))
    return found


def _approval(field: FieldDescription) -> Mapping[str, Any] | None:
    """The answer of this field that approves; None for a field that decides nothing."""
    said = field.spec.get("properties")
    if isinstance(said, Mapping) and "approves" in said:
        return {field.path: True if field.type == "checkbox" else said["approves"]}
    if field.path not in DECIDING:
        return None
    if field.type == "checkbox":
        return {field.path: True}
    values = [str(option.get("value")) for option in field.spec.get("values", ()) if isinstance(option, Mapping)]
    return next(({field.path: value} for value in values if value.lower() in APPROVING), None)


def _titles(ids: Sequence[int], *, by: Actor) -> dict[int, str]:
    """Titles of those tasks that this person may see."""
    with reading_session() as session:
        found = session.scalars(select(Task).where(Task.id.in_(ids))).all()
        return {task.id: task.title for task in found if _visible(session, task, by=by)}


def _visible(session: Session, task: Task, *, by: Actor) -> bool:
    if queries.concerns(task, by):
        return True
    try:
        queries.find_task(session, task.id, by=by)
    except HeliuError:
        return False
    return True
