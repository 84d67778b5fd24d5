"""FEEL in the two places where SpiffWorkflow 3.2.0 evaluates Python: the script engine and its environment.

Three of its call sites reach the environment past the engine, so both are ours. Nothing here can run code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.script_engine.python_environment import BasePythonScriptEngineEnvironment
from SpiffWorkflow.task import Task

import feel
from workflows.engine import expressions
from workflows.engine.errors import StepRefused
from workflows.engine.run import Run
from workflows.engine.texts import N_
from workflows.engine.values import clean, clean_data

Source = feel.Expression | str


def _parsed(source: Source, element: str | None) -> feel.Expression:
    if not isinstance(source, str):
        return source
    try:
        return expressions.parse(source)
    except feel.FeelError as fault:
        message = N_("The expression {expression} at {element} is not FEEL: {cause}")
        params = {"expression": source[:200], "element": element or "?", "cause": expressions.cause_of(fault)}
        raise StepRefused(message, params, element) from fault


class FeelEnvironment(BasePythonScriptEngineEnvironment):  # type: ignore[misc]
    """Evaluates with the data alone: there are no globals to reach, and no state to leave behind."""

    def __init__(self, run: Run) -> None:
        super().__init__({})
        self.run = run

    def evaluate(
        self, expression: Source, context: Mapping[str, Any], external_context: Mapping[str, Any] | None = None,
        element: str | None = None,
    ) -> Any:  # fmt: skip
        data = {**external_context, **context} if external_context else context
        return expressions.evaluate(_parsed(expression, element), data, now=self.run.local_now, element=element)

    def execute(
        self, script: Source, context: dict[str, Any], external_context: Mapping[str, Any] | None = None,
        element: str | None = None,
    ) -> bool:  # fmt: skip
        """The script is a FEEL context; each of its entries becomes a variable."""
        result = self.evaluate(script, context, external_context, element)
        if not isinstance(result, dict):
            message = N_("{element}: the script must be a FEEL context such as {example}.")
            raise StepRefused(message, {"element": element or "?", "example": "{ total: price * quantity }"}, element)
        context.update(clean_data(result, element or ""))
        return True

    def call_service(self, context: Mapping[str, Any], **kwargs: Any) -> Any:
        raise NotImplementedError("operations are called by the engine, which lets refusals pass unchanged")


class FeelEngine(PythonScriptEngine):  # type: ignore[misc]
    """What specs ask. The environment's answer or refusal arrives as it is, never wrapped by the library."""

    environment: FeelEnvironment

    def __init__(self, run: Run) -> None:
        super().__init__(FeelEnvironment(run))
        self.run = run

    def validate(self, expression: str) -> None:
        _parsed(expression, None)

    def evaluate(self, task: Task, expression: Source, external_context: Mapping[str, Any] | None = None) -> Any:
        return self.environment.evaluate(expression, task.data, external_context, task.task_spec.bpmn_id)

    def execute(self, task: Task, script: Source, external_context: Mapping[str, Any] | None = None) -> bool:
        return self.environment.execute(script, task.data, external_context, task.task_spec.bpmn_id)

    def call_service(self, task: Task, **kwargs: Any) -> Any:
        # Overridden here and not in the environment: the library's own way to the environment ends in a NameError of
        # its own (3.2.0), behind which our refusal would be lost.
        element = task.task_spec.bpmn_id
        result = self.run.call(kwargs["operation_name"], kwargs["operation_params"], element)
        return None if result is None else clean(dict(result), kwargs["operation_name"])
