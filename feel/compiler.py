"""Turns a tree into one Python closure for each node, which is what evaluates; no text is ever given to Python.

A closure takes the frame of names and gives the value. Straight-line code is not metered, since its work is bounded
by the length of the text; loops, filters and functions (`repetition`) pay for each turn.

As in the library inside form-js: unknown names and missing entries are null; `if` without a true condition takes the
else side; a path on a list gives the list of the entries; a filter that is a number picks from either end.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from . import tree
from .arithmetic import calculate, negate
from .comparison import ORDERED, PLAIN, compare, contains, equal, meets_test, order
from .errors import FeelError
from .library import LIBRARY, choose, invoke
from .scope import Code, Frame
from .temporal import part
from .values import NUMBERS, SETTLED, Function, Range, Value, adopt, kind_of

Maker = Callable[["Compiler", Any], Code]
RANGE_PARTS = {
    "start": lambda r: r.start,
    "end": lambda r: r.end,
    "start included": lambda r: r.start_included,
    "end included": lambda r: r.end_included,
}


class Compiler:
    """Makes the code of one tree and notes which names it takes from outside.

    `names` are the roots it surely reads; `possible_names` are those inside filters, which may be entries of the
    filtered elements instead.
    """

    def __init__(self, known: frozenset[str] = frozenset()) -> None:
        self.known = known
        self.local: list[str] = []
        self.filters = 0
        self.names: set[str] = set()
        self.possible_names: set[str] = set()

    def code(self, node: tree.Node) -> Code:
        return MAKERS[type(node)](self, node)

    def codes(self, nodes: tuple[tree.Node, ...]) -> tuple[Code, ...]:
        return tuple(self.code(node) for node in nodes)

    def note(self, name: str) -> None:
        if name not in self.local:
            (self.possible_names if self.filters else self.names).add(name)


def lookup(frame: Frame, name: str) -> Value:
    """The value of a name in the nearest frame that knows it; null when none does."""
    at: Frame | None = frame
    while at is not None:
        if name in at.names:
            value = at.names[name]
            return value if type(value) in SETTLED else adopt(value)
        at = at.outer
    return None


def _literal(_compiler: Compiler, node: tree.Literal) -> Code:
    value = node.value
    return lambda _frame: value


def _name(compiler: Compiler, node: tree.Name) -> Code:
    name = node.name
    compiler.note(name)
    if name in compiler.local or compiler.filters:
        return lambda frame: lookup(frame, name)

    def code(frame: Frame) -> Value:
        names = frame.names
        if name in names:
            value = names[name]
            return value if type(value) in SETTLED else adopt(value)
        return lookup(frame, name)

    return code


def _path(compiler: Compiler, node: tree.Path) -> Code:
    target, name = compiler.code(node.target), node.name

    def code(frame: Frame) -> Value:
        value = target(frame)
        if type(value) is dict:
            if name in value:
                found = value[name]
                return found if type(found) in SETTLED else adopt(found)
            return None
        return entry(value, name, frame)

    return code


def entry(value: Value, name: str, frame: Frame) -> Value:
    """`value.name` for any value; a list gives the list of its elements' entries."""
    if type(value) is dict:
        return adopt(value.get(name))
    if type(value) is list:
        frame.run.spend(1 + len(value))
        frame.run.make(len(value))
        return [entry(adopt(item), name, frame) if type(item) is not list else None for item in value]
    if type(value) is Range:
        return RANGE_PARTS[name](value) if name in RANGE_PARTS else None
    return part(value, name)


def _negation(compiler: Compiler, node: tree.Negation) -> Code:
    if isinstance(node.operand, tree.Literal) and type(node.operand.value) is Decimal:
        number = NUMBERS.minus(node.operand.value)
        return lambda _frame: number
    operand = compiler.code(node.operand)
    return lambda frame: negate(operand(frame))


def _not(compiler: Compiler, node: tree.Not) -> Code:
    operand = compiler.code(node.operand)

    def code(frame: Frame) -> Value:
        value = operand(frame)
        return not value if type(value) is bool else None

    return code


def _arithmetic(compiler: Compiler, node: tree.Arithmetic) -> Code:
    first = compiler.code(node.first)
    steps = tuple(zip(node.operators, compiler.codes(node.operands), strict=True))

    def code(frame: Frame) -> Value:
        value = first(frame)
        for operator, operand in steps:
            value = calculate(operator, value, operand(frame), frame.run)
        return value

    return code


def _logic(compiler: Compiler, node: tree.Logic) -> Code:
    parts = compiler.codes(node.parts)
    decisive = node.word == "or"

    def code(frame: Frame) -> Value:
        answer: bool | None = not decisive
        for side in parts:
            value = side(frame)
            if value is decisive:
                return decisive
            if type(value) is not bool:
                answer = None
        return answer

    return code


def _comparison(compiler: Compiler, node: tree.Comparison) -> Code:
    left, right, operator = compiler.code(node.left), compiler.code(node.right), node.operator
    if operator == "=":

        def same(frame: Frame) -> Value:
            a, b = left(frame), right(frame)
            if type(a) is type(b) and type(a) in PLAIN:
                return a == b
            return equal(a, b, frame.run)

        return same
    if operator == ">":

        def greater(frame: Frame) -> Value:
            a, b = left(frame), right(frame)
            if type(a) is type(b) and type(a) in ORDERED:
                return a > b
            return compare(">", a, b, frame.run)

        return greater
    return lambda frame: compare(operator, left(frame), right(frame), frame.run)


def _between(compiler: Compiler, node: tree.Between) -> Code:
    value, low, high = compiler.code(node.value), compiler.code(node.low), compiler.code(node.high)

    def code(frame: Frame) -> Value:
        start, end = low(frame), high(frame)
        if start is None or end is None:
            return None
        return contains(Range(start, end), value(frame), frame.run)

    return code


def _in(compiler: Compiler, node: tree.In) -> Code:
    value, tests = compiler.code(node.value), compiler.codes(node.tests)

    def code(frame: Frame) -> Value:
        tested = value(frame)
        wanted = [test(frame) for test in tests]
        if wanted == [None]:
            return None
        return any(meets_test(tested, one, frame.run) is True for one in wanted)

    return code


def _test(compiler: Compiler, node: tree.Test) -> Code:
    """`> 5` as a value is the range of all that passes; `!= 5` has no range and is read as a function."""
    right, operator = compiler.code(node.right), node.operator
    if operator == "!=":
        return lambda frame: _differs(right(frame))
    if operator == "=":
        return lambda frame: Range(value := right(frame), value)
    included = operator in ("<=", ">=")
    if operator in ("<", "<="):
        return lambda frame: Range(None, right(frame), False, included)
    return lambda frame: Range(right(frame), None, included, False)


def _differs(unwanted: Value) -> Function:
    return Function(("value",), lambda run, arguments: equal(arguments[0], unwanted, run) is not True)


def _instance_of(compiler: Compiler, node: tree.InstanceOf) -> Code:
    value, wanted = compiler.code(node.value), node.type

    def code(frame: Frame) -> Value:
        return is_instance(value(frame), wanted, frame)

    return code


def is_instance(value: Value, wanted: tree.TypeName, frame: Frame) -> bool:
    """Whether the value is of the type; null is only of type Null."""
    if wanted.name == "Any":
        return value is not None
    if kind_of(value) != wanted.name:
        return False
    if wanted.of is not None and wanted.name == "list":
        frame.run.spend(1 + len(value))
        return all(is_instance(adopt(item), wanted.of, frame) for item in value)
    if wanted.of is not None and wanted.name == "range":
        return all(side is None or is_instance(side, wanted.of, frame) for side in (value.start, value.end))
    return all(is_instance(adopt(value.get(key)), kind, frame) for key, kind in wanted.entries)


def _if(compiler: Compiler, node: tree.If) -> Code:
    pairs = tuple(zip(compiler.codes(node.conditions), compiler.codes(node.results), strict=True))
    otherwise = compiler.code(node.otherwise)

    def code(frame: Frame) -> Value:
        for condition, result in pairs:
            if condition(frame) is True:
                return result(frame)
        return otherwise(frame)

    return code


def _list(compiler: Compiler, node: tree.ListLiteral) -> Code:
    items = compiler.codes(node.items)
    return lambda frame: [item(frame) for item in items]


def _context(compiler: Compiler, node: tree.ContextLiteral) -> Code:
    before = len(compiler.local)
    entries = []
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(value, tree.FunctionDefinition):
            compiler.local.append(key)  # a function may call itself
        entries.append((key, compiler.code(value)))
        compiler.local.append(key)
    del compiler.local[before:]

    def code(frame: Frame) -> Value:
        made: dict[str, Value] = {}
        inner = Frame(made, frame, frame.run)
        for key, value in entries:
            made[key] = value(inner)
        return dict(made)

    return code


def _range(compiler: Compiler, node: tree.RangeLiteral) -> Code:
    start, end = compiler.code(node.start), compiler.code(node.end)
    start_included, end_included = node.start_included, node.end_included

    def code(frame: Frame) -> Value:
        low, high = start(frame), end(frame)
        if low is not None and high is not None and order(low, high, frame.run) is None:
            return None
        return Range(low, high, start_included and low is not None, end_included and high is not None)

    return code


def _call(compiler: Compiler, node: tree.Call) -> Code:
    target = node.target
    if isinstance(target, tree.Name) and target.name not in compiler.local and target.name not in compiler.known:
        if target.name in LIBRARY:
            return _library_call(compiler, node, target.name)
        raise FeelError("There is no function {name}", position=target.at, name=target.name)
    function, arguments, names = compiler.code(target), compiler.codes(node.arguments), node.names
    weight = 1 + len(arguments)

    def code(frame: Frame) -> Value:
        called = function(frame)
        frame.run.spend(weight)
        values = [argument(frame) for argument in arguments]
        if type(called) is not Function:
            return None
        if names:
            if set(names) != set(called.parameters):
                return None
            given = dict(zip(names, values, strict=True))
            values = [given[parameter] for parameter in called.parameters]
        if len(values) > len(called.parameters):
            return None
        return called.call(frame.run, values)

    return code


def _library_call(compiler: Compiler, node: tree.Call, name: str) -> Code:
    overload = choose(name, len(node.arguments), node.names, node.at if name == "@" else node.target.at)
    arguments = compiler.codes(node.arguments)
    if node.names:
        given = dict(zip(node.names, arguments, strict=True))
        # What is left out stays null; a parameter that takes the rest is given its list as one argument.
        in_order = [given.get(parameter.name, _nothing) for parameter in overload.parameters]
        while in_order and in_order[-1] is _nothing:
            in_order.pop()
        arguments = tuple(in_order)
    return lambda frame: invoke(overload, [argument(frame) for argument in arguments], frame.run)


def _nothing(_frame: Frame) -> Value:
    return None


MAKERS: dict[type[tree.Node], Maker] = {
    tree.Literal: _literal,
    tree.Name: _name,
    tree.Path: _path,
    tree.Negation: _negation,
    tree.Not: _not,
    tree.Arithmetic: _arithmetic,
    tree.Logic: _logic,
    tree.Comparison: _comparison,
    tree.Between: _between,
    tree.In: _in,
    tree.Test: _test,
    tree.InstanceOf: _instance_of,
    tree.If: _if,
    tree.ListLiteral: _list,
    tree.ContextLiteral: _context,
    tree.RangeLiteral: _range,
    tree.Call: _call,
}
