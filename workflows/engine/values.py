"""What may live in process data, and how it is kept as JSON.

Data are JSON values plus Decimal, date, time, datetime and durations, which JSON does not know: they travel as
tagged text, `{"typename": "decimal", "value": "12.50"}`. The key `typename` is therefore reserved everywhere.
Everything else is refused at the door, where the cause can still be named, and not when a database chokes on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

import orjson

from feel import YearsMonths
from workflows.engine.errors import BadValue
from workflows.engine.texts import N_

RESERVED_KEY = "typename"
MAX_DEPTH = 40
MAX_ENTRIES = 50_000
MAX_TEXT = 1_000_000
MAX_DIGITS = 60
MAX_EXPONENT = 400
INT_LIMIT = 2**63

# What JSON gives back as it is.
_PLAIN = frozenset({str, int, float, bool, type(None)})

_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATACLASS


def check_value(value: object, path: str = "") -> None:
    """Raise BadValue where `value` may not become process data."""
    clean(value, path)


def clean(value: object, path: str = "") -> Any:
    """A private copy of `value`, fit for process data; floats become the decimals they show. Raises BadValue."""
    return _clean(value, path, 0, [MAX_ENTRIES])


def clean_data(values: Mapping[str, object], path: str = "") -> dict[str, Any]:
    """The same for a mapping of variables."""
    if not isinstance(values, Mapping):
        raise BadValue(path, N_("{path} must be a set of named values."))
    cleaned: dict[str, Any] = clean(dict(values), path)
    return cleaned


def _clean(value: Any, path: str, depth: int, left: list[int]) -> Any:
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is str:
        return _text(value, path)
    if kind is int:
        if not -INT_LIMIT <= value < INT_LIMIT:
            raise BadValue(path, N_("{path}: the number is too large."))
        return value
    if kind is float:
        if not isfinite(value):
            raise BadValue(path, N_("{path}: this is not a number that can be kept."))
        return Decimal(repr(value))
    if kind is Decimal:
        return _decimal(value, path)
    if kind is list or kind is dict:
        if depth >= MAX_DEPTH:
            raise BadValue(path, N_("{path}: the values are nested too deeply."))
        left[0] -= len(value)
        if left[0] < 0:
            raise BadValue(path, N_("{path}: too many values at once."))
        if kind is list:
            return [_clean(item, f"{path}[{index}]", depth + 1, left) for index, item in enumerate(value)]
        return {
            _key(key, path): _clean(item, f"{path}.{key}" if path else str(key), depth + 1, left)
            for key, item in value.items()
        }
    if kind in _TAG_OF:
        return value
    if isinstance(value, str | int):  # members of enumerations come as what they stand for
        return _clean(str.__str__(value) if isinstance(value, str) else int(value), path, depth, left)
    raise BadValue(path, N_("{path}: values of the type {type} cannot be kept."), type=kind.__name__)


def _key(key: object, path: str) -> str:
    if type(key) is not str:
        raise BadValue(path, N_("{path}: names must be text, not {key}."), key=repr(key)[:40])
    if key == RESERVED_KEY:
        raise BadValue(path, N_("{path}: the name typename is reserved; choose another one."))
    return _text(key, path)


def _text(value: str, path: str) -> str:
    if len(value) > MAX_TEXT:
        raise BadValue(path, N_("{path}: the text is too long."))
    if "\0" in value:
        raise BadValue(path, N_("{path}: the text contains a NUL character."))
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise BadValue(path, N_("{path}: the text contains half a character.")) from None
    return value


def _decimal(value: Decimal, path: str) -> Decimal:
    if not value.is_finite():
        raise BadValue(path, N_("{path}: this is not a number that can be kept."))
    _, digits, exponent = value.as_tuple()
    if len(digits) > MAX_DIGITS or abs(int(exponent)) > MAX_EXPONENT:
        raise BadValue(path, N_("{path}: the number is too large."))
    return value


def plain_numbers(value: Any) -> Any:
    """A FEEL result as others expect it: whole numbers are int, so that an id computed in a diagram stays an id."""
    kind = type(value)
    if kind is Decimal:
        if value.is_finite() and value.as_tuple().exponent == 0 and -INT_LIMIT <= value < INT_LIMIT:
            return int(value)
        return value
    if kind is list:
        return [plain_numbers(item) for item in value]
    if kind is dict:
        return {key: plain_numbers(item) for key, item in value.items()}
    return value


# ---------------------------------------------------------------- JSON
def _seconds(value: timedelta) -> str:
    return f"{value.days}:{value.seconds}:{value.microseconds}"


def _timedelta(text: str) -> timedelta:
    days, seconds, microseconds = map(int, text.split(":"))
    return timedelta(days, seconds, microseconds)


_TAGS: dict[str, tuple[type, Callable[[Any], str], Callable[[str], Any]]] = {
    "decimal": (Decimal, str, Decimal),
    "datetime": (datetime, datetime.isoformat, datetime.fromisoformat),
    "date": (date, date.isoformat, date.fromisoformat),
    "time": (time, time.isoformat, time.fromisoformat),
    "duration": (timedelta, _seconds, _timedelta),
    "months": (YearsMonths, lambda value: str(value.months), lambda text: YearsMonths(int(text))),
}
_TAG_OF = {kind: tag for tag, (kind, _, _) in _TAGS.items()}


def _tagged(value: Any) -> dict[str, str]:
    tag = _TAG_OF.get(type(value))
    if tag is None:
        raise TypeError(f"cannot keep {type(value).__name__}")
    return {RESERVED_KEY: tag, "value": _TAGS[tag][1](value)}


def to_json(value: Any) -> bytes:
    """Compact JSON; raises TypeError for what `clean` would have refused."""
    return orjson.dumps(value, _tagged, _OPTIONS)


def from_json(raw: bytes) -> Any:
    """The value that `to_json` wrote, tagged values restored."""
    value = orjson.loads(raw)
    return restore(value) if b'"typename"' in raw else value


def restore(value: Any) -> Any:
    if type(value) is dict:
        tag = value.get(RESERVED_KEY)
        if tag is not None:
            return _TAGS[tag][2](value["value"])
        # Most values are plain: a call for each of them would take most of the time.
        return {key: item if type(item) in _PLAIN else restore(item) for key, item in value.items()}
    if type(value) is list:
        return [item if type(item) in _PLAIN else restore(item) for item in value]
    return value
