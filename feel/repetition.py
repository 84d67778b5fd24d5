"""The code of what repeats: loops, quantifiers, filters and functions; each turn pays for the whole of its body."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from . import tree
from .budget import Run
from .comparison import meets_test
from .compiler import Compiler, makes
from .scope import Code, Frame
from .values import Function, Range, Value, adopt

# Nodes whose value is a truth: as a filter they test each element. All others may also give an index.
TRUTHS = (tree.Logic, tree.Comparison, tree.Between, tree.In, tree.InstanceOf, tree.Quantified, tree.Not, tree.Test)


def _turns(compiler: Compiler, turns: tuple[tree.Turn, ...]) -> tuple[tuple[str, Code, Code | None], ...]:
    """The code of the sources, each of which sees the names before it; the names stay local until they are dropped."""
    made = []
    for turn in turns:
        source = compiler.code(turn.source)
        made.append((turn.name, source, compiler.code(turn.end) if turn.end else None))
        compiler.local.append(turn.name)
    return tuple(made)


def _every_frame(turns: tuple[tuple[str, Code, Code | None], ...], frame: Frame, cost: int) -> Iterator[Frame | None]:
    """A frame for each combination of the loop's names; None when a source is no list, which ends the loop."""
    (name, source, end), rest = turns[0], turns[1:]
    items = _sequence(source(frame), end(frame) if end else None, end is not None, frame.run)
    if items is None:
        yield None
        return
    for item in items:
        frame.run.spend(cost)
        inner = Frame({name: item}, frame, frame.run)
        if rest:
            yield from _every_frame(rest, inner, cost)
        else:
            yield inner


def _sequence(start: Value, end: Value, is_range: bool, run: Run) -> Iterator[Value] | None:
    """What a loop runs over: a list or a range of whole numbers or dates; None for anything else."""
    if is_range:
        return _steps(Range(start, end), run)
    if type(start) is Range:
        return _steps(start, run)
    if type(start) is list:
        return (adopt(item) for item in start)
    return None


def _steps(interval: Range, run: Run) -> Iterator[Value] | None:
    start, end = interval.start, interval.end
    if type(start) is Decimal and type(end) is Decimal:
        if start != start.to_integral_value() or max(start.adjusted(), end.adjusted()) > 18:
            return None
        return _counted(int(start), end, interval, run)
    if type(start) is date and type(end) is date:
        ordinals = Range(Decimal(start.toordinal()), Decimal(end.toordinal()))
        inner = _counted(start.toordinal(), ordinals.end, interval, run)
        return (date.fromordinal(int(day)) for day in inner)
    return None


def _counted(first: int, end: Decimal, interval: Range, run: Run) -> Iterator[Decimal]:
    """Up or down by one from the first to the last; the ends count when the range includes them."""
    step = 1 if first <= end else -1
    current = first if interval.start_included else first + step
    while (current <= end) if step > 0 else (current >= end):
        if current == end and not interval.end_included:
            return
        run.spend(1)
        yield Decimal(current)
        current += step


@makes(tree.For)
def _for(compiler: Compiler, node: tree.For) -> Code:
    before = len(compiler.local)
    turns = _turns(compiler, node.iterators)
    compiler.local.append("partial")
    result = compiler.code(node.result)
    del compiler.local[before:]
    cost = compiler.measure(node).nodes
    uses_partial = "partial" in compiler.measure(node.result).reads

    def code(frame: Frame) -> Value:
        results: list[Value] = []
        run = frame.run
        for inner in _every_frame(turns, frame, cost):
            if inner is None:
                return None
            if uses_partial:
                # A copy, so that a result which holds the partial list never holds itself.
                run.make(1 + len(results) // 4)
                inner = Frame({"partial": list(results)}, inner, run)
            run.make(1)
            results.append(result(inner))
        return results

    return code


@makes(tree.Quantified)
def _quantified(compiler: Compiler, node: tree.Quantified) -> Code:
    before = len(compiler.local)
    turns = _turns(compiler, node.iterators)
    test = compiler.code(node.test)
    del compiler.local[before:]
    cost = compiler.measure(node).nodes
    decisive = node.word == "some"

    def code(frame: Frame) -> Value:
        answer: bool | None = not decisive
        for inner in _every_frame(turns, frame, cost):
            if inner is None:
                return None
            value = test(inner)
            if value is decisive:
                return decisive
            if type(value) is not bool:
                answer = None
        return answer

    return code


@makes(tree.Filter)
def _filter(compiler: Compiler, node: tree.Filter) -> Code:
    target = compiler.code(node.target)
    compiler.local.append("item")
    compiler.filters += 1
    test = compiler.code(node.test)
    compiler.filters -= 1
    compiler.local.pop()
    cost = compiler.measure(node.test).nodes + 1
    truth = isinstance(node.test, TRUTHS)
    uses_item = "item" in compiler.measure(node.test).reads

    def code(frame: Frame) -> Value:
        value = target(frame)
        if value is None:
            return None
        items = value if type(value) is list else [value]
        if not truth and not uses_item:
            index = test(frame)
            if type(index) is Decimal:
                return _pick(items, index)
        run = frame.run
        kept = []
        for raw in items:
            run.spend(cost)
            item = adopt(raw)
            inner = Frame({"item": item}, frame, run)
            verdict = test(Frame(item, inner, run) if type(item) is dict else inner)
            if (
                verdict is True
                or (type(verdict) is Range and meets_test(item, verdict, run) is True)
                or (type(verdict) is Function and verdict.call(run, [item]) is True)
            ):
                kept.append(item)
        run.make(len(kept))
        return kept

    return code


def _pick(items: list[Value], index: Decimal) -> Value:
    """The element at a 1-based position, counted from the end when negative; null where there is none."""
    if not 1 <= abs(index) <= len(items) or index != index.to_integral_value():
        return None
    return adopt(items[int(index) - 1 if index > 0 else int(index)])


@makes(tree.FunctionDefinition)
def _function(compiler: Compiler, node: tree.FunctionDefinition) -> Code:
    before = len(compiler.local)
    compiler.local.extend(node.parameters)
    body = compiler.code(node.body)
    del compiler.local[before:]
    parameters = node.parameters
    cost, levels, _ = compiler.measure(node)

    def code(frame: Frame) -> Value:
        def call(run: Run, arguments: list[Value]) -> Value:
            run.spend(cost)
            run.enter(levels)
            names = dict.fromkeys(parameters)
            names.update(zip(parameters, arguments, strict=False))
            answer = body(Frame(names, frame, run))
            run.leave(levels)
            return answer

        return Function(parameters, call)

    return code
