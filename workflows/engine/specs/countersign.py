"""How many of those who sign a step are enough: all, any one, or a share in percent; of those who agree, if that is asked.

Drawn as properties of a step that is repeated for several people: `countersign` (all, any, 60%), `countersignAgree` (FEEL
over the answers of one of them: does this one agree?) and `countersignResult` (the variable that is true or false after it).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import feel
from workflows.engine import expressions

PROPERTIES = ("countersign", "countersignAgree", "countersignResult")
SHARE = re.compile(r"(100|[1-9]\d?)\s*%")


@dataclass(frozen=True)
class Countersign:
    """`percent` of all is needed, 0 for any single one. Without `agree` everybody who has signed counts."""

    percent: int
    agree: feel.Expression | None = None
    result: str | None = None

    def outcome(self, *, total: int, ended: int, agreed: int) -> bool | None:
        """True or False as soon as it is certain, None before."""
        needed = max(1, -(-total * self.percent // 100))
        if agreed >= needed:
            return True
        return False if agreed + total - ended < needed else None


def read_countersign(properties: Mapping[str, str]) -> Countersign | None:
    """None where the step says nothing about it, or nothing that can be understood (which the linter refuses)."""
    percent = percent_of(properties.get("countersign", ""))
    if percent is None:
        return None
    agree = properties.get("countersignAgree", "").strip()
    result = properties.get("countersignResult", "").strip()
    return Countersign(percent, expressions.parse(agree) if agree else None, result or None)


def percent_of(text: str) -> int | None:
    word = text.strip().lower()
    if word in ("all", "any"):
        return 100 if word == "all" else 0
    share = SHARE.fullmatch(word)
    return None if share is None else int(share[1])
