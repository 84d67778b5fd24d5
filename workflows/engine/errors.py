"""What the engine room refuses. Each error carries an English template and its values, so that others can translate it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workflows.engine.texts import N_, fill


@dataclass(frozen=True)
class Problem:
    """One fault of a bundle, in words for whoever draws: what is wrong at which element, and the cure."""

    element: str | None
    message: str
    params: Mapping[str, object] = field(default_factory=dict)
    severity: str = "error"
    file: str | None = None

    @property
    def text(self) -> str:
        return fill(self.message, self.params)

    @property
    def is_error(self) -> bool:
        return self.severity == "error"


class EngineError(Exception):
    """Base of all refusals. `element` is the id in the diagram, where there is one."""

    def __init__(self, template: str, params: Mapping[str, object] | None = None, element: str | None = None) -> None:
        super().__init__(template)
        self.template = template
        self.params: dict[str, object] = dict(params or {})
        self.element = element

    def __str__(self) -> str:
        return fill(self.template, self.params)


class StepRefused(EngineError):
    """The step cannot be taken; nothing of it may be stored."""


class UnknownToken(EngineError):
    """The task is not open any more (somebody was first, or the flow went on), or it never was."""

    def __init__(self, token: int) -> None:
        super().__init__(N_("This step is not open any more."), {"token": token})


class BundleRefused(EngineError):
    """The bundle cannot run; `problems` names each fault."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(N_("The process cannot be published: {problem}"), {"problem": problems[0].text})
        self.problems = tuple(problems)
        self.element = problems[0].element


class BadValue(StepRefused):
    """A value may not become process data; `path` says where it stands, `reason` why."""

    def __init__(self, path: str, template: str, **params: object) -> None:
        super().__init__(template, {"path": path, **params})
        self.path = path

    @property
    def reason(self) -> str:
        return str(self)
