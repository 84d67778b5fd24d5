"""Forms of records: drawn from the same list of fields by which the operation checks what comes back.

A form carries what was typed, as text, to the operation; the operation reads and refuses it. So pages and API share one
validation, and nothing that was typed is lost when something is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Form, SelectField, StringField, TextAreaField
from wtforms.fields import Field as FormField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the type stubs
from wtforms.validators import Optional
from wtforms.widgets import DateInput, DateTimeLocalInput, EmailInput, TelInput, URLInput

from crm.core.errors import Fault
from crm.core.fields import Field, Kind
from crm.web.languages import current_timezone, shown

Choices = Sequence[tuple[str, str]]
MOST_STEPS = 10
WIDGETS = {
    Kind.EMAIL: EmailInput,
    Kind.PHONE: TelInput,
    Kind.WEBSITE: URLInput,
    Kind.DATE: DateInput,
    Kind.MOMENT: DateTimeLocalInput,
}
# Which keys a phone offers.
KEYS = {Kind.MONEY: "decimal", Kind.DECIMAL: "decimal", Kind.PERCENT: "numeric", Kind.WHOLE: "numeric"}
LONGEST_TYPED_NAME = 160


@dataclass(frozen=True)
class Search:
    """How a field that names another record finds it: the address that answers what fits, the words for the present one,
    and the field of the form that narrows the search, if there is one."""

    url: str
    present: str = ""
    narrowed_by: str = ""


class MomentField(StringField):
    """A time as the reader's clock shows it; the operation gets it with its zone."""

    def typed(self) -> str:
        """What was typed, with the reader's zone where it can be read; else as it stands, for the operation to refuse."""
        raw = str(self.raw_data[0]) if self.raw_data else ""
        try:
            local = datetime.fromisoformat(raw)
        except ValueError:
            return raw
        return (local if local.tzinfo else local.replace(tzinfo=current_timezone())).isoformat()


class RecordForm(Form):
    """A form of a record. `given()` is what the operation reads, `mark` shows what it refused."""

    def given(self) -> dict[str, object]:
        """What was typed, by field name."""
        return {field.name: _typed(field) for field in self}

    def mark(self, faults: Sequence[Fault]) -> None:
        """Put each refusal at its field; one without a field stands above the form."""
        for fault in faults:
            field = self._fields.get(fault.field)
            if field is None:
                self.form_errors.append(shown(fault.message))
            else:
                field.errors = [*field.errors, shown(fault.message)]


def _typed(field: FormField) -> object:
    if isinstance(field, BooleanField):
        return bool(field.data)
    if isinstance(field, MomentField):
        return field.typed()
    return field.raw_data[0] if field.raw_data else ""


def build_form(
    fields: Sequence[Field],
    *,
    choices: Mapping[str, Choices],
    record: object | None = None,
    values: Mapping[str, object] | None = None,
    formdata: MultiDict[str, str] | None = None,
    searches: Mapping[str, Search] | None = None,
) -> RecordForm:
    """A form of these fields, filled from a post, else from a record, else from `values`.

    `choices` gives the options of pick-lists by category, and those of references by field name; a reference that is looked
    for among many stands in `searches` instead. What the record holds stays among the choices even where it is not offered
    any more.
    """
    present = {
        field.name: _shown_value(
            field, getattr(record, field.name) if record is not None else (values or {}).get(field.name)
        )
        for field in fields
    }
    for name, search in (searches or {}).items():
        present[name] = search.present
    members = {
        field.name: _form_field(field, choices, present[field.name], (searches or {}).get(field.name))
        for field in fields
    }
    form: RecordForm = type("BuiltRecordForm", (RecordForm,), members)(formdata, data=present)
    for field in fields:
        if field.required:
            form[field.name].flags.required = True
    return form


def _form_field(field: Field, choices: Mapping[str, Choices], present: object, search: Search | None) -> Any:
    label = shown(field.label)
    if search is not None:
        kept = {"data-record-search": search.url, "maxlength": LONGEST_TYPED_NAME, "autocomplete": "off"}
        return StringField(
            label, render_kw={**kept, "data-narrowed-by": search.narrowed_by} if search.narrowed_by else kept
        )
    if field.kind is Kind.FLAG:
        return BooleanField(label)
    if field.kind is Kind.LONG:
        return TextAreaField(label, render_kw={"rows": 5, "maxlength": field.longest})
    options: Choices | None = None
    if field.kind is Kind.CHOICE:
        options = [(key, shown(name)) for key, name in field.options] or choices.get(field.category, ())
    elif field.kind in {Kind.REFERENCE, Kind.PERSON, Kind.RECORD}:
        options = choices.get(field.name, ())
    elif field.kind is Kind.WHOLE and field.most - field.least < MOST_STEPS:
        options = [(str(step), str(step)) for step in range(field.least, field.most + 1)]
    if options is not None:
        known = {key for key, _ in options}
        extra = [(str(present), str(present))] if present not in (None, "") and str(present) not in known else []
        offered = [SelectChoice(key, name) for key, name in (("", "–"), *options, *extra)]
        return SelectField(label, [Optional()], choices=offered, validate_choice=False)
    widget = WIDGETS.get(field.kind)
    attributes: dict[str, object] = {}
    if field.kind is not Kind.TAGS:
        attributes = {"maxlength": field.longest, "autocomplete": "off"}
    if field.kind in KEYS:
        attributes["inputmode"] = KEYS[field.kind]
    made = MomentField if field.kind is Kind.MOMENT else StringField
    return made(label, widget=widget() if widget else None, render_kw=attributes)


def _shown_value(field: Field, value: object) -> object:
    """A stored value as a browser's field shows it."""
    if value is None:
        return False if field.kind is Kind.FLAG else ""
    if field.kind is Kind.FLAG:
        return bool(value)
    if isinstance(value, datetime):
        return value.astimezone(current_timezone()).strftime("%Y-%m-%dT%H:%M")
    if field.kind is Kind.TAGS and isinstance(value, list):
        return ", ".join(value)
    return str(value)
