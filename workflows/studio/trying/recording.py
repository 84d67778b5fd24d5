"""From the rows of a finished case to a script: what it began with, what people answered, when timers acted, what was heard.

Lines of history tell since when operations are noted with what they answered; for older cases that is read from what later
tasks knew, and the recording says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.db import company_time
from crm.core.errors import RuleBroken
from crm.core.i18n import Text, text
from workflows import library, queries
from workflows.engine import Definition
from workflows.kept import restore
from workflows.models import InstanceStatus, ProcessEvent, ProcessInstance, Task, TaskStatus
from workflows.studio.trying.play import PLACES, play
from workflows.studio.trying.replay import silent_operations
from workflows.studio.trying.script import MESSAGE, MOST_ACTS, SIGNAL, TASK, TIMER, Act, Script, by_node

# Lines that move a case on without people having left its diagram.
ORDINARY = ("started", "completed", "timer", "message", "withdrawn")
MOST_LINES = 5_000
ENDED = text("Only a case that went to its end can be recorded.")


@dataclass(frozen=True)
class Recording:
    """A finished case as a script. `path` is the way that it went; `guessed` are the steps whose operations were not noted, so
    that what they answered was read from later tasks."""

    instance: ProcessInstance
    definition: Definition
    script: Script
    path: tuple[str, ...]
    guessed: tuple[str, ...] = ()


@dataclass
class _Course:
    """The script as far as it has been gathered."""

    acts: list[Act] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    called: list[tuple[str, Mapping[str, Any] | None]] = field(default_factory=list)
    # For each act: where its part of the path and of the calls begins, and its task (0: none).
    marks: list[tuple[int, int, int]] = field(default_factory=list)


def why_not_record(instance: ProcessInstance) -> Text | None:
    """The reason why this case cannot become a scenario."""
    return None if instance.status == InstanceStatus.COMPLETED else ENDED


def from_case(session: Session, instance: ProcessInstance) -> Recording:
    """The course of a finished case. Refused for one that somebody moved by hand, and for one that is not over."""
    if reason := why_not_record(instance):
        raise RuleBroken(reason)
    published = library.published(session, instance.version_id)
    definition = published.definition
    lines = queries.history(session, instance.id, limit=MOST_LINES)
    tasks = session.scalars(select(Task).where(Task.instance_id == instance.id).order_by(Task.id)).all()
    begun = lines[0].detail if lines else {}
    course = _follow(session, definition, lines, tasks)
    if len(course.acts) > MOST_ACTS:
        raise RuleBroken(text("A trial has at most {most} steps.", most=MOST_ACTS))
    script = Script(
        at=company_time(session, instance.started_at),
        start=restore(begun["data"]) if "data" in begun else _first_known(definition, tasks),
        begin=lines[0].node_id if lines else None,
        payload=restore({"payload": begun.get("payload")})["payload"],
        operations=by_node(course.called),
        acts=tuple(course.acts),
    )
    guessed: list[str] = []
    if "data" not in begun:
        script = _guess(definition, script, tasks, [task_id for _, _, task_id in course.marks], guessed)
    return Recording(instance, definition, script, tuple(course.path), tuple(dict.fromkeys(guessed)))


def _follow(session: Session, definition: Definition, lines: Sequence[ProcessEvent], tasks: Sequence[Task]) -> _Course:
    course = _Course()
    by_id = {task.id: task for task in tasks}
    done: dict[int, int] = {}
    for line in lines:
        if "passed" not in line.detail:
            continue
        if line.kind not in ORDINARY:
            raise RuleBroken(_moved_by_hand(definition, line.node_id or "?"))
        if line.kind == "withdrawn":
            _take_back(course)
            done.pop(line.task_id or 0, None)
            continue
        if line.kind != "started":
            course.marks.append((len(course.path), len(course.called), line.task_id or 0))
            task = by_id.get(line.task_id or 0)
            course.acts.append(_act(definition, line, task, tasks, done, company_time(session, line.at)))
            if task is not None:
                done[task.id] = line.id
        course.path += [mark[1] for mark in line.detail["passed"] if mark[0] in PLACES]
        course.called += [(node, None if result is None else restore(result)) for node, result in _called(line)]
    return course


def _moved_by_hand(definition: Definition, node_id: str) -> Text:
    node = definition.nodes.get(node_id)
    step = node.name if node is not None and node.name else node_id
    return text(
        "The case was moved by hand at “{step}”; only what the diagram itself allows can be recorded.", step=step
    )


def _called(line: ProcessEvent) -> list[tuple[str, Any]]:
    return [(str(node), result) for node, result in line.detail.get("called", ())]


def _take_back(course: _Course) -> None:
    """The last completion was undone: as if it had not been."""
    if course.acts:
        course.acts.pop()
        path, called, _ = course.marks.pop()
        del course.path[path:], course.called[called:]


def _act(
    definition: Definition,
    line: ProcessEvent,
    task: Task | None,
    tasks: Sequence[Task],
    done: Mapping[int, int],
    at: datetime,
) -> Act:
    if line.kind == "timer":
        return Act(TIMER, line.node_id or "?", at=at)
    if line.kind == "message":
        name = str(line.detail.get("message"))
        kinds = {event.kind for node in definition.nodes.values() for event in node.events if event.name == name}
        payload = restore({"payload": line.detail.get("payload", _shown_payload(line))})["payload"]
        return Act(SIGNAL if kinds == {"signal"} else MESSAGE, name, payload, at=at)
    if task is None:
        raise RuleBroken(text("The case cannot be recorded: one of its tasks is missing."))
    return Act(TASK, task.node_id, restore(task.answers), _which(task, tasks, done, line.at), at)


def _which(task: Task, tasks: Sequence[Task], done: Mapping[int, int], at: datetime) -> int:
    """How many tasks of the same element were open beside this one and are older."""
    return sum(
        1
        for other in tasks
        if other.node_id == task.node_id
        and other.token < task.token
        and other.opened_at <= at
        and other.id not in done
        and not (other.status == TaskStatus.WITHDRAWN and other.closed_at is not None and other.closed_at <= at)
    )


def _shown_payload(line: ProcessEvent) -> Any:
    """What came with a message, as far as the path of an older case tells."""
    shown = [mark[2].get("payload") for mark in line.detail["passed"] if mark[0] == "message" and len(mark) > 2]
    return shown[0] if shown else None


def _first_known(definition: Definition, tasks: Sequence[Task]) -> dict[str, Any]:
    """What an older case began with: what its first task knew, but for what operations had answered by then."""
    known = restore(tasks[0].data) if tasks else {}
    made = {node.operator.result for node in definition.nodes.values() if node.operator is not None}
    return {name: value for name, value in known.items() if name not in made}


def _guess(
    definition: Definition, script: Script, tasks: Sequence[Task], done: Sequence[int], guessed: list[str]
) -> Script:
    silent = silent_operations()
    for _ in range(MOST_ACTS):
        situation = play(definition, script, silent=silent)
        if situation.asks is None:
            return script
        node = situation.asks.node_id
        # Tasks are numbered in the order in which they were opened: those after the one just completed know the answer.
        last = done[situation.done] if situation.passed and situation.done < len(done) else 0
        later = [task for task in tasks if task.id > last and (situation.at is None or task.opened_at >= situation.at)]
        result = _known(definition, node, later)
        guessed.append(node)
        results = (*script.operations.get(node, ()), result)
        script = replace(script, operations={**script.operations, node: results})
    return script


def _known(definition: Definition, node_id: str, tasks: Sequence[Task]) -> Mapping[str, Any] | None:
    """What the first of these tasks knew of the answer: as the variable that the step fills, or as those into which the script
    after the step has put its parts."""
    node = definition.nodes[node_id]
    variable = node.operator.result if node.operator is not None else None
    if variable is None or not tasks:
        return None
    known = restore(tasks[0].data)
    if isinstance(known.get(variable), dict):
        found: Mapping[str, Any] = known[variable]
        return found
    parts = re.findall(rf"(\w+)\s*:\s*{re.escape(variable)}\.(\w+)", node.post_script or "")
    return {part: known[name] for name, part in parts if name in known}
