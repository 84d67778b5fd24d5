"""Python, as SpiffArena writes conditions and scripts, as FEEL. Only read as a tree, never run.

Expressions become expressions, a script of assignments and simple branches becomes a context. What has no value (loops,
imports, functions) or means something else in FEEL is refused.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Sequence

from crm.core.i18n import text
from feel import FeelError
from feel import parse as parse_feel
from workflows.studio.exchange.writing import (
    ADD,
    NULL,
    WHOLE,
    Part,
    Untranslatable,
    called,
    chosen,
    compared,
    context,
    holds,
    joined,
    length,
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

# What reads as FEEL too but says something else there, or only seems to read: names that are words of Python.
MARKS = re.compile(
    r"\b(?:True|False|None|is|lambda|elif|len|str|int|float|isinstance|timedelta)\b|\bnot\s+(?!\()|\bin\s+(?![\[(])|\.\w+\(|%|\bf[\"']"
    r"|\bnot\s*\([^()]*\bnot\b|\[[^\]]*\bfor\b|\*\*|[<>=]=?[^<>=!]+[<>=]=?[^<>=]+$|\[\s*\d+\s*\]|\w\[\s*[\"']"
)
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "=", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Is: "=", ast.IsNot: "!=",
}  # fmt: skip
SIGNS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
METHODS = {"lower": "lower case", "upper": "upper case"}
SEARCHES = {"startswith": "starts with", "endswith": "ends with"}
FUNCTIONS = {
    "str": "string",
    "sum": "sum",
    "min": "min",
    "max": "max",
    "abs": "abs",
    "sorted": "sort",
    "float": "number",
}
SPANS = {"weeks": "P{}W", "days": "P{}D", "hours": "PT{}H", "minutes": "PT{}M", "seconds": "PT{}S"}


def is_python(source: str) -> bool:
    """Must it be translated, or does it say the same in FEEL as it stands?"""
    if MARKS.search(source):
        return True
    try:
        parse_feel(source)
    except FeelError:
        return True
    return False


def is_script(source: str) -> bool:
    """Are these statements of Python, which FEEL would read as something else or not at all?"""
    if source.strip().startswith("{"):
        return False
    try:
        tree = _parsed(source, "exec")
    except Untranslatable:
        return False
    assert isinstance(tree, ast.Module)  # noqa: S101 - what "exec" makes
    return any(not isinstance(statement, ast.Expr) for statement in tree.body)


def expression(source: str) -> str:
    """The FEEL of a Python expression. Raises Untranslatable."""
    tree = _parsed(source.strip(), "eval")
    assert isinstance(tree, ast.Expression)  # noqa: S101 - what "eval" makes
    return proved(_written(tree.body).text)


def script(source: str) -> str:
    """The FEEL context of a Python script. Raises Untranslatable."""
    tree = _parsed(source, "exec")
    assert isinstance(tree, ast.Module)  # noqa: S101 - what "exec" makes
    entries = _assigned(tree.body)
    if not entries:
        raise Untranslatable(text("the script sets no variable"))
    return proved(context([(word, part.text) for word, part in entries]))


def _parsed(source: str, mode: str) -> ast.AST:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(measured(source), mode=mode)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Untranslatable(text("it can be read neither as FEEL nor as Python")) from None


def _assigned(statements: Sequence[ast.stmt]) -> list[tuple[str, Part]]:
    entries: list[tuple[str, Part]] = []
    for statement in statements:
        match statement:
            case ast.Assign(targets=[ast.Name(id=word)], value=value):
                entries.append((word, _written(value)))
            case ast.AnnAssign(target=ast.Name(id=word), value=ast.expr() as value):
                entries.append((word, _written(value)))
            case ast.AugAssign(target=ast.Name(id=word) as target, op=op, value=value):
                entries.append((word, _written(ast.BinOp(ast.Name(target.id), op, value))))
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Name(id=word), slice=ast.Constant(value=str() as key))], value=value
            ):
                entries.append((word, called("context put", name(word), quoted(key), _written(value))))
            case ast.If():
                entries += _branched(statement)
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                continue
            case _:
                raise Untranslatable(
                    text("line {line} is more than a value given to a variable", line=statement.lineno)
                )
    words = [word for word, _ in entries]
    if twice := [word for word in words if words.count(word) > 1]:
        raise Untranslatable(text("“{name}” is set twice", name=twice[0]))
    return entries


def _branched(statement: ast.If) -> list[tuple[str, Part]]:
    """`if` and `else` that only set variables: each of them is chosen."""
    condition = _written(statement.test)
    yes, no = dict(_assigned(statement.body)), dict(_assigned(statement.orelse))
    return [(word, chosen(condition, yes.get(word, name(word)), no.get(word, name(word)))) for word in {**yes, **no}]


def _written(node: ast.expr) -> Part:
    writer = WRITERS.get(type(node))
    if writer is None:
        raise Untranslatable(text("“{found}” has no meaning here", found=ast.unparse(node)[:60]))
    return writer(node)


def _constant(node: ast.Constant) -> Part:
    match node.value:
        case bool() as value:
            return truth(value)
        case None:
            return NULL
        case int() | float() as number if abs(number) < 1e15:
            return Part(format(number, "f").rstrip("0").rstrip(".") if isinstance(number, float) else str(number))
        case str() as value:
            return quoted(value)
    raise Untranslatable(text("“{found}” has no meaning here", found=ast.unparse(node)[:60]))


def _boolean(node: ast.BoolOp) -> Part:
    return joined("and" if isinstance(node.op, ast.And) else "or", [_written(value) for value in node.values])


def _unary(node: ast.UnaryOp) -> Part:
    part = _written(node.operand)
    if isinstance(node.op, ast.Not):
        return negated(part)
    if isinstance(node.op, ast.USub):
        return negative(part)
    raise Untranslatable(text("“{found}” has no meaning here", found=ast.unparse(node)[:60]))


def _comparison(node: ast.Compare) -> Part:
    sides = [node.left, *node.comparators]
    parts = []
    for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
        if isinstance(op, ast.In | ast.NotIn):
            whole = _written(right)
            sort = right.__class__
            inside = (
                called("list contains", whole, _written(left))
                if sort in (ast.List, ast.Tuple, ast.Set)
                else holds(whole, _written(left))
            )
            parts.append(negated(inside) if isinstance(op, ast.NotIn) else inside)
        else:
            parts.append(compared(COMPARISONS[type(op)], _written(left), _written(right)))
    return parts[0] if len(parts) == 1 else joined("and", parts)


def _reckoned(node: ast.BinOp) -> Part:
    left, right = _written(node.left), _written(node.right)
    if isinstance(node.op, ast.Mod) and not _is_text(node.left):
        return called("modulo", left, right)
    if isinstance(node.op, ast.FloorDiv):
        return called("floor", reckoned("/", left, right))
    if type(node.op) not in SIGNS:
        raise Untranslatable(text("“{found}” has no meaning here", found=ast.unparse(node)[:60]))
    return reckoned(SIGNS[type(node.op)], left, right)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _subscript(node: ast.Subscript) -> Part:
    whole = _written(node.value)
    match node.slice:
        case ast.Constant(value=str() as key):
            return member(whole, key)
        case ast.Constant(value=int() as place) if not isinstance(place, bool):
            return Part(f"{whole.inside(WHOLE)}[{place + 1}]")
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as place)) if place:
            return Part(f"{whole.inside(WHOLE)}[-{place}]")
    raise Untranslatable(
        text(
            "a place in a list that is reckoned ({found}) is counted otherwise in FEEL",
            found=ast.unparse(node.slice)[:40],
        )
    )


def _call(node: ast.Call) -> Part:
    given = [_written(each) for each in node.args]
    match node.func, given, node.keywords:
        case ast.Name(id="len"), [whole], []:
            return length(whole)
        case ast.Name(id="timedelta") | ast.Attribute(attr="timedelta"), [], [_, *_] as words:
            return _span(words)
        case ast.Name(id=word), _, [] if word in FUNCTIONS and given:
            return called(FUNCTIONS[word], *given)
        case ast.Attribute(attr="now" | "utcnow", value=ast.Name(id="datetime")), _, _:
            return Part("now()", moment=True)
        case ast.Attribute(value=of, attr="get"), [key], []:
            return called("get value", _written(of), key)
        case ast.Attribute(value=of, attr="get"), [key, instead], []:
            return called("get or else", called("get value", _written(of), key), instead)
        case ast.Attribute(value=of, attr=verb), [], [] if verb in METHODS:
            return called(METHODS[verb], _written(of))
        case ast.Attribute(value=of, attr=verb), [sought], [] if verb in SEARCHES:
            return called(SEARCHES[verb], _written(of), sought)
    raise Untranslatable(text("the function “{name}” is not known here", name=ast.unparse(node.func)[:60]))


def _span(words: Sequence[ast.keyword]) -> Part:
    parts = []
    for word in words:
        number = word.value.value if isinstance(word.value, ast.Constant) else None
        if type(number) is not int or number < 0 or word.arg not in SPANS:
            raise Untranslatable(text("the function “{name}” is not known here", name="timedelta"))
        parts.append(called("duration", quoted(SPANS[word.arg].format(number))))
    return parts[0] if len(parts) == 1 else Part(" + ".join(part.text for part in parts), ADD)


def _joined_text(node: ast.JoinedStr) -> Part:
    parts = []
    for piece in node.values:
        if isinstance(piece, ast.FormattedValue):
            if piece.format_spec is not None or piece.conversion != -1:
                raise Untranslatable(text("“{found}” has no meaning here", found=ast.unparse(node)[:60]))
            parts.append(called("string", _written(piece.value)))
        else:
            parts.append(_written(piece))
    return Part(f"string join([{', '.join(part.text for part in parts)}])")


def _dictionary(node: ast.Dict) -> Part:
    entries = []
    for key, value in zip(node.keys, node.values, strict=True):
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            raise Untranslatable(text("“{found}” has no meaning here", found=ast.unparse(node)[:60]))
        entries.append(f"{quoted(key.value).text}: {_written(value).text}")
    return Part("{ " + ", ".join(entries) + " }" if entries else "{}")


def _choice(node: ast.IfExp) -> Part:
    return chosen(_written(node.test), _written(node.body), _written(node.orelse))


def _list(node: ast.List | ast.Tuple) -> Part:
    return Part(f"[{', '.join(_written(each).text for each in node.elts)}]")


WRITERS: dict[type[ast.expr], Callable[..., Part]] = {
    ast.Constant: _constant,
    ast.Name: lambda node: name(node.id),
    ast.Attribute: lambda node: member(_written(node.value), node.attr),
    ast.BoolOp: _boolean,
    ast.UnaryOp: _unary,
    ast.Compare: _comparison,
    ast.BinOp: _reckoned,
    ast.IfExp: _choice,
    ast.Subscript: _subscript,
    ast.Call: _call,
    ast.JoinedStr: _joined_text,
    ast.List: _list,
    ast.Tuple: _list,
    ast.Dict: _dictionary,
}
