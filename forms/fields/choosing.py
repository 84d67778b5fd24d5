"""Choosing one or several of a list: radio, select, checklist, taglist, and the stars of a rating."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wtforms.fields.choices import Choice as Drawn  # type: ignore[attr-defined]  # the stubs lag behind 3.3
from wtforms.fields.choices import SelectFieldBase
from wtforms.widgets import CheckboxInput, ListWidget, RadioInput, Select

from forms.choices import MOST_OPTIONS, Option, RemoteChoices, key_of, options_from
from forms.expressions import problems_in_formula, setting
from forms.fields.base import Asking, Entry, FieldType, Spec, rules_of
from forms.fields.numbers import exact
from forms.problems import N_, FormProblem, Refusal

SEARCHED_FROM = 12
MOST_CHOSEN = 500
PEOPLE_AND_RECORDS = ("person", "customer")


class ChoiceEntry(Entry, SelectFieldBase):
    """A list drawn as a select; iterating gives one small field per option, as WTForms' own lists do."""

    widget: Any = Select()
    kind: Choosing

    @property
    def options(self) -> Sequence[Option]:
        return self.kind.options(self.asking)

    @property
    def chosen(self) -> list[str]:
        """The keys that are chosen at present, also such as are in no list."""
        return self.typed if isinstance(self.typed, list) else [self.typed] if self.typed else []

    def iter_choices(self) -> Iterator[Drawn]:
        chosen = set(self.chosen)
        if isinstance(self.widget, Select) and not self.widget.multiple:
            yield Drawn("", "", not chosen, {})
        offered = set()
        for option in self.options:
            offered.add(option.key)
            hint = {"data-hint": option.hint} if option.hint else {}
            yield Drawn(option.key, option.label, option.key in chosen, hint)
        source = self.kind.source(self.asking)
        if isinstance(source, RemoteChoices):
            for key in chosen - offered:
                if found := self.kind.option(key, self.asking):
                    yield Drawn(key, found.label, True, {"data-hint": found.hint} if found.hint else {})

    def hint_of(self, key: str) -> str:
        return next((option.hint for option in self.options if option.key == key), "")


class RadioEntry(ChoiceEntry):
    widget = ListWidget(prefix_label=False)
    option_widget = RadioInput()


class ManyEntry(ChoiceEntry):
    widget: Any = Select(multiple=True)


class ChecklistEntry(ManyEntry):
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class Choosing(FieldType):
    """Options come from `values`, from a named source or variable (`valuesKey`), or from FEEL (`valuesExpression`)."""

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        self.source_name: str | None = spec.get("valuesKey") or None
        self.formula = setting(spec.get("valuesExpression"))
        self.widget = self.properties.get("widget")
        self.depends = self.formula.formula is not None

    def source(self, asking: Asking) -> object:
        return asking.choices.get(self.source_name) if self.source_name else None

    def options(self, asking: Asking) -> Sequence[Option]:
        """What is offered amid the present variables; worked out once for the same ones."""
        scope, options = asking.memo.get("options", (None, ()))
        if scope is None or (scope is not asking.scope and (self.depends or self.source_name)):
            options = self._options(asking)
            asking.memo["options"] = (asking.scope, options)
        return options  # type: ignore[no-any-return]

    def _options(self, asking: Asking) -> Sequence[Option]:
        if self.source_name:
            source = self.source(asking)
            if isinstance(source, RemoteChoices):
                return options_from(source.first(), str)
            return options_from(source if source is not None else asking.scope.get(self.source_name), str)
        if self.formula.formula:
            return options_from(self.formula.value(asking.scope), str)
        return options_from(self.spec.get("values"), asking.reader.words)

    def option(self, key: str, asking: Asking) -> Option | None:
        """The option of a key that was chosen, or None when it may not be chosen."""
        source = self.source(asking)
        if not isinstance(source, RemoteChoices):
            return next((option for option in self.options(asking) if option.key == key), None)
        found: dict[str, Option | None] = asking.memo.setdefault("found", {})
        if key not in found:
            choice = source.find(key)
            found[key] = Option(choice.value, choice.label, choice.value, choice.hint) if choice else None
        return found[key]

    def attributes(self, entry: Any) -> dict[str, object]:
        found: dict[str, object] = {}
        source = self.source(entry.asking)
        if isinstance(source, RemoteChoices):
            found["data-search-url"] = source.search_url
        searchable = self.spec.get("searchable") is True or self.widget in PEOPLE_AND_RECORDS
        if isinstance(source, RemoteChoices) or searchable or len(entry.options) >= SEARCHED_FROM:
            found["data-searchable"] = "true"
        if self.widget in PEOPLE_AND_RECORDS:
            found["data-widget"] = self.widget
        return found

    @classmethod
    def problems(cls, spec: Spec, element: str) -> Iterator[FormProblem]:
        yield from super().problems(spec, element)
        values = spec.get("values")
        if expression := spec.get("valuesExpression"):
            if isinstance(expression, str):
                yield from problems_in_formula(element, "valuesExpression", expression)
            else:
                yield FormProblem(element, N_("The component needs a {property}"), {"property": "valuesExpression"})
        elif spec.get("valuesKey"):
            return
        elif not isinstance(values, list) or not values:
            yield FormProblem(
                element, N_("Nothing to choose from: write the options, name a source or give an expression")
            )
        elif len(values) > MOST_OPTIONS:
            yield FormProblem(element, N_("At most {limit} options can be offered"), {"limit": MOST_OPTIONS})
        else:
            keys = [key_of(value.get("value") if isinstance(value, Mapping) else value) for value in values]
            if None in keys or "" in keys:
                yield FormProblem(element, N_("Each option needs a value: text or a number"))
            if len(set(keys)) < len(keys):
                yield FormProblem(element, N_("Two options have the same value"))


class ChoosingOne(Choosing):
    """One option, or none."""

    missing = N_("{label}: choose one of the list.")

    def parse(self, texts: list[Any], asking: Asking) -> str | None:
        return self.accept(texts[0] if texts else None, asking)

    def accept(self, value: object, asking: Asking) -> str | None:
        key = None if value is None else key_of(value)
        if value is not None and (key is None or len(key) > 1000):
            raise Refusal(N_("{label}: choose one of the list."))
        return key or None

    def check(self, value: str, asking: Asking) -> None:
        if self.option(value, asking) is None:
            raise Refusal(N_("{label}: choose one of the list."))

    def typed(self, value: Any, asking: Asking) -> str:
        return value or ""

    def typed_in(self, texts: list[Any]) -> object:
        return super().typed_in([key_of(texts[0]) if texts else ""])

    def shown(self, value: Any, asking: Asking) -> str:
        option = self.option(value, asking)
        return option.label if option else str(value)

    def finish(self, value: Any, asking: Asking) -> object:
        if not value or isinstance(self.source(asking), RemoteChoices):
            return value
        option = self.option(value, asking)
        return option.value if option else value


class Radio(ChoosingOne):
    entry = RadioEntry
    look = "radios"

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        if self.widget == "rating":
            self.look = "rating"  # type: ignore[misc]  # a radio of stars differs in its looks only


class Chooser(ChoosingOne):
    entry = ChoiceEntry
    look = "select"


class Rating(Radio):
    """A number asked as stars; without options of its own it runs from 1 to `max` (5)."""

    def __init__(self, spec: Spec) -> None:
        most = exact(rules_of(spec).get("max"))
        self.top = int(most) if most is not None and 2 <= most <= 10 else 5
        super().__init__({**spec, "values": [{"value": n, "label": str(n)} for n in range(1, self.top + 1)]})

    @classmethod
    def problems(cls, spec: Spec, element: str) -> Iterator[FormProblem]:
        most = exact(rules_of(spec).get("max"))
        if most is not None and not 2 <= most <= 10:
            yield FormProblem(element, N_("A rating runs up to a number from 2 to 10"))


class ChoosingMany(Choosing):
    """Any number of options, in the order given."""

    missing = N_("{label}: choose at least one.")

    def empty(self) -> list[str]:
        return []

    def parse(self, texts: list[Any], asking: Asking) -> list[str]:
        return self.accept([text for text in texts if text != ""], asking)

    def accept(self, value: object, asking: Asking) -> list[str]:
        if value is None:
            return []
        if not isinstance(value, (list, tuple)) or len(value) > MOST_CHOSEN:
            raise Refusal(N_("{label}: choose from the list, at most {limit}."), limit=MOST_CHOSEN)
        keys = [key_of(item) for item in value]
        if any(not key or len(key) > 1000 for key in keys):
            raise Refusal(N_("{label}: choose from the list, at most {limit}."), limit=MOST_CHOSEN)
        return list(dict.fromkeys(key for key in keys if key))

    def recall(self, value: object, asking: Asking) -> tuple[object, object]:
        try:
            keys = self.accept([value] if isinstance(value, str) and value else value or [], asking)
        except Refusal:
            keys = []
        return keys, list(keys)

    def typed_in(self, texts: list[Any]) -> object:
        given = texts[0] if len(texts) == 1 and isinstance(texts[0], (list, tuple)) else texts
        return list(dict.fromkeys(key[:1000] for item in given[:MOST_CHOSEN] if (key := key_of(item))))

    def check(self, value: list[str], asking: Asking) -> None:
        if self.source_name and isinstance(self.source(asking), RemoteChoices):
            foreign = any(self.option(key, asking) is None for key in value)
        else:
            foreign = not {option.key for option in self.options(asking)}.issuperset(value)
        if foreign:
            raise Refusal(N_("{label}: choose from the list, at most {limit}."), limit=MOST_CHOSEN)

    def shown(self, value: Any, asking: Asking) -> str:
        options = (self.option(key, asking) for key in value)
        return asking.reader.comma.join(
            option.label if option else key for option, key in zip(options, value, strict=True)
        )

    def finish(self, value: Any, asking: Asking) -> object:
        if not value or isinstance(self.source(asking), RemoteChoices):
            return value
        options = (self.option(key, asking) for key in value)
        return [option.value if option else key for option, key in zip(options, value, strict=True)]


class Checklist(ChoosingMany):
    entry = ChecklistEntry
    look = "checkboxes"


class Taglist(ChoosingMany):
    entry = ManyEntry
    look = "select"

    def attributes(self, entry: Any) -> dict[str, object]:
        return {**super().attributes(entry), "data-searchable": "true"}
