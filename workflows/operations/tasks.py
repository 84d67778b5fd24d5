"""What a person does with a task: claim it, give it back, keep a draft, complete it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, bindparam, delete, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.core.db import Id, affected, company_time
from crm.core.errors import Conflict, Denied, HeliuError, NotFound
from crm.core.i18n import Text, text
from crm.core.prepared import Prepared, as_read, columns_of
from crm.permissions import SYSTEM, Actor
from forms import BoundForm
from workflows import engine, library
from workflows.assigning.giving_back import given_back
from workflows.assigning.opening import offer
from workflows.assigning.standing import acting, in_place_of
from workflows.attachments import hold_for_task
from workflows.kept import keep, restore
from workflows.models import ProcessInstance, Task, TaskCandidate, TaskStatus
from workflows.operations.settling import settle_incidents
from workflows.operations.steps import moved_on, record_event, services, store_step
from workflows.queries import concerns
from workflows.rules import why_not_claim, why_not_complete, why_not_open, why_not_release, why_not_save
from workflows.task_forms import Submission, checked_answers, facts_of, step_form, told_in_form
from workflows.telling import tell_given_back

TASK = cast(Table, Task.__table__)

# The case stands first, and so is locked first, as by timers and by whoever cancels it: in the other order each of two
# steps of one case could hold the task that the other withdraws. `key_share` leaves others free to write lines of its history.
LOCKED = Prepared(
    select(*columns_of(Task), *columns_of(ProcessInstance))
    .join_from(ProcessInstance, Task, Task.instance_id == ProcessInstance.id)
    .where(Task.id == bindparam("task_id"))
    .with_for_update(key_share=True)
)
DONE = Prepared(
    update(TASK)
    .where(TASK.c.id == bindparam("task_id"), TASK.c.status == TaskStatus.OPEN)
    .values(
        status=TaskStatus.DONE,
        closed_at=bindparam("now"),
        closed_by_id=bindparam("by_id", type_=Id),
        # What was completed by rule stays with whoever should have done it.
        assignee_id=func.coalesce(bindparam("by_id", type_=Id), TASK.c.assignee_id),
        by_rule=bindparam("by_id", type_=Id).is_(None),
        on_behalf_of_id=bindparam("absent_id", type_=Id),
        answers=bindparam("kept"),
        draft=None,
        version=TASK.c.version + 1,
    )
)


class AlreadyDone(Conflict):
    """The task was completed before; `by_id` tells by whom, so that a double click is not blamed on a colleague."""

    def __init__(self, task: Task, name: str) -> None:
        super().__init__(text("{name} has already completed this task.", name=name))
        self.task = task
        self.by_id = task.closed_by_id


class StepFault(HeliuError):
    """A step failed through a fault of the process or of ours. Nothing of it was stored; an incident is to be written."""

    status, code = 500, "step-failed"

    def __init__(
        self,
        *,
        task: Task,
        answers: Mapping[str, Any],
        entered: Mapping[str, Any],
        files: Sequence[int],
        by: Actor,
        cause: Exception,
    ) -> None:
        super().__init__(
            text("This step could not be carried out. Your answers are kept, and the administrators have been told.")
        )
        self.instance_id, self.task_id, self.node_id = task.instance_id, task.id, task.node_id
        self.answers, self.entered, self.cause = dict(answers), dict(entered), cause
        self.files, self.by = tuple(files), by


def claim(session: Session, *, by: Actor, now: datetime, task_id: int) -> Task:
    """The task, offered to a group of this person, becomes theirs. Refused when a colleague was first."""
    task = _task(session, task_id, by=by)
    if reason := why_not_claim(task, by):
        raise (Conflict if task.assignee_id not in (None, by.id) else Denied)(reason)
    absent_id = in_place_of(task, by)
    taken = session.execute(
        update(TASK)
        .where(*_still_open(task_id), TASK.c.assignee_id.is_(None))
        .values(assignee_id=by.id, on_behalf_of_id=absent_id, claimed_at=now, version=TASK.c.version + 1)
    )
    if affected(taken) != 1:
        raise _lost(session, task, text("A colleague has claimed this task."))
    _note(session, task, "claimed", absent_id, by=by, now=now)
    session.refresh(task)
    return task


def release(session: Session, *, by: Actor, now: datetime, task_id: int) -> Task:
    """The task goes back to the group that it was offered to, or to whoever it belongs to otherwise, who is told; a draft
    stays with it."""
    task = _task(session, task_id, by=by)
    if reason := why_not_release(task, by):
        raise Denied(reason)
    place = given_back(session, task)
    values: dict[str, Any] = {"assignee_id": None, "on_behalf_of_id": None, "claimed_at": None}
    if place is not None:
        values |= {"assignee_id": place.user_id, "role": place.role, "candidate_ids": list(place.candidates) or None}
    given = session.execute(
        update(TASK)
        .where(*_still_open(task_id), TASK.c.assignee_id == task.assignee_id)
        .values(**values, version=TASK.c.version + 1)
    )
    if affected(given) != 1:
        raise _lost(session, task, moved_on().message)
    _note(session, task, "released", in_place_of(task, by), by=by, now=now)
    session.refresh(task)
    if place is not None:
        session.execute(delete(TaskCandidate).where(TaskCandidate.task_id == task.id))
        offer(session, task.instance_id, task.token, place.candidates)
        tell_given_back(session, task, by=by, now=now)
    return task


def save_draft(session: Session, *, by: Actor, now: datetime, task_id: int, submission: Submission) -> Task:
    """Keep what was entered so far, faulty or not, for the next visit. An offered task is claimed by it."""
    task = _task(session, task_id, by=by)
    if reason := why_not_save(task, by):
        raise _refusal(session, task, by, reason)
    if task.assignee_id is None:
        claim(session, by=by, now=now, task_id=task_id)
    form = task_form(session, task, by=by, now=now, submission=submission)
    entered = form.entered if form is not None else {}
    hold_for_task(session, form, by=by, now=now, task_id=task_id)
    kept = session.execute(
        update(TASK)
        .where(*_still_open(task_id), TASK.c.assignee_id == task.assignee_id)
        .values(draft=entered, version=TASK.c.version + 1)
    )
    if affected(kept) != 1:
        raise _lost(session, task, moved_on().message)
    return task


def complete(session: Session, *, by: Actor, now: datetime, task_id: int, submission: Submission) -> Task:
    """The step is done with these answers, and the case runs on to the next step that waits.

    Refused: a task that is not with this person or offered to their group, one that somebody completed before, answers with
    faults (FormRefused), and whatever the business operations of the diagram refuse. Case, tasks, timers, records and mail
    change together or not at all.
    """
    task, instance = _locked(session, task_id)
    if reason := why_not_complete(task, by):
        raise _refusal(session, task, by, reason)
    form = task_form(session, task, by=by, now=now, submission=submission)
    answers = checked_answers(form, submission)
    entered = form.entered if form is not None else {}
    files = hold_for_task(session, form, by=by, now=now, task_id=task_id)
    with told_in_form(form, locale=by.locale):
        return _finish(session, task, instance, answers, entered, files, by=by, now=now)


def complete_again(session: Session, *, by: Actor, now: datetime, task_id: int, answers: Mapping[str, Any]) -> bool:
    """Try a completion that a fault had stopped, with the answers that were accepted then.

    False when the task has been closed in another way meanwhile: there is nothing left to do.
    """
    task, instance = _locked(session, task_id)
    if task.status != TaskStatus.OPEN:
        return False
    if reason := why_not_open(task):
        raise Conflict(reason)
    _finish(session, task, instance, answers, task.draft or {}, (), by=by, now=now)
    return True


def complete_by_rule(session: Session, *, now: datetime, task_id: int, answers: Mapping[str, Any]) -> Task:
    """Nobody did the step in time: it is completed with these answers, in nobody's name and recorded as such.

    The answers are checked by the form like a person's. Refused where it is open no more."""
    task, instance = _locked(session, task_id)
    if reason := why_not_open(task):
        raise Conflict(reason)
    submission = Submission(answers=dict(answers))
    form = task_form(session, task, by=SYSTEM, now=now, submission=submission, on_rule=True)
    accepted = checked_answers(form, submission)
    return _finish(session, task, instance, accepted, {}, (), by=SYSTEM, now=now)


def _locked(session: Session, task_id: int) -> tuple[Task, ProcessInstance]:
    row = LOCKED.first(session, {"task_id": task_id})
    if row is None:
        raise NotFound
    end = len(columns_of(Task))
    return as_read(session, Task, row[:end]), as_read(session, ProcessInstance, row[end:])


def _finish(
    session: Session,
    task: Task,
    instance: ProcessInstance,
    answers: Mapping[str, Any],
    entered: Mapping[str, Any],
    files: Sequence[int],
    *,
    by: Actor,
    now: datetime,
) -> Task:
    by = acting(session, task, by)
    absent_id = in_place_of(task, by)
    published = library.published(session, task.version_id)
    call = services(session, instance, by=by, now=now)
    try:
        step = engine.complete(
            published.definition, instance.state, task.token, answers, call=call, now=company_time(session, now)
        )
    except (HeliuError, DBAPIError):
        raise  # a refusal, or a database that is away: neither is the case's fault
    except Exception as cause:
        raise StepFault(task=task, answers=answers, entered=entered, files=files, by=by, cause=cause) from cause
    done = {"task_id": task.id, "now": now, "by_id": by.id, "absent_id": absent_id, "kept": keep(answers)}
    DONE.later(session, done, refusal=moved_on)
    if task.draft is not None:
        # A completion that failed left its answers as the draft, so that the way of most steps asks nothing of incidents.
        settle_incidents(session, instance.id, [task.id], by=by, now=now)
    store_step(
        session,
        instance,
        published,
        step,
        now=now,
        event="completed",
        by=by,
        node_id=task.node_id,
        task_id=task.id,
        detail=_for_absent(absent_id),
    )
    return task


def task_form(
    session: Session,
    task: Task,
    *,
    by: Actor,
    now: datetime,
    submission: Submission | None = None,
    on_rule: bool = False,
) -> BoundForm | None:
    """The form of a task as this person meets it: filled with their draft, else with what the process knows. `on_rule`: it
    is answered by nobody."""
    published = library.published(session, task.version_id)
    facts = facts_of(task)
    done = task.status == TaskStatus.DONE
    values = restore(task.answers) if done else task.draft or facts
    return step_form(
        session,
        published,
        published.definition.nodes[task.node_id].form_key,
        by=acting(session, task, by),
        now=now,
        data=facts,
        values=values,
        submission=submission,
        read_only=not on_rule and why_not_save(task, by) is not None,
        node_id=task.node_id,
    )


def _task(session: Session, task_id: int, *, by: Actor) -> Task:
    """The task, if this person may work on it; what is not theirs does not exist for them."""
    task = session.get(Task, task_id)
    if task is None or not concerns(task, by):
        raise NotFound
    return task


def _still_open(task_id: int) -> tuple[ColumnElement[bool], ...]:
    """What must still hold when the row is written: the verbs that ask for it do not lock the case, which may be suspended at
    the very moment."""
    return TASK.c.id == task_id, TASK.c.status == TaskStatus.OPEN, TASK.c.suspended.is_(False)


def _lost(session: Session, task: Task, otherwise: Text) -> Conflict:
    """Why a write found the task changed: it was closed or suspended meanwhile, or else what is said here."""
    session.refresh(task)
    return Conflict(why_not_open(task) or otherwise)


def _note(session: Session, task: Task, kind: str, absent_id: int | None, *, by: Actor, now: datetime) -> None:
    record_event(
        session,
        instance_id=task.instance_id,
        now=now,
        kind=kind,
        by=by,
        node_id=task.node_id,
        task_id=task.id,
        detail=_for_absent(absent_id),
    )


def _for_absent(absent_id: int | None) -> dict[str, object]:
    """In whose place somebody acted, for the history."""
    return {} if absent_id is None else {"in_place_of": absent_id}


def _refusal(session: Session, task: Task, by: Actor, reason: Any) -> HeliuError:
    """Who may not know the task hears nothing of it; who was too late hears who was first."""
    if not concerns(task, by):
        return NotFound()
    if task.status == TaskStatus.DONE:
        user = session.get(User, task.closed_by_id) if task.closed_by_id else None
        return AlreadyDone(task, user.shown_name(by.locale) if user else "?")
    if why_not_open(task) or task.assignee_id is not None:
        return Conflict(reason)
    return Denied(reason)
