"""The code of literals and operators: arithmetic, comparison, three-valued logic, tests, `if`, lists, contexts, ranges.

As in the library inside form-js, `if` without a true condition takes the else side.
"""

from __future__ import annotations

import operator
from decimal import Decimal

from . import tree
from .arithmetic import calculate, negate
from .comparison import ORDERED, PLAIN, compare, contains, equal, meets_test, order
from .compiler import Compiler, makes
from .scope import Code, Frame
from .values import NUMBERS, Function, Range, Value, adopt, kind_of

# What decides between two values of one simple type.
PYTHON = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@makes(tree.Literal)
def _literal(_compiler: Compiler, node: tree.Literal) -> Code:
    value = node.value
    return lambda _frame: value


@makes(tree.Negation)
def _negation(compiler: Compiler, node: tree.Negation) -> Code:
    if isinstance(node.operand, tree.Literal) and type(node.operand.value) is Decimal:
        number = NUMBERS.minus(node.operand.value)
        return lambda _frame: number
    operand = compiler.code(node.operand)
    return lambda frame: negate(operand(frame))


@makes(tree.Not)
def _not(compiler: Compiler, node: tree.Not) -> Code:
    operand = compiler.code(node.operand)

    def code(frame: Frame) -> Value:
        value = operand(frame)
        return not value if type(value) is bool else None

    return code


@makes(tree.Arithmetic)
def _arithmetic(compiler: Compiler, node: tree.Arithmetic) -> Code:
    first = compiler.code(node.first)
    steps = tuple(zip(node.operators, compiler.codes(node.operands), strict=True))

    def code(frame: Frame) -> Value:
        value = first(frame)
        for sign, operand in steps:
            value = calculate(sign, value, operand(frame), frame.run)
        return value

    return code


@makes(tree.Logic)
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


@makes(tree.Comparison)
def _comparison(compiler: Compiler, node: tree.Comparison) -> Code:
    left, right, sign = compiler.code(node.left), compiler.code(node.right), node.operator
    simple = PLAIN if sign in ("=", "!=") else ORDERED
    answer = PYTHON[sign]

    def code(frame: Frame) -> Value:
        a, b = left(frame), right(frame)
        kind = type(a)
        if kind is type(b) and kind in simple:
            return answer(a, b)
        return compare(sign, a, b, frame.run)

    return code


@makes(tree.Between)
def _between(compiler: Compiler, node: tree.Between) -> Code:
    value, low, high = compiler.code(node.value), compiler.code(node.low), compiler.code(node.high)

    def code(frame: Frame) -> Value:
        start, end = low(frame), high(frame)
        if start is None or end is None:
            return None
        return contains(Range(start, end), value(frame), frame.run)

    return code


@makes(tree.In)
def _in(compiler: Compiler, node: tree.In) -> Code:
    value = compiler.code(node.value)
    tests = []
    for test in node.tests:
        speaks_of_value = "?" in compiler.measure(test).reads
        compiler.local.extend(["?"] * speaks_of_value)
        tests.append((speaks_of_value, compiler.code(test)))
        del compiler.local[len(compiler.local) - speaks_of_value :]

    def code(frame: Frame) -> Value:
        tested = value(frame)
        inner = Frame({"?": tested}, frame, frame.run)
        wanted = [(verdict, test(inner if verdict else frame)) for verdict, test in tests]
        if wanted == [(False, None)]:
            return None
        return any(one is True if verdict else meets_test(tested, one, frame.run) is True for verdict, one in wanted)

    return code


@makes(tree.Test)
def _test(compiler: Compiler, node: tree.Test) -> Code:
    """`> 5` as a value is the range of all that passes; `!= 5` has no range and is read as a function."""
    right, sign = compiler.code(node.right), node.operator
    if sign == "!=":
        return lambda frame: _differs(right(frame))
    if sign == "=":
        return lambda frame: Range(value := right(frame), value)
    included = sign in ("<=", ">=")
    if sign in ("<", "<="):
        return lambda frame: Range(None, right(frame), False, included)
    return lambda frame: Range(right(frame), None, included, False)


def _differs(unwanted: Value) -> Function:
    return Function(("value",), lambda run, arguments: equal(arguments[0], unwanted, run) is not True)


@makes(tree.InstanceOf)
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


@makes(tree.If)
def _if(compiler: Compiler, node: tree.If) -> Code:
    pairs = tuple(zip(compiler.codes(node.conditions), compiler.codes(node.results), strict=True))
    otherwise = compiler.code(node.otherwise)

    def code(frame: Frame) -> Value:
        for condition, result in pairs:
            if condition(frame) is True:
                return result(frame)
        return otherwise(frame)

    return code


@makes(tree.ListLiteral)
def _list(compiler: Compiler, node: tree.ListLiteral) -> Code:
    items = compiler.codes(node.items)
    return lambda frame: [item(frame) for item in items]


@makes(tree.ContextLiteral)
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


@makes(tree.RangeLiteral)
def _range(compiler: Compiler, node: tree.RangeLiteral) -> Code:
    start, end = compiler.code(node.start), compiler.code(node.end)
    start_included, end_included = node.start_included, node.end_included

    def code(frame: Frame) -> Value:
        low, high = start(frame), end(frame)
        if low is not None and high is not None and order(low, high, frame.run) is None:
            return None
        return Range(low, high, start_included and low is not None, end_included and high is not None)

    return code
