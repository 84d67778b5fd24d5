"""Collects problems, with the element and the file filled in."""

from __future__ import annotations

from workflows.engine.diagram import Diagram, Node
from workflows.engine.errors import Problem

MAX_PROBLEMS = 200


class Report:
    """The problems of a diagram. An element of which a check says nothing else is called by its name and id."""

    def __init__(self, file: str, diagram: Diagram) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._called = {lane.id: _called(lane.name, lane.id) for lane in diagram.lanes}
        self._called |= {flow.id: _called(flow.name, flow.id) for flow in diagram.flows.values()}
        self._called |= {node.id: label(node) for node in diagram.nodes.values()}

    def error(self, element: str | None, message: str, /, **params: object) -> None:
        self._add(element, message, params, "error")

    def warn(self, element: str | None, message: str, /, **params: object) -> None:
        self._add(element, message, params, "warning")

    def _add(self, element: str | None, message: str, params: dict[str, object], severity: str) -> None:
        called = self._called.get(element, element) if element is not None else None
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(element, message, {"element": called, **params}, severity, self.file))


def label(node: Node) -> str:
    """How people call an element: by its name, else by its id."""
    return _called(node.name, node.id)


def _called(name: str, ident: str) -> str:
    return f"{name} ({ident})" if name else ident
