"""H1, H2, pitfall 9: no text of a diagram is ever evaluated as Python, wherever it stands and whatever asks for it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import workflows.engine
from workflows import engine
from workflows.engine import Budget, Bundle, StepRefused
from workflows.engine.run import Run
from workflows.engine.script_engine import FeelEngine, FeelEnvironment
from workflows.engine.workflow import SubWorkflow, Workflow

from . import service_request
from .case import Case
from .drawing import Drawing, extensions, many, properties, timer
from .tables import definitions, table
from .test_linting import errors_of

ROOM = Path(inspect.getfile(workflows.engine)).parent
MARK = Path("/tmp/heliu-engine-was-here")  # noqa: S108 -- must never come into being
PAYLOAD = f'__import__("pathlib").Path("{MARK}").touch()'


def one(draw: Callable[[Drawing], Drawing]) -> Drawing:
    return draw(Drawing().start()).user("last").end().chain("start", "step", "last", "end")


PLACES: dict[str, Bundle] = {
    "script": one(lambda d: d.script("step", PAYLOAD)).bundle(),
    "script before": one(lambda d: d.user("step", before=PAYLOAD)).bundle(),
    "script after": one(lambda d: d.user("step", after=PAYLOAD)).bundle(),
    "duration": one(lambda d: d.catch("step", timer(PAYLOAD))).bundle(),
    "date": one(lambda d: d.catch("step", timer(PAYLOAD, "timeDate"))).bundle(),
    "cycle": one(lambda d: d.catch("step", timer(PAYLOAD, "timeCycle"))).bundle(),
    "parameter": one(lambda d: d.service("step", "service/open", id=PAYLOAD)).bundle(),
    "list": one(lambda d: d.user("step", many(PAYLOAD))).bundle(),
    "number of rounds": one(lambda d: d.user("step", many(count=PAYLOAD))).bundle(),
    "completion": one(lambda d: d.user("step", many("items", until=PAYLOAD))).bundle(),
    "assignee": one(lambda d: d.user("step", assignee=PAYLOAD)).bundle(),
    "decision": one(lambda d: d.rule("step", "t", "x")).bundle(
        rules=definitions(table("t", "FIRST", ["a"], {"b": ""}, [(PAYLOAD, PAYLOAD)]))
    ),
    "payload": one(
        lambda d: d.node(
            "intermediateThrowEvent",
            "step",
            '<bpmn:messageEventDefinition messageRef="message_paid"><bpmn:extensionElements>'
            f"<spiffworkflow:messagePayload>{PAYLOAD}</spiffworkflow:messagePayload></bpmn:extensionElements>"
            "</bpmn:messageEventDefinition>",
        )
    ).bundle(),
    "condition": Drawing()
    .start()
    .gateway("step", "other")
    .user("a")
    .end()
    .flow("start", "step")
    .flow("step", "a", PAYLOAD)
    .flow("step", "end", ident="other")
    .flow("a", "end")
    .bundle(),
}


@pytest.mark.parametrize("place", PLACES)
def test_python_is_refused_wherever_a_diagram_can_hold_it(place: str) -> None:
    assert errors_of(PLACES[place])
    assert not MARK.exists()


@pytest.mark.parametrize(
    "text", ["open('/etc/passwd').read()", "().__class__", "exec('x=1')", "lambda: 1", "a.__init__.__globals__"]
)
def test_at_run_time_python_has_no_meaning_either(text: str) -> None:
    run = Run(call=_never, now=datetime(2026, 1, 1, tzinfo=UTC), budget=Budget())
    try:
        value = FeelEnvironment(run).evaluate(text, {"a": 1})
    except StepRefused as refused:
        assert "is not FEEL" in str(refused)
    else:
        assert value is None


def _never(operation: str, parameters: dict[str, Any], node_id: str) -> None:
    raise AssertionError("nothing is called here")


def test_a_workflow_without_our_engine_cannot_be_made() -> None:
    """Pitfall 9: a workflow that the library restores evaluates plain Python until somebody sets an engine."""
    definition = engine.compile(service_request.bundle())
    with pytest.raises(TypeError):
        Workflow(definition.spec, {})  # type: ignore[call-arg]
    run = Run(call=_never, now=datetime(2026, 1, 1, tzinfo=UTC), budget=Budget())
    workflow = Workflow(definition.spec, {}, run)
    assert isinstance(workflow.script_engine, FeelEngine)
    assert isinstance(workflow.script_engine.environment, FeelEnvironment)
    with pytest.raises(AttributeError):
        workflow.script_engine = None  # type: ignore[misc, assignment]
    assert SubWorkflow.script_engine is Workflow.script_engine
    with pytest.raises(NotImplementedError):
        workflow.script_engine.environment.call_service({})


def test_this_room_never_evaluates_or_unpickles() -> None:
    forbidden = {
        "eval",
        "exec",
        "__import__",
        "pickle",
        "marshal",
        "shelve",
        "PythonScriptEngineEnvironment",
        "TaskDataEnvironment",
    }
    for file in ROOM.rglob("*.py"):
        names = {node.id for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Name)}
        names |= {
            alias.name
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        assert not names & forbidden, file


def test_system_exit_from_an_operation_is_not_swallowed_and_changes_nothing() -> None:
    """H12: in the library an exit passes through and leaves a half-done step behind; here the stored state is untouched."""
    d = Drawing().start().user("a").service("s", "service/x").user("b").end().chain("start", "a", "s", "b", "end")
    case = Case(d.bundle(), answers={"service/x": SystemExit(3)})
    before = case.state
    with pytest.raises(SystemExit):
        case.do("a")
    assert case.state == before
    case.answers = {}
    assert case.do("a").waits_for == ["b"]


@pytest.mark.parametrize("cause", [ValueError(7), KeyError("x"), TypeError(1, 2), RuntimeError()])
def test_an_error_of_an_operation_arrives_whatever_its_arguments_are(cause: Exception) -> None:
    """H12: an error with a number for an argument becomes a TypeError in the library."""
    d = Drawing().start().service("s", "service/x").end().chain("start", "s", "end")
    with pytest.raises(type(cause)) as caught:
        Case(d.bundle(), answers={"service/x": cause})
    assert caught.value is cause


def test_the_stock_script_environment_is_nowhere_reachable_from_extensions() -> None:
    body = (
        extensions(properties(role="agent", formKey="form", evil=PAYLOAD))
        + f"<bpmn:documentation>{PAYLOAD}</bpmn:documentation>"
    )
    d = Drawing().start().node("userTask", "a", body).end().chain("start", "a", "end")
    assert Case(d.bundle()).do("a").is_completed
    assert not MARK.exists()
