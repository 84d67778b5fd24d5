"""What is asked of runs: how far one has come, what became of its cases, which there were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, undefer

from crm.core.errors import NotFound
from crm.permissions import Actor, check_may
from workflows import library
from workflows.migrating.forgetting import is_forgotten
from workflows.migrating.models import CaseStatus, MigrationCase, MigrationRun, RunStatus
from workflows.models import DefinitionVersion, InstanceStatus, ProcessInstance

MOST_RUNS = 20
# Those of which something has to be said come first.
ORDER = (CaseStatus.REFUSED, CaseStatus.KEPT, CaseStatus.WAITING, CaseStatus.MOVED, CaseStatus.UNDONE)


@dataclass(frozen=True)
class Progress:
    """How far a run has come; `counts` has its cases by what became of them. `forgotten`: what would take its moves back is
    kept no more."""

    run: MigrationRun
    to: int
    counts: Mapping[CaseStatus, int]
    forgotten: bool = False

    @property
    def settled(self) -> int:
        """The cases with which the run has nothing more to do."""
        ahead = CaseStatus.MOVED if self.run.status == RunStatus.UNDONE else CaseStatus.WAITING
        return self.run.number - self.counts.get(ahead, 0)

    @property
    def percent(self) -> int:
        return 100 * self.settled // max(self.run.number, 1)

    @property
    def is_under_way(self) -> bool:
        """Will the clock still do something for it?"""
        return self.run.status != RunStatus.STOPPED and self.settled < self.run.number

    @property
    def can_be_undone(self) -> bool:
        done = self.run.status == RunStatus.STOPPED or (self.run.status == RunStatus.RUNNING and not self.is_under_way)
        return done and self.counts.get(CaseStatus.MOVED, 0) > 0 and not self.forgotten


@dataclass(frozen=True)
class Result:
    """One case of a run, with its title and the number of the version from which it came."""

    case: MigrationCase
    title: str
    came_from: int


def running_case(session: Session, instance_id: int, *, by: Actor) -> ProcessInstance:
    """A running case with its state, to be looked at only. Raises NotFound."""
    check_may(by, "processes", "administer")
    wanted = select(ProcessInstance).where(
        ProcessInstance.id == instance_id, ProcessInstance.status == InstanceStatus.RUNNING
    )
    found = session.scalars(wanted.options(undefer(ProcessInstance.state))).one_or_none()
    if found is None:
        raise NotFound
    return found


def progress_of(session: Session, run_id: int, *, by: Actor) -> Progress:
    """How far the run has come. Raises NotFound."""
    check_may(by, "processes", "administer")
    run = session.get(MigrationRun, run_id)
    if run is None:
        raise NotFound
    return _progress(session, run)


def results_of(session: Session, run_id: int, *, first: int = 0, limit: int = 50) -> list[Result]:
    """The cases of a run, those of which something has to be said first."""
    rank = {status.value: place for place, status in enumerate(ORDER)}
    wanted = (
        select(MigrationCase, ProcessInstance.title, DefinitionVersion.number)
        .join(ProcessInstance, ProcessInstance.id == MigrationCase.instance_id)
        .join(DefinitionVersion, DefinitionVersion.id == MigrationCase.from_version_id)
        .where(MigrationCase.run_id == run_id)
        .order_by(case(rank, value=MigrationCase.status), MigrationCase.instance_id)
    )
    return [Result(*row) for row in session.execute(wanted.offset(first).limit(limit))]


def steps_of(session: Session, run: MigrationRun, locale: str) -> list[str]:
    """What the steps are called at which cases had to stand to be meant by the run; none: any."""
    chosen: list[str] = run.filters.get("nodes") or []
    if not chosen:
        return []
    came_from = select(MigrationCase.from_version_id).where(MigrationCase.run_id == run.id).distinct()
    versions = [library.published(session, each) for each in (*session.scalars(came_from), run.to_version_id)]
    knows = {node: next((each for each in versions if node in each.definition.nodes), versions[-1]) for node in chosen}
    return [version.name_of(node, locale) for node, version in knows.items()]


def runs_of(session: Session, key: str, *, by: Actor) -> Sequence[Progress]:
    """The newest runs of a process."""
    check_may(by, "processes", "administer")
    runs = session.scalars(
        select(MigrationRun).where(MigrationRun.process_key == key).order_by(MigrationRun.id.desc()).limit(MOST_RUNS)
    ).all()
    return [_progress(session, run) for run in runs]


def _progress(session: Session, run: MigrationRun) -> Progress:
    number = session.scalar(select(DefinitionVersion.number).where(DefinitionVersion.id == run.to_version_id))
    rows = session.execute(
        select(MigrationCase.status, func.count()).where(MigrationCase.run_id == run.id).group_by(MigrationCase.status)
    )
    counts = {CaseStatus(status): count for status, count in rows}
    return Progress(run, number or 0, counts, forgotten=is_forgotten(session, run.id))
