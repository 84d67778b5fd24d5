"""FEEL in form descriptions: settings that start with `=`, and texts with `{{ }}` places.

A formula that cannot be worked out (a missing variable, a budget used up) answers null, as in the designer's own viewer;
formulas that do not parse were refused when the description was read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from feel import Expression, FeelError, parse
from feel.errors import PLACED
from forms.problems import N_, Cause, FormProblem
from forms.reader import Reader

# A place holds no other place, so that a text of nothing but "{{" is still read in one go.
PLACE = re.compile(r"\{\{((?:(?!\{\{|\}\}).)*)\}\}", re.DOTALL)


class Scope(dict[str, object]):
    """The variables of one place in a form, and the moment (in the reader's zone) that `now()` and `today()` answer."""

    __slots__ = ("now",)

    def __init__(self, variables: Mapping[str, object] | None = None, now: datetime | None = None) -> None:
        super().__init__(variables or {})
        self.now = now


@dataclass(frozen=True)
class Formula:
    """A FEEL expression, parsed once."""

    expression: Expression

    @property
    def names(self) -> frozenset[str]:
        return self.expression.names

    def value(self, scope: Scope) -> object:
        """Its value among these variables, or None where it has none."""
        try:
            return self.expression.evaluate(scope, now=scope.now)
        except FeelError:
            return None


@dataclass(frozen=True)
class Setting:
    """A property of a component that is either written down or worked out."""

    literal: object = None
    formula: Formula | None = None

    @property
    def names(self) -> frozenset[str]:
        return self.formula.names if self.formula else frozenset()

    def value(self, scope: Scope) -> object:
        return self.formula.value(scope) if self.formula else self.literal


@lru_cache(maxsize=1024)
def formula(text: str) -> Formula:
    """Parse FEEL, with or without the leading `=`; raises FeelError."""
    return Formula(parse(text.strip().removeprefix("=")))


def is_formula(value: object) -> bool:
    return isinstance(value, str) and value.lstrip().startswith("=")


def setting(value: object) -> Setting:
    """A property as stored in the schema; raises FeelError when it is FEEL and does not parse."""
    return Setting(formula=formula(value)) if isinstance(value, str) and is_formula(value) else Setting(literal=value)


@dataclass(frozen=True)
class Template:
    """A text of the form's author, cut into fixed words and formulas."""

    source: str
    parts: tuple[str | Formula, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset().union(*(part.names for part in self.parts if isinstance(part, Formula)))

    def text(self, scope: Scope, reader: Reader) -> str:
        """The words for the reader, unescaped."""
        return self.filled(scope, reader, lambda words: words)

    def filled(self, scope: Scope, reader: Reader, guard: Callable[[str], str]) -> str:
        """The text with every worked-out value passed through `guard`, so that a value can never become markup."""
        if not self.source:
            return ""
        words = reader.translate(self.source)
        parts = self.parts if words == self.source else _translated(words, self).parts
        if len(parts) == 1 and isinstance(parts[0], str):
            return parts[0]
        return "".join(
            guard(reader.present(part.value(scope))) if isinstance(part, Formula) else part for part in parts
        )


@lru_cache(maxsize=1024)
def template(source: str) -> Template:
    """Cut a text at its places; a text that starts with `=` is one formula. Raises FeelError."""
    if is_formula(source):
        return Template(source, (formula(source),))
    parts: list[str | Formula] = []
    last = 0
    for place in PLACE.finditer(source):
        parts += [source[last : place.start()], formula(place[1])]
        last = place.end()
    parts.append(source[last:])
    return Template(source, tuple(part for part in parts if part != "") or ("",))


@lru_cache(maxsize=1024)
def _translated(words: str, original: Template) -> Template:
    """The template of a translation; a translation whose places are broken is not used."""
    try:
        return template(words)
    except FeelError:
        return original


def problems_in_setting(element: str, name: str, value: object) -> Iterator[FormProblem]:
    """What is wrong with a property that may hold FEEL."""
    if isinstance(value, str) and is_formula(value):
        yield from problems_in_formula(element, name, value)


def problems_in_formula(element: str, name: str, value: str) -> Iterator[FormProblem]:
    try:
        formula(value)
    except FeelError as error:
        message = N_("The expression in {property} cannot be read: {reason}")
        yield FormProblem(element, message, {"property": name, "reason": cause_of(error)})


def cause_of(error: FeelError) -> Cause:
    """What FEEL says is wrong, with the place, in words that can be translated."""
    cause = Cause(error.template, error.params)
    return cause if error.position is None else Cause(PLACED, {"cause": cause, "number": error.position + 1})


def problems_in_template(element: str, name: str, value: str) -> Iterator[FormProblem]:
    """What is wrong with a text that may hold `{{ }}` places."""
    for place in PLACE.finditer(value):
        if place[1].lstrip().startswith(("#", "/")):
            yield FormProblem(
                element,
                N_(
                    "{property} uses “{{{place}}}”: loops and conditions in texts are not supported; use a table or hide the component by a condition"
                ),
                {"property": name, "place": place[1].strip()[:40]},
            )
            return
    if is_formula(value):
        yield from problems_in_formula(element, name, value)
        return
    for place in PLACE.finditer(value):
        yield from problems_in_formula(element, name, place[1])
