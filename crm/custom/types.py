"""What a record of an administrator's own process is: its fields and states, as the file `record.json` of the process says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from crm.core.fields import LARGEST_NUMBER, Field, Kind
from crm.core.i18n import Text, text, translate

# The kinds that a field may have; the others need rows of their own.
KINDS = (
    Kind.LINE, Kind.LONG, Kind.WHOLE, Kind.DECIMAL, Kind.MONEY, Kind.DATE, Kind.MOMENT, Kind.FLAG, Kind.CHOICE,
    Kind.PERSON,
)  # fmt: skip
TONES = ("neutral", "info", "good", "warn", "bad")
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
# Names that the record itself or every case has.
TAKEN = frozenset({
    "id", "number", "title", "state", "version", "owner_id", "customer_id", "department_id", "created_at", "updated_at",
    "record_id", "initiator_id", "started_at",
})  # fmt: skip
MOST_FIELDS = 60
MOST_STATES = 40
MOST_OPTIONS = 100
LONGEST_LABEL = 120
TEXTS = "texts"


@dataclass(frozen=True)
class State:
    """Where a record stands; the first one of a type is where it begins."""

    key: str
    label: str
    tone: str = "neutral"


@dataclass(frozen=True)
class CustomType:
    """A sort of record. `title` names the field that names the record, "" for the name of the type; `customer` tells that it
    belongs to a customer."""

    name: str
    plural: str
    title: str
    customer: bool
    fields: tuple[Field, ...]
    states: tuple[State, ...]
    # Its words in languages in which they were not written: language → as drawn → translated.
    texts: Mapping[str, Mapping[str, str]] = dataclass_field(default_factory=dict)

    def state(self, key: str) -> State | None:
        """A state by its key."""
        return next((each for each in self.states if each.key == key), None)

    def say(self, words: str, locale: str) -> str:
        """Words of the description for the reader: as the process translates them, else as the catalogue does."""
        return self.texts.get(locale, {}).get(words) or translate(Text(words), locale)


def read_type(raw: Mapping[str, Any]) -> CustomType:
    """The type behind a description without faults; of one with faults, what can be read."""
    return CustomType(
        name=str(raw.get("name") or ""),
        plural=str(raw.get("plural") or raw.get("name") or ""),
        title=str(raw.get("title") or ""),
        customer=raw.get("customer") is True,
        fields=tuple(_field(each) for each in _dicts(raw.get("fields")) if str(each.get("kind")) in set(KINDS)),
        states=tuple(
            State(str(each.get("key")), str(each.get("label") or each.get("key")), str(each.get("tone") or "neutral"))
            for each in _dicts(raw.get("states"))
        ),
        texts=_texts(raw.get(TEXTS)),
    )


def words_of(raw: Mapping[str, Any]) -> Iterator[str]:
    """All that people read of a description, as drawn: its names, labels, options."""
    yield from (str(raw[name]) for name in ("name", "plural") if isinstance(raw.get(name), str))
    for each in _dicts(raw.get("fields")):
        yield str(each.get("label") or "")
        options = each.get("options")
        yield from (option for option in options if isinstance(option, str)) if isinstance(options, list) else ()
    yield from (str(each.get("label") or "") for each in _dicts(raw.get("states")))


def with_texts(raw: Mapping[str, Any], texts: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """A description with the translations of its own words among `texts`, to be kept with its records."""
    wanted = {*words_of(raw)}
    own = {
        locale: {words: told for words, told in sorted(known.items()) if words in wanted}
        for locale, known in texts.items()
    }
    return {**raw, TEXTS: {locale: known for locale, known in own.items() if known}}


def faults_of(raw: Mapping[str, Any]) -> Iterator[Text]:
    """What is wrong with a description, each with the cure."""
    if not _is_label(raw.get("name")):
        yield text("The record has no name; give it one of at most 120 letters.")
    fields, states = raw.get("fields", []), raw.get("states", [])
    if not isinstance(fields, list) or len(fields) > MOST_FIELDS or len(fields) != len(_dicts(fields)):
        yield text("The record must have a list of at most {limit} fields.", limit=MOST_FIELDS)
        return
    if not isinstance(states, list) or not 0 < len(states) <= MOST_STATES or len(states) != len(_dicts(states)):
        yield text("The record needs 1 to {limit} states.", limit=MOST_STATES)
        return
    yield from _faults_of_names([str(each.get("name")) for each in fields], TAKEN)
    yield from _faults_of_names([str(each.get("key")) for each in states], frozenset())
    for each in fields:
        yield from _faults_of_field(each)
    for each in states:
        if not _is_label(each.get("label")) or each.get("tone", "neutral") not in TONES:
            message = text("The state {name} needs a label and one of these tones: {known}.",
                           name=str(each.get("key"))[:40], known=", ".join(TONES))  # fmt: skip
            yield message
    title = raw.get("title") or ""
    if title and title not in {each.get("name") for each in fields}:
        yield text(
            "The record is to be named by {name}, which is none of its fields; choose one of them, or none.",
            name=str(title)[:40],
        )


def _faults_of_names(names: list[str], taken: frozenset[str]) -> Iterator[Text]:
    for name in dict.fromkeys(names):
        if not NAME.fullmatch(name):
            yield text("“{name}” cannot be a name here: it begins with a small letter and has small letters, digits and underlines, at most 40.",
                       name=name[:40])  # fmt: skip
        elif name in taken:
            yield text("Every record has {name} already; choose another name.", name=name)
        elif names.count(name) > 1:
            yield text("{name} is there twice; remove one.", name=name)


def _faults_of_field(raw: Mapping[str, Any]) -> Iterator[Text]:
    name = str(raw.get("name"))[:40]
    if not _is_label(raw.get("label")):
        yield text("The field {name} has no label; give it one of at most 120 letters.", name=name)
    if str(raw.get("kind")) not in set(KINDS):
        yield text(
            "The field {name} has no kind that is known; choose one of {known}.", name=name, known=", ".join(KINDS)
        )
    elif raw["kind"] == Kind.CHOICE:
        options = raw.get("options")
        if not isinstance(options, list) or not 0 < len(options) <= MOST_OPTIONS or not all(map(_is_label, options)):
            yield text("The choice {name} needs 1 to {limit} options.", name=name, limit=MOST_OPTIONS)


def _field(raw: Mapping[str, Any]) -> Field:
    options = raw.get("options") if isinstance(raw.get("options"), list) else []
    return Field(
        str(raw.get("name")),
        # What an administrator wrote is no text of the catalogue, but may be translated by it all the same.
        Text(str(raw.get("label") or raw.get("name"))),
        Kind(raw["kind"]),
        required=raw.get("required") is True,
        least=-LARGEST_NUMBER,
        most=LARGEST_NUMBER,
        longest=4_000 if raw["kind"] == Kind.LONG else 200,
        options=tuple((str(each), Text(str(each))) for each in options or ()),
    )


def _dicts(values: object) -> list[dict[str, Any]]:
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def _texts(raw: object) -> dict[str, dict[str, str]]:
    known = raw if isinstance(raw, dict) else {}
    return {
        locale: {words: told for words, told in own.items() if isinstance(told, str)}
        for locale, own in known.items()
        if isinstance(own, dict)
    }


def _is_label(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= LONGEST_LABEL
