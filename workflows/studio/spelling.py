"""What is wrong with an expression while somebody types it: whether it can be read, and names that nothing before it leaves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import feel
from crm.core.i18n import Text, text, translate
from feel import parser, tree
from forms.expressions import template
from workflows.engine import Phrase
from workflows.engine.linting.formulas import EXAMPLE, JUEL, MAX_FORMULA

KINDS = ("expression", "unary", "context", "template")
MOST_NAMED = 5


@dataclass(frozen=True)
class Fault:
    """What is wrong, and the character (from 0) where it begins; None where no single place is to blame. A warning does not
    keep anybody from publishing."""

    problem: Text
    at: int | None = None
    severity: str = "error"


def fault_of(words: str, kind: str, known: Collection[str] | None) -> Fault | None:
    """The first fault of an expression, or None. `kind` is one of `KINDS`; without `known` names are not looked at."""
    if not words.strip():
        return None
    if len(words) > MAX_FORMULA:
        return Fault(text("The expression is too long; shorten it to at most {limit} characters.", limit=MAX_FORMULA))
    if kind != "template" and JUEL.match(words):
        return Fault(text("Write this in FEEL, without the braces."), words.index("{") - 1)
    try:
        names = _names(words, kind)
    except feel.FeelError as fault:
        return Fault(_sentence(fault.template, fault.params), fault.position)
    except _NoContext:
        return Fault(text("This must be a FEEL context such as {example}.", example=EXAMPLE), 0)
    missing = sorted(names - {*known}) if known is not None else []
    if not missing:
        return None
    message = text("Nothing before this step leaves behind: {names}. Check the spelling, or let an earlier step set it.",
                   names=", ".join(missing[:MOST_NAMED]))  # fmt: skip
    return Fault(message, _place(words, missing[0]), "warning")


def as_json(fault: Fault | None, locale: str) -> dict[str, object] | None:
    """The fault in the reader's language, as an editor takes it."""
    if fault is None:
        return None
    return {"problem": translate(fault.problem, locale), "at": fault.at, "severity": fault.severity}


class _NoContext(Exception):
    """A script that is an expression of another sort."""


def _names(words: str, kind: str) -> frozenset[str]:
    if kind == "template":
        template(words)
        return frozenset()
    if kind == "unary":
        return feel.parse_unary_tests(words).names
    parsed = feel.parse(words)
    if kind == "context" and not isinstance(parser.parse_expression(words), tree.ContextLiteral):
        raise _NoContext
    return parsed.names


def _sentence(source: str, values: Mapping[str, object]) -> Text:
    """What the language says, with sentences inside of it, as a sentence that can be translated."""
    inner = {
        name: _sentence(each.template, each.params) if isinstance(each, Phrase) else each
        for name, each in values.items()
    }
    return Text(source, inner)


def _place(words: str, name: str) -> int | None:
    at = words.find(name)
    return at if at >= 0 else None
