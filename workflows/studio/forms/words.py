"""The words of the form editor that are ours, which the page hands to the browser in the reader's language.

The words of the drawing library are in crm/static/app/studio/forms/chinese.json.
"""

from __future__ import annotations

from collections.abc import Mapping

from crm.core.i18n import Text, text

WORDS: Mapping[str, Text] = {
    "person": text("Person"),
    "customer": text("Customer"),
    "product": text("Product"),
    "dictionary": text("Pick-list"),
    "rating": text("Rating"),
    "file": text("File"),
    "list": text("Offered list"),
    "list_hint": text("People, records and pick-lists of the system; otherwise the options of this form."),
    "own_options": text("The options of this form"),
}
