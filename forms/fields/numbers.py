"""Numbers: exact, in the reader's spelling, with limits, decimals and steps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

import wtforms
from wtforms.widgets import TextInput

from forms.fields.base import Asking, Entry, FieldType, Spec, limit, rules_of
from forms.problems import N_, FormProblem, Refusal

# The longest sums of money and counts fit; a number beyond is a slip or an attack.
MOST_DIGITS = 18
MOST_DECIMALS = 10
# Full-width digits and signs as Chinese input methods type them.
WIDE = str.maketrans("０１２３４５６７８９．，－＋", "0123456789.,-+")
GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")


class NumberEntry(Entry, wtforms.DecimalField):
    """A text control: browsers' number controls refuse group separators and change what was typed."""

    widget = TextInput()

    def _value(self) -> str:
        return Entry._value(self)


class Number(FieldType):
    """A whole number (int) or an exact decimal (Decimal)."""

    entry = NumberEntry

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        self.least = limit(self.rules, "min")
        self.most = limit(self.rules, "max")
        digits = spec.get("decimalDigits")
        self.decimals = digits if isinstance(digits, int) and 0 <= digits <= MOST_DECIMALS else None
        self.step = exact(spec.get("increment"))

    def parse(self, texts: list[Any], asking: Asking) -> int | Decimal | None:
        given = texts[0] if texts else ""
        text = given.translate(WIDE).strip() if isinstance(given, str) and len(given) <= 100 else given
        if text == "":
            return None
        # A comma is taken for a group separator only where one can stand: "1,5" must not become 15.
        if not isinstance(text, str) or not (PLAIN.fullmatch(text) or GROUPED.fullmatch(text)):
            raise Refusal(N_("{label} must be a number such as 1234.5."))
        return self._sized(Decimal(text.replace(",", "")))

    def accept(self, value: object, asking: Asking) -> int | Decimal | None:
        if value is None:
            return None
        if isinstance(value, str):
            return self.parse([value], asking)
        number = exact(value)
        if number is None:
            raise Refusal(N_("{label} must be a number such as 1234.5."))
        return self._sized(number)

    def _sized(self, number: Decimal) -> int | Decimal:
        if number and number.adjusted() >= MOST_DIGITS:
            raise Refusal(N_("{label} must have at most {limit} digits before the point."), limit=MOST_DIGITS)
        decimals = _decimals(number)
        most = MOST_DECIMALS if self.decimals is None else self.decimals
        if decimals > most:
            if most == 0:
                raise Refusal(N_("{label} must be a whole number."))
            raise Refusal(N_("{label} must have at most {limit} decimals."), limit=most)
        if decimals == 0 and not self.decimals:
            return int(number)
        return Decimal(format(number, "f"))

    def check(self, value: int | Decimal, asking: Asking) -> None:
        least, most = exact(self.least.value(asking.scope)), exact(self.most.value(asking.scope))
        if least is not None and value < least:
            raise Refusal(N_("{label} must be at least {limit}."), limit=least)
        if most is not None and value > most:
            raise Refusal(N_("{label} must be at most {limit}."), limit=most)
        if self.step and (value - (least or 0)) % self.step:
            raise Refusal(N_("{label} must be a multiple of {step}."), step=self.step)

    def typed(self, value: Any, asking: Asking) -> str:
        return format(value, "f") if isinstance(value, Decimal) else "" if value is None else str(value)

    def shown(self, value: Any, asking: Asking) -> str:
        return f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"

    def typed_in(self, texts: list[Any]) -> object:
        given = texts[0] if texts else ""
        if isinstance(given, str):
            return super().typed_in(texts)
        number = exact(given)
        return "" if number is None or abs(number.adjusted()) > 100 else format(number, "f")

    def attributes(self, entry: Any) -> dict[str, object]:
        return {"inputmode": "numeric" if self.decimals == 0 else "decimal", "autocomplete": "off"}

    @classmethod
    def problems(cls, spec: Spec, element: str) -> Iterator[FormProblem]:
        yield from super().problems(spec, element)
        digits = spec.get("decimalDigits")
        if digits is not None and not (type(digits) is int and 0 <= digits <= MOST_DECIMALS):
            yield FormProblem(
                element,
                N_("{property} must lie between 0 and {limit}"),
                {"property": "decimalDigits", "limit": MOST_DECIMALS},
            )
        if spec.get("increment") not in (None, "") and not (exact(spec["increment"]) or 0) > 0:
            yield FormProblem(element, N_("{property} must be a number above 0"), {"property": "increment"})
        least, most = exact(rules_of(spec).get("min")), exact(rules_of(spec).get("max"))
        if least is not None and most is not None and least > most:
            yield FormProblem(element, N_("The smallest allowed number is above the largest"))


def exact(value: object) -> Decimal | None:
    """A number of JSON, FEEL or the schema as an exact one; None when it is none, not finite, or beyond all measure."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
        return None
    if isinstance(value, int) and value.bit_length() > 400:
        return Decimal("1e400") if value > 0 else Decimal("-1e400")
    try:
        number = Decimal(str(value) if isinstance(value, float) else value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
