"""The table of library functions: each is declared with its signature, from which calls are checked and prepared.

A signature such as "substring(string: string, start position: number, length: number?)" names the parameters for
calls by name. A type with "?" may be left out or be null; a parameter that begins with "..." takes all the rest, or
one list (of type "part": never unpacked). Whoever hands over a value of another type gets null as the answer, as the standard says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeAlias, TypeVar

from feel.budget import Run
from feel.errors import FeelError
from feel.values import Function, Range, Value, YearsMonths, adopt, elements

WRONG: Any = object()  # stands for an argument of a type that the function does not take
Accept: TypeAlias = Callable[[Value, Run], Value]
Body: TypeAlias = Callable[..., Value]
OneBody = TypeVar("OneBody", bound=Body)
SIGNATURE = re.compile(r"([^(]+)\((.*)\)")


def _one_of(*types: type) -> Accept:
    """Takes values of these types, and a list of exactly one."""

    def accept(value: Value, _run: Run) -> Value:
        if isinstance(value, types) and (bool in types or type(value) is not bool):
            return value
        if type(value) is list and len(value) == 1 and isinstance(only := adopt(value[0]), types):
            return only
        return WRONG

    return accept


def _any(value: Value, _run: Run) -> Value:
    return value


def _list(value: Value, run: Run) -> Value:
    return WRONG if value is None else elements(value, run)


ACCEPT: dict[str, Accept] = {
    "any": _any,
    "part": _any,
    "list": _list,
    "string": _one_of(str),
    "number": _one_of(Decimal),
    "boolean": _one_of(bool),
    "context": _one_of(dict),
    "range": _one_of(Range),
    "function": _one_of(Function),
    "date": _one_of(date, datetime),
    "time": _one_of(time, datetime),
    "duration": _one_of(timedelta, YearsMonths),
    "span": _one_of(timedelta),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kind: str
    optional: bool
    rest: bool


@dataclass(frozen=True, slots=True)
class Overload:
    """One way to call a function; `body` takes the evaluation and then one value for each parameter."""

    name: str
    parameters: tuple[Parameter, ...]
    body: Body

    def takes(self, count: int, names: Sequence[str]) -> bool:
        """Whether a call with so many arguments, or with these names, fits."""
        if names:
            own = {parameter.name for parameter in self.parameters}
            needed = {parameter.name for parameter in self.parameters if not parameter.optional}
            return len(set(names)) == len(names) and needed <= set(names) <= own
        least = sum(not parameter.optional for parameter in self.parameters)
        most = len(self.parameters)
        return count >= least and (count <= most or (most > 0 and self.parameters[-1].rest))

    def __str__(self) -> str:
        return f"{self.name}({', '.join(p.name + ('?' if p.optional else '') for p in self.parameters)})"


LIBRARY: dict[str, list[Overload]] = {}


def builtin(*signatures: str) -> Callable[[OneBody], OneBody]:
    """Enters the function into the library under each of the signatures."""

    def enter(body: OneBody) -> OneBody:
        for signature in signatures:
            match = SIGNATURE.fullmatch(signature)
            if match is None:
                raise ValueError(signature)
            name, listed = match.groups()
            parameters = tuple(_parameter(part) for part in listed.split(", ") if part)
            LIBRARY.setdefault(name, []).append(Overload(name, parameters, body))
        return body

    return enter


def _parameter(text: str) -> Parameter:
    name, _, kind = text.partition(": ")
    rest = name.startswith("...")
    optional = kind.endswith("?")
    return Parameter(name.removeprefix("..."), kind.removesuffix("?"), optional, rest)


def choose(name: str, count: int, names: Sequence[str], at: int) -> tuple[Overload, ...]:
    """The ways of calling that fit by number or names; FeelError when the function takes other arguments."""
    overloads = LIBRARY[name]
    fitting = tuple(overload for overload in overloads if overload.takes(count, names))
    if not fitting:
        usage = " / ".join(dict.fromkeys(str(overload) for overload in overloads))
        raise FeelError("“{function}” takes other arguments: {usage}", position=at, function=name, usage=usage)
    return fitting


def invoke(overloads: tuple[Overload, ...], arguments: list[Value], run: Run) -> Value:
    """The answer of the first way of calling whose types fit, for arguments in order; None where none fits."""
    for overload in overloads:
        values = _accepted(overload, arguments, run)
        if values is not None:
            try:
                return overload.body(run, *values)
            except (ArithmeticError, ValueError):
                return None
    return None


def _accepted(overload: Overload, arguments: list[Value], run: Run) -> list[Value] | None:
    values: list[Value] = []
    for index, parameter in enumerate(overload.parameters):
        accept = ACCEPT[parameter.kind]
        if parameter.rest:
            rest = arguments[index:]
            if len(rest) == 1 and type(rest[0]) is list and parameter.kind != "part":
                rest = elements(rest[0], run)
            run.spend(len(rest))
            taken = [accept(value, run) for value in rest]
            if any(value is WRONG for value in taken):
                return None
            values.append(taken)
            break
        value = arguments[index] if index < len(arguments) else None
        if not (value is None and parameter.optional):
            value = accept(value, run)
            if value is WRONG:
                return None
        values.append(value)
    return values
