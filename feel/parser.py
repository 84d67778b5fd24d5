"""Makes the tree of a text, by precedence climbing. Refuses what it cannot read, with position and cause.

Words that follow each other without an operator are one name (`first name`). A name that holds signs or key words
(`credit-limit`, `profit and loss`) is only read as one when it is among the names given, or in backticks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from . import tree
from .errors import FeelError
from .lexer import Token
from .reader import LITERALS, STOPS
from .type_reader import TypeReader

MAX_TREE_LEVELS = 150

# Names of functions and types that hold a key word: read as one name where they can be meant.
COMPOUND_FUNCTIONS = (("date", "and", "time"), ("years", "and", "months", "duration"), ("get", "or", "else"))
COMPARISONS = {"=": "=", "==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
OR, AND, NOT, COMPARE, ADD, MULTIPLY, POWER, SIGN = range(1, 9)
LOGIC = {"or": OR, "and": AND}
ARITHMETIC = {"+": ADD, "-": ADD, "*": MULTIPLY, "/": MULTIPLY, "**": POWER}


def parse_expression(text: str, names: Iterable[str] = ()) -> tree.Node:
    """The tree of an expression; a leading "=" is allowed, as forms write it."""
    blank = len(text) - len(text.lstrip())
    if text[blank : blank + 1] == "=" and text[blank : blank + 2] != "==":
        text = text[:blank] + " " + text[blank + 1 :]
    parser = Parser(text, names)
    return parser.whole(parser.expression)


def parse_tests(text: str, names: Iterable[str] = ()) -> tree.Tests:
    """The tree of a decision-table cell; an empty one and "-" have no tests."""
    parser = Parser(text, names)
    found = parser.whole(parser.cell)
    assert isinstance(found, tree.Tests)  # noqa: S101 - tells the type checker what `cell` returns
    return found


class Parser(TypeReader):
    """One reading of one text. Each method reads one form of the grammar, from the current token on."""

    def whole(self, rule: Callable[[], tree.Node]) -> tree.Node:
        node = rule()
        if self.token.kind != "end":
            raise self.unexpected()
        if tree.measure(node)[id(node)].levels > MAX_TREE_LEVELS:
            raise self.too_deep()
        return node

    # Operators

    def expression(self, rank: int = OR) -> tree.Node:
        """An expression whose operators all bind at least as tightly as `rank`."""
        self.go_down()
        left = self.operand(rank)
        while (longer := self.operator(left, rank)) is not None:
            left = longer
        self.nesting -= 1
        return left

    def operator(self, left: tree.Node, rank: int) -> tree.Node | None:
        token = self.token
        text = token.text
        if token.kind == "sign":
            if (own := ARITHMETIC.get(text)) and own >= rank:
                return self.arithmetic(left, own)
            if text in COMPARISONS and rank <= COMPARE:
                self.index += 1
                return tree.Comparison(token.start, COMPARISONS[text], left, self.expression(ADD))
        elif token.kind == "word":
            if text in LOGIC and rank <= LOGIC[text]:
                return self.logic(left, text, LOGIC[text])
            if text == "between" and rank <= COMPARE:
                self.index += 1
                low = self.expression(ADD)
                self.need("and")
                return tree.Between(token.start, left, low, self.expression(ADD))
            if text == "in" and rank <= COMPARE:
                self.index += 1
                return tree.In(token.start, left, self.tests_after_in())
        return None

    def arithmetic(self, left: tree.Node, rank: int) -> tree.Node:
        at = self.token.start
        operators, operands = [], []
        while self.token.kind == "sign" and ARITHMETIC.get(self.token.text) == rank:
            operators.append(self.token.text)
            self.index += 1
            operands.append(self.expression(rank + 1))
        return tree.Arithmetic(at, left, tuple(operators), tuple(operands))

    def logic(self, left: tree.Node, word: str, rank: int) -> tree.Node:
        at = self.token.start
        parts = [left]
        while self.take(word):
            parts.append(self.expression(rank + 1))
        return tree.Logic(at, word, tuple(parts))

    # Unary tests

    def cell(self) -> tree.Tests:
        at = self.token.start
        if self.token.kind == "end":
            return tree.Tests(at, (), False)
        if self.sees("-") and self.ahead(1).kind == "end":
            self.index += 1
            return tree.Tests(at, (), False)
        if self.sees("not") and self.ahead(1).text == "(" and self._closes_at_the_end(self.index + 1):
            self.index += 2
            tests = self.tests()
            self.need(")")
            return tree.Tests(at, tests, True)
        return tree.Tests(at, self.tests(), False)

    def _closes_at_the_end(self, opening: int) -> bool:
        """Whether the bracket at that index is closed by the last token, so that `not(…)` spans the whole cell."""
        depth = 0
        for index in range(opening, len(self.tokens) - 1):
            token = self.tokens[index]
            if token.kind == "sign":
                depth += (token.text == "(") - (token.text == ")")
                if depth == 0:
                    return index == len(self.tokens) - 2
        return True

    def tests(self) -> tuple[tree.Node, ...]:
        found = [self.test()]
        while self.take(","):
            found.append(self.test())
        return tuple(found)

    def test(self, rank: int = OR) -> tree.Node:
        token = self.token
        if token.kind == "sign" and token.text in COMPARISONS:
            self.index += 1
            return tree.Test(token.start, COMPARISONS[token.text], self.expression(ADD))
        return self.expression(rank)

    def tests_after_in(self) -> tuple[tree.Node, ...]:
        """`in (test, test)`, `in [1..5]`, `in > 5` or `in list`; a round bracket may also open a range."""
        start = self.index
        if self.take("("):
            tests = self.tests()
            if self.take(")") and not self.sees("..", "[", "."):
                return tests
            self.index = start
        return (self.test(ADD),)

    # Operands

    def operand(self, rank: int) -> tree.Node:
        token = self.token
        if token.kind == "sign" and token.text == "-":
            self.index += 1
            return tree.Negation(token.start, self.expression(SIGN))
        if token.kind == "word" and token.text == "not" and self.ahead(1).text != "(":
            if rank > NOT:
                raise self.unexpected()
            self.index += 1
            return tree.Not(token.start, self.expression(NOT))
        return self.postfix(self.primary())

    def postfix(self, node: tree.Node) -> tree.Node:
        while True:
            token = self.token
            if self.take("."):
                node = tree.Path(token.start, node, self.name())
            elif self.sees("[") and self._begins_operand(self.ahead(1)):
                self.index += 1
                test = self.test()
                self.need("]")
                node = tree.Filter(token.start, node, test)
            elif self.sees("("):
                node = self.call(node)
            elif self.sees("instance") and self.ahead(1).text == "of":
                self.index += 2
                node = tree.InstanceOf(token.start, node, self.type_name())
            else:
                return node

    @staticmethod
    def _begins_operand(token: Token) -> bool:
        """Tells a filter from the `[` that closes a range such as ]1..5[."""
        if token.kind == "sign":
            return token.text in ("(", "[", "{", "-", "@", "?", *COMPARISONS)
        return token.kind != "end" and token.text not in STOPS - LITERALS.keys() - {"not"}

    def call(self, target: tree.Node) -> tree.Node:
        at = self.need("(").start
        if self.take(")"):
            return tree.Call(at, target, (), ())
        names: list[str] = []
        arguments: list[tree.Node] = []
        named = self._names_an_argument()
        while True:
            if named:
                names.append(self.token.value if self.token.kind == "text" else self.name_in_front())
                self.need(":")
            arguments.append(self.test() if self._is_range_test() else self.expression())
            if not self.take(","):
                break
        self.need(")")
        return tree.Call(at, target, tuple(arguments), tuple(names))

    def _is_range_test(self) -> bool:
        return self.token.kind == "sign" and self.token.text in COMPARISONS

    def _names_an_argument(self) -> bool:
        count = 0
        while self.ahead(count).kind in ("word", "quoted", "known"):
            count += 1
        return count > 0 and self.ahead(count).text == ":" and self.ahead(count).kind == "sign"

    def primary(self) -> tree.Node:
        token = self.token
        if token.kind in ("number", "text"):
            self.index += 1
            return tree.Literal(token.start, token.value)
        if token.kind in ("quoted", "known"):
            return tree.Name(token.start, self.name())
        if token.kind == "word":
            return self.word()
        if token.kind == "sign":
            reader = {"(": self.bracket, "[": self.square, "]": self.square, "{": self.context, "@": self.literal_at}
            if token.text in reader:
                return reader[token.text]()
            if self.take("?"):
                return tree.Name(token.start, "?")
        raise self.unexpected()

    def word(self) -> tree.Node:
        token = self.token
        if token.text in LITERALS:
            self.index += 1
            return tree.Literal(token.start, LITERALS[token.text])
        forms: dict[str, Callable[[], tree.Node]] = {
            "if": self.if_,
            "for": self.for_,
            "some": self.quantified,
            "every": self.quantified,
            "function": self.function,
        }
        if token.text in forms:
            return forms[token.text]()
        if token.text == "not":
            self.index += 1
            return tree.Name(token.start, "not")
        for words in COMPOUND_FUNCTIONS:
            if self.sees_words(words) and self.ahead(len(words)).text == "(":
                self.index += len(words)
                return tree.Name(token.start, " ".join(words))
        if token.text in STOPS:
            raise self.unexpected()
        return tree.Name(token.start, self.name())

    def literal_at(self) -> tree.Node:
        at = self.need("@").start
        if self.token.kind != "text":
            raise self.unexpected('"…"')
        argument = tree.Literal(self.token.start, self.token.value)
        self.index += 1
        return tree.Call(at, tree.Name(at, "@"), (argument,), ())

    # Brackets

    def bracket(self) -> tree.Node:
        """`(a)`, the open range `(a..b]`, or `(> 5)` as a range without an end."""
        at = self.need("(").start
        node = self.test()
        if self.take(".."):
            return self.range_end(at, node, False)
        self.need(")")
        return node

    def square(self) -> tree.Node:
        """A list, or a range that begins with `[` or `]`."""
        opening = self.need("[", "]")
        if opening.text == "[" and self.take("]"):
            return tree.ListLiteral(opening.start, ())
        first = self.test()
        if self.take(".."):
            return self.range_end(opening.start, first, opening.text == "[")
        if opening.text == "]":
            raise self.unexpected("..")
        items = [first]
        while self.take(","):
            items.append(self.test())
        self.need("]")
        return tree.ListLiteral(opening.start, tuple(items))

    def range_end(self, at: int, start: tree.Node, included: bool) -> tree.Node:
        end = self.expression(ADD)
        closing = self.need("]", ")", "[")
        return tree.RangeLiteral(at, start, end, included, closing.text == "]")

    def context(self) -> tree.Node:
        at = self.need("{").start
        keys: list[str] = []
        values: list[tree.Node] = []
        while not self.sees("}"):
            position = self.token.start
            if self.token.kind == "text":
                key = str(self.token.value)
                self.index += 1
            else:
                key = self.name_in_front()
            if key in keys:
                raise FeelError("The context has two entries named “{name}”", position=position, name=key)
            self.need(":")
            keys.append(key)
            values.append(self.test())
            if not self.take(","):
                break
        self.need("}")
        return tree.ContextLiteral(at, tuple(keys), tuple(values))

    # Forms that begin with a word

    def if_(self) -> tree.Node:
        at = self.token.start
        conditions, results = [], []
        while self.take("if"):
            conditions.append(self.expression())
            self.need("then")
            results.append(self.expression())
            self.need("else")
        return tree.If(at, tuple(conditions), tuple(results), self.expression())

    def for_(self) -> tree.Node:
        at = self.need("for").start
        turns = self.turns()
        self.need("return")
        return tree.For(at, turns, self.expression())

    def quantified(self) -> tree.Node:
        word = self.need("some", "every")
        turns = self.turns()
        self.need("satisfies")
        return tree.Quantified(word.start, word.text, turns, self.expression())

    def turns(self) -> tuple[tree.Turn, ...]:
        found = []
        while True:
            at = self.token.start
            name = self.name()
            self.need("in")
            source = self.expression()
            end = self.expression() if self.take("..") else None
            found.append(tree.Turn(at, name, source, end))
            if not self.take(","):
                return tuple(found)

    def function(self) -> tree.Node:
        at = self.need("function").start
        self.need("(")
        parameters: list[str] = []
        while not self.sees(")"):
            position = self.token.start
            name = self.name()
            if name in parameters:
                raise FeelError("The function has two parameters named “{name}”", position=position, name=name)
            parameters.append(name)
            if self.take(":"):
                self.type_name()
            if not self.take(","):
                break
        self.need(")")
        if self.sees("external"):
            raise FeelError("External functions are not supported", position=self.token.start)
        return tree.FunctionDefinition(at, tuple(parameters), self.expression())
