"""Forms of the pages of the data dictionary."""

from __future__ import annotations

from werkzeug.datastructures import MultiDict

from crm.dictionary.models import DictionaryEntry
from crm.dictionary.rules import ENTRY_FIELDS, NAME_FIELDS
from crm.web.record_forms import RecordForm, build_form


def new_entry_form(formdata: MultiDict[str, str] | None = None) -> RecordForm:
    """Key and names of a new entry."""
    return build_form(ENTRY_FIELDS, choices={}, formdata=formdata)


def names_form(entry: DictionaryEntry, formdata: MultiDict[str, str] | None = None) -> RecordForm:
    """The names of an entry."""
    return build_form(NAME_FIELDS, choices={}, record=entry, formdata=formdata)
