"""Is one condition the opposite of another? Then a gateway with both has a way for every case: one of them is the default."""

from __future__ import annotations

import re

from workflows.engine import expressions

CONTRARY = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
COMPARISON = re.compile(r"""([^=<>!"']+?)\s*(!=|<=|>=|=|<|>)\s*([^=<>!]+)""")
JOINED = re.compile(r"\b(?:and|or|if|in|between|for|some|every)\b")


def opposite_of(first: str, second: str) -> int | None:
    """Which of two conditions is the opposite of the other one, 0 or 1; None when neither surely is."""
    one, other = _plain(first), _plain(second)
    if not one or not other:
        return None
    if other in _opposites(one):
        return 1
    return 0 if one in _opposites(other) else None


def _opposites(condition: str) -> set[str]:
    """Some ways to say that a condition does not hold."""
    found = {f"not({condition})", f"{condition} != true", f"{condition} = false"}
    found |= {f"({condition}) != true", f"({condition}) = false"}
    told = COMPARISON.fullmatch(condition)
    if told is None or JOINED.search(condition):
        return found
    left, sign, right = told[1], told[2], told[3]
    found.add(f"{left} {CONTRARY[sign]} {right}")
    if sign == "=" and right in ("true", "false"):
        found |= {f"{left} = {'false' if right == 'true' else 'true'}", f"{left} != {right}"}
        found |= {f"not({left})", f"{left} != true"} if right == "true" else {left}
    return found


def _plain(condition: str) -> str:
    """With one space around each sign, so that spelling does not matter."""
    source = " ".join(expressions.source(condition).split())
    while source.startswith("(") and source.endswith(")") and "(" not in source[1:] and ")" not in source[:-1]:
        source = source[1:-1].strip()
    told = COMPARISON.fullmatch(source)
    if told is not None:
        return f"{told[1].strip()} {told[2]} {told[3].strip()}"
    return re.sub(r"^not\s*\(\s*(.*?)\s*\)$", r"not(\1)", source)
