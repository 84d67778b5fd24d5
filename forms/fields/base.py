"""A field type is a class: its WTForms field, its settings, its check, and its value as a person reads it.

One instance belongs to one component of one description; it holds settings only and is shared by all who open the form.
What was entered lives in the WTForms field (`Entry`), for whom and amid what in `Asking`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import wtforms
from markupsafe import Markup

from forms.choices import Source, key_of
from forms.expressions import Scope, problems_in_setting, setting
from forms.plain import LONGEST, UNSTORABLE
from forms.problems import N_, FormProblem, Refusal
from forms.reader import Reader

Spec = Mapping[str, Any]
NOTHING: tuple[object, ...] = (None, "", [], False)
StoreFile = Callable[[Any], Mapping[str, object]]
FindFile = Callable[[str], Mapping[str, object] | None]


@dataclass
class Asking:
    """One field being asked: of whom, under which label, among which variables, with which sources."""

    reader: Reader
    choices: Mapping[str, Source]
    store_file: StoreFile | None = None
    find_file: FindFile | None = None
    label: str = ""
    scope: Scope = field(default_factory=Scope)
    # What a type remembers between questions about the same field: options looked up, files that may stay.
    memo: dict[str, Any] = field(default_factory=dict)

    def sentence(self, refusal: Refusal) -> str:
        """Why a value was refused, in the reader's language and naming the field."""
        return self.reader.say(refusal.message, {"label": self.label, **refusal.values})


class Entry(wtforms.Field):
    """The WTForms field of a dynamic form: `data` is the typed value, `typed` what the page shows in the control."""

    typed: Any
    options: Any = ()
    kept: tuple[Any, Any]
    process_errors: list[str]

    def __init__(self, *args: Any, kind: FieldType, asking: Asking, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.asking = asking
        self.required = kind.required
        self.look = kind.look
        self.data, self.typed = None, ""

    def process_data(self, value: Any) -> None:
        """What is known already: process data, or a draft with whatever was typed into it."""
        self.kept = self.data, self.typed = self.kind.recall(value, self.asking)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """What a browser posted; a value that cannot be read is kept as typed and refused."""
        self.typed = self.kind.typed_in(valuelist)
        self._take(self.kind.parse, valuelist)

    def process_answer(self, value: object) -> None:
        """What an API client sent, typed; the same checks follow."""
        self.process_errors = []
        self.typed = self.kind.typed_in([value])
        try:
            self._take(self.kind.accept, value)
        except ValueError as error:
            self.process_errors.append(str(error))

    def _take(self, read: Callable[[Any, Asking], Any], given: Any) -> None:
        self.data = self.kind.empty()
        try:
            self.data = read(given, self.asking)
        except Refusal as refusal:
            raise ValueError(self.asking.sentence(refusal)) from None

    def keep(self) -> None:
        """Forget what was entered: the field is hidden or read-only, so a request cannot change it."""
        self.data, self.typed = self.kept
        self.process_errors, self.errors = [], ()

    def pre_validate(self, form: wtforms.form.BaseForm) -> None:
        """Required and well-formed? One sentence at a time, and none about a value that could not even be read."""
        if self.process_errors:
            return
        try:
            if self.kind.is_empty(self.data):
                if self.required:
                    raise Refusal(self.kind.missing)
            else:
                self.kind.check(self.data, self.asking)
        except Refusal as refusal:
            raise wtforms.ValidationError(self.asking.sentence(refusal)) from None

    @property
    def shown(self) -> str:
        """The value as a person reads it; text that is no value yet is shown as typed."""
        if self.kind.is_empty(self.data):
            return self.typed if isinstance(self.typed, str) else ""
        return self.kind.shown(self.data, self.asking)

    def _value(self) -> str:
        return self.typed if isinstance(self.typed, str) else ""

    def __call__(self, **kwargs: object) -> Markup:
        return super().__call__(**{**self.kind.attributes(self), **kwargs})


class FieldType(ABC):
    """The base of all types. `look` tells the macro how to draw the field."""

    entry: ClassVar[type[Entry]] = Entry
    look: ClassVar[str] = "input"
    # Can what is offered change with other fields?
    depends: bool = False
    missing: ClassVar[str] = N_("{label} is required.")

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.rules: Mapping[str, Any] = rules_of(spec)
        self.required = self.rules.get("required") is True
        self.properties: Mapping[str, Any] = _mapping(spec.get("properties"))

    @abstractmethod
    def parse(self, texts: list[Any], asking: Asking) -> object:
        """The value of what a browser posted; raises Refusal."""

    @abstractmethod
    def accept(self, value: object, asking: Asking) -> object:
        """The value of what an API client sent; raises Refusal for a wrong type."""

    def recall(self, value: object, asking: Asking) -> tuple[object, object]:
        """Value and typed text of what is stored; a draft may hold text that is no value."""
        if isinstance(value, str):
            typed = self.typed_in([value])
            try:
                return self.parse([value], asking), typed
            except Refusal:
                return self.empty(), typed
        try:
            accepted = self.accept(value, asking)
        except Refusal:
            return self.empty(), ""
        return accepted, self.typed(accepted, asking)

    def typed(self, value: object, asking: Asking) -> object:
        """The text that stands in the control for this value."""
        return self.shown(value, asking)

    def typed_in(self, texts: list[Any]) -> object:
        """What was typed, fit for JSON, for drafts and for showing it again."""
        given = texts[0] if texts else ""
        text = given if isinstance(given, str) else key_of(given) or ""
        return UNSTORABLE.sub("\ufffd", text[:LONGEST])

    @abstractmethod
    def check(self, value: Any, asking: Asking) -> None:
        """Refuse a value that is not empty but against the rules."""

    def shown(self, value: Any, asking: Asking) -> str:
        """The value as a person reads it."""
        return asking.reader.present(value)

    def finish(self, value: Any, asking: Asking) -> object:
        """The answer itself, where it differs from what travels in the page."""
        return value

    def is_empty(self, value: object) -> bool:
        return any(value is nothing or (type(value) is type(nothing) and value == nothing) for nothing in NOTHING)

    def empty(self) -> object:
        return None

    def attributes(self, entry: Any) -> dict[str, object]:
        """HTML attributes of the control."""
        return {}

    @classmethod
    def problems(cls, spec: Spec, element: str) -> Iterator[FormProblem]:
        """What is wrong with the settings, told at publish."""
        for name in ("min", "max", "minLength", "maxLength"):
            yield from problems_in_setting(element, f"validate.{name}", rules_of(spec).get(name))


def rules_of(spec: Spec) -> Mapping[str, Any]:
    return _mapping(spec.get("validate"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def limit(rules: Mapping[str, Any], name: str) -> Any:
    """A rule that may be FEEL, as a Setting; raises FeelError."""
    return setting(rules.get(name))
