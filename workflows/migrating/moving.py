"""Moves one case to another version, and back while nobody has gone on with it.

The case is locked first, as by every step. Whatever stands against the move is kept with the case of the run, and nothing
else is changed then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from crm.core.db import company_time
from crm.core.i18n import Text, text
from workflows import engine, library
from workflows.engine import EngineError
from workflows.library import Published
from workflows.migrating import following
from workflows.migrating.judging import Outlook, Verdict, judge
from workflows.migrating.keeping import keep_sentences
from workflows.migrating.models import CaseStatus, MigrationCase, MigrationRun, RunStatus
from workflows.models import ProcessInstance
from workflows.operations.hearing import locked_case
from workflows.operations.steps import NOTE

ENDED = text("This case has ended meanwhile.")
WORKED_ON = text("Somebody has gone on with this case since it was moved.")


def judge_case(
    session: Session, instance: ProcessInstance, new: Published, *, now: datetime, mapping: Mapping[str, str]
) -> Verdict:
    """What would become of this case, as it stands."""
    old = library.published(session, instance.version_id)
    try:
        return judge(old.definition, new.definition, instance.state, now=company_time(session, now), mapping=mapping)
    except EngineError as fault:
        return Verdict(Outlook.STAYS, (), (Text(fault.template, fault.params),))


def move_one(session: Session, *, now: datetime, run_id: int, instance_id: int) -> CaseStatus | None:
    """Move a case of a run that is under way. None when there is nothing (more) to do."""
    instance = locked_case(session, instance_id)
    run, case = session.get_one(MigrationRun, run_id), _case(session, run_id, instance_id)
    if run.status != RunStatus.RUNNING or case.status != CaseStatus.WAITING:
        return None
    if instance is None:
        return _settle(case, CaseStatus.REFUSED, [ENDED], now)
    if instance.version_id == run.to_version_id:
        return _settle(case, CaseStatus.REFUSED, [text("This case runs in this version already.")], now)
    new = library.published(session, run.to_version_id)
    verdict = judge_case(session, instance, new, now=now, mapping=run.mapping)
    if verdict.outlook is not Outlook.MOVES:
        return _settle(case, CaseStatus.REFUSED, verdict.reasons, now)
    old = library.published(session, instance.version_id)
    state = engine.move_case(old.definition, new.definition, instance.state, run.mapping)
    before, after = engine.rest_of(old.definition, instance.state), engine.rest_of(new.definition, state)
    tasks = following.open_tasks(session, instance.id)
    if {task.token for task in tasks} != after.tasks.keys():
        return _settle(case, CaseStatus.REFUSED, [text("The tasks of this case do not agree with its state.")], now)
    case.from_version_id, case.state_before = old.version_id, instance.state
    case.rows_before = {
        "tasks": following.move_tasks(tasks, after, new),
        "timers": following.move_timers(session, instance.id, before, after),
    }
    following.rename_incidents(session, instance.id, run.mapping)
    _put(instance, state, new.version_id)
    case.version_after = instance.version
    following.follow_waits(session, instance, new, state, now)
    _note(session, run, instance, "migrated", old, new, now)
    return _settle(case, CaseStatus.MOVED, verdict.hints, now)


def move_back(session: Session, *, now: datetime, run_id: int, instance_id: int) -> CaseStatus | None:
    """Take the move of a case back, unless somebody has gone on with it since. None when there is nothing (more) to do."""
    instance = locked_case(session, instance_id)
    run, case = session.get_one(MigrationRun, run_id), _case(session, run_id, instance_id)
    if case.status != CaseStatus.MOVED or case.state_before is None or case.rows_before is None:
        return None
    if instance is None:
        return _settle(case, CaseStatus.KEPT, [ENDED], now)
    tasks = following.open_tasks(session, instance.id)
    then = {row["id"]: row["version"] for row in case.rows_before["tasks"]}
    if instance.version != case.version_after or {task.id: task.version for task in tasks} != then:
        return _settle(case, CaseStatus.KEPT, [WORKED_ON], now)
    old, new = library.published(session, case.from_version_id), library.published(session, instance.version_id)
    following.tasks_back(tasks, case.rows_before["tasks"], old.version_id)
    rest = engine.rest_of(old.definition, case.state_before)
    following.timers_back(session, instance, rest, case.rows_before["timers"], now)
    following.rename_incidents(session, instance.id, {now_at: was for was, now_at in run.mapping.items()})
    _put(instance, case.state_before, old.version_id)
    following.follow_waits(session, instance, old, case.state_before, now)
    _note(session, run, instance, "migrated_back", new, old, now)
    case.state_before = case.rows_before = None
    return _settle(case, CaseStatus.UNDONE, [], now)


def _case(session: Session, run_id: int, instance_id: int) -> MigrationCase:
    return session.get_one(MigrationCase, (run_id, instance_id), with_for_update=True, populate_existing=True)


def _put(instance: ProcessInstance, state: bytes, version_id: int) -> None:
    instance.state, instance.version_id = state, version_id
    instance.version += 1
    # What was completed before was completed in the other version; it cannot be taken back in this one.
    instance.last_done_id = instance.state_before = None


def _settle(case: MigrationCase, status: CaseStatus, reasons: Sequence[Text], now: datetime) -> CaseStatus:
    case.status, case.reasons, case.at = status, keep_sentences(reasons), now
    return status


def _note(
    session: Session,
    run: MigrationRun,
    instance: ProcessInstance,
    kind: str,
    old: Published,
    new: Published,
    now: datetime,
) -> None:
    session.flush()
    detail = {"from_version": old.number, "to_version": new.number, "run": run.id, "reason": run.reason}
    NOTE.later(
        session,
        {
            "instance_id": instance.id,
            "at": now,
            "kind": kind,
            "node_id": None,
            "task_id": None,
            "actor_id": run.started_by_id,
            "detail": detail | ({"mapping": dict(run.mapping)} if run.mapping else {}),
        },
    )
