"""The formulas for which BPMN has elements (conditions, timers, rounds, scripts), from another language into FEEL."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crm.core.i18n import Text, text
from workflows.engine.timers import LOOKS_ISO
from workflows.studio.exchange.document import BPMN, Document, content, local
from workflows.studio.exchange.foreign import guarded
from workflows.studio.exchange.writing import Untranslatable, quoted

Translate = Callable[[str], str]
PLACES: dict[str, Text] = {
    "conditionExpression": text("Condition"),
    "completionCondition": text("Completion condition"),
    "condition": text("Condition"),
    "loopCondition": text("Condition of the loop"),
    "loopCardinality": text("Number of rounds"),
    "loopDataInputRef": text("List of the rounds"),
}
TIMERS = ("timeDuration", "timeDate", "timeCycle")
CRON = re.compile(r"[\d*/,?LW#\-A-Za-z]+(?:\s+[\d*/,?LW#\-A-Za-z]+){4,6}", re.ASCII)
# Seconds, minutes, hours, then any day; some tools leave a year behind.
REGULAR = tuple(
    (re.compile(form.replace("N", r"(?:[0*]/(\d{1,3})|\*)") + r" \* \* \?(?: \*)?"), unit)
    for form, unit in (("0 N \\*", "M"), ("0 0 N", "H"))
)
FEEL_LANGUAGES = ("feel", "https://www.omg.org/spec/dmn/20191111/feel/", "http://www.omg.org/spec/feel/20140401")


@dataclass(frozen=True)
class Language:
    """How a tool writes formulas. `applies`: must this text be translated? `value`: the FEEL of a text that may stand for itself.
    `kin`: languages that compare in the same words, without braces around. `is_script`: must this script be translated, where the
    step says no language (without it: as `applies`)."""

    applies: Callable[[str], bool]
    expression: Translate
    value: Translate
    script: Translate | None = None
    script_formats: tuple[str, ...] = ()
    kin: tuple[str, ...] = ()
    is_script: Callable[[str], bool] | None = None


def translate_formulas(document: Document, language: Language) -> None:
    """All of the diagram. What cannot be said in FEEL stays as it is, with a line."""
    for element in list(document.root.iter(f"{BPMN}*")):
        name = local(element)
        if name in PLACES:
            guarded(document, element, _formula, document, element, PLACES[name], language)
        elif name in TIMERS:
            guarded(document, element, _timer, document, element, language)
        elif name == "scriptTask":
            guarded(document, element, _script, document, element, language)


def _formula(document: Document, element: Any, what: Text, language: Language) -> None:
    said = content(element)
    spoken = (element.get("language") or "").strip().lower()
    if spoken and spoken not in FEEL_LANGUAGES and "juel" not in spoken and said and not language.applies(said):
        if spoken in language.kin and (written := _akin(document, said, language)) is not None:
            _write(document, element, written)
            document.translated(element, what, said, written)
            return
        document.by_hand(
            element, what, text("It is written in {language}; write it in FEEL.", language=spoken[:60]), said
        )
        return
    if said and language.applies(said):
        _put(document, element, what, said, language.expression)


def _akin(document: Document, said: str, language: Language) -> str | None:
    """A comparison of a programming language, where it means the same in the braces of the tool."""
    source = said.strip().removesuffix(";")
    if "{" in source or "}" in source:
        return None
    try:
        document.spend(source)
        return language.expression(f"${{{source}}}")
    except Untranslatable:
        return None


def _timer(document: Document, element: Any, language: Language) -> None:
    said = content(element)
    what = text("Timer")
    if local(element) == "timeCycle" and (cycle := _cycle(said)) is not None:
        _write(document, element, cycle)
        document.translated(element, text("Timer, counted from when it begins and not by the clock"), said, cycle)
    elif CRON.fullmatch(said) and not LOOKS_ISO.match(said):
        document.refused(
            element, what, text("Times of the form of cron are not known here; write a cycle such as R/P1D."), said
        )
    elif said and not LOOKS_ISO.match(said) and language.applies(said):
        _put(document, element, what, said, language.value)


def _cycle(said: str) -> str | None:
    """The cycle of a cron that says every so many minutes or hours; of others the zone would have to be known."""
    for pattern, unit in REGULAR:
        if found := pattern.fullmatch(said):
            return f"R/PT{int(found[1] or 1)}{unit}" if int(found[1] or 1) else None
    return None


def _script(document: Document, element: Any, language: Language) -> None:
    script = element.find(f"{BPMN}script")
    said = content(script)
    spoken = (element.get("scriptFormat") or "").strip()
    what = text("Script")
    if not said or spoken.lower() in ("feel", "application/feel"):
        return
    if language.script is None or (spoken and spoken.lower() not in language.script_formats):
        example = "{ total: price * quantity }"
        cure = text("Write it as a FEEL context such as {example}.", example=example)
        if spoken:
            cure = text(
                "It is written in {language}; write it as a FEEL context such as {example}.",
                language=spoken[:60],
                example=example,
            )
        document.by_hand(element, what, cure, said)
        return
    if not spoken and not (language.is_script or language.applies)(said):
        return
    written = _in_feel(document, element, what, said, language.script)
    if written is not None:
        _write(document, script, written)
        element.set("scriptFormat", "feel")
        document.translated(element, what, said, written)


def _put(document: Document, element: Any, what: Text, said: str, translate: Translate) -> None:
    """What the element says, in FEEL from now on."""
    written = _in_feel(document, element, what, said, translate)
    if written is not None and written != said:
        _write(document, element, written)
        document.translated(element, what, said, written)


def _in_feel(document: Document, element: Any, what: Text, said: str, translate: Translate) -> str | None:
    """The translation; None, with a line, where there is none."""
    try:
        document.spend(said)
        return translate(said)
    except Untranslatable as fault:
        document.untranslated(element, what, fault, said)
        return None


def _write(document: Document, element: Any, written: str) -> None:
    for child in list(element):
        element.remove(child)
    element.text = written
    element.attrib.pop("language", None)
    document.changed = True


def literal(value: str) -> str:
    """A plain value as FEEL: numbers and truths as such, all else as text."""
    return value if re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?|true|false|null", value) else quoted(value).text
