"""Keeps a case as bytes: positional rows, names in a table, parents by row, data as what differs from the parent's.

The specs are not in it; they belong to the version. The first entry is the version of this format.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.util.task import TaskState

from workflows.engine.errors import StepRefused
from workflows.engine.run import Run
from workflows.engine.specs.process import ProcessSpec
from workflows.engine.texts import N_
from workflows.engine.tokens import Token
from workflows.engine.values import from_json, to_json
from workflows.engine.workflow import AnyWorkflow, SubWorkflow, Workflow

FORMAT = 1
_MISSING = object()


def dump(workflow: Workflow) -> bytes:
    names: dict[str, int] = {}
    parts = [_part(workflow, names, {})]
    # The owner of a sub-process must be restored before it, so outer ones go first.
    for nested in sorted(workflow.subprocesses.values(), key=lambda part: part.depth):
        parts.append(_part(nested, names, workflow.get_task_from_id(nested.parent_task_id).data))
    counters = [workflow.last_token, workflow.clock]
    return to_json([FORMAT, counters, list(names), parts])


def _part(workflow: AnyWorkflow, names: dict[str, int], outer: dict[str, Any]) -> list[Any]:
    """The rows of one process; its root's data is told as what differs from `outer`, that of its owner."""
    rows: list[Any] = []
    position: dict[int, int] = {}
    tasks = workflow.tasks
    for index, (token_id, token) in enumerate(tasks.items()):
        position[token_id] = index
        name = names.setdefault(token.task_spec.name, len(names))
        parent = token._parent
        data = _difference(outer if parent is None else tasks[parent].data, token.data)
        at = -1 if parent is None else position[parent]
        row = [token_id, at, name, token._state, token.last_state_change, data]
        if token.internal_data or token.triggered:
            row.append(token.internal_data or 0)
            if token.triggered:
                row.append(1)
        rows.append(row)
    return [workflow.parent_task_id, workflow.spec.name, int(workflow.completed), rows]


def _difference(before: dict[str, Any], data: dict[str, Any]) -> Any:
    changed = {}
    for name, value in data.items():
        old = before.get(name, _MISSING)
        # 1 == True and 1 == Decimal("1.0"): what is equal but of another type is a change too.
        if old is not value and (type(old) is not type(value) or type(value) in (dict, list) or old != value):
            changed[name] = value
    # By name, so that the same data always give the same bytes, in whatever order they came to be.
    changed = dict(sorted(changed.items()))
    gone = sorted(name for name in before if name not in data)
    if gone:
        return [changed, gone]
    return [changed] if changed else 0


def shape(raw: bytes) -> Hashable:
    """Where the case stands, without its data and numbers: cases of one version with the same shape stand in the same way.

    Raises StepRefused.
    """
    try:
        _, _, names, parts = from_json(raw)
        return tuple(
            (
                name,
                completed,
                tuple((names[row[2]], row[3], (row[6] or {}).get("by") if len(row) > 6 else None) for row in rows),
            )
            for _, name, completed, rows in parts
        )
    except (ValueError, TypeError, LookupError) as fault:
        raise StepRefused(N_("The stored state of this case cannot be read.")) from fault


def load(raw: bytes, spec: ProcessSpec, nested: Mapping[str, ProcessSpec], run: Run) -> Workflow:
    """The case as it was dumped. Raises StepRefused when it belongs to another version of the process."""
    try:
        version, (last_token, clock), names, parts = from_json(raw)
        if version != FORMAT:
            message = N_("The stored state of this case has the unknown format {format}.")
            raise StepRefused(message, {"format": version})
        workflow = Workflow(spec, nested, run, begin=False, last_token=last_token)
        workflow.clock = clock
        _load_parts(workflow, parts, names)
    except (ValueError, TypeError, LookupError) as fault:
        raise StepRefused(N_("The stored state of this case cannot be read.")) from fault
    return workflow


def _load_parts(workflow: Workflow, parts: list[Any], names: list[str]) -> None:
    _load_part(workflow, parts[0], names, {})
    for part in parts[1:]:
        owner = workflow.find(part[0])
        inner = workflow.subprocess_specs.get(part[1])
        if owner is None or inner is None or not hasattr(owner.task_spec, "watch"):
            raise _foreign(part[1])
        sub = SubWorkflow(inner, part[0], workflow, begin=False)
        workflow.subprocesses[part[0]] = sub
        _load_part(sub, part, names, owner.data)
        owner.task_spec.watch(sub, owner)


def _foreign(name: str) -> StepRefused:
    return StepRefused(
        N_("The case stands at {element}, which this version of the process does not have."), {"element": name}
    )


def _load_part(workflow: AnyWorkflow, part: list[Any], names: list[str], outer: dict[str, Any]) -> None:
    _, spec_name, completed, rows = part
    specs = workflow.spec.task_specs
    if spec_name != workflow.spec.name:
        raise _foreign(spec_name)
    top = workflow.top_workflow
    events = top.event_manager
    top.run.tokens += len(rows)
    tokens: list[Token] = []
    for row in rows:
        token = Token.__new__(Token)
        token.id, parent, name, token._state, token.last_state_change, data = row[:6]
        spec = specs.get(names[name])
        if spec is None:
            raise _foreign(names[name])
        token.task_spec = spec
        token.workflow = workflow
        token._children = []
        token.thread_id = 0
        token.internal_data = (row[6] or {}) if len(row) > 6 else {}
        token.triggered = len(row) > 7
        if parent < 0:
            token._parent = None
            token.data = dict(outer)
        else:
            above = tokens[parent]
            token._parent = above.id
            above._children.append(token.id)
            token.data = dict(above.data)
        if data:
            token.data.update(data[0])
            for gone in data[1] if len(data) > 1 else ():
                del token.data[gone]
        tokens.append(token)
        workflow.tasks[token.id] = token
        if token._state == TaskState.WAITING:
            if isinstance(spec, CatchingEvent):
                events.add_task(token)
            elif spec.looks_around:
                workflow.waiting_joins[token.id] = token
    workflow.task_tree = tokens[0]
    workflow.completed = bool(completed)
