"""What can be chosen: options written in the form, named sources of the application, or a list among the variables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from forms.plain import UNSTORABLE

# More than this cannot be looked through by a person; a bigger source must be searched (RemoteChoices).
MOST_OPTIONS = 2000


@dataclass(frozen=True)
class Choice:
    """One entry of a named source: what is stored, what is read, and a second line for telling like ones apart."""

    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True)
class RemoteChoices:
    """A source too big for a page: `find` tells the choice of a value that this person may use, `search_url` answers
    `?q=` with `[{"value", "label", "hint"}]`, `first` answers what is offered before anything is typed."""

    find: Callable[[str], Choice | None]
    search_url: str
    first: Callable[[], Sequence[Choice]] = tuple


Source = Sequence[Choice] | RemoteChoices


@dataclass(frozen=True)
class Option:
    """A choice as a field offers it: `key` travels in the page, `value` is the answer with its own type."""

    key: str
    label: str
    value: object
    hint: str = ""


def options_from(raw: object, words: Callable[[str], str]) -> tuple[Option, ...]:
    """Options of a schema or a variable: `{value, label}` objects or bare values; anything else is left out."""
    if not isinstance(raw, Iterable) or isinstance(raw, (str, bytes, Mapping)):
        return ()
    found: dict[str, Option] = {}
    for item in raw:
        option = _option(item, words)
        if option is not None:
            found.setdefault(option.key, option)
        if len(found) >= MOST_OPTIONS:
            break
    return tuple(found.values())


def _option(item: object, words: Callable[[str], str]) -> Option | None:
    if isinstance(item, Choice):
        return Option(item.value, item.label, item.value, item.hint)
    value: object = item
    label: object = None
    hint: object = ""
    if isinstance(item, Mapping):
        value, label, hint = item.get("value"), item.get("label"), item.get("hint", "")
    key = key_of(value)
    if key is None:
        return None
    return Option(
        key,
        words(label) if isinstance(label, str) and label else key,
        value,
        hint if isinstance(hint, str) else "",
    )


def key_of(value: object) -> str | None:
    """How a value travels in a page, or None when it cannot be a choice."""
    match value:
        case str():
            return None if UNSTORABLE.search(value) else value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value) if value.bit_length() <= 64 else None
        case float():
            return str(value) if abs(value) < 1e15 else None
        case Decimal():
            return format(value, "f") if value.is_finite() and abs(value.adjusted()) < 30 else None
        case _:
            return None
