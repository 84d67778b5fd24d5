"""Brings the data of branches together: what each of them changed since they parted, in the order of their arrival."""

from __future__ import annotations

from typing import Any

from workflows.engine.tokens import Token

_GONE = object()


def merge_branches(tokens: list[Token]) -> dict[str, Any]:
    """Data after a join. A branch that left a variable alone never undoes another branch's change to it.

    Where two branches changed the same variable, the later arrival counts. `tokens` stand at the join; none of them is
    an ancestor of another.
    """
    first, *others = tokens
    if not others:
        return dict(first.data)
    base = _parting(tokens)
    start = base.data
    merged = dict(start)
    for token in tokens:
        for name in start:
            if name not in token.data:
                merged.pop(name, None)
        for name, value in token.data.items():
            before = start.get(name, _GONE)
            if before is _GONE or (before is not value and before != value):
                merged[name] = value
    return merged


def _parting(tokens: list[Token]) -> Token:
    """The nearest token from which all of them descend."""
    lines = [token.ancestors() for token in tokens]
    common = set(lines[0])
    for line in lines[1:]:
        common &= set(line)
    return next(token for token in lines[0] if token in common)
