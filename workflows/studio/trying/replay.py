"""Replays the scenarios of a process against a definition, and tells by its first difference what would go another way.

This is the gate before publishing. Scenarios are read first; while they are replayed no transaction is open.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import zip_longest
from types import NoneType
from typing import Any, get_type_hints

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.errors import Invalid
from crm.core.i18n import Text, catalogue_of, text
from crm.worktime.kept import calendar_of
from workflows.engine import Definition
from workflows.engine.steps import WorkingTime
from workflows.registry import registry
from workflows.studio.trying.models import Scenario
from workflows.studio.trying.play import SECONDS, Element, Situation, play
from workflows.studio.trying.script import Expected, Script, from_json
from workflows.studio.trying.writing import as_feel

ALL_SECONDS = 60.0
MOST_DIFFERENCES = 20


@dataclass(frozen=True)
class Difference:
    """What goes another way, and where on the diagram. `kind` is path, waits, over, open, data, answer, stop, time or content."""

    kind: str
    message: Text
    element: str | None = None

    def told(self, name_of: Callable[[str], str]) -> Text:
        """The sentence with the elements called by name; see `names`."""
        return told(self.message, name_of)


@dataclass(frozen=True)
class Outcome:
    """What came of a scenario. `situation` is None where it could not be played at all."""

    scenario_id: int
    name: str
    differences: tuple[Difference, ...]
    expected: Expected
    situation: Situation | None = None

    @property
    def failed(self) -> bool:
        return bool(self.differences)

    def told(self, definition: Definition, locale: str) -> list[str]:
        """The differences for a reader, the one that came first at the beginning."""
        name_of = names(definition, locale, self.expected.names)
        return [difference.told(name_of).in_language(locale) for difference in self.differences]


@dataclass(frozen=True)
class Replayed:
    """What came of all scenarios of a process, by name."""

    results: tuple[Outcome, ...]
    at: datetime

    @property
    def failed(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.results if outcome.failed)

    def as_json(self, definition: Definition, locale: str) -> dict[str, Any]:
        """To be kept with the version: how many there were, and what those that failed said then."""
        failed = [
            {"scenario": each.scenario_id, "name": each.name, "differences": each.told(definition, locale)}
            for each in self.failed
        ]
        return {"at": self.at.isoformat(), "number": len(self.results), "failed": failed}


def replay_all(session: Session, key: str, definition: Definition, *, now: datetime) -> Replayed:
    """Replay every scenario of a process against a definition. Give it a session for reading: its transaction is over when the
    first scenario begins."""
    scenarios = session.scalars(
        select(Scenario).where(Scenario.process_key == key).order_by(Scenario.name, Scenario.id)
    ).all()
    hours = calendar_of(session, None).after_days
    session.expunge_all()
    session.rollback()
    return replay(scenarios, definition, now=now, working_time=hours)


def replay(
    scenarios: Sequence[Scenario],
    definition: Definition,
    *,
    now: datetime,
    working_time: WorkingTime | None = None,
    seconds: float = ALL_SECONDS,
) -> Replayed:
    """Replay these scenarios. Those for which no time is left fail and say so."""
    end = time.monotonic() + seconds
    silent = silent_operations()
    results = []
    for scenario in scenarios:
        try:
            script = from_json(scenario.content)
        except Invalid:
            unreadable = Difference("content", text("The scenario cannot be read; record it again."))
            results.append(Outcome(scenario.id, scenario.name, (unreadable,), Expected()))
            continue
        expected = script.expect or Expected()
        left = end - time.monotonic()
        if left <= 0:
            late = Difference("time", text("There was no time left to replay it; replay it by itself."))
            results.append(Outcome(scenario.id, scenario.name, (late,), expected))
            continue
        situation = play(definition, script, working_time=working_time, silent=silent, seconds=min(left, SECONDS))
        found = differences(definition, script, situation)
        results.append(Outcome(scenario.id, scenario.name, tuple(found), expected, situation))
    return Replayed(tuple(results), now)


def differences(definition: Definition, script: Script, situation: Situation) -> list[Difference]:
    """What is not as expected: where the path parts first, how the case stands at the end, and other values."""
    expected = script.expect or Expected()
    first = _parting(expected, situation)
    if first is not None:
        return [first]
    if situation.asks is not None:
        return [_unanswered(situation)]
    if situation.stop is not None:
        return [_stopped(situation)]
    found = []
    if expected.completed != situation.completed:
        over = text("The case is over, although it was still open.")
        still = text("The case is not over, although it was.")
        found.append(Difference("open", over if situation.completed else still, next(iter(situation.live), None)))
    for name, value in sorted(expected.data.items()):
        now = situation.data.get(name)
        if now != value or (type(now) is bool) != (type(value) is bool):
            message = text("“{variable}” is {actual} instead of {expected}.", variable=name, actual=as_feel(now),
                           expected=as_feel(value))  # fmt: skip
            found.append(Difference("data", message))
    return found[:MOST_DIFFERENCES]


def names(definition: Definition, locale: str, older: Mapping[str, str]) -> Callable[[str], str]:
    """What elements are called in a language, those that this version does not have any more as well (`older`)."""
    own, catalogue = definition.bundle.texts.get(locale, {}), catalogue_of(locale)

    def name_of(element: str) -> str:
        node = definition.nodes.get(element)
        drawn = node.name if node is not None else older.get(element, "")
        return own.get(drawn) or (str(catalogue.gettext(drawn)) if drawn else element)

    return name_of


def told(message: Text, name_of: Callable[[str], str]) -> Text:
    """The sentence with its elements called by name."""
    values = {name: name_of(v.id) if isinstance(v, Element) else v for name, v in message.values.items()}
    return Text(message.source, values)


@cache
def silent_operations() -> frozenset[str]:
    """The operations that never answer anything, by their signature."""
    found = registry().operations.items()
    return frozenset(name for name, operation in found if get_type_hints(operation.run).get("return") is NoneType)


def _parting(expected: Expected, situation: Situation) -> Difference | None:
    """Where the path taken leaves the one expected."""
    after = None
    for wanted, taken in zip_longest(expected.path, situation.path):
        if wanted != taken:
            return _parted(after, wanted, taken, situation)
        after = wanted
    return None


def _parted(after: str | None, wanted: str | None, taken: str | None, situation: Situation) -> Difference:
    before = Element(after or "")
    if taken is not None and wanted is not None:
        instead = text("The case begins with “{actual}” instead of “{expected}”.",
                       actual=Element(taken), expected=Element(wanted))  # fmt: skip
        goes = text("After “{after}” the case goes to “{actual}” instead of “{expected}”.",
                    after=before, actual=Element(taken), expected=Element(wanted))  # fmt: skip
        return Difference("path", goes if after else instead, taken)
    if taken is not None:
        message = text("After “{after}” the case goes on to “{actual}”.", after=before, actual=Element(taken))
        return Difference("path", message, taken)
    if situation.asks is not None:
        return _unanswered(situation)
    if situation.live and wanted not in situation.live:
        waits = text("After “{after}” the case waits at “{actual}” instead of going on to “{expected}”.",
                     after=before, actual=Element(situation.live[0]), expected=Element(wanted or ""))  # fmt: skip
        return Difference("waits", waits, situation.live[0])
    if situation.stop is not None:
        return _stopped(situation)
    message = text("After “{after}” the case does not go on to “{expected}”.",
                   after=before, expected=Element(wanted or ""))  # fmt: skip
    return Difference("over" if situation.completed else "waits", message, after)


def _unanswered(situation: Situation) -> Difference:
    asks = situation.asks
    assert asks is not None  # noqa: S101 -- only asked where something is missing
    message = text("“{step}” calls the operation {operation}, for which the scenario has no answer.",
                   step=Element(asks.node_id), operation=asks.operation)  # fmt: skip
    return Difference("answer", message, asks.node_id)


def _stopped(situation: Situation) -> Difference:
    stop = situation.stop
    assert stop is not None  # noqa: S101 -- only asked where the play stopped
    return Difference("stop", stop.message, stop.element)
