"""Texts made ready to evaluate, and their evaluation within a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from . import access, operators, repetition, tree
from .budget import DEFAULT_BUDGET, Budget, Run
from .comparison import meets_test
from .compiler import Compiler
from .errors import FeelError
from .parser import parse_expression, parse_tests
from .reader import is_hard
from .scope import Code, Frame
from .values import Function, Value, adopt, settle

# Importing these completes the compiler's table of nodes.
COMPLETE = (access, operators, repetition)

NOTHING: Mapping[str, object] = {}
NO_NAMES: frozenset[str] = frozenset()
# Longer texts are read anew each time, so that what is kept stays small.
KEPT_LENGTH = 2_000
Kind = TypeVar("Kind")


class Expression:
    """A parsed expression; immutable, to be evaluated any number of times in any thread.

    `names` are the roots that it reads from the context, as "request" of request.type. `possible_names` stand inside
    filters, where they are entries of the filtered elements or, failing that, names of the context.
    """

    __slots__ = ("_code", "names", "possible_names", "text")

    def __init__(self, text: str, names: Iterable[str] = ()) -> None:
        known = frozenset(names)
        root = parse_expression(text, known)
        compiler = Compiler(root, known)
        self._code = compiler.code(root)
        self.text = text
        self.names = frozenset(compiler.names)
        self.possible_names = frozenset(compiler.possible_names)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def evaluate(
        self, context: Mapping[str, object] = NOTHING, *, now: datetime | None = None, budget: Budget | None = None
    ) -> Value:
        """The value for these names. Nothing of the context is changed or kept; FeelError only beyond the budget."""
        run = Run(budget or DEFAULT_BUDGET, now)
        try:
            return settle(self._code(Frame(context, None, run)), run)
        except RecursionError:
            raise FeelError("The expression is nested too deeply") from None


class UnaryTests:
    """A parsed cell of a decision table: whether a value meets any of its tests, or, after `not`, none."""

    __slots__ = ("_negated", "_tests", "names", "text")

    def __init__(self, text: str, names: Iterable[str] = ()) -> None:
        known = frozenset(names) | {"?"}
        cell = parse_tests(text, known)
        compiler = Compiler(cell, known)
        self._tests = tuple((_kind(compiler, test), compiler.code(test)) for test in cell.tests)
        self._negated = cell.negated
        self.text = text
        self.names = frozenset(compiler.names - {"?"})

    def __repr__(self) -> str:
        return f"UnaryTests({self.text!r})"

    def matches(
        self,
        value: object,
        context: Mapping[str, object] = NOTHING,
        *,
        now: datetime | None = None,
        budget: Budget | None = None,
    ) -> bool:
        """Whether the value meets the cell; a test that gives null is not met."""
        if not self._tests:
            return True
        run = Run(budget or DEFAULT_BUDGET, now)
        tested = adopt(value)
        frame = Frame({"?": tested}, Frame(context, None, run), run)
        try:
            met = any(self._meets(kind, code, tested, frame) for kind, code in self._tests)
        except RecursionError:
            raise FeelError("The expression is nested too deeply") from None
        return met is not self._negated

    @staticmethod
    def _meets(kind: str, code: Code, value: Value, frame: Frame) -> bool:
        answer = code(frame)
        if kind == "verdict" or (kind == "computed" and type(answer) is bool and type(value) is not bool):
            return answer is True
        return meets_test(value, answer, frame.run) is True


def _kind(compiler: Compiler, test: tree.Node) -> str:
    """How a test speaks: a "verdict" about `?`, a "computed" value that may be a verdict, or a plain "value"."""
    if "?" in compiler.measure(test).reads:
        return "verdict"
    if isinstance(test, tree.Literal | tree.Name | tree.Path):
        return "value"
    return "computed"


def parse(text: str, names: frozenset[str] = NO_NAMES) -> Expression:
    """The expression of a text; FeelError when it cannot be read.

    `names` are needed only for names that hold signs or key words (`credit-limit`) and for functions handed in.
    """
    return _kept_expression(text, names) if len(text) <= KEPT_LENGTH else _read(Expression, text, names)


def parse_unary_tests(text: str, names: frozenset[str] = NO_NAMES) -> UnaryTests:
    """The decision-table cell of a text; "-" and "" match everything. FeelError when it cannot be read."""
    return _kept_tests(text, names) if len(text) <= KEPT_LENGTH else _read(UnaryTests, text, names)


def _read(kind: Callable[[str, frozenset[str]], Kind], text: str, names: frozenset[str]) -> Kind:
    try:
        return kind(text, names)
    except RecursionError:
        raise FeelError("The expression is nested too deeply") from None


@lru_cache(maxsize=4096)
def _kept_expression(text: str, names: frozenset[str]) -> Expression:
    return _read(Expression, text, names)


@lru_cache(maxsize=4096)
def _kept_tests(text: str, names: frozenset[str]) -> UnaryTests:
    return _read(UnaryTests, text, names)


def evaluate(
    text: str,
    context: Mapping[str, object] = NOTHING,
    *,
    now: datetime | None = None,
    budget: Budget | None = None,
) -> Value:
    """The value of a text for these names; both are told apart as in `parse` and `Expression.evaluate`."""
    return parse(text, _hard_names(context)).evaluate(context, now=now, budget=budget)


def _hard_names(context: Mapping[str, object]) -> frozenset[str]:
    """The names of a context that must be known to read expressions: with signs or key words, or of functions."""
    hard = [name for name, value in context.items() if type(value) is Function or not name.isidentifier()]
    return frozenset(name for name in hard if is_hard(name) or name.isidentifier()) if hard else NO_NAMES
