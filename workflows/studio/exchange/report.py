"""What an import tells, line by line: at which element something was understood, translated, left for a person or refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from crm.core.i18n import Text, text
from workflows.engine import Problem
from workflows.operations.deploying import problem_text

MOST_LINES = 3_000
LONGEST = 300


class Status(StrEnum):
    """What became of it, the worst last."""

    UNDERSTOOD = "understood"
    TRANSLATED = "translated"
    BY_HAND = "by_hand"
    REFUSED = "refused"


STATUS_TEXTS = {
    Status.UNDERSTOOD: text("Understood"),
    Status.TRANSLATED: text("Translated"),
    Status.BY_HAND: text("To do by hand"),
    Status.REFUSED: text("Refused"),
}


@dataclass(frozen=True)
class Line:
    """One thing that was looked at. `before` and `after` are words of the files, `cure` says what to do now. `of_file`: it is
    about the file as a whole, and `after` the key of the process that it went into."""

    file: str
    element: str | None
    what: Text
    status: Status
    before: str = ""
    after: str = ""
    cure: Text | None = None
    of_file: bool = False

    def kept(self) -> dict[str, Any]:
        """As JSON, to be read again by `line_from`."""
        return {
            "file": self.file,
            "element": self.element,
            "what": kept_text(self.what),
            "status": self.status.value,
            "before": self.before,
            "after": self.after,
            "cure": kept_text(self.cure) if self.cure else None,
            "of_file": self.of_file,
        }


@dataclass(frozen=True)
class Choice:
    """A group or lane of the file for which a role is to be chosen; `""` stands for tasks of nobody. `role`: what it is now."""

    group: str
    role: str | None


@dataclass(frozen=True)
class Imported:
    """The files as they can go into a draft, and what is to be told. `key` is the process's id, None when none can be read.
    `path`: where its diagram lay in the upload."""

    files: dict[str, bytes]
    lines: tuple[Line, ...]
    origin: Text
    key: str | None = None
    name: str = ""
    choices: tuple[Choice, ...] = ()
    path: str = ""

    @property
    def refused(self) -> bool:
        """Nothing came of it: there is no diagram that could be drawn."""
        return self.key is None

    def number(self, status: Status) -> int:
        return sum(line.status == status for line in self.lines)


@dataclass(frozen=True)
class Together:
    """What came of an upload: its processes in the order in which they are to be published, and a line for each file.
    `because`: why one of them comes before another. All of it can become drafts, or nothing."""

    processes: tuple[Imported, ...]
    files: tuple[Line, ...] = ()
    because: tuple[Text, ...] = ()

    @property
    def refused(self) -> bool:
        return any(imported.refused for imported in self.processes)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The groups and lanes of all of them."""
        found = {choice.group: choice for imported in self.processes for choice in imported.choices}
        return tuple(found[group] for group in sorted(found))


@dataclass
class Report:
    """Collects lines, up to the most that anybody reads. `left`: how many things are left for a person."""

    lines: list[Line] = field(default_factory=list)
    left: int = 0
    files: list[Line] = field(default_factory=list)

    def add(
        self,
        file: str,
        element: str | None,
        what: Text,
        status: Status,
        *,
        before: str = "",
        after: str = "",
        cure: Text | None = None,
    ) -> None:
        self.left += status in (Status.BY_HAND, Status.REFUSED)
        if len(self.lines) < MOST_LINES or status == Status.REFUSED:
            self.lines.append(Line(file, element, what, status, _short(before), _short(after), cure))

    def of_file(
        self, path: str, what: Text, status: Status, *, before: str = "", after: str = "", cure: Text | None = None
    ) -> None:
        """What became of a file as a whole."""
        self.files.append(Line(path, None, what, status, _short(before), _short(after), cure, of_file=True))


def refuse(
    report: Report, problems: Iterable[Problem], status: Status = Status.REFUSED, cure: Text | None = None
) -> None:
    """What the readers of files have against them, as lines."""
    for problem in problems:
        report.add(problem.file or "", problem.element, problem_text(problem), status, cure=cure)


def line_from(kept: Mapping[str, Any]) -> Line:
    """What `Line.kept` wrote."""
    cure = None if kept["cure"] is None else text_from(kept["cure"])
    return Line(
        kept["file"],
        kept["element"],
        text_from(kept["what"]),
        Status(kept["status"]),
        kept["before"],
        kept["after"],
        cure,
        kept.get("of_file", False),
    )


def kept_text(said: Text) -> dict[str, Any]:
    """A sentence as JSON, to be translated when it is read."""
    values = {name: kept_text(value) if isinstance(value, Text) else str(value) for name, value in said.values.items()}
    return {"source": said.source, "values": values, "context": said.context}


def text_from(kept: Mapping[str, Any]) -> Text:
    """What `kept_text` wrote."""
    values = {name: text_from(value) if isinstance(value, dict) else value for name, value in kept["values"].items()}
    return Text(kept["source"], values, kept["context"])


def _short(value: str) -> str:
    value = " ".join(value.split())
    return value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"
