"""Puts the tokens of a case onto the specs of another version of its process, and says which of them find no place there.

A token that is under way needs an element of the same kind in the same process; by a mapping that may be another one than
its own. What only watches at a border, and is gone, watches no more. A finished token is kept because branches that are
under way descend from it: where its element is gone, it stays as a mere parting of the ways.
"""

from __future__ import annotations

from collections.abc import Mapping

from SpiffWorkflow.util.task import TaskState

from workflows.engine.definition import Definition
from workflows.engine.diagram import Node
from workflows.engine.errors import Problem
from workflows.engine.pruning import relink
from workflows.engine.specs.base import BoundarySplit, ElementSpec
from workflows.engine.specs.events import CatchSpec
from workflows.engine.specs.nested import NestedProcess
from workflows.engine.specs.process import ProcessSpec
from workflows.engine.specs.repetition import ForEach, Repeated
from workflows.engine.texts import N_
from workflows.engine.tokens import Token
from workflows.engine.workflow import AnyWorkflow, Workflow

# They send a token on by some of their flows only, so that nobody waits for a flow that is new.
CHOOSING_KINDS = frozenset({"exclusiveGateway", "inclusiveGateway", "eventBasedGateway"})
PARTING_KINDS = frozenset({"parallelGateway", "inclusiveGateway", "eventBasedGateway"})


class Transplant:
    """One case on its way. Afterwards `problems` tells what stands against it; with an error the case is of no use."""

    def __init__(self, new: Definition, mapping: Mapping[str, str]) -> None:
        self.new, self.mapping = new, mapping
        self.problems: list[Problem] = []

    def carry_over(self, workflow: Workflow) -> None:
        """Every token of the case stands on the new specs from now on."""
        if workflow.spec.name != self.new.spec.name:
            self._refuse(N_("The case belongs to another process, {element}."), workflow.spec.name)
            return
        places: list[tuple[AnyWorkflow, ProcessSpec]] = [(workflow, self.new.spec)]
        self._part(workflow, self.new.spec)
        for part in sorted(workflow.subprocesses.values(), key=lambda each: each.depth):
            owner = workflow.get_task_from_id(part.parent_task_id).task_spec
            process = self._inner(owner, part.spec.name)
            if process is not None:
                self._part(part, process)
                places.append((part, process))
        for part, process in places:
            part.spec = process

    def _inner(self, owner: ElementSpec, name: str) -> ProcessSpec | None:
        wanted = self.mapping.get(name, name)
        if isinstance(owner, NestedProcess) and owner.inner == wanted:
            return self.new.nested.get(wanted)
        self._refuse(N_("{element} runs another process in this version; what has begun there cannot go on."), name)
        return None

    def _part(self, part: AnyWorkflow, process: ProcessSpec) -> None:
        gone = set()
        for token in part.tasks.values():
            spec = self._place(token, process)
            if spec is None and token.task_spec.stands_by and token._state == TaskState.WAITING:
                gone.add(token.id)
                self._warn(N_("The event {element} does not watch any more."), token)
            elif spec is not None:
                token.task_spec = spec
        for token_id in gone:
            token = part.tasks[token_id]
            if token._children:
                # Branches that it started go on, and are brought together with what it saw when they began.
                token._state, token.task_spec = TaskState.CANCELLED, process.start
        kept = {ident: token for ident, token in part.tasks.items() if ident not in gone or token._children}
        relink(part, kept, part.tasks)

    def _place(self, token: Token, process: ProcessSpec) -> ElementSpec | None:
        """The spec on which the token stands from now on; None where there is none, which is told."""
        old = token.task_spec
        if old is token.workflow.spec.end:
            return process.end
        if old.bpmn_id is None:
            return process.start if token.is_finished else process.task_specs[old.name]
        target = self.mapping.get(old.bpmn_id, old.bpmn_id)
        spec = process.task_specs.get(target + old.name[len(old.bpmn_id) :])
        if token.is_finished:
            return self._place_of_finished(token, spec, process)
        if old.stands_by and token._state == TaskState.WAITING:
            return spec if spec is not None and self._watches_the_same(old, spec) else None
        return spec if self._is_alike(token, spec, target) else None

    def _place_of_finished(self, token: Token, spec: ElementSpec | None, process: ProcessSpec) -> ElementSpec | None:
        old = token.task_spec
        if isinstance(old, BoundarySplit):
            return spec if isinstance(spec, BoundarySplit) else process.start
        if spec is None or type(spec) is not type(old):
            if old.node is not None and old.node.kind in PARTING_KINDS:
                message = N_("The case is under way after {element}, which this version of the process does not have.")
                self._refuse(message, old.element)
                return None
            return process.start
        if old.node is not None and spec.node is not None and _parts_more(old.node, spec.node):
            message = N_("A branch after {element} is new; the case has passed there and would wait for it for ever.")
            self._refuse(message, old.element)
            return None
        return spec

    def _watches_the_same(self, old: ElementSpec, spec: ElementSpec) -> bool:
        if type(spec) is not type(old) or _kinds(spec) != _kinds(old):
            return False
        attached = old.attached_to
        return bool(self.mapping.get(attached, attached) == spec.attached_to)

    def _is_alike(self, token: Token, spec: ElementSpec | None, target: str) -> bool:
        old = token.task_spec
        if spec is None:
            if target != old.element:
                message = N_("The case stands at {element}; {target} cannot take its place here.")
                self._refuse(message, old.element, target=target)
            else:
                message = N_("The case stands at {element}, which this version of the process does not have.")
                self._refuse(message, old.element)
        elif isinstance(old, Repeated) != isinstance(spec, Repeated) or _in_turn(old) != _in_turn(spec):
            self._refuse(
                N_("The case stands at {element}, which is repeated in another way in this version."), old.element
            )
        elif type(spec) is not type(old) or _kinds(spec) != _kinds(old) or _is_ad_hoc(old) != _is_ad_hoc(spec):
            message = N_("The case stands at {element}, which is of another kind in this version of the process.")
            self._refuse(message, old.element)
        else:
            return self._keeps_flows(token, spec)
        return False

    def _keeps_flows(self, token: Token, spec: ElementSpec) -> bool:
        by = token.internal_data.get("by")
        if by is None or spec.node is None:
            return True
        element = token.task_spec.element
        by = self.mapping.get(by, by)
        if by not in spec.node.incoming:
            message = N_("The case waits at {element} for flows that this version of the process does not have.")
            self._refuse(message, element)
            return False
        if spec.node.kind == "parallelGateway" and len(spec.node.incoming) > len(token.task_spec.node.incoming):
            message = N_(
                "The case waits at {element}, where more branches come together in this version of the process."
            )
            self._refuse(message, element)
            return False
        token.internal_data["by"] = by
        return True

    def _refuse(self, message: str, element: str, **params: object) -> None:
        problem = Problem(element, message, {"element": element, **params})
        if problem not in self.problems:
            self.problems.append(problem)

    def _warn(self, message: str, token: Token) -> None:
        element = token.task_spec.element
        self.problems.append(Problem(element, message, {"element": element}, "warning"))


def _kinds(spec: ElementSpec) -> tuple[str, ...]:
    """What an event waits for, by kind: a timer that is set can be no message."""
    return tuple(part.kind for part in spec.event_definition.parts()) if isinstance(spec, CatchSpec) else ()


def _in_turn(spec: ElementSpec) -> bool:
    return isinstance(spec, ForEach) and spec.sequential


def _is_ad_hoc(spec: ElementSpec) -> bool:
    return spec.node is not None and spec.node.kind == "adHocSubProcess"


def _parts_more(old: Node, new: Node) -> bool:
    return new.kind not in CHOOSING_KINDS and len(new.outgoing) > len(old.outgoing)
