"""Collects problems, with the element and the file filled in."""

from __future__ import annotations

from workflows.engine.diagram import Node
from workflows.engine.errors import Problem

MAX_PROBLEMS = 200


class Report:
    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def error(self, element: str | None, message: str, /, **params: object) -> None:
        self._add(element, message, params, "error")

    def warn(self, element: str | None, message: str, /, **params: object) -> None:
        self._add(element, message, params, "warning")

    def _add(self, element: str | None, message: str, params: dict[str, object], severity: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(element, message, {"element": element, **params}, severity, self.file))


def label(node: Node) -> str:
    """How people call an element: by its name, else by its id."""
    return f"{node.name} ({node.id})" if node.name else node.id
