"""What all elements share: no look-ahead, flows recorded as they are taken, boundary events withdrawn in time.

SpiffWorkflow predicts tasks ahead of the present ones. The tree then grows by more than what happened (sixteen doubled
gateways make 65,537 tasks before the first step), and nothing here needs it: children appear when a token leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.util.task import TaskState

import feel
from workflows.engine.diagram import Node

if TYPE_CHECKING:
    from workflows.engine.specs.process import ProcessSpec
    from workflows.engine.specs.repetition import Repeated
    from workflows.engine.tokens import Token


@dataclass(frozen=True)
class Way:
    """A way out of an element: the flow in the diagram (None where the engine itself leads on) and the spec it reaches."""

    flow: str | None
    target: str
    condition: feel.Expression | None = None
    is_default: bool = False


class ElementSpec(BpmnSpecMixin):  # type: ignore[misc]
    """Base of all. `node` is the drawn element, None for what the engine adds."""

    recorded_as: str | None = "node"
    looks_around = False  # does a waiting token of this kind depend on where other tokens are?
    stands_by = False  # does a waiting token wait beside the others, without holding anything up?
    counts_arrivals = False  # does it need to know by which flow a token came?

    def __init__(self, process: ProcessSpec, name: str, node: Node | None = None, **kwargs: Any) -> None:
        super().__init__(process, name, lane=node.lane if node else None, **kwargs)
        self.bpmn_id = node.id if node else None
        self.bpmn_name = node.name if node else None
        self.node = node
        self.ways: tuple[Way, ...] = ()
        self.repeated_by: Repeated | None = None

    @property
    def element(self) -> str:
        """Id of the drawn element; only asked of those that are drawn."""
        return self.bpmn_id or self.name

    # -- SpiffWorkflow's protocol, without prediction
    def test(self) -> None:
        """The linter has looked at the diagram once; nothing is checked again at each step."""

    def _predict(self, my_task: Token, seen: Any = None, looked_ahead: int = 0, mask: int = 0) -> None:
        """Nothing is predicted."""

    def _update(self, my_task: Token) -> None:
        if self._update_hook(my_task):
            my_task._ready()

    def _update_hook(self, my_task: Token) -> bool:
        """Does the token go on at once?"""
        my_task._inherit_data()
        return True

    def _on_ready_hook(self, my_task: Token) -> None:
        """A token stands here and may go on."""

    def _on_cancel(self, my_task: Token) -> None:
        """A token was withdrawn."""

    def _on_complete_hook(self, my_task: Token) -> None:
        """A token is about to leave."""

    def _run_hook(self, my_task: Token) -> bool | None:
        return True

    def _on_complete(self, my_task: Token) -> None:
        self._on_complete_hook(my_task)
        workflow = my_task.workflow
        if self.recorded_as is not None and self.node is not None:
            workflow.top_workflow.run.note(self.recorded_as, self.node.id, **self.remember(my_task))
        withdraw_boundary_events(my_task)
        self.follow(my_task, self.leave(my_task))
        if self.repeated_by is not None:
            self.repeated_by.merge_child(workflow, my_task)
        workflow._task_completed_notify(my_task)

    # -- what kinds differ in
    def remember(self, my_task: Token) -> dict[str, Any]:
        """Details for the history."""
        return {} if self.repeated_by is None else {"round": my_task.internal_data["round"] + 1}

    def leave(self, my_task: Token) -> tuple[Way, ...]:
        """The ways by which the token goes on: all of them, but for gateways."""
        return self.ways

    def follow(self, my_task: Token, ways: tuple[Way, ...]) -> None:
        """Put a token at the end of each way."""
        workflow = my_task.workflow
        run, specs = workflow.top_workflow.run, workflow.spec.task_specs
        children = []
        for way in ways:
            target = specs[way.target]
            child = my_task._add_child(target)
            if way.flow is not None:
                run.note("flow", way.flow)
                if target.counts_arrivals:
                    child.internal_data["by"] = way.flow
            children.append(child)
        for child in children:
            if not child.is_finished:
                target = child.task_spec
                target._update(child)


class BoundarySplit(ElementSpec):
    """Stands before an element with boundary events: keeps the data they start from, and knows what belongs together."""

    recorded_as = None

    def __init__(self, process: ProcessSpec, node: Node) -> None:
        super().__init__(process, split_name(node.id))
        self.bpmn_id = node.id


def split_name(node_id: str) -> str:
    return f"{node_id}.BoundaryEventSplit"


def withdraw_boundary_events(token: Token) -> None:
    """The element at `token` is done: what still waits at its border waits no more."""
    for event in boundary_events(token):
        if event._state == TaskState.WAITING:
            event.withdraw()


def boundary_events(token: Token) -> list[Token]:
    """The tokens of the boundary events attached to the element at `token`."""
    parent = token.parent
    if parent is None or not isinstance(parent.task_spec, BoundarySplit):
        return []
    attached = token.task_spec.bpmn_id
    return [child for child in parent.children if getattr(child.task_spec, "attached_to", None) == attached]
