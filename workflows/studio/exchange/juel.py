"""JUEL, the expressions of Camunda 7 and Flowable, as FEEL: `${amount > 1 && !done}` becomes `amount > 1 and done != true`.

Read by a small parser of our own; nothing is ever run. Methods of Java objects are refused, but for those of texts, lists and
moments that FEEL can say. What JUEL takes for false where nothing is known stays false.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from crm.core.i18n import text
from feel.lexer import unescape
from workflows.studio.exchange.writing import (
    ADD,
    DEEPEST,
    NULL,
    Part,
    Untranslatable,
    called,
    chosen,
    compared,
    empty,
    holds,
    joined,
    measured,
    member,
    name,
    negated,
    negative,
    proved,
    quoted,
    reckoned,
    truth,
)

TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<word>(?:[^\W\d]|\$(?!\{))\w*)
    |(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:()\[\].,}]))""",
    re.VERBOSE | re.DOTALL,
)
OPENING = re.compile(r"[$#]\{")
COMPARISONS = {
    "==": "=", "eq": "=", "!=": "!=", "ne": "!=", "<": "<", "lt": "<", ">": ">", "gt": ">", "<=": "<=", "le": "<=", ">=": ">=", "ge": ">=",
}  # fmt: skip
# What the engines offer beside the variables of a case.
FOREIGN = frozenset({
    "execution", "task", "delegateExecution", "authenticatedUserId", "loopCounter", "nrOfInstances", "connector",
    "nrOfActiveInstances", "nrOfCompletedInstances", "externalTask", "variableScope",
})  # fmt: skip
STEPS = {
    "Days": "P{}D",
    "Weeks": "P{}W",
    "Months": "P{}M",
    "Years": "P{}Y",
    "Hours": "PT{}H",
    "Minutes": "PT{}M",
    "Seconds": "PT{}S",
}
VARIABLES = ("variables", "vars", "var")


def expression(source: str) -> str:
    """The FEEL of a text that is one `${…}` and nothing else. Raises Untranslatable."""
    pieces = _pieces(source.strip())
    if len(pieces) != 1 or isinstance(pieces[0], str):
        raise Untranslatable(text("it is not one expression in braces"))
    return proved(pieces[0].text)


def value(source: str) -> str:
    """The FEEL of any text: a plain one becomes a text, one with expressions inside is put together. Raises Untranslatable."""
    pieces = _pieces(source)
    if len(pieces) == 1 and isinstance(pieces[0], Part):
        return proved(pieces[0].text)
    if not any(isinstance(piece, Part) for piece in pieces):
        return quoted(source).text
    parts = [quoted(piece) if isinstance(piece, str) else called("string", piece) for piece in pieces]
    return proved(f"string join([{', '.join(part.text for part in parts)}])")


def has_expression(source: str) -> bool:
    return OPENING.search(source) is not None


def _pieces(source: str) -> list[str | Part]:
    measured(source)
    pieces: list[str | Part] = []
    at = 0
    while opening := OPENING.search(source, at):
        if opening.start() > at:
            pieces.append(source[at : opening.start()])
        reader = _Reader(source, opening.end())
        pieces.append(reader.whole())
        at = reader.end
    if at < len(source):
        pieces.append(source[at:])
    return pieces


class _Token(NamedTuple):
    kind: str
    text: str
    end: int


class _Reader:
    """One reading of one expression, from behind its opening brace to the closing one."""

    def __init__(self, source: str, at: int) -> None:
        self.source, self.at = source, at
        self.depth = 0
        self.end = at
        self.token = self._next()

    def whole(self) -> Part:
        part = self.choice()
        if self.token.text != "}" or self.token.kind != "sign":
            raise self._unexpected()
        self.end = self.token.end
        return part

    def _next(self) -> _Token:
        match = TOKEN.match(self.source, self.at)
        if match is None:
            if not self.source[self.at :].strip():
                raise Untranslatable(text("the brace of the expression is not closed"))
            raise Untranslatable(text("“{found}” has no meaning here", found=self.source[self.at :].strip()[:1]))
        self.at = match.end()
        kind = str(match.lastgroup)
        return _Token(kind, match[kind], match.end())

    def _take(self) -> _Token:
        token = self.token
        # Behind the closing brace other text may follow, which is no expression.
        self.token = self._next() if token.text != "}" or token.kind != "sign" else token
        return token

    def _sees(self, *words: str) -> bool:
        return self.token.kind in ("sign", "word") and self.token.text in words

    def _need(self, sign: str) -> None:
        if not self._sees(sign):
            raise self._unexpected()
        self._take()

    def _unexpected(self) -> Untranslatable:
        return Untranslatable(text("“{found}” has no meaning here", found=self.token.text[:40]))

    def choice(self) -> Part:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Untranslatable(text("the expression nests its brackets more than {limit} levels deep", limit=DEEPEST))
        part = self.either()
        if self._sees("?"):
            self._take()
            yes = self.choice()
            self._need(":")
            part = chosen(part, yes, self.choice())
        self.depth -= 1
        return part

    def either(self) -> Part:
        parts = [self.both()]
        while self._sees("||", "or"):
            self._take()
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else joined("or", parts)

    def both(self) -> Part:
        parts = [self.equality()]
        while self._sees("&&", "and"):
            self._take()
            parts.append(self.equality())
        return parts[0] if len(parts) == 1 else joined("and", parts)

    def equality(self) -> Part:
        part = self.relation()
        while self._sees("==", "!=", "eq", "ne"):
            part = compared(COMPARISONS[self._take().text], part, self.relation())
        return part

    def relation(self) -> Part:
        part = self.sum()
        while self._sees("<", ">", "<=", ">=", "lt", "gt", "le", "ge"):
            part = compared(COMPARISONS[self._take().text], part, self.sum())
        return part

    def sum(self) -> Part:
        part = self.product()
        while self._sees("+", "-"):
            part = reckoned(self._take().text, part, self.product())
        return part

    def product(self) -> Part:
        part = self.signed()
        while self._sees("*", "/", "%", "div", "mod"):
            sign = self._take().text
            right = self.signed()
            if sign in ("%", "mod"):
                part = called("modulo", part, right)
            else:
                part = reckoned("*" if sign == "*" else "/", part, right)
        return part

    def signed(self) -> Part:
        opposites = []
        while self._sees("!", "not", "-", "empty"):
            opposites.append(self._take().text)
        if len(opposites) > DEEPEST:
            raise self._unexpected()
        part = self.path()
        for sign in reversed(opposites):
            part = {"-": negative, "empty": empty}.get(sign, negated)(part)
        return part

    def path(self) -> Part:
        part = self.atom()
        while self._sees(".", "["):
            if self._take().text == "[":
                part = self._index(part)
            elif self.token.kind != "word":
                raise self._unexpected()
            else:
                word = self._take().text
                part = self._method(part, word, self._given()) if self._sees("(") else member(part, word)
        return part

    def _index(self, part: Part) -> Part:
        token = self._take()
        if token.kind == "text":
            part = member(part, _unquoted(token.text))
        elif token.kind == "number" and token.text.isdecimal():
            part = Part(f"{part.inside(8)}[{int(token.text) + 1}]")
        else:
            raise Untranslatable(
                text("a place in a list that is reckoned ({found}) is counted otherwise in FEEL", found=token.text[:40])
            )
        self._need("]")
        return part

    def atom(self) -> Part:
        token = self._take()
        if token.kind == "number":
            return Part(token.text.rstrip(".") if not token.text.startswith(".") else f"0{token.text}")
        if token.kind == "text":
            return quoted(_unquoted(token.text))
        if token.kind == "word":
            return self._word(token.text)
        if token.text == "(":
            part = self.choice()
            self._need(")")
            return part
        raise Untranslatable(text("“{found}” has no meaning here", found=token.text[:40]))

    def _word(self, word: str) -> Part:
        if word in ("true", "false"):
            return truth(word == "true")
        if word == "null":
            return NULL
        if self._sees("("):
            return self._function(word, self._given())
        if word in VARIABLES and self._sees(":"):
            self._take()
            return self._asked(self._take().text, self._given())
        if word == "execution" and self._sees("."):
            self._take()
            verb = self._take().text
            if verb in ("getVariable", "getVariableLocal", "hasVariable"):
                return self._asked("exists" if verb == "hasVariable" else "get", self._given())
        if word in FOREIGN:
            raise Untranslatable(text("“{name}” belongs to the other engine", name=word))
        return name(word)

    def _given(self) -> list[Part]:
        """What stands in the brackets of a call, from the opening one on."""
        self._need("(")
        given: list[Part] = []
        while not self._sees(")"):
            given.append(self.choice())
            if not self._sees(")"):
                self._need(",")
        self._take()
        return given

    def _function(self, word: str, given: list[Part]) -> Part:
        if word in ("now", "dateTime") and not given:
            return Part("now()", moment=True)
        raise Untranslatable(text("the function “{name}” is not known here", name=word))

    def _asked(self, verb: str, given: list[Part]) -> Part:
        """What Flowable's `variables:` and `execution.getVariable` ask of a variable that they name as a text or as it is."""
        if not given:
            raise Untranslatable(text("the function “{name}” is not known here", name=verb))
        subject = given[0]
        if subject.text.startswith('"'):
            subject = name(_unquoted(subject.text))
        signs = {
            "equals": "=",
            "eq": "=",
            "notEquals": "!=",
            "ne": "!=",
            "lt": "<",
            "lte": "<=",
            "gt": ">",
            "gte": ">=",
        }
        if len(given) == 1 and verb in ("get", "exists", "isEmpty", "empty", "isNotEmpty", "notEmpty"):
            if verb == "get":
                return subject
            if verb == "exists":
                return compared("!=", subject, NULL)
            return empty(subject) if verb in ("isEmpty", "empty") else negated(empty(subject))
        if len(given) == 2 and verb in signs:
            return compared(signs[verb], subject, given[1])
        if len(given) == 2 and verb == "getOrDefault":
            return called("get or else", subject, given[1])
        raise Untranslatable(text("the function “{name}” is not known here", name=verb))

    def _method(self, of: Part, verb: str, given: list[Part]) -> Part:
        plain = {
            "toLowerCase": "lower case",
            "toUpperCase": "upper case",
            "length": "string length",
            "toString": "string",
            "size": "count",
        }
        if not given and verb in plain:
            return called(plain[verb], of)
        if not given and verb == "isEmpty":
            return empty(of)
        if not given and verb == "toDate" and of.moment:
            return of
        if len(given) == 1:
            if verb == "equals":
                return compared("=", of, given[0])
            if verb == "equalsIgnoreCase":
                return compared("=", called("lower case", of), called("lower case", given[0]))
            if verb in ("startsWith", "endsWith"):
                return called("starts with" if verb == "startsWith" else "ends with", of, given[0])
            if verb == "contains":
                return holds(of, given[0])
            if verb == "get" and given[0].text.startswith('"'):
                return member(of, _unquoted(given[0].text))
            if of.moment and verb[:4] == "plus" and verb[4:] in STEPS and given[0].text.isdecimal():
                step = quoted(STEPS[verb[4:]].format(given[0].text))
                return Part(f"{of.inside(ADD)} + {called('duration', step).text}", ADD, moment=True)
        raise Untranslatable(text("the method “{name}” cannot be called here", name=verb))


def _unquoted(literal: str) -> str:
    return unescape(literal[1:-1])
