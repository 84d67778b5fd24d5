"""Lists that the selection fields of any form may offer: what processes bind, people, products, and every pick-list.

Forms name a list in `valuesKey`: `people`, `products`, `dictionary/channel`, or a name that a process binds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from crm.accounts.queries import colleagues
from crm.core.i18n import Text, text
from crm.dictionary.rules import CATEGORIES
from crm.permissions import Actor
from crm.records.types import record_type
from forms import Choice, Source
from workflows.choosing import listed, records
from workflows.registry import ChoiceSource, registry

DICTIONARY = "dictionary/"


def people(session: Session, by: Actor, now: datetime, data: Mapping[str, Any]) -> Sequence[Choice]:
    """Everybody who can work; the answer is the person's number, as rules about who gets a step take it."""
    return [Choice(str(user_id), name) for user_id, name in colleagues(session, locale=by.locale)]


def products(session: Session, by: Actor, now: datetime, data: Mapping[str, Any]) -> Source:
    """The products; none for people who may not see any."""
    if not by.may(record_type("product").module, "view"):
        return ()
    return records("product")(session, by, now, data)


GENERAL: Mapping[str, ChoiceSource] = {"people": people, "products": products}
NAMES: Mapping[str, Text] = {
    "people": text("People"),
    "customers": text("Customers"),
    "products": text("Products"),
}


@cache
def choice_names() -> frozenset[str]:
    """Every name that a form may use."""
    return frozenset({*registry().choices, *GENERAL, *(DICTIONARY + category for category in CATEGORIES)})


@cache
def choice_source(name: str) -> ChoiceSource | None:
    """The list of this name; None where there is none."""
    if name in (bound := registry().choices):
        return bound[name]
    if name in GENERAL:
        return GENERAL[name]
    category = name.removeprefix(DICTIONARY)
    return listed(category) if name != category and category in CATEGORIES else None


def called(name: str) -> Text:
    """What people call the list of this name; its name where it has no other."""
    category = CATEGORIES.get(name.removeprefix(DICTIONARY)) if name.startswith(DICTIONARY) else None
    if category is not None:
        return text("Pick-list: {name}", name=category)
    return NAMES.get(name) or Text("{name}", {"name": name})
