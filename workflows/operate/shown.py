"""A case as the pages of the operators show it: where it stands with which variables, its timers, waits and incidents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from crm.accounts.queries import names_of
from crm.core.due import HELD, DueRow
from crm.core.i18n import Text
from crm.permissions import Actor
from workflows import engine, queries
from workflows.engine.moving import TARGET_KINDS
from workflows.library import Published
from workflows.messaging.waiting import awaited_by
from workflows.models import TIMER, InstanceStatus, ProcessInstance
from workflows.operate.values import Shown, show_values
from workflows.showing import ShownCase


@dataclass(frozen=True)
class Row:
    """A line of the list of cases."""

    case: ShownCase
    stopped: bool

    @property
    def id(self) -> int:
        return self.case.id

    @property
    def select_label(self) -> str:
        """What the box that ticks its row is called."""
        return self.case.title


@dataclass(frozen=True)
class Place:
    """Where a case stands: the element, who holds its task, the timer, and the variables seen from there."""

    token: int
    node_id: str
    name: str
    task_id: int | None
    holder: str
    timer_at: datetime | None
    timer_held: bool
    timer_failed: bool
    variables: Sequence[Shown]

    @property
    def is_timer(self) -> bool:
        return self.timer_at is not None


@dataclass(frozen=True)
class Target:
    """A step to which an open task might be moved, and why not, where the diagram forbids it."""

    node_id: str
    name: str
    reason: Text | None


def with_state(session: Session, instance_id: int) -> ProcessInstance | None:
    """The case with what the engine knows of it."""
    wanted = select(ProcessInstance).where(ProcessInstance.id == instance_id)
    return session.scalars(wanted.options(undefer(ProcessInstance.state))).one_or_none()


def places(session: Session, instance: ProcessInstance, published: Published, *, by: Actor) -> list[Place]:
    """Where a running case stands. This wakes the engine."""
    if instance.status != InstanceStatus.RUNNING:
        return []
    tasks = {task.token: task for task in queries.open_tasks(session, instance.id)}
    people = names_of(session, {task.assignee_id for task in tasks.values()}, by.locale)
    timers = {
        row.ref: row
        for row in session.scalars(select(DueRow).where(DueRow.kind == TIMER, DueRow.subject_id == instance.id))
    }
    found = []
    for place in engine.positions(published.definition, instance.state):
        task, timer = tasks.get(place.token), timers.get(place.token)
        held = timer is not None and HELD in timer.payload
        at = place.due_at
        if timer is not None:
            at = datetime.fromisoformat(timer.payload[HELD]) if held else timer.due_at
        found.append(
            Place(
                token=place.token,
                node_id=place.node_id,
                name=published.name_of(place.node_id, by.locale),
                task_id=task.id if task is not None else None,
                holder=people.get(task.assignee_id or 0, "") if task is not None else "",
                timer_at=at,
                timer_held=held,
                timer_failed=timer is not None and timer.failed_at is not None,
                variables=show_values(place.data),
            )
        )
    return found


def targets(instance: ProcessInstance, published: Published, token: int, *, by: Actor) -> list[Target]:
    """Every step to which an open task might go, those that are allowed first. Empty when the task is open no more."""
    words = published.translator(by.locale)
    found = []
    for node in published.definition.nodes.values():
        if node.kind not in TARGET_KINDS:
            continue
        try:
            phrase = engine.check_move_token(published.definition, instance.state, token, node.id)
        except engine.UnknownToken:
            return []
        reason = None
        if phrase is not None:
            reason = Text(phrase.template, {name: words(str(value)) for name, value in phrase.params.items()})
        found.append(Target(node.id, words(node.name or node.id), reason))
    return sorted(found, key=lambda target: target.reason is not None)


def waits(session: Session, instance_id: int) -> list[tuple[str, str]]:
    """Kind and name of the messages and signals that the case waits for."""
    return sorted(awaited_by(session, instance_id))
