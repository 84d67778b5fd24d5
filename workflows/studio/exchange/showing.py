"""A report as its page shows it: lines in the reader's language, the worst first, and marks for the diagram."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crm.core.i18n import Text, translate
from workflows.engine import BundleRefused
from workflows.engine.reading import read_diagram
from workflows.studio.exchange.report import STATUS_TEXTS, Line, Status

MOST_SHOWN = 500
WORST_FIRST = tuple(reversed(Status))
TONES = {Status.UNDERSTOOD: "neutral", Status.TRANSLATED: "good", Status.BY_HAND: "warn", Status.REFUSED: "bad"}


@dataclass(frozen=True)
class ShownLine:
    """A line as it is read: where (a name, and the id behind it), what, its state with its colour, and what to do."""

    place: str
    file: str
    element: str | None
    what: str
    status: str
    tone: str
    before: str
    after: str
    cure: str


def shown_lines(lines: Iterable[Line], names: Mapping[str, str], locale: str) -> list[ShownLine]:
    """The lines, those with work first, else in their order."""
    ordered = sorted(lines, key=lambda line: WORST_FIRST.index(line.status))
    return [
        ShownLine(
            place=names.get(line.element or "") or line.element or line.file,
            file=line.file,
            element=line.element,
            what=translate(line.what, locale),
            status=translate(STATUS_TEXTS[line.status], locale),
            tone=TONES[line.status],
            before=line.before,
            after=line.after,
            cure=translate(line.cure, locale) if line.cure else "",
        )
        for line in ordered[:MOST_SHOWN]
    ]


def counted(lines: Sequence[Line]) -> list[tuple[Text, int, str]]:
    """Each state with the number of its lines and its colour, the worst first."""
    return [
        (STATUS_TEXTS[status], sum(line.status == status for line in lines), TONES[status]) for status in WORST_FIRST
    ]


def badges(lines: Iterable[Line], locale: str) -> dict[str, dict[str, Any]]:
    """For the diagram: at each element how much is to be done, or that it was translated."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        if line.element is not None and line.status != Status.UNDERSTOOD:
            found.setdefault(line.element, []).append(line)
    marks = {}
    for element, told in found.items():
        worst = max((line.status for line in told), key=list(Status).index)
        left = [line for line in told if line.status in (Status.BY_HAND, Status.REFUSED)]
        title = "; ".join(translate(line.what, locale) for line in (left or told)[:5])
        marks[element] = {"text": str(len(left)) if left else "✓", "tone": TONES[worst], "title": title}
    return marks


def names_in(files: Mapping[str, bytes]) -> tuple[str, dict[str, str]]:
    """The text of the diagram and what its elements are called; empty where it cannot be read."""
    for name, raw in files.items():
        if name.endswith(".bpmn"):
            try:
                drawn = read_diagram(raw, name)
                text = raw.decode()
            except (BundleRefused, UnicodeDecodeError):
                break
            named: dict[str, str] = {}
            named |= {part.id: part.name for part in drawn.processes.values() if part.name}
            named |= {part.id: part.name for part in drawn.nodes.values() if part.name}
            named |= {part.id: part.name for part in drawn.flows.values() if part.name}
            named |= {part.id: part.name for part in drawn.lanes if part.name}
            return text, named
    return "", {}
