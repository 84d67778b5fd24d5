"""The code of names, paths and calls.

As in the library inside form-js, unknown names and missing entries are null, and a path on a list gives the list of
its elements' entries. A function that does not exist is an error of the text, found when it is parsed.
"""

from __future__ import annotations

from . import tree
from .compiler import Compiler, makes
from .errors import FeelError
from .library import LIBRARY, choose, invoke
from .scope import Code, Frame
from .temporal import part
from .values import SETTLED, Function, Range, Value, adopt, take

RANGE_PARTS = {
    "start": lambda r: r.start,
    "end": lambda r: r.end,
    "start included": lambda r: r.start_included,
    "end included": lambda r: r.end_included,
}


def lookup(frame: Frame, name: str) -> Value:
    """The value of a name in the nearest frame that knows it; null when none does."""
    at: Frame | None = frame
    while at is not None:
        if name in at.names:
            value = at.names[name]
            return value if type(value) in SETTLED else take(value, frame.run)
        at = at.outer
    return None


@makes(tree.Name)
def _name(compiler: Compiler, node: tree.Name) -> Code:
    name = node.name
    compiler.note(name)
    if name in compiler.local or compiler.filters:
        return lambda frame: lookup(frame, name)

    def code(frame: Frame) -> Value:
        names = frame.names
        if name in names:
            value = names[name]
            return value if type(value) in SETTLED else take(value, frame.run)
        return lookup(frame, name)

    return code


@makes(tree.Path)
def _path(compiler: Compiler, node: tree.Path) -> Code:
    target, name = compiler.code(node.target), node.name

    def code(frame: Frame) -> Value:
        value = target(frame)
        if type(value) is dict:
            if name in value:
                found = value[name]
                return found if type(found) in SETTLED else take(found, frame.run)
            return None
        return entry(value, name, frame)

    return code


def entry(value: Value, name: str, frame: Frame) -> Value:
    """`value.name` for any value; a list gives the list of its elements' entries."""
    if type(value) is dict:
        return take(value.get(name), frame.run)
    if type(value) is list:
        frame.run.spend(1 + len(value))
        frame.run.make(len(value))
        return [entry(adopt(item), name, frame) if type(item) is not list else None for item in value]
    if type(value) is Range:
        return RANGE_PARTS[name](value) if name in RANGE_PARTS else None
    return part(value, name)


@makes(tree.Call)
def _call(compiler: Compiler, node: tree.Call) -> Code:
    target = node.target
    if isinstance(target, tree.Name) and target.name not in compiler.local and target.name not in compiler.known:
        if target.name in LIBRARY:
            return _library_call(compiler, node, target.name)
        raise FeelError("There is no function “{name}”", position=target.at, name=target.name)
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
    overloads = choose(name, len(node.arguments), node.names, node.target.at)
    arguments = compiler.codes(node.arguments)
    if node.names:
        given = dict(zip(node.names, arguments, strict=True))
        # What is left out stays null; a parameter that takes the rest is given its list as one argument.
        in_order = [given.get(parameter.name, _nothing) for parameter in overloads[0].parameters]
        while in_order and in_order[-1] is _nothing:
            in_order.pop()
        arguments = tuple(in_order)
    return lambda frame: invoke(overloads, [argument(frame) for argument in arguments], frame.run)


def _nothing(_frame: Frame) -> Value:
    return None
