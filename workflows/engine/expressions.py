"""FEEL as it stands in diagrams: a leading "=" is allowed, results become plain values, faults name their element."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import feel
from feel.errors import PLACED
from workflows.engine.errors import StepRefused
from workflows.engine.texts import N_, Phrase
from workflows.engine.values import plain_numbers


def source(text: str) -> str:
    """The FEEL text without blanks around it and without the one leading "=" that modelling tools write."""
    text = text.strip()
    return text[1:].lstrip() if text.startswith("=") and not text.startswith("==") else text


def parse(text: str) -> feel.Expression:
    """Raises feel.FeelError."""
    return feel.parse(source(text))


def evaluate(expression: feel.Expression, data: Mapping[str, object], *, now: datetime, element: str | None) -> Any:
    """The value, whole numbers as int. Raises StepRefused naming `element` when it cannot be computed."""
    try:
        return plain_numbers(expression.evaluate(data, now=now))
    except feel.FeelError as fault:
        message = N_("The expression {expression} at {element} cannot be computed: {cause}")
        params = {"expression": expression.text[:200], "element": element or "?", "cause": cause_of(fault)}
        raise StepRefused(message, params, element) from fault


def cause_of(fault: feel.FeelError) -> Phrase:
    """What FEEL says is wrong, with the place, in words that can be translated."""
    cause = Phrase(fault.template, fault.params)
    return cause if fault.position is None else Phrase(PLACED, {"cause": cause, "number": fault.position + 1})
