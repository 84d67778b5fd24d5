"""Tasks of the machine, which are done at once. All data changes go through FEEL or an operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import feel
from workflows.engine.decisions import DecisionError, Decisions
from workflows.engine.errors import StepRefused
from workflows.engine.run import shown
from workflows.engine.specs.base import ElementSpec
from workflows.engine.texts import N_
from workflows.engine.values import clean, plain_numbers

if TYPE_CHECKING:
    from workflows.engine.diagram import Node
    from workflows.engine.specs.process import ProcessSpec
    from workflows.engine.tokens import Token


class Activity(ElementSpec):
    """An element with a script before and after its work, each a FEEL context whose entries become variables."""

    def __init__(self, process: ProcessSpec, name: str, node: Node) -> None:
        super().__init__(process, name, node=node)
        self.before: feel.Expression | None = None
        self.after: feel.Expression | None = None

    def _update_hook(self, my_task: Token) -> bool:
        my_task._inherit_data()
        if self.before is not None:
            my_task.workflow.script_engine.execute(my_task, self.before)
        return True

    def _on_complete_hook(self, my_task: Token) -> None:
        if self.after is not None:
            my_task.workflow.script_engine.execute(my_task, self.after)


class ScriptTask(Activity):
    """Computes variables."""

    script: feel.Expression

    def _run_hook(self, my_task: Token) -> bool:
        my_task.workflow.script_engine.execute(my_task, self.script)
        return True


class ServiceTask(Activity):
    """Calls one operation of the business, and keeps its answer where the diagram names a variable for it."""

    operation: str
    parameters: tuple[tuple[str, feel.Expression], ...] = ()
    result: str | None = None

    def _run_hook(self, my_task: Token) -> bool:
        engine = my_task.workflow.script_engine
        # Cleaned, because an operation gets a copy of its own: what it does to a list must not reach the case.
        given = {
            name: clean(engine.evaluate(my_task, text), f"{self.bpmn_id}.{name}") for name, text in self.parameters
        }
        result = engine.call_service(my_task, operation_name=self.operation, operation_params=given)
        if self.result is not None:
            my_task.data[self.result] = result
        return True


class RuleTask(Activity):
    """Takes a decision by its tables. Without a variable for the result, each output becomes a variable of its name."""

    decisions: Decisions
    decision: str
    result: str | None = None

    def _run_hook(self, my_task: Token) -> bool:
        element = self.element
        run = my_task.workflow.top_workflow.run
        try:
            outcome = self.decisions.decide(self.decision, my_task.data, now=run.local_now)
        except DecisionError as fault:
            raise StepRefused(fault.template, {**fault.params, "element": element}, element) from fault
        for taken in outcome.taken:
            run.note(
                "decision", element, decision=taken.decision, inputs=shown(taken.inputs),
                rules=list(taken.rules), outputs=shown(plain_numbers(taken.value)),
            )  # fmt: skip
        value = clean(plain_numbers(outcome.value), element)
        if self.result is not None:
            my_task.data[self.result] = value
        elif outcome.named is not None:
            my_task.data.update(clean(plain_numbers(outcome.named), element))
        elif value is not None:
            message = N_("The decision {decision} at {element} needs a result variable.")
            raise StepRefused(message, {"decision": self.decision, "element": element}, element)
        return True
