"""What a record's field may hold, written once for pages, API and processes.

A room lists its fields in `rules.py`; `read` turns what was typed (text) or sent (JSON) into values fit for the database,
and names every wrong one. It knows no business: which keys a pick-list has is handed in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from crm.core.errors import Fault, Invalid
from crm.core.i18n import Text, text

MOST_TAGS = 20
LONGEST_TAG = 30
# Beyond this no database has a row, and PostgreSQL would not even take the question.
LARGEST_ID = 2**53
LARGEST_NUMBER = 999_999_999_999
EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\.]+(\.[^\s@<>,;:\"()\[\]\\.]+)+")
PHONE = re.compile(r"[0-9+()/.\-\s#*xX]*[0-9][0-9+()/.\-\s#*xX]*")
_HOST_PART = r"[^\s/?#:@<>\"\\.]+"
WEBSITE = re.compile(rf"https?://{_HOST_PART}(\.{_HOST_PART})+(:[0-9]{{1,5}})?([/?#][^\s<>\"]*)?", re.IGNORECASE)
# Unicode's joiners and variation marks are needed inside names and emoji; other invisible marks can forge what is read.
HARMLESS_INVISIBLE = {"\u200c", "\u200d"}


class Kind(StrEnum):
    """What sort of value a field holds."""

    LINE = "line"
    LONG = "long"
    EMAIL = "email"
    PHONE = "phone"
    WEBSITE = "website"
    WHOLE = "whole"
    DATE = "date"
    FLAG = "flag"
    CHOICE = "choice"
    TAGS = "tags"
    REFERENCE = "reference"
    MONEY = "money"
    DECIMAL = "decimal"
    PERCENT = "percent"
    MOMENT = "moment"
    PERSON = "person"
    RECORD = "record"


@dataclass(frozen=True)
class Field:
    """One field of a record. `longest` counts characters; `least` and `most` bound numbers, `places` counts the digits
    behind the point; `category` names the pick-list of the data dictionary, `options` are those of a choice that no
    administrator changes; a reference is the number of another record, and `target` says of which sort."""

    name: str
    label: Text
    kind: Kind = Kind.LINE
    required: bool = False
    longest: int = 200
    least: int = 0
    most: int = 0
    category: str = ""
    options: tuple[tuple[str, Text], ...] = ()
    places: int = 2
    target: str = ""


def read(
    fields: Sequence[Field],
    given: Mapping[str, object],
    *,
    options: Mapping[str, Collection[str]],
    partial: bool = False,
) -> dict[str, Any]:
    """The values of the named fields, ready to be stored; an empty optional value is None.

    `options` gives the keys that each pick-list offers. With `partial` only what is given is read. Raises Invalid with
    one fault for each wrong, missing or unknown field.
    """
    known = {field.name: field for field in fields}
    faults = [
        Fault(shown_key(name), text("There is no field named {name}.", name=shown_key(name)))
        for name in given
        if name not in known
    ]
    values: dict[str, Any] = {}
    for field in fields:
        if partial and field.name not in given:
            continue
        try:
            keys = [key for key, _ in field.options] or options.get(field.category, ())
            values[field.name] = read_value(field, given.get(field.name), keys)
        except _Wrong as wrong:
            faults.append(Fault(field.name, wrong.message))
    if faults:
        raise Invalid(faults)
    return values


class _Wrong(Exception):
    """A value does not fit its field."""

    def __init__(self, message: Text) -> None:
        super().__init__(str(message))
        self.message = message


def read_value(field: Field, value: object, keys: Collection[str] = ()) -> Any:
    """One value, checked; `_Wrong` carries the sentence."""
    if isinstance(value, str):
        value = clean(field, value)
    if value is None or value == "" or value == []:
        if field.kind is Kind.FLAG:
            return False
        if field.required:
            raise _Wrong(text("{label} is needed.", label=field.label))
        return [] if field.kind is Kind.TAGS else None
    return _READERS[field.kind](field, value, keys)


def clean(field: Field, value: str) -> str:
    """The text without blanks around it. Refuses what cannot be stored or would mislead the reader, naming the sign."""
    longest = {Kind.TAGS: MOST_TAGS * (LONGEST_TAG + 2)}.get(field.kind, field.longest)
    value = value.strip().replace("\r\n", "\n").replace("\r", "\n")
    if len(value) > longest:
        raise _Wrong(
            text(
                "{label} is too long: {length} characters, at most {longest} are possible.",
                label=field.label,
                length=len(value),
                longest=longest,
            )
        )
    for sign in value:
        if field.kind is Kind.LONG and sign in "\n\t":
            continue
        category = unicodedata.category(sign)
        if category in {"Cc", "Cs", "Zl", "Zp"} or (category == "Cf" and sign not in HARMLESS_INVISIBLE):
            raise _Wrong(
                text(
                    "{label} holds a sign that cannot be stored (U+{code}). Remove it.",
                    label=field.label,
                    code=f"{ord(sign):04X}",
                )
            )
    return value


def shown_key(name: object) -> str:
    """A field name as somebody sent it, short and printable enough to be repeated in a message."""
    return "".join(sign if sign.isprintable() else "?" for sign in str(name)[:60])


def _line(field: Field, value: object, _keys: Collection[str]) -> str:
    if not isinstance(value, str):
        raise _Wrong(text("{label} must be text.", label=field.label))
    return value


def _email(field: Field, value: object, keys: Collection[str]) -> str:
    line = _line(field, value, keys)
    if not EMAIL.fullmatch(line):
        raise _Wrong(text("{label} must be an e-mail address such as name@example.com.", label=field.label))
    return line


def _phone(field: Field, value: object, keys: Collection[str]) -> str:
    # Signs such as ⑴ become longer by that: the length counts afterwards, too.
    line = clean(field, unicodedata.normalize("NFKC", _line(field, value, keys)))
    if not PHONE.fullmatch(line):
        raise _Wrong(text("{label} must be a telephone number such as 0512-6688 1234.", label=field.label))
    return line


def _website(field: Field, value: object, keys: Collection[str]) -> str:
    line = _line(field, value, keys)
    # A bare host name is what people type; anything with another scheme (javascript:, data:) must not become a link.
    line = line if "://" in line else f"https://{line}"
    if not WEBSITE.fullmatch(line):
        raise _Wrong(text("{label} must be a web address such as https://www.example.com.", label=field.label))
    return line


def _whole(field: Field, value: object, _keys: Collection[str]) -> int:
    value = _as_int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not field.least <= value <= field.most:
        raise _Wrong(
            text(
                "{label} must be a whole number from {least} to {most}.",
                label=field.label,
                least=field.least,
                most=field.most,
            )
        )
    return value


def _as_int(value: object) -> object:
    # Forms send digits as text, and expressions of processes reckon with decimals.
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,18}", value):
        return int(value)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return int(value)
    return value


def _reference(field: Field, value: object, _keys: Collection[str]) -> int:
    value = _as_int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= LARGEST_ID:
        raise _Wrong(text("{label} must be the number of a record.", label=field.label))
    return value


def _percent(field: Field, value: object, keys: Collection[str]) -> int:
    if isinstance(value, str):
        value = value.removesuffix("%").strip()
    bounded = field if field.most else replace(field, most=100)
    return _whole(bounded, value, keys)


def _decimal(field: Field, value: object, _keys: Collection[str]) -> Decimal:
    # Thousands are parted by commas when somebody copies a figure from a table.
    if isinstance(value, str):
        value = value.replace(",", "").replace("，", "").lstrip("¥￥").strip()
    most = field.most or LARGEST_NUMBER
    try:
        number = Decimal(value) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or not field.least <= number <= most:
        raise _Wrong(
            text("{label} must be a number from {least} to {most}.", label=field.label, least=field.least, most=most)
        )
    exact = number.quantize(Decimal(1).scaleb(-field.places))
    if exact != number:
        raise _Wrong(
            text("{label} has at most {places} digits behind the point.", label=field.label, places=field.places)
        )
    return exact


def _moment(field: Field, value: object, _keys: Collection[str]) -> datetime:
    try:
        moment = (
            value if isinstance(value, datetime) else datetime.fromisoformat(value) if isinstance(value, str) else None
        )
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _Wrong(text("{label} must be a date and time such as 2026-03-31T08:30:00Z.", label=field.label))


def _date(field: Field, value: object, _keys: Collection[str]) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        # Only the long form: fromisoformat would also take 20261122 and 2026-W47-7.
        if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise _Wrong(text("{label} must be a date such as 2026-03-31.", label=field.label))


def _flag(field: Field, value: object, _keys: Collection[str]) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in {"y", "on", "true", "1"}:
        return True
    if isinstance(value, str) and value in {"n", "off", "false", "0"}:
        return False
    raise _Wrong(text("{label} must be true or false.", label=field.label))


def _choice(field: Field, value: object, keys: Collection[str]) -> str:
    if not isinstance(value, str) or value not in keys:
        raise _Wrong(
            text("{label}: “{value}” is not in the list.", label=field.label, value=shown_key(value))
            if isinstance(value, str)
            else text("{label} must be a key of the list.", label=field.label)
        )
    return value


def _tags(field: Field, value: object, _keys: Collection[str]) -> list[str]:
    if isinstance(value, str):
        value = re.split(r"[,，;；、\n]", value)
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise _Wrong(text("{label} must be a list of short texts.", label=field.label))
    one = Field(field.name, field.label, longest=LONGEST_TAG)
    tags = list(dict.fromkeys(tag for tag in (clean(one, raw) for raw in value) if tag))
    if len(tags) > MOST_TAGS:
        raise _Wrong(text("{label}: at most {most} are possible.", label=field.label, most=MOST_TAGS))
    if any("," in tag for tag in tags):
        raise _Wrong(text("{label} may not hold a comma.", label=field.label))
    return tags


_READERS = {
    Kind.LINE: _line,
    Kind.LONG: _line,
    Kind.EMAIL: _email,
    Kind.PHONE: _phone,
    Kind.WEBSITE: _website,
    Kind.WHOLE: _whole,
    Kind.DATE: _date,
    Kind.FLAG: _flag,
    Kind.CHOICE: _choice,
    Kind.TAGS: _tags,
    Kind.REFERENCE: _reference,
    Kind.MONEY: _decimal,
    Kind.DECIMAL: _decimal,
    Kind.PERCENT: _percent,
    Kind.MOMENT: _moment,
    Kind.PERSON: _reference,
    Kind.RECORD: _reference,
}
