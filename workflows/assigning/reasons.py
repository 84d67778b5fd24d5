"""Why somebody got a task, as sentences that are kept with the history and read in any language later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crm.accounts.models import shown_name
from crm.core.i18n import Text, text


@dataclass(frozen=True)
class Named(Text):
    """A person or a role inside of a sentence: by the name that the reader's language has for it."""

    name: str = ""
    name_en: str = ""
    source: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    context: str | None = None

    def __str__(self) -> str:
        return self.in_language("en")

    def in_language(self, locale: str) -> str:
        return shown_name(self.name, self.name_en, locale)


def named(name: str, name_en: str) -> Named:
    return Named(source=name, name=name, name_en=name_en)


def listed(names: Sequence[Text]) -> Text:
    """Several names, one after the other."""
    places = {f"n{place}": name for place, name in enumerate(names)}
    return Text(" · ".join(f"{{{place}}}" for place in places), places)


def together(sentences: Sequence[Text]) -> Text:
    """Several sentences as one text."""
    if len(sentences) == 1:
        return sentences[0]
    places = {f"s{place}": sentence for place, sentence in enumerate(sentences)}
    return Text(" ".join(f"{{{place}}}" for place in places), places)


def as_json(reason: Text) -> dict[str, Any]:
    """The sentence as history keeps it: in English, with its values and the names inside of it."""
    if isinstance(reason, Named):
        return {"name": reason.name, "name_en": reason.name_en}
    values = {name: as_json(value) if isinstance(value, Text) else value for name, value in reason.values.items()}
    return {"text": reason.source, "values": values}


def from_json(kept: Mapping[str, Any]) -> Text:
    """The sentence that `as_json` kept."""
    if "name" in kept:
        return named(str(kept["name"]), str(kept.get("name_en", "")))
    values = {
        name: from_json(value) if isinstance(value, Mapping) else value
        for name, value in dict(kept.get("values", {})).items()
    }
    return Text(str(kept.get("text", "")), values)


def by_role(role: Text) -> Text:
    return text("It is offered to the group {role}.", role=role)


def by_name(person: Text) -> Text:
    return text("The diagram names {person}.", person=person)


def by_names(people: Sequence[Text]) -> Text:
    return text("Any of these may take it: {people}.", people=listed(people))


def as_initiator(person: Text) -> Text:
    return text("{person} started the case.", person=person)


def as_owner(person: Text) -> Text:
    return text("{person} is responsible for the record.", person=person)


def as_superior(person: Text, of: Text, levels: int) -> Text:
    if levels == 1:
        return text("{person} is the superior of {of}.", person=person, of=of)
    return text("{person} is {levels} levels above {of}.", person=person, levels=levels, of=of)


def as_head(person: Text, of: Text) -> Text:
    return text("{person} heads the department of {of}.", person=person, of=of)


def as_chosen(person: Text, formula: str) -> Text:
    return text("{person} was chosen in the case ({formula}).", person=person, formula=formula)


def as_least_busy(person: Text, role: Text, load: int) -> Text:
    return text(
        "{person} has the fewest open tasks in the group {role}, at the moment {load}.",
        person=person,
        role=role,
        load=load,
    )


def by_turns(person: Text, role: Text) -> Text:
    return text("It is the turn of {person} in the group {role}.", person=person, role=role)


def has_left(person: Text) -> Text:
    return text("{person} has left.", person=person)


def is_away(person: Text, substitute: Text) -> Text:
    return text("{person} is away; {substitute} stands in.", person=person, substitute=substitute)


def must_not(person: Text) -> Text:
    return text("{person} started the case and must not do this step.", person=person)


def goes_up(person: Text) -> Text:
    return text("So it goes to the next superior, {person}.", person=person)


def unknown_name(name: str) -> Text:
    return text("There is no user {name}.", name=name)


def names_nobody(formula: str) -> Text:
    return text("{formula} names nobody.", formula=formula)


NO_INITIATOR = text("The case was started by the system, so there is no initiator.")
NO_OWNER = text("Nobody is responsible for the record.")


def no_superior(of: Text) -> Text:
    return text("{of} has no superior.", of=of)


def no_head(of: Text) -> Text:
    return text("The department of {of} has no head.", of=of)


def nobody_present(role: Text) -> Text:
    return text("Nobody of the group {role} is there at the moment.", role=role)


def no_one_else(role: Text) -> Text:
    return text("The group {role} has nobody else.", role=role)


def for_administrators(role: Text) -> Text:
    return text("So it goes to the group {role}.", role=role)


def for_group(role: Text) -> Text:
    return text("So any colleague of the group {role} may take it.", role=role)
