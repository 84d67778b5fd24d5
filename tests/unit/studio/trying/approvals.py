"""The process of these tests: a request is approved, booked and archived; a sum above the limit is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.unit.engine.drawing import Drawing, extensions, properties
from workflows.engine import Definition
from workflows.engine import compile as compiled
from workflows.studio.trying.models import Scenario
from workflows.studio.trying.play import expected_of, play
from workflows.studio.trying.script import TASK, Act, Script, to_json

AT = datetime(2026, 1, 30, 9, 0, tzinfo=UTC)
ASKED = extensions(properties(role="agent", formKey="form"))


def approval(second: bool = False, limit: int = 100) -> Definition:
    """`second` puts another approval behind the first."""
    drawn = (
        Drawing("approval")
        .start()
        .user("approve")
        .gateway("small", default="large")
        .service("book", "books/book", "booked", amount="amount")
        .user("archive")
        .end("done")
        .end("refused")
    )
    if second:
        drawn.user("approve_again").chain("start", "approve", "approve_again", "small")
    else:
        drawn.chain("start", "approve", "small")
    drawn.flow("small", "book", f"amount <= {limit}").flow("small", "refused", ident="large")
    drawn.chain("book", "archive", "done")
    return compiled(drawn.bundle())


def do(node: str, *, which: int = 0, **answers: Any) -> Act:
    return Act(TASK, node, answers, which)


def script(
    *acts: Act, operations: Mapping[str, tuple[Mapping[str, Any] | None, ...]] | None = None, **data: Any
) -> Script:
    return Script(at=AT, start=data, operations=operations or {}, acts=acts)


BOOKED: Mapping[str, tuple[Mapping[str, Any] | None, ...]] = {"book": ({"entry": 7},)}


def scenario(of: Definition, course: Script, name: str = "a small sum") -> Scenario:
    """What came of the course, kept as a scenario."""
    expected = expected_of(of, play(of, course))
    return Scenario(id=1, process_key=of.key, name=name, content=to_json(course.expecting(expected)))
