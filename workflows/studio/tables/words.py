"""Words of decision tables: hit policies and types, as the editor in the browser calls them."""

from __future__ import annotations

from collections.abc import Mapping

from crm.core.i18n import Text, ctext
from workflows.engine.decision_model import ANY, COLLECT, FIRST, OUTPUT_ORDER, PRIORITY, RULE_ORDER, UNIQUE

POLICIES: Mapping[str, Text] = {
    UNIQUE: ctext("hit policy", "Unique"),
    FIRST: ctext("hit policy", "First"),
    PRIORITY: ctext("hit policy", "Priority"),
    ANY: ctext("hit policy", "Any"),
    COLLECT: ctext("hit policy", "Collect"),
    RULE_ORDER: ctext("hit policy", "Rule order"),
    OUTPUT_ORDER: ctext("hit policy", "Output order"),
}
TYPES: Mapping[str, Text] = {
    "string": ctext("type", "Text"),
    "boolean": ctext("type", "Yes or no"),
    "number": ctext("type", "Number"),
    "date": ctext("type", "Date"),
    "time": ctext("type", "Time"),
    "dateTime": ctext("type", "Date and time"),
    "dayTimeDuration": ctext("type", "Duration in days and hours"),
    "yearMonthDuration": ctext("type", "Duration in years and months"),
    "Any": ctext("type", "Any value"),
}
