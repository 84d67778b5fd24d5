"""The description of a sort of record, and the table of all of them.

A room makes one `RecordType` and registers it (`queries.register`); everything else in this room takes it as its first
argument. Hooks are plain functions of the room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from crm.core.fields import Field, Kind
from crm.core.i18n import Text, text
from crm.core.keyset import Order
from crm.permissions import Actor
from crm.records.models import RecordRow

R = TypeVar("R", bound=RecordRow)
Choices = Sequence[tuple[str, str]]
# Between two values, and not only like one.
RANGED = frozenset({Kind.DATE, Kind.MOMENT, Kind.MONEY, Kind.DECIMAL, Kind.WHOLE, Kind.PERCENT})


# What every record has; lists may show them, and filter by them.
STANDARD = (
    Field("number", text("Number")),
    Field("created_at", text("Created"), Kind.MOMENT),
    Field("updated_at", text("Changed"), Kind.MOMENT),
)


@dataclass(frozen=True)
class Group:
    """A part of the form and of the page, with its title."""

    title: Text
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Owned:
    """Whose record it is stands in its own columns `owner_id` and `department_id`.

    `also` opens further records to a person for an action, whatever the scope of the permission; e.g. those without owner.
    """

    also: Callable[[Actor, str], ColumnElement[bool]] | None = None


@dataclass(frozen=True)
class Through:
    """The record is open to whoever reaches the record that `field` names, which is owned; e.g. through its customer."""

    field: str
    parent: str


@dataclass(frozen=True)
class Everybody:
    """The record belongs to the house: open to everybody who has the permission, whatever its scope."""


@dataclass(frozen=True)
class Special:
    """A filter that is no field: how it is asked for, and the WHERE clause for the answer."""

    asked: Field
    where: Callable[[Session, Actor, datetime, Any], ColumnElement[bool]]
    # What the list offers to choose from where that follows from what is stored, beside the other filters that are set.
    options: Callable[[Session, Actor, Mapping[str, str]], Choices] | None = None


@dataclass(frozen=True, kw_only=True)
class Check(Generic[R]):
    """What a room's own check sees: the values that are about to be stored, and the record if there is one already.

    `values` holds what was given and checked field by field; with a record only what changes is surely among them.
    """

    session: Session
    by: Actor
    now: datetime
    values: Mapping[str, Any]
    record: R | None

    def after(self, name: str) -> Any:
        """The value that the field will hold."""
        return self.values[name] if name in self.values or self.record is None else getattr(self.record, name)


# What was done to a record, with the names of the fields: one of "created", "changed", "deleted".
Event = Callable[[str, Any, tuple[str, ...], datetime, Actor], object]


@dataclass(frozen=True, kw_only=True)
class RecordType(Generic[R]):
    """A sort of record.

    `key` names it in timeline, audit, search, files and slots; `path` is its address below `/` and `/api/v1/`, and the name
    of its pages (`<path>.index`, `.show`, `.create`, `.edit`, `.delete`, `.timeline`, `.attach`).
    """

    key: str
    module: str
    model: type[R]
    path: str
    name: Text
    plural: Text
    icon: str
    reach: Owned | Through | Everybody
    groups: tuple[Group, ...]
    # Names of fields: the list's columns (the first is the headline), and the filters that stand in its bar.
    columns: tuple[str, ...]
    filters: tuple[str, ...] = ()
    # Orders of the list by name; `-name` runs the other way. Their columns hold no empty values.
    sorts: Mapping[str, Order]
    default_sort: str
    # The column that names the record, and the one with the key of its customer, whose timeline tells of it too ("id" for
    # the customer itself).
    title: str = "name"
    customer: str = ""
    # Columns that only verbs write: shown, filtered and answered by the API, never read from a form.
    facts: tuple[Field, ...] = ()
    # Fields that are given when the record is made and stay.
    settled: frozenset[str] = frozenset()
    special: Mapping[str, Special] = field(default_factory=dict)
    # Fields by whose words the record is found.
    searched: tuple[str, ...] = ()
    search_hint: Text | None = None
    takes_files: bool = True
    # Tones of choices that are drawn as a state: field → key → "good", "warn", …
    tones: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # Columns of lists whose words each record knows itself: (id, column) → words for the reader, and their tone or "".
    said: Callable[[Session, Sequence[Any], str], Mapping[tuple[int, str], tuple[str, str]]] | None = None
    # --- hooks
    # Refuses (Invalid, RuleBroken) what no single field can tell.
    check: Callable[[Check[R]], None] | None = None
    # Columns that follow from the values that are about to be stored; with the record, if there is one already.
    derive: Callable[[Session, Mapping[str, Any], R | None], Mapping[str, object]] | None = None
    # What else goes with a record that is deleted.
    leave: Callable[[Session, R, datetime], None] | None = None
    # Values that a new form begins with.
    first: Callable[[Session, Actor, datetime], Mapping[str, object]] | None = None
    # Choices of people and references by field name, instead of all colleagues or a search.
    choices: Mapping[str, Callable[[Session, str], Choices]] = field(default_factory=dict)
    # Words by which the record is found besides its number, title and `searched`; or how it is put into the index at all.
    words: Callable[[Session, R], Iterable[str | None]] | None = None
    index: Callable[[Session, R], None] | None = None
    # How the timeline tells that there is a new one: the sentence, and what somebody wrote.
    told: Callable[[R], tuple[Text, str | None]] | None = None
    # What is told instead of RecordCreated, RecordChanged, RecordDeleted.
    event: Event | None = None

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """All that a form or program may give."""
        return tuple(each for group in self.groups for each in group.fields)

    @cached_property
    def shown(self) -> dict[str, Field]:
        """All that can be seen, by name."""
        return {each.name: each for each in (*STANDARD, *self.fields, *self.facts)}

    @cached_property
    def writable(self) -> tuple[Field, ...]:
        """What may be changed after the record was made."""
        return tuple(each for each in self.fields if each.name not in self.settled)

    @cached_property
    def filtered(self) -> Mapping[str, Field]:
        """Every filter of its list by name: each field but long texts, `<name>_from` and `<name>_to` for numbers and times,
        the special ones."""
        found: dict[str, Field] = {}
        for each in self.shown.values():
            if each.kind is Kind.LONG:
                continue
            plain = replace(each, required=False)
            if each.kind is Kind.MOMENT:
                # Nobody looks for a second: times are asked for by their days.
                plain = replace(plain, kind=Kind.DATE)
            else:
                found[each.name] = plain
            if each.kind in RANGED:
                first, last = f"{each.name}_from", f"{each.name}_to"
                found[first] = replace(plain, name=first, label=text("{field} from", field=each.label))
                found[last] = replace(plain, name=last, label=text("{field} to", field=each.label))
        return {**found, **{name: special.asked for name, special in self.special.items()}}

    @property
    def is_customer(self) -> bool:
        """Is it the customer itself, whose timeline tells of everything about it?"""
        return self.customer == "id"

    def title_of(self, record: R) -> str:
        """What the record is called."""
        return str(getattr(record, self.title))

    def link(self, record_id: int) -> str:
        """The address of its page."""
        return f"/{self.path}/{record_id}"

    def column(self, name: str) -> Any:
        """A column of its table."""
        return getattr(self.model, name)


_types: dict[str, RecordType[Any]] = {}


def know(sort: RecordType[Any]) -> None:
    """From now on the sort of record is found by its key."""
    _types[sort.key] = sort


def record_type(key: str) -> RecordType[Any]:
    """The sort of record with this key; a mistake of the program if no room has registered it."""
    return _types[key]


def record_types() -> tuple[RecordType[Any], ...]:
    """All sorts of records that rooms have registered."""
    return tuple(_types.values())


def categories_of(fields: Iterable[Field]) -> list[str]:
    """The pick-lists that these fields draw on."""
    return sorted({each.category for each in fields if each.category})


def orders(**columns: tuple[Any, ...]) -> dict[str, Order]:
    """Orders in both directions: `orders(date=(Interaction.date, Interaction.id))` gives `date` and `-date`."""
    return {
        name: order
        for key, parts in columns.items()
        for name, order in ((key, Order(parts)), (f"-{key}", Order(parts, descending=True)))
    }
