"""Trials and scenarios as their pages draw them: names in the reader's language, the path told act by act, values as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from crm.core.i18n import Text, text
from workflows.engine import Passed
from workflows.instances.story import labels
from workflows.library import Published
from workflows.studio.trying.play import Situation
from workflows.studio.trying.replay import names
from workflows.studio.trying.script import MESSAGE, SIGNAL, TASK, TIMER, Act, Expected, Script
from workflows.studio.trying.writing import as_feel, as_lines

ICONS = {TASK: "check", TIMER: "clock", MESSAGE: "mail-opened", SIGNAL: "speakerphone"}
BEGINNING = "player-play"
LONGEST_SHOWN = 300


def picture(
    published: Published, locale: str, situation: Situation | None, parting: Sequence[str] = ()
) -> dict[str, Any]:
    """What the diagram shows: the path taken, where the case stands, and a mark where it parts from what was expected
    (`parting`), or else where it stopped."""
    path = [mark.element_id for _, mark in situation.passed] if situation is not None else []
    live = [*situation.live] if situation is not None else []
    if situation is not None and situation.asks is not None:
        live = [situation.asks.node_id]
    marks = [*parting]
    if not marks and situation is not None and situation.stop is not None and situation.stop.element is not None:
        marks.append(situation.stop.element)
    title = text("It goes another way here").in_language(locale)
    return {
        "xml": published.definition.bundle.bpmn[1].decode(),
        "labels": labels(published, locale),
        "path": list(dict.fromkeys(path)),
        "live": live,
        "badges": {element: {"text": "≠", "tone": "bad", "title": title} for element in marks},
    }


def acts_shown(published: Published, locale: str, script: Script, situation: Situation) -> list[dict[str, Any]]:
    """The beginning and each act, with what it led to: the steps passed, and why the case went where it went."""
    words = published.translator(locale)
    shown = [_shown(None, text("The case begins"), BEGINNING, script.start)]
    shown += [
        _shown(number, _sentence(act, published, locale), ICONS[act.kind], act.values or {})
        for number, act in enumerate(script.acts)
    ]
    for number, mark in situation.passed:
        row = shown[0 if number is None else number + 1]
        if mark.kind in ("node", "gateway"):
            row["passed"].append(published.name_of(mark.element_id, locale))
        if why := _why(mark, published, locale, words):
            row["why"].append(why)
    for row in shown:
        row["done"] = row["number"] is None or row["number"] < situation.done
    return shown


def acts_named(published: Published, locale: str, acts: Sequence[Act], expected: Expected | None) -> list[str]:
    """The steps, timers and messages of acts by name, those as well that this version does not have."""
    name_of = names(published.definition, locale, expected.names if expected is not None else {})
    return [name_of(act.name) if act.kind in (TASK, TIMER) else act.name for act in acts]


def _shown(number: int | None, sentence: Text, icon: str, values: Any) -> dict[str, Any]:
    told = as_feel(values)
    return {
        "number": number,
        "text": sentence,
        "icon": icon,
        "values": told if len(told) <= LONGEST_SHOWN else told[:LONGEST_SHOWN] + "…",
        "lines": as_lines(values) if isinstance(values, Mapping) else told,
        "passed": [],
        "why": [],
    }


def _sentence(act: Act, published: Published, locale: str) -> Text:
    if act.kind == TASK:
        return text("“{step}” is completed", step=published.name_of(act.name, locale))
    if act.kind == TIMER:
        return text("The timer “{step}” is due", step=published.name_of(act.name, locale))
    if act.kind == SIGNAL:
        return text("The signal “{name}” is given", name=act.name)
    return text("The message “{name}” arrives", name=act.name)


def _why(mark: Passed, published: Published, locale: str, words: Callable[[str], str]) -> str:
    """Why a gateway went where it went, and what a table answered."""
    if mark.kind == "gateway":
        flows = published.definition.flows
        ways = [flows[flow] for flow in mark.detail.get("taken", ()) if flow in flows]
        answer = " / ".join(words(way.name) or published.name_of(way.target, locale) for way in ways)
        tried = "; ".join(
            f"{each.get('condition')} {'✓' if each.get('result') else '✗'}"
            for each in mark.detail.get("conditions", ())
        )
        return (
            f"{published.name_of(mark.element_id, locale)}: {answer}{f' — {tried}' if tried else ''}" if tried else ""
        )
    if mark.kind == "decision":
        told = f"{as_feel(mark.detail.get('inputs'))} → {as_feel(mark.detail.get('outputs'))}"
        return f"{published.name_of(mark.element_id, locale)}: {told}"
    return ""


def values_shown(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Variables as names and FEEL text, by name."""
    return [(name, as_feel(value)) for name, value in sorted(data.items())]
