"""Runs: move the running cases of a process to one of its versions, stop that, take it back.

A run only says what is to happen; the clock moves each case in its own time (`moving`), so that staff go on working. One
case alone is moved at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, delete, exists, func, insert, literal, select
from sqlalchemy.orm import Session

from crm.core.audit import write_audit
from crm.core.db import Id, Json, UtcDateTime
from crm.core.due import Due, DueRow
from crm.core.errors import Conflict, Fault, Invalid, NotFound, RuleBroken
from crm.core.i18n import text
from crm.permissions import Actor, check_may
from workflows import library
from workflows.library import Published
from workflows.migrating import moving
from workflows.migrating.forgetting import KEPT_FOR, is_forgotten
from workflows.migrating.keeping import keep_sentences
from workflows.migrating.models import MOVE, UNDO, CaseStatus, MigrationCase, MigrationRun, RunStatus
from workflows.models import (
    DefinitionVersion,
    InstanceStatus,
    ProcessDefinition,
    ProcessInstance,
)
from workflows.rules import read_reason
from workflows.standing import cases_at

MOST_MAPPED = 200


@dataclass(frozen=True)
class Chosen:
    """Which cases are meant: those in these versions (numbers; none: in all others), that stand at one of these elements
    (none: at any), and only this one, if it is given."""

    versions: Collection[int] = ()
    nodes: Collection[str] = ()
    instance_id: int | None = None

    def as_filters(self) -> dict[str, object]:
        return {"versions": sorted(self.versions), "nodes": sorted(self.nodes), "instance": self.instance_id}


@dataclass(frozen=True)
class Plan:
    """To which version (its number) cases shall move, what takes the places of what, and why."""

    to: int
    reason: str
    mapping: Mapping[str, str] = field(default_factory=dict)
    chosen: Chosen = Chosen()


def begin(session: Session, *, by: Actor, now: datetime, key: str, plan: Plan) -> MigrationRun:
    """Let the clock move the cases that are meant. Refused while another run of the process is under way."""
    check_may(by, "processes", "administer")
    run = _begin(session, by=by, now=now, key=key, plan=plan)
    _ask(session, run, MOVE, CaseStatus.WAITING, now=now)
    return run


def move_case(
    session: Session, *, by: Actor, now: datetime, instance_id: int, plan: Plan
) -> tuple[MigrationRun, MigrationCase]:
    """Move one case at once; a run of its own tells what became of it."""
    check_may(by, "processes", "administer")
    instance = session.get(ProcessInstance, instance_id)
    if instance is None:
        raise NotFound
    only = Plan(plan.to, plan.reason, plan.mapping, Chosen(instance_id=instance_id))
    run = _begin(session, by=by, now=now, key=instance.process_key, plan=only)
    moving.move_one(session, now=now, run_id=run.id, instance_id=instance_id)
    return run, session.get_one(MigrationCase, (run.id, instance_id))


def _begin(session: Session, *, by: Actor, now: datetime, key: str, plan: Plan) -> MigrationRun:
    if session.get(ProcessDefinition, key, with_for_update=True) is None:
        raise NotFound
    version = library.version_of(session, key, plan.to)
    new = library.published(session, version.id)
    reason, mapping = read_reason(plan.reason), read_mapping(plan.mapping, new)
    if under_way := _under_way(session, key):
        raise Conflict(
            text("Run {number} is still moving cases of this process; wait for it or stop it.", number=under_way)
        )
    run = MigrationRun(
        process_key=key,
        to_version_id=version.id,
        filters=plan.chosen.as_filters(),
        mapping=mapping,
        status=RunStatus.RUNNING,
        reason=reason,
        number=0,
        started_at=now,
        started_by_id=by.id,
    )
    session.add(run)
    session.flush()
    meant = _meant(session, key, version.id, plan.chosen).add_columns(
        literal(run.id, Id), ProcessInstance.version_id, literal(CaseStatus.WAITING.value), literal([], Json)
    )
    names = ["instance_id", "run_id", "from_version_id", "status", "reasons"]
    session.execute(insert(MigrationCase).from_select(names, meant))
    counted = select(func.count()).select_from(MigrationCase).where(MigrationCase.run_id == run.id)
    run.number = session.scalar(counted) or 0
    if not run.number:
        raise RuleBroken(text("No running case of this process is in another version, or none that you chose."))
    _audit(session, run, "begun", by=by, now=now)
    return run


def stop(session: Session, *, by: Actor, now: datetime, run_id: int) -> MigrationRun:
    """No further case of the run moves; those that have moved stay where they are."""
    run = _locked(session, run_id, by=by)
    if run.status != RunStatus.RUNNING or not _waiting(session, run.id):
        raise Conflict(text("This run is not under way any more."))
    of_run = select(MigrationCase.instance_id).where(MigrationCase.run_id == run.id)
    session.execute(
        delete(DueRow).where(DueRow.kind == MOVE, DueRow.subject_id.in_(of_run), DueRow.ref == run.id),
        execution_options={"synchronize_session": False},
    )
    run.status, run.ended_at = RunStatus.STOPPED, now
    _audit(session, run, "stopped", by=by, now=now)
    return run


def undo(session: Session, *, by: Actor, now: datetime, run_id: int) -> MigrationRun:
    """Let the clock take back the moves of a run, of every case with which nobody has gone on since."""
    run = _locked(session, run_id, by=by)
    if run.status == RunStatus.UNDONE:
        raise Conflict(text("This run has been undone already."))
    if run.status == RunStatus.RUNNING and _waiting(session, run.id):
        raise Conflict(text("This run is still under way; stop it first."))
    if is_forgotten(session, run.id):
        raise Conflict(
            text("This run is too old: what would take its moves back was kept for {days} days.", days=KEPT_FOR.days)
        )
    run.status, run.ended_at = RunStatus.UNDONE, now
    _ask(session, run, UNDO, CaseStatus.MOVED, now=now)
    _audit(session, run, "undone", by=by, now=now)
    return run


def carry_on(session: Session, due: Due, *, now: datetime) -> None:
    """The clock has come to a case of a run: move it, or take its move back."""
    if due.subject_id is None or due.ref is None:
        return
    act = moving.move_one if due.kind == MOVE else moving.move_back
    act(session, now=now, run_id=due.ref, instance_id=due.subject_id)


def gave_up(session: Session, due: Due, error: str, *, now: datetime) -> None:
    """A case could not be moved for a cause that nobody foresaw: the run tells it."""
    case = session.get(MigrationCase, (due.ref, due.subject_id), with_for_update=True)
    if case is not None:
        case.status = CaseStatus.REFUSED if due.kind == MOVE else CaseStatus.KEPT
        case.reasons = keep_sentences([text("It failed again and again: {error}", error=error[:500])])
        case.at = now


def read_mapping(mapping: Mapping[str, str], new: Published) -> dict[str, str]:
    """What takes the places of what, without what is not chosen. Invalid where the new version does not have it."""
    chosen = {old: target for old, target in mapping.items() if target}
    if len(chosen) > MOST_MAPPED:
        raise Invalid([Fault("mapping", text("At most {most} steps can be mapped at once.", most=MOST_MAPPED))])
    known = new.definition.nodes.keys() | new.definition.flows.keys()
    faults = [
        Fault(f"mapping.{old}", text("Version {number} has no element {element}.", number=new.number, element=target))
        for old, target in chosen.items()
        if target not in known
    ]
    if faults:
        raise Invalid(faults)
    return chosen


def _meant(session: Session, key: str, to_version_id: int, chosen: Chosen) -> Select[int]:
    wanted = select(ProcessInstance.id).where(
        ProcessInstance.process_key == key,
        ProcessInstance.status == InstanceStatus.RUNNING,
        ProcessInstance.version_id != to_version_id,
    )
    if chosen.versions:
        of_numbers = select(DefinitionVersion.id).where(
            DefinitionVersion.process_key == key, DefinitionVersion.number.in_(sorted(chosen.versions))
        )
        wanted = wanted.where(ProcessInstance.version_id.in_(of_numbers))
    if chosen.nodes:
        wanted = wanted.where(ProcessInstance.id.in_(cases_at(session, key, chosen.nodes)))
    if chosen.instance_id is not None:
        wanted = wanted.where(ProcessInstance.id == chosen.instance_id)
    return wanted


def _ask(session: Session, run: MigrationRun, kind: str, status: CaseStatus, *, now: datetime) -> None:
    """An appointment for each of the cases, however many they are: none of them is fetched."""
    wanted = select(
        literal(kind),
        MigrationCase.instance_id,
        literal(run.id, Id),
        literal({}, Json),
        literal(now, UtcDateTime),
        literal(now, UtcDateTime),
        literal(0),
    ).where(MigrationCase.run_id == run.id, MigrationCase.status == status)
    names = ["kind", "subject_id", "ref", "payload", "due_at", "created_at", "attempts"]
    session.execute(insert(DueRow).from_select(names, wanted))


def _locked(session: Session, run_id: int, *, by: Actor) -> MigrationRun:
    check_may(by, "processes", "administer")
    run = session.get(MigrationRun, run_id, with_for_update=True)
    if run is None:
        raise NotFound
    return run


def _waiting(session: Session, run_id: int) -> bool:
    waiting = exists().where(MigrationCase.run_id == run_id, MigrationCase.status == CaseStatus.WAITING)
    return bool(session.scalar(select(waiting)))


def _under_way(session: Session, key: str) -> int | None:
    waiting = exists().where(MigrationCase.run_id == MigrationRun.id, MigrationCase.status == CaseStatus.WAITING)
    running = select(MigrationRun.id).where(
        MigrationRun.process_key == key, MigrationRun.status == RunStatus.RUNNING, waiting
    )
    return session.scalar(running.limit(1))


def _audit(session: Session, run: MigrationRun, action: str, *, by: Actor, now: datetime) -> None:
    write_audit(
        session,
        at=now,
        actor_id=by.id,
        actor_name=by.name,
        action=f"migration.{action}",
        subject_type="migration",
        subject_id=run.id,
        subject_name=run.process_key,
        new={"cases": run.number, "reason": run.reason, "to": run.to_version_id, "mapping": dict(run.mapping)},
    )
