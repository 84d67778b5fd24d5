"""The diagram as values: processes, nodes, flows and lanes, as drawn. What they may be is judged by the linter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

USER_KINDS = frozenset({"userTask", "manualTask", "task"})
GATEWAY_KINDS = frozenset({"exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway"})
INNER_KINDS = frozenset({"subProcess", "transaction", "adHocSubProcess"})
NESTED_KINDS = INNER_KINDS | {"callActivity"}


@dataclass(frozen=True)
class EventMark:
    """What an event waits for or throws.

    `text` is the timer's text, or the condition of a conditional event; `payload` a FEEL expression for what is thrown.
    """

    kind: str
    name: str | None = None
    text: str = ""
    timer_kind: str = ""
    variable: str | None = None
    payload: str | None = None


@dataclass(frozen=True)
class Repetition:
    """A task done several times: `kind` is parallel, sequential or loop. Texts are FEEL; None where not drawn."""

    kind: str
    collection: str | None = None
    cardinality: str | None = None
    item: str | None = None
    output: str | None = None
    output_item: str | None = None
    condition: str | None = None
    maximum: str | None = None
    test_before: bool = False


@dataclass(frozen=True)
class Operator:
    """The operation that a service task calls, with the FEEL text of each parameter."""

    name: str
    parameters: tuple[tuple[str, str], ...] = ()
    result: str | None = None


@dataclass(frozen=True)
class Node:
    """One element of the diagram. `process` is the process or sub-process in which it stands.

    `interrupting` belongs to boundary events and to the start of an event sub-process, `all_events` tells that every one
    of several events must happen and not just the first. `moves_data` tells that arrows to or from data objects are drawn, which have no effect. `extensions` are all words
    of our own at the element, for rooms that read more than the engine does: properties, text elements inside of
    extensionElements, and attributes of a foreign namespace, by their name without namespace (in this order of rank).
    """

    id: str
    name: str
    kind: str
    process: str
    lane: str | None = None
    role: str | None = None
    form_key: str | None = None
    documentation: str = ""
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    extensions: Mapping[str, str] = field(default_factory=dict)
    default_flow: str | None = None
    attached_to: str | None = None
    interrupting: bool = True
    all_events: bool = False
    events: tuple[EventMark, ...] = ()
    repetition: Repetition | None = None
    operator: Operator | None = None
    called: str | None = None
    result_variable: str | None = None
    script: str | None = None
    script_format: str | None = None
    pre_script: str | None = None
    post_script: str | None = None
    triggered_by_event: bool = False
    moves_data: bool = False

    @property
    def event(self) -> EventMark | None:
        return self.events[0] if self.events else None


@dataclass(frozen=True)
class Flow:
    """An arrow from one node to another, with the FEEL text of its condition if there is one."""

    id: str
    name: str
    source: str
    target: str
    condition: str | None = None
    process: str = ""


@dataclass(frozen=True)
class Lane:
    """A lane and the role whose people work in it; `nodes` are the ids drawn inside."""

    id: str
    name: str
    role: str | None = None
    nodes: tuple[str, ...] = ()


@dataclass(frozen=True)
class AdHoc:
    """Steps without order: all that nothing leads to begin at once; it is over when they are, or `condition` holds.

    `cancels_rest` tells that what is still open then is withdrawn, `in_turn` that only one may be open at a time.
    """

    condition: str | None = None
    cancels_rest: bool = True
    in_turn: bool = False


@dataclass(frozen=True)
class Process:
    """A process or a sub-process: a scope of its own. `parent` is the sub-process's surroundings.

    `inputs` and `outputs` are the variables that a call hands in and gets back; None: all of them.
    """

    id: str
    name: str
    documentation: str = ""
    executable: bool = True
    parent: str | None = None
    inputs: tuple[str, ...] | None = None
    outputs: tuple[str, ...] | None = None
    ad_hoc: AdHoc | None = None
    nodes: Mapping[str, Node] = field(default_factory=dict)
    flows: Mapping[str, Flow] = field(default_factory=dict)

    def beginnings(self) -> list[Node]:
        """The start events; without order of its steps, all to which nothing leads."""
        if self.ad_hoc is None:
            return [node for node in self.nodes.values() if node.kind == "startEvent"]
        return [
            node
            for node in self.nodes.values()
            if not node.incoming and node.attached_to is None and not node.triggered_by_event
        ]


@dataclass(frozen=True)
class Diagram:
    """All processes of one file. `main` is the one that a case runs; None when none can be told."""

    file: str
    main: str | None
    processes: Mapping[str, Process]
    nodes: Mapping[str, Node]
    flows: Mapping[str, Flow]
    lanes: tuple[Lane, ...]
    participants: Mapping[str, str] = field(default_factory=dict)

    def used(self) -> list[Process]:
        """The main process, its sub-processes and all that they call. What else is drawn only explains."""
        found: dict[str, Process] = {}
        stack = [self.main] if self.main is not None else list(self.processes)
        while stack:
            process = self.processes.get(stack.pop())
            if process is not None and process.id not in found:
                found[process.id] = process
                for node in process.nodes.values():
                    stack.append((node.called if node.kind == "callActivity" else node.id) or "")
        return list(found.values())
