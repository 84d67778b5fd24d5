"""What is shown, what is read-only and what is computed: worked out together until nothing changes any more.

It begins with every conditional component hidden, its value null, or read-only, and opens what the data then call for, so
that a request cannot keep a field open merely by sending a value for it. What never comes to rest (each hides the other, a
sum counts itself) stays hidden, read-only, null.
"""

from __future__ import annotations

from typing import Any

from forms.expressions import Scope
from forms.nodes import ComputedNode, FieldNode, Frame, GroupNode, ListNode, Node, every, put

MOST_ROUNDS = 50


def settle(root: Frame, context: Scope, *, read_only: bool) -> None:
    """Set `hidden`, `locked` and computed values of all nodes under the root."""
    nodes = list(every(root))
    alive = [node for node in nodes if node.component.is_dynamic or node.inside is not None]
    for node in nodes:
        component = node.component
        node.hidden = node.barred or component.hide is not None or _outer(node, "hidden")
        open_to_all = component.read_only.literal is not True and component.read_only.formula is None
        node.locked = read_only or node.right is not None or not open_to_all or _outer(node, "locked")
    # What builds on each other comes to rest in as many rounds as there are links; what still moves after that never will.
    rounds = min(MOST_ROUNDS, 2 + len(alive))
    restless: set[Node] = set()
    for turn in range(2 * rounds):
        _name(root, context)
        moving = [node for node in alive if _decide(node, read_only)]
        if not moving:
            return
        if turn >= rounds:
            restless.update(moving)
    for node in restless:
        node.unwanted = node.component.hide is not None
        node.locked = node.locked or node.component.read_only.formula is not None
        if isinstance(node, ComputedNode):
            node.value = None
    for node in nodes:
        node.hidden = node.barred or node.unwanted or _outer(node, "hidden")
        node.locked = node.locked or _outer(node, "locked")
    _name(root, context)


def _outer(node: Node, name: str) -> bool:
    """Is the group or list around it so?"""
    return node.inside is not None and bool(getattr(node.inside, name))


def _decide(node: Node, read_only: bool) -> bool:
    """Look at one node amid the present data; did anything about it change?"""
    component, scope = node.component, node.frame.scope
    before = node.hidden, node.locked
    node.unwanted = component.hide is not None and component.hide.value(scope) is True
    node.hidden = node.barred or node.unwanted or _outer(node, "hidden")
    shut = read_only or node.right is not None or _outer(node, "locked")
    node.locked = shut or component.read_only.value(scope) is True
    changed = before != (node.hidden, node.locked)
    if isinstance(node, ComputedNode) and component.computed:
        value = component.computed.value(scope)
        changed = changed or value != node.value
        node.value = value
    return changed


def _name(frame: Frame, context: Scope) -> None:
    """Give a frame and the rows inside it their variables."""
    data = _data(frame)
    if frame.outer is None:
        frame.names = frame.scope = Scope({**context, **data}, context.now)
    else:
        frame.names = {**data, **frame.outer.names}
        row = {"this": data, "parent": dict(frame.outer.names), "i": frame.numbers}
        frame.scope = Scope({**data, **row, **frame.outer.names}, context.now)
    for node in frame.nodes:
        if isinstance(node, FieldNode):
            node.entry.asking.scope = frame.scope
        elif isinstance(node, ListNode):
            for _, inner in node.items:
                _name(inner, context)


def _data(frame: Frame) -> dict[str, Any]:
    """The frame's values: what is known, over it what was entered; null for what a condition hides."""
    data = dict(frame.kept)
    for node in frame.nodes:
        if isinstance(node, ListNode):
            put(data, node.component.keys, None if _is_away(node) else [_data(inner) for _, inner in node.items])
        elif isinstance(node, (FieldNode, ComputedNode)):
            put(data, node.component.keys, None if _is_away(node) else node.data)
        elif isinstance(node, GroupNode) and node.component.keys and not node.nodes:
            put(data, node.component.keys, {})
    return data


def _is_away(node: Node) -> bool:
    """Does a condition hide it, so that it counts as not answered? What only the step hides keeps its value."""
    return node.hidden and not node.barred
