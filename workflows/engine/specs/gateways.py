"""Gateways: which flow a token takes, and when branches come together again.

A join counts the tokens that stand before it now. SpiffWorkflow looks at the whole history instead, and lets a
parallel join inside a loop fire in the second round while a branch is still open (3.2.0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from workflows.engine.errors import StepRefused
from workflows.engine.run import shown
from workflows.engine.specs.base import ElementSpec, Way
from workflows.engine.specs.merging import merge_branches
from workflows.engine.texts import N_

if TYPE_CHECKING:
    from workflows.engine.diagram import Node
    from workflows.engine.specs.process import ProcessSpec
    from workflows.engine.tokens import Token

_NOWHERE: frozenset[str] = frozenset()


class Choice(ElementSpec):
    """Shared by the gateways with conditions."""

    recorded_as = None  # it records itself, with what it saw

    def holds(self, my_task: Token, way: Way, seen: list[dict[str, Any]]) -> bool:
        condition = way.condition
        assert condition is not None  # noqa: S101 -- the linter refuses a flow without condition that is no default
        value = my_task.workflow.script_engine.evaluate(my_task, condition)
        values = {name: shown(my_task.data[name]) for name in sorted(condition.names) if name in my_task.data}
        seen.append({"flow": way.flow, "condition": condition.text, "values": values, "result": value is True})
        return value is True

    def chosen(self, my_task: Token, ways: list[Way], seen: list[dict[str, Any]]) -> tuple[Way, ...]:
        element = self.element
        my_task.workflow.top_workflow.run.note("gateway", element, conditions=seen, taken=[way.flow for way in ways])
        if not ways:
            message = N_("No condition holds at {element}; give the gateway a default flow.")
            raise StepRefused(message, {"element": element}, element)
        return tuple(ways)


class ExclusiveGateway(Choice):
    """Takes the first flow whose condition holds, else the default one."""

    def leave(self, my_task: Token) -> tuple[Way, ...]:
        seen: list[dict[str, Any]] = []
        if len(self.ways) == 1 and self.ways[0].condition is None:
            return self.chosen(my_task, list(self.ways), seen)
        for way in self.ways:
            if not way.is_default and self.holds(my_task, way, seen):
                return self.chosen(my_task, [way], seen)
        return self.chosen(my_task, [way for way in self.ways if way.is_default], seen)


class Join(ElementSpec):
    """Tokens wait here, each with the flow by which it came."""

    counts_arrivals = True

    def __init__(self, process: ProcessSpec, node: Node) -> None:
        super().__init__(process, node.id, node=node)
        self.arrivals = frozenset(node.incoming)

    def waiting(self, my_task: Token) -> list[Token]:
        """All tokens that stand here, in the order of their arrival."""
        return [
            token
            for token in my_task.workflow.tasks.values()
            if token.task_spec is self and (token is my_task or token._state == TaskState.WAITING)
        ]

    def join(self, my_task: Token, tokens: list[Token]) -> bool:
        """Use up one token of each flow; a second one of the same flow stays for the next round.

        True when it is `my_task` that goes on.
        """
        used: dict[str, Token] = {}
        for token in tokens:
            used.setdefault(token.internal_data["by"], token)
        merged = merge_branches(list(used.values()))
        last = my_task if my_task in used.values() else list(used.values())[-1]
        for token in used.values():
            if token is not last:
                token.cancel()
        last.data = merged
        last.internal_data.clear()
        if last is my_task:
            return True
        my_task._set_state(TaskState.WAITING)
        last._ready()
        return False


class ParallelGateway(Join):
    """Goes on when a token stands on each incoming flow, and then by all outgoing ones."""

    recorded_as = "gateway"

    def _update_hook(self, my_task: Token) -> bool:
        my_task._inherit_data()
        if len(self.arrivals) <= 1:
            my_task.internal_data.clear()
            return True
        tokens = self.waiting(my_task)
        if {token.internal_data["by"] for token in tokens} == self.arrivals:
            return self.join(my_task, tokens)
        my_task._set_state(TaskState.WAITING)
        return False

    def remember(self, my_task: Token) -> dict[str, Any]:
        return {"conditions": [], "taken": [way.flow for way in self.ways]}


class InclusiveGateway(Join, Choice):
    """Takes every flow whose condition holds, else the default one; waits for all tokens that can still arrive."""

    looks_around = True

    def __init__(self, process: ProcessSpec, node: Node) -> None:
        super().__init__(process, node)
        # Node id -> the incoming flows that a token there can still reach without passing here. Filled by the builder.
        self.reach: dict[str, frozenset[str]] = {}

    def _update_hook(self, my_task: Token) -> bool:
        arrived = my_task._state == TaskState.FUTURE
        if arrived:
            my_task._inherit_data()
        if len(self.arrivals) > 1:
            tokens = self.waiting(my_task)
            occupied = {token.internal_data["by"] for token in tokens}
            if any(self._may_arrive(token, occupied) for token in my_task.workflow.unfinished()):
                if arrived:
                    my_task._set_state(TaskState.WAITING)
                return False
            return self.join(my_task, tokens)
        my_task.internal_data.clear()
        return True

    def _may_arrive(self, token: Token, occupied: set[str]) -> bool:
        spec = token.task_spec
        if spec is self or (spec.stands_by and token._state == TaskState.WAITING):
            return False
        reach = self.reach.get(spec.bpmn_id, _NOWHERE)
        # BPMN's rule: only a token that leads to an empty flow, and to none that is taken already, is waited for.
        return bool(reach - occupied) and not reach & occupied

    def leave(self, my_task: Token) -> tuple[Way, ...]:
        seen: list[dict[str, Any]] = []
        if len(self.ways) == 1 and self.ways[0].condition is None:
            return self.chosen(my_task, list(self.ways), seen)
        held = [way for way in self.ways if not way.is_default and self.holds(my_task, way, seen)]
        return self.chosen(my_task, held or [way for way in self.ways if way.is_default], seen)
