"""What stands in the way of publishing a draft, said while it is drawn: the same rules as at publishing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from crm.core.db import Database, reading
from crm.core.i18n import text, translate
from workflows.custom.checking import record_problems
from workflows.engine import Bundle, BundleRefused, Problem, check, check_limited
from workflows.engine.reading import read_diagram
from workflows.operations import deploying
from workflows.operations.deploying import Checked
from workflows.registry import described_operations

# A static check of so large a diagram takes longer than a writer of it should wait, and is left to a process with limits.
LARGE = 300_000


@dataclass(frozen=True)
class Finding:
    """One fault in the reader's language. `severity` is error or warning; `element` an id in the diagram or a form."""

    element: str | None
    file: str | None
    severity: str
    message: str


def findings(
    bundle: Bundle, *, roles: Collection[str], locale: str, thorough: bool = False, key: str | None = None
) -> list[Finding]:
    """All faults, errors first. `thorough` also starts a case for trial, which takes part of a second and is bounded in time
    and memory; `key` is the process for which the bundle is meant."""
    look = check_limited if thorough or any(len(raw) > LARGE for raw in bundle.files.values()) else check
    found = look(bundle, operations=described_operations(), roles=roles, check_form=deploying.check_form)
    words = words_of(bundle, locale)
    told = [_finding(problem, locale, words) for problem in (*record_problems(bundle), *found)]
    return [*_of_another(bundle, key, locale), *told]


def all_findings(
    place: Database,
    bundle: Bundle,
    *,
    roles: Collection[str],
    locale: str,
    now: datetime,
    thorough: bool = False,
    key: str | None = None,
) -> list[Finding]:
    """The same, and what stands in the way in this installation at this time: a message that begins another process already,
    a time that is over, somebody named who does not work here. That is asked of what could run otherwise; of a very large
    diagram only when it is published."""
    found = findings(bundle, roles=roles, locale=locale, thorough=thorough, key=key)
    if any(each.severity == "error" for each in found) or any(len(raw) > LARGE for raw in bundle.files.values()):
        return found
    words = words_of(bundle, locale)
    try:
        with reading(place) as session:
            problems = deploying.problems_here(session, Checked(bundle, ()), now=now)
    except BundleRefused:
        # Only the check with a trial tells what is wrong with it.
        return found
    here = [_finding(problem, locale, words) for problem in problems]
    return [
        *(each for each in here if each.severity == "error"),
        *found,
        *(each for each in here if each.severity != "error"),
    ]


def words_of(bundle: Bundle, locale: str) -> Mapping[str, str]:
    """What the texts of the diagram are called in this language; nothing where they cannot be read, which is a fault of its own."""
    try:
        words = bundle.texts.get(locale, {})
    except BundleRefused:
        return {}
    return words if isinstance(words, dict) else {}


def in_words(problem: Problem, words: Mapping[str, str]) -> Problem:
    """The problem with the names of elements as its reader knows them; they stand in front of the id: “Approve (approve)”."""
    return replace(problem, params={name: _named(value, words) for name, value in problem.params.items()})


def _named(value: object, words: Mapping[str, str]) -> object:
    if not isinstance(value, str):
        return value
    name, mark, ident = value.rpartition(" (")
    return f"{words[name]}{mark}{ident}" if mark and name in words else value


def _finding(problem: Problem, locale: str, words: Mapping[str, str]) -> Finding:
    message = translate(deploying.problem_text(in_words(problem, words)), locale)
    return Finding(problem.element, problem.file, problem.severity, message)


def _of_another(bundle: Bundle, key: str | None, locale: str) -> list[Finding]:
    """A diagram whose process has another key would be published as another process."""
    if key is None:
        return []
    try:
        name, raw = bundle.bpmn
        drawn = read_diagram(raw, name).main
    except BundleRefused:
        return []
    if drawn is None or drawn == key:
        return []
    message = text("The process in the diagram is called {drawn}, but this is the draft of {key}; name it {key} again.",
                   drawn=drawn, key=key)  # fmt: skip
    return [Finding(drawn, name, "error", translate(message, locale))]
