"""The tree that the parser makes of a text. Nodes only hold what was written; meaning is given in `compiler`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression; `at` is the offset where it begins."""

    at: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    value: Any


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True)
class Path(Node):
    target: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    target: Node
    test: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`target(positional…)` or `target(name: value, …)`; target is a Name for all library functions."""

    target: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Negation(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Not(Node):
    """Python's `not x` without brackets."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """A run of operators of one rank, from left to right: first, then (operator, operand) pairs."""

    first: Node
    operators: tuple[str, ...]
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """All parts joined by `and`, or all by `or`."""

    word: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Between(Node):
    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Test(Node):
    """`> 5` without a left side: compares the value under test."""

    operator: str
    right: Node


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    value: Node
    type: TypeName


@dataclass(frozen=True, slots=True)
class TypeName(Node):
    """A type as written after `instance of`; `of` is the element type of list<…> and range<…>."""

    name: str
    of: TypeName | None
    entries: tuple[tuple[str, TypeName], ...]


@dataclass(frozen=True, slots=True)
class If(Node):
    """`if a then b else if c then d else e`: conditions and results in pairs, then the rest."""

    conditions: tuple[Node, ...]
    results: tuple[Node, ...]
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Turn(Node):
    """`name in source` or `name in source..end` of a loop."""

    name: str
    source: Node
    end: Node | None


@dataclass(frozen=True, slots=True)
class For(Node):
    iterators: tuple[Turn, ...]
    result: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """`some` or `every`."""

    word: str
    iterators: tuple[Turn, ...]
    test: Node


@dataclass(frozen=True, slots=True)
class FunctionDefinition(Node):
    parameters: tuple[str, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class ListLiteral(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextLiteral(Node):
    keys: tuple[str, ...]
    values: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class RangeLiteral(Node):
    start: Node
    end: Node
    start_included: bool
    end_included: bool


@dataclass(frozen=True, slots=True)
class Tests(Node):
    """A decision-table cell: any of the tests matches, or none of them when negated; no tests match everything."""

    tests: tuple[Node, ...]
    negated: bool


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below."""
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, Node))


# Names that an expression around them gives a meaning, so that it must know whether they are read.
GIVEN = frozenset({"item", "partial", "?"})


class Measure(NamedTuple):
    """The size of a part: its nodes, its levels, and which of the given names it reads."""

    nodes: int
    levels: int
    reads: frozenset[str]


def measure(root: Node) -> dict[int, Measure]:
    """The measure of every node of the tree, by its id; in one pass and never recursive."""
    order: list[tuple[Node, list[Node]]] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        below = list(children(node))
        order.append((node, below))
        waiting.extend(below)
    found: dict[int, Measure] = {}
    for node, below in reversed(order):
        measures = [found[id(child)] for child in below]
        own = GIVEN & {node.name} if isinstance(node, Name) else frozenset()
        found[id(node)] = Measure(
            1 + sum(one.nodes for one in measures),
            1 + max((one.levels for one in measures), default=0),
            own.union(*(one.reads for one in measures)),
        )
    return found
