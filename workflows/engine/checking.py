"""Judges a bundle before it is published. Static here; `check_limited` also lets it run, in a process that can be killed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from workflows.engine.bundle import MAX_BYTES, MAX_FILE_BYTES, MAX_FILES, Bundle, read_json
from workflows.engine.errors import BundleRefused, Problem
from workflows.engine.lint import lint
from workflows.engine.linting.elements import Operation
from workflows.engine.texts import N_

CheckForm = Callable[[dict[str, Any]], list[tuple[str | None, str, dict[str, Any]]]]


def check(
    bundle: Bundle, *, operations: Mapping[str, Operation], roles: Collection[str], check_form: CheckForm
) -> list[Problem]:
    """All problems of a bundle, errors first. Never raises for what was uploaded."""
    oversized = check_sizes(bundle)
    if oversized:
        return oversized
    _, _, problems = lint(bundle, operations, roles)
    return by_weight(problems + check_forms(bundle, check_form))


def by_weight(problems: list[Problem]) -> list[Problem]:
    """Errors before warnings, else in their order."""
    return sorted(problems, key=lambda problem: not problem.is_error)


def check_sizes(bundle: Bundle) -> list[Problem]:
    if len(bundle.files) > MAX_FILES:
        return [
            Problem(
                None,
                N_("The bundle has more than {limit} files; take out those that the process does not use."),
                {"limit": MAX_FILES},
            )
        ]
    message = N_("{file} is larger than 2 MB; split the process.")
    large = [
        Problem(None, message, {"file": name}, file=name)
        for name, raw in bundle.files.items()
        if len(raw) > MAX_FILE_BYTES
    ]
    if not large and sum(len(raw) for raw in bundle.files.values()) > MAX_BYTES:
        return [Problem(None, N_("The files of the bundle are larger than 4 MB together; split the process."))]
    return large


def check_forms(bundle: Bundle, check_form: CheckForm) -> list[Problem]:
    """What `check_form` finds in those forms that can be read; the linter has named the others."""
    problems = []
    for name in bundle.form_files.values():
        try:
            schema = read_json(name, bundle.files[name])
        except BundleRefused:
            continue
        problems += [Problem(element, message, params, file=name) for element, message, params in check_form(schema)]
    return problems
