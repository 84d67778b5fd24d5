"""Text in one line or several, with lengths, a pattern, and the kinds e-mail and phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ClassVar

import wtforms
from wtforms.widgets import TextArea, TextInput

from forms.fields.base import Asking, Entry, FieldType, Spec, limit, rules_of
from forms.patterns import Pattern, PatternRefused
from forms.plain import LONGEST, tidy
from forms.problems import N_, FormProblem, Refusal

EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[^\W_](?:[\w-]{0,62})(?:\.[^\W_](?:[\w-]{0,62})){1,8}")
PHONE = re.compile(r"\+?\(?\d[\d ()/.-]{2,28}\d")


class TextEntry(Entry, wtforms.StringField):
    """One line of text."""

    widget = TextInput()


class LongTextEntry(Entry, wtforms.TextAreaField):
    """Several lines of text."""

    widget = TextArea()


class Text(FieldType):
    """One line."""

    entry: ClassVar[type[Entry]] = TextEntry
    default_length = 1000
    too_many_lines: str | None = N_("{label} must be on one line.")

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        self.shortest = limit(self.rules, "minLength")
        self.longest = limit(self.rules, "maxLength")
        pattern = self.rules.get("pattern")
        self.pattern = Pattern(pattern) if pattern else None
        self.of_kind = self.rules.get("validationType")

    def empty(self) -> str:
        return ""

    def parse(self, texts: list[Any], asking: Asking) -> str:
        return self.accept(texts[0] if texts else "", asking)

    def accept(self, value: object, asking: Asking) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Refusal(N_("{label} must be text."))
        # Ahead of everything that looks at each character, so that a flood costs nothing.
        most = self._most(asking)
        if len(value) > 2 * most + 1000:
            raise Refusal(N_("{label} must have at most {limit} characters."), limit=most)
        return tidy(value).strip()

    def _most(self, asking: Asking) -> int:
        given = self.longest.value(asking.scope)
        if isinstance(given, (int, float, Decimal)) and not isinstance(given, bool) and 0 < given <= LONGEST:
            return int(given)
        return self.default_length

    def check(self, value: str, asking: Asking) -> None:
        if self.too_many_lines and "\n" in value:
            raise Refusal(self.too_many_lines)
        if len(value) > (most := self._most(asking)):
            raise Refusal(N_("{label} must have at most {limit} characters."), limit=most)
        least = self.shortest.value(asking.scope)
        if isinstance(least, (int, Decimal)) and len(value) < least:
            raise Refusal(N_("{label} must have at least {limit} characters."), limit=least)
        if self.of_kind == "email" and not EMAIL.fullmatch(value):
            raise Refusal(N_("{label} must be an e-mail address such as name@example.com."))
        if self.of_kind == "phone" and not PHONE.fullmatch(value):
            raise Refusal(N_("{label} must be a phone number such as 13800000000 or +86 10 88886666."))
        if self.pattern and not self.pattern.found_in(value):
            own = self.rules.get("patternErrorMessage")
            if isinstance(own, str) and own:
                raise Refusal(own)
            raise Refusal(N_("{label} is not written in the required way."))

    def attributes(self, entry: Any) -> dict[str, object]:
        found: dict[str, object] = {}
        if self.of_kind == "email":
            found = {"type": "email", "inputmode": "email", "autocomplete": "email"}
        elif self.of_kind == "phone":
            found = {"type": "tel", "inputmode": "tel", "autocomplete": "tel"}
        if isinstance(named := self.properties.get("autocomplete"), str):
            found["autocomplete"] = named
        return found

    @classmethod
    def problems(cls, spec: Spec, element: str) -> Iterator[FormProblem]:
        yield from super().problems(spec, element)
        rules = rules_of(spec)
        if pattern := rules.get("pattern"):
            try:
                Pattern(pattern)
            except PatternRefused as refused:
                yield FormProblem(element, refused.message, refused.params)
        for name in ("minLength", "maxLength"):
            given = rules.get(name)
            if isinstance(given, (int, float)) and not 0 <= given <= LONGEST:
                yield FormProblem(
                    element, N_("{property} must lie between 0 and {limit}"), {"property": name, "limit": LONGEST}
                )


class LongText(Text):
    """Several lines."""

    entry = LongTextEntry
    look = "textarea"
    default_length = 10_000
    too_many_lines = None

    def attributes(self, entry: Any) -> dict[str, object]:
        return {"rows": min(12, max(3, entry._value().count("\n") + 2))}
