"""Which pick-lists exist, what an entry may hold, and which entries the system itself relies on."""

from __future__ import annotations

import re
from collections.abc import Mapping

from crm.core.errors import Fault, Invalid, RuleBroken
from crm.core.fields import Field
from crm.core.i18n import Text, text

CATEGORIES: Mapping[str, Text] = {
    "customer_type": text("Customer type"),
    "industry": text("Industry"),
    "source": text("Source"),
    "region": text("Region"),
    "grade": text("Grade"),
    "stage": text("Life-cycle stage"),
    "sex": text("Sex"),
    "buying_role": text("Role in buying"),
    "closeness": text("Closeness"),
    "service_type": text("Service type"),
    "channel": text("Channel"),
    "knowledge_category": text("Knowledge category"),
    "product_category": text("Product category"),
    "product_unit": text("Unit"),
    "loss_period": text("Time without an order"),
    "loss_reason": text("Reason of a loss"),
    "failure_reason": text("Reason of a failure"),
}

# Diagrams, decision tables and reports name these keys; an entry of them may be renamed but not switched off.
RELIED_ON: Mapping[str, frozenset[str]] = {
    "knowledge_category": frozenset({"complaint"}),
    "service_type": frozenset({"enquiry", "suggestion", "complaint", "repair"}),
    "grade": frozenset({"strategic_partner", "partner", "key_account", "focus", "ordinary"}),
    "stage": frozenset({"potential", "new", "active", "loyal", "at_risk", "lost"}),
    "failure_reason": frozenset({"competitor"}),
}

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")

NAME_FIELDS = (
    Field("name", text("Name"), required=True, longest=80),
    Field("name_en", text("English name"), longest=80),
)
ENTRY_FIELDS = (Field("key", text("Key"), required=True, longest=40), *NAME_FIELDS)


def check_category(category: str) -> None:
    """Refuse a pick-list that does not exist."""
    if category not in CATEGORIES:
        raise Invalid([Fault("category", text("There is no pick-list named {name}.", name=category[:60]))])


def check_key(key: str) -> None:
    """Refuse a key that diagrams and addresses could not name."""
    if not KEY.fullmatch(key):
        raise Invalid(
            [
                Fault(
                    "key",
                    text("The key must begin with a small letter and hold only small letters, digits and underscores."),
                )
            ]
        )


def check_can_switch_off(category: str, key: str) -> None:
    """Refuse to switch off what processes and reports rely on."""
    if key in RELIED_ON.get(category, ()):
        raise RuleBroken(
            text(
                "The entry {key} cannot be switched off: processes and reports rely on it. It can be renamed.", key=key
            )
        )
