"""Where running cases stand: at open tasks, timers, incidents, and where they wait to hear something. The one source for the map, the
list of cases and the choice of those to be moved.

What a case waits to hear is kept by its name; which element listens for it, the diagram says. Where several elements listen for one
name, the states of the cases tell them apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, case, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from crm.core.due import DueRow
from workflows import engine, library
from workflows.engine import Definition, Node
from workflows.messaging.models import MESSAGE, SIGNAL, Waiting
from workflows.models import TIMER, Incident, InstanceStatus, ProcessInstance, Task, TaskStatus

# Elements at which a case stands until it hears something, and those that listen beside where it stands.
CATCHING = frozenset({"intermediateCatchEvent", "receiveTask"})
LISTENING = CATCHING | {"boundaryEvent", "startEvent"}
CONDITIONAL = "conditional"
# Of one version. A statement takes no more values than that.
MOST_LOOKED_UP = 10_000


class Sort(StrEnum):
    """By what a case stands at an element."""

    TASK = "task"
    TIMER = "timer"
    HEARING = "hearing"
    INCIDENT = "incident"


@dataclass(frozen=True)
class Place:
    """An element of a version at which so many running cases stand, so many of these with an incident."""

    version_id: int
    node_id: str
    cases: int
    stopped: int = 0


def cases_at(session: Session, key: str | None, nodes: Collection[str]) -> Select[int]:
    """The running cases of a process, or of any, that stand at one of these elements, in whatever version."""
    rows = _standing(session, key).subquery()
    return select(rows.c.instance_id).where(rows.c.node_id.in_(sorted(nodes)))


def places(session: Session, key: str, cases: Select[int]) -> list[Place]:
    """Where these running cases of a process stand, each counted once at an element. What only watches beside a step is no place."""
    rows = _standing(session, key).subquery()
    stopped = case((rows.c.sort == Sort.INCIDENT.value, rows.c.instance_id))
    numbers = func.count(rows.c.instance_id.distinct()), func.count(stopped.distinct())
    wanted = (
        select(rows.c.version_id, rows.c.node_id, *numbers)
        .where(rows.c.instance_id.in_(cases))
        .group_by(rows.c.version_id, rows.c.node_id)
    )
    found = [Place(*row) for row in session.execute(wanted)]
    return [
        place
        for place in found
        if not _is_beside(library.published(session, place.version_id).definition, place.node_id)
    ]


def counted(session: Session, key: str, version_id: int) -> Mapping[Sort, Mapping[str, int]]:
    """How often running cases of a version stand at each element, by sort; what watches beside a step counts too."""
    rows = _standing(session, key, version_id).subquery()
    found: dict[Sort, dict[str, int]] = {sort: {} for sort in Sort}
    for sort, node_id, number in session.execute(
        select(rows.c.sort, rows.c.node_id, func.count()).group_by(rows.c.sort, rows.c.node_id)
    ):
        found[Sort(sort)][node_id] = number
    return found


def _standing(session: Session, key: str | None, version_id: int | None = None) -> CompoundSelect[int, int, str, str]:
    """A row (instance_id, version_id, node_id, sort) for each thing by which a running case stands somewhere."""
    running = [ProcessInstance.status == InstanceStatus.RUNNING]
    if key is not None:
        running.append(ProcessInstance.process_key == key)
    if version_id is not None:
        running.append(ProcessInstance.version_id == version_id)
    case_id, version = ProcessInstance.id.label("instance_id"), ProcessInstance.version_id.label("version_id")
    due_at = DueRow.payload["node"].as_string()
    task_rows = select(case_id, version, Task.node_id.label("node_id"), literal(Sort.TASK.value).label("sort")).join(
        Task, and_(Task.instance_id == ProcessInstance.id, Task.status == TaskStatus.OPEN)
    )
    timer_rows = select(case_id, version, due_at, literal(Sort.TIMER.value)).join(
        DueRow, and_(DueRow.kind == TIMER, DueRow.subject_id == ProcessInstance.id)
    )
    incident_rows = select(case_id, version, Incident.node_id, literal(Sort.INCIDENT.value)).join(
        Incident,
        and_(Incident.instance_id == ProcessInstance.id, Incident.resolved_at.is_(None), Incident.node_id.is_not(None)),
    )
    parts = [each.where(*running) for each in (task_rows, timer_rows, incident_rows)]
    versions = session.scalars(select(ProcessInstance.version_id).where(*running).distinct()).all()
    listening = [_listening(session, each) for each in versions]
    if by_name := [each for one in listening for each in one.by_name]:
        heard_rows = select(case_id, version, case(*by_name), literal(Sort.HEARING.value)).join(
            Waiting, Waiting.instance_id == ProcessInstance.id
        )
        parts.append(heard_rows.where(*running, or_(*(condition for condition, _ in by_name))))
    for node_id, case_ids in (each for one in listening for each in one.by_case.items()):
        looked_up = select(case_id, version, literal(node_id), literal(Sort.HEARING.value))
        parts.append(looked_up.where(*running, ProcessInstance.id.in_(case_ids)))
    return union_all(*parts)


@dataclass(frozen=True)
class _Listening:
    """Which cases of a version stand at elements that listen: by a condition on what they wait for, with the element, where its
    name tells; else by element, with the cases."""

    by_name: Sequence[tuple[ColumnElement[bool], str]]
    by_case: Mapping[str, Collection[int]]


def _listening(session: Session, version_id: int) -> _Listening:
    definition = library.published(session, version_id).definition
    by_name: dict[tuple[str, str], list[Node]] = defaultdict(list)
    unclear: set[str] = set()
    for node in definition.nodes.values():
        for event in node.events if node.kind in LISTENING else ():
            if event.kind in (MESSAGE, SIGNAL) and event.name:
                by_name[event.kind, event.name].append(node)
            elif event.kind == CONDITIONAL and node.kind in CATCHING:
                unclear.add(node.id)
    of_version = ProcessInstance.version_id == version_id
    clear = []
    for (kind, name), nodes in by_name.items():
        catching = [node.id for node in nodes if node.kind in CATCHING]
        if len(nodes) == 1 and catching:
            clear.append((and_(of_version, Waiting.kind == kind, Waiting.name == name), catching[0]))
        unclear |= set(catching) if len(nodes) > 1 else set()
    return _Listening(clear, _looked_up(session, definition, version_id, unclear) if unclear else {})


def _looked_up(
    session: Session, definition: Definition, version_id: int, nodes: Collection[str]
) -> Mapping[str, Collection[int]]:
    """The running cases at each of these elements, the newest by their states. Cases that stand alike are looked into once."""
    wanted = (
        select(ProcessInstance.id, ProcessInstance.state)
        .where(ProcessInstance.version_id == version_id, ProcessInstance.status == InstanceStatus.RUNNING)
        .order_by(ProcessInstance.id.desc())
        .limit(MOST_LOOKED_UP)
    )
    known: dict[Hashable, list[str]] = {}
    found: dict[str, list[int]] = defaultdict(list)
    for instance_id, state in session.execute(wanted):
        shape = engine.shape(state)
        if shape not in known:
            known[shape] = [node_id for node_id in engine.live_nodes(definition, state) if node_id in nodes]
        for node_id in known[shape]:
            found[node_id].append(instance_id)
    return found


def _is_beside(definition: Definition, node_id: str) -> bool:
    node = definition.nodes.get(node_id)
    return node is not None and (node.attached_to is not None or node.kind == "startEvent")
