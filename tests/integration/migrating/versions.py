"""Small versions of one process, told apart by the names of their steps."""

from __future__ import annotations

from tests.processes.stories import Story
from tests.unit.engine.drawing import Drawing, timer
from workflows import engine
from workflows.engine import Bundle, Definition

KEY = "approval"


def drawn(*steps: str, role: str = "service_agent", deadline: str | None = None) -> Bundle:
    """One step after the other; `deadline` is a timer at the border of the first one."""
    drawing = Drawing(KEY).start(role=role).end()
    for step in steps:
        drawing.user(step, role=role)
    drawing.chain("start", *steps, "end")
    if deadline is not None:
        drawing.border("late", steps[0], timer(deadline), interrupting=False).user("hurry", role=role)
        drawing.chain("late", "hurry", "end")
    return drawing.bundle()


def definition(*steps: str, deadline: str | None = None) -> Definition:
    """The same, ready to run."""
    return engine.compile(drawn(*steps, deadline=deadline))


def publish(story: Story, *steps: str, deadline: str | None = None) -> None:
    """New cases begin with this version."""
    story.publish(drawn(*steps, deadline=deadline))
