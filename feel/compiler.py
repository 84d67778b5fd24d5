"""The table that turns each kind of node into a Python closure, which is what evaluates; no text is given to Python.

A closure takes the frame of names and gives the value. Straight-line code is not metered, since its work is bounded
by the length of the text; what repeats pays for each turn (`repetition`). The makers stand in `access`, `operators`
and `repetition`, which enter themselves in the table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from . import tree
from .scope import Code

Maker: TypeAlias = Callable[["Compiler", Any], Code]
OneMaker = TypeVar("OneMaker", bound=Callable[..., Code])
MAKERS: dict[type[tree.Node], Maker] = {}


def makes(kind: type[tree.Node]) -> Callable[[OneMaker], OneMaker]:
    """Enters a maker of code in the table, for one kind of node."""

    def enter(maker: OneMaker) -> OneMaker:
        MAKERS[kind] = maker
        return maker

    return enter


class Compiler:
    """Makes the code of one tree and notes which names it takes from outside.

    `names` are the roots it surely reads; `possible_names` are those inside filters, which may be entries of the
    filtered elements instead.
    """

    def __init__(self, root: tree.Node, known: frozenset[str]) -> None:
        self.measures = tree.measure(root)
        self.known = known
        self.local: list[str] = []
        self.filters = 0
        self.names: set[str] = set()
        self.possible_names: set[str] = set()

    def measure(self, node: tree.Node) -> tree.Measure:
        return self.measures[id(node)]

    def code(self, node: tree.Node) -> Code:
        return MAKERS[type(node)](self, node)

    def codes(self, nodes: tuple[tree.Node, ...]) -> tuple[Code, ...]:
        return tuple(self.code(node) for node in nodes)

    def note(self, name: str) -> None:
        if name not in self.local:
            (self.possible_names if self.filters else self.names).add(name)
