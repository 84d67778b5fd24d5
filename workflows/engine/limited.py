"""`check_limited`: the check and a trial run in a child process that is killed when it takes too long or too much."""

from __future__ import annotations

import base64
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workflows.engine.bundle import Bundle
from workflows.engine.checking import CheckForm, by_weight, check_forms, check_sizes
from workflows.engine.errors import Problem
from workflows.engine.linting.elements import Operation
from workflows.engine.texts import N_, Phrase

_LOG = logging.getLogger(__name__)
STARTING_UP = 0.5
# What the child may use is counted by the processor. By the clock it may take some times as long: a machine that is busy with
# other things makes no process too complex.
BUSY = 5.0
ROOT = Path(__file__).resolve().parents[2]


def check_limited(
    bundle: Bundle,
    *,
    operations: Mapping[str, Operation],
    roles: Collection[str],
    check_form: CheckForm,
    seconds: float = 5.0,
    megabytes: int = 1024,
) -> list[Problem]:
    """As `check`, and a case is started for trial. Ended after so many `seconds` of work; of a busy machine, after BUSY times as many."""
    oversized = check_sizes(bundle)
    if oversized:
        return oversized
    begun = time.monotonic()
    # The forms' check is ours, quick and bounded by the size of the files; the child could not know what it refers to.
    of_forms = check_forms(bundle, check_form)
    task = {
        "files": {name: base64.b64encode(raw).decode() for name, raw in bundle.files.items()},
        "operations": {name: asdict(operation) for name, operation in operations.items()},
        "roles": sorted(roles),
        "seconds": max(1, round(seconds)),
        "megabytes": megabytes,
    }
    try:
        found = _ask_child(task, max(0.0, seconds * BUSY + STARTING_UP - (time.monotonic() - begun)))
    except subprocess.TimeoutExpired:
        message = N_("The process could not be checked within {limit} seconds; make it simpler.")
        found = [Problem(None, message, {"limit": seconds})]
    return by_weight(found + of_forms)


def _ask_child(task: dict[str, Any], seconds: float) -> list[Problem]:
    # The child judges what strangers wrote; it gets no key and no address of a database with its environment.
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    child = subprocess.run(
        [sys.executable, "-m", "workflows.engine.dry_run"],
        input=json.dumps(task).encode(),
        capture_output=True,
        timeout=seconds,
        env={"PYTHONPATH": path, "PATH": os.environ.get("PATH", ""), "TZ": "UTC"},
        check=False,
    )
    if child.returncode != 0:
        _LOG.warning("a check ended with %s: %s", child.returncode, child.stderr.decode(errors="replace")[-300:])
        message = N_("The check of the process was stopped: it needs too much time or memory; make it simpler.")
        return [Problem(None, message)]
    return [_problem(raw) for raw in json.loads(child.stdout)]


def _problem(raw: dict[str, Any]) -> Problem:
    return Problem(**{**raw, "params": {name: _value(value) for name, value in raw["params"].items()}})


def _value(value: Any) -> Any:
    """Sentences inside of sentences come through JSON as mappings."""
    if isinstance(value, dict) and value.keys() == {"template", "params"}:
        return Phrase(value["template"], {name: _value(inner) for name, inner in value["params"].items()})
    return value
