"""The child that `check_limited` starts: judges a bundle and lets it run once, under limits set by the system.

A process of its own and not a fork, because a fork of a web server with threads inherits locks that nobody will open.
Reads one JSON object from standard input and writes the problems as JSON.
"""

from __future__ import annotations

import base64
import json
import resource
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import feel
from workflows.engine.bundle import Bundle
from workflows.engine.definition import Definition
from workflows.engine.definition import compile as compile_bundle
from workflows.engine.errors import BundleRefused, EngineError, Problem, StepRefused
from workflows.engine.lint import lint
from workflows.engine.linting.elements import Operation
from workflows.engine.running import start
from workflows.engine.state import dump
from workflows.engine.stepping import look
from workflows.engine.texts import N_

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


class NeedsAnswers(Exception):
    """The trial met an operation; what it would answer cannot be known here."""


def try_out(bundle: Bundle) -> list[Problem]:
    """Start a case without data, wherever it may begin.

    Only what would fail with any data is a problem: a budget that runs out, a crash.

    FEEL answers null where data are missing, so that a formula that fails is one that takes too long or too much.
    """
    try:
        definition = compile_bundle(bundle)
    except BundleRefused as refused:
        return list(refused.problems)
    return [problem for at in definition.beginnings for problem in _begin(definition, at)]


def _begin(definition: Definition, at: str) -> list[Problem]:
    file = definition.diagram.file
    try:
        step = start(definition, {}, call=_call, now=NOW, at=at)
    except NeedsAnswers:
        return []
    except StepRefused as refused:
        # An expression that misses its data, or a gateway that cannot choose yet, is no fault of the diagram.
        if "limit" not in refused.params and not isinstance(refused.__cause__, feel.FeelError):
            return []
        return [Problem(refused.element, refused.template, refused.params, file=file)]
    except EngineError as refused:
        return [Problem(refused.element, refused.template, refused.params, file=file)]
    if dump(look(definition, step.state)) != step.state:
        message = N_("A case of this process does not survive being stored.")
        return [Problem(None, message, {}, file=file)]
    return []


def _call(operation: str, parameters: dict[str, Any], node_id: str) -> Mapping[str, Any] | None:
    raise NeedsAnswers


def _limit(seconds: int, megabytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    with suppress(ValueError):  # macOS has the name, but no such limit
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _plain(value: object) -> object:
    # asdict has made mappings of phrases already; what else is no JSON is only shown.
    return str(value)


def main() -> None:
    task = json.load(sys.stdin)
    _limit(task["seconds"], task["megabytes"])
    bundle = Bundle({name: base64.b64decode(raw) for name, raw in task["files"].items()})
    operations = {
        name: Operation(name, tuple(given["parameters"]), tuple(given["required"]), tuple(given["results"]))
        for name, given in task["operations"].items()
    }
    _, _, problems = lint(bundle, operations, task["roles"])
    if not any(problem.is_error for problem in problems):
        problems += try_out(bundle)
    json.dump([asdict(problem) for problem in problems], sys.stdout, default=_plain)


if __name__ == "__main__":
    main()
