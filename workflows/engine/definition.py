"""One version of a process, ready to run: immutable, and safe to share between threads and cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from workflows.engine.building import build_specs
from workflows.engine.bundle import Bundle
from workflows.engine.decisions import Decisions
from workflows.engine.diagram import Diagram, Flow, Lane, Node
from workflows.engine.errors import BundleRefused
from workflows.engine.lint import lint
from workflows.engine.regions import Regions
from workflows.engine.specs.process import ProcessSpec


@dataclass(frozen=True, eq=False)
class Definition:
    """What a bundle means. Callers keep it by version; making it costs some milliseconds."""

    bundle: Bundle
    diagram: Diagram
    decisions: Decisions
    key: str
    name: str
    documentation: str
    nodes: Mapping[str, Node]
    flows: Mapping[str, Flow]
    lanes: tuple[Lane, ...]
    participants: Mapping[str, str]
    beginnings: Mapping[str, Beginning]
    start_form: str | None
    start_roles: tuple[str, ...]
    spec: ProcessSpec
    nested: Mapping[str, ProcessSpec]

    @cached_property
    def regions(self) -> Mapping[str, Regions]:
        """What lies where in each process, by its id. Worked out when it is first asked for."""
        return {process.id: Regions(process) for process in self.diagram.used()}


@dataclass(frozen=True)
class Beginning:
    """A start event by which a case can begin.

    `kind` is none (a person, or another room, starts it), message, signal or timer; `name` that of the message or signal;
    `variable` takes what came with it, where the diagram names one; `timer` the text of the timer with its kind.
    """

    node_id: str
    kind: str = "none"
    name: str | None = None
    variable: str | None = None
    timer: tuple[str, str] | None = None


def _beginning(node: Node) -> Beginning:
    event = node.event
    if event is None:
        return Beginning(node.id)
    timer = (event.timer_kind, event.text) if event.kind == "timer" else None
    return Beginning(node.id, event.kind, event.name, event.variable, timer)


def compile(bundle: Bundle, *, stored: bool = False) -> Definition:  # noqa: A001 -- the word of the house for it
    """Raises BundleRefused naming each fault that would keep the process from running.

    What is `stored` was judged by the rules of its day: cases run by it, and rules that came later do not stop them. It is
    refused only where it cannot be read at all.
    """
    diagram, decisions, problems = lint(bundle)
    errors = [problem for problem in problems if problem.is_error]
    if (errors and not stored) or diagram is None or decisions is None or diagram.main is None:
        raise BundleRefused(errors)
    spec, nested = build_specs(diagram, decisions)
    main = diagram.processes[diagram.main]
    starts = sorted(
        (node for node in main.nodes.values() if node.kind == "startEvent"), key=lambda node: bool(node.events)
    )
    start = starts[0]
    return Definition(
        bundle=bundle,
        diagram=diagram,
        decisions=decisions,
        key=main.id,
        name=main.name,
        documentation=main.documentation,
        nodes=MappingProxyType(dict(diagram.nodes)),
        flows=MappingProxyType(dict(diagram.flows)),
        lanes=diagram.lanes,
        participants=MappingProxyType(dict(diagram.participants)),
        beginnings=MappingProxyType({node.id: _beginning(node) for node in starts}),
        start_form=start.form_key,
        start_roles=tuple(role.strip() for role in (start.role or "").split(",") if role.strip()),
        spec=spec,
        nested=MappingProxyType(nested),
    )
