"""A form being filled in: frames of data (the form itself, each row of a list) and the nodes drawn in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any

from forms.description import Component
from forms.expressions import Scope
from forms.fields import Entry, FileEntry
from forms.problems import N_
from forms.reader import Reader
from forms.rights import Right

Row = list["Node"]


@dataclass(eq=False)
class Frame:
    """One level of names: the form, or a row of a list. `kept` is what is known already, `given` what an API client sent."""

    prefix: str
    kept: Mapping[str, Any]
    given: Mapping[str, Any] | None
    outer: Frame | None = None
    number: int = 0
    nodes: list[Node] = field(default_factory=list)
    # All variables by name, and the same with the words that FEEL gives to a row (`this`, `parent`, `i`).
    names: Mapping[str, object] = field(default_factory=dict)
    scope: Scope = field(default_factory=Scope)

    @property
    def numbers(self) -> list[int]:
        """The row's number in each of the lists around it, counted from 1."""
        return [*self.outer.numbers, self.number] if self.outer else []

    def find(self, keys: tuple[str, ...]) -> object:
        """What is known under a path, or None."""
        return find(self.kept, keys)


@dataclass(eq=False)
class Node:
    """A component in its place. `kind` names the macro that draws it."""

    component: Component
    frame: Frame
    reader: Reader
    inside: Node | None
    path: str
    hidden: bool = False
    locked: bool = False
    # Its own condition hides it; and nothing that can be entered on this page changes that.
    unwanted: bool = False
    settled: bool = False
    # What the step leaves of it, or of what it lies in; None: what the form itself allows.
    right: Right | None = None

    @property
    def kind(self) -> str:
        return self.component.type

    @property
    def id(self) -> str:
        """The HTML id; every node of a form has another one."""
        if self.path:
            return "field-" + self.path.replace(".", "-")
        return "part-" + self.frame.prefix.replace(".", "-") + self.component.id

    @property
    def absent(self) -> bool:
        """Can it never appear on this page? Then it is not drawn at all, so that the page does not carry its value."""
        return self.barred or (self.unwanted and self.settled) or (self.inside is not None and self.inside.absent)

    @property
    def barred(self) -> bool:
        """Does the step hide it? Its value stays known to conditions and computed fields."""
        return self.right == "hide"

    @property
    def label(self) -> str:
        return self.component.label.text(self.frame.scope, self.reader)

    @property
    def help(self) -> str:
        return self.component.help.text(self.frame.scope, self.reader)

    @property
    def before(self) -> str:
        return self.component.before.text(self.frame.scope, self.reader)

    @property
    def after(self) -> str:
        return self.component.after.text(self.frame.scope, self.reader)

    @property
    def outlined(self) -> bool:
        return self.component.outlined

    @property
    def width(self) -> str:
        """The Bootstrap column: sixteenths of the designer as twelfths, one column on a phone."""
        columns = self.component.columns
        return f"col-12 col-md-{min(12, max(1, round(columns * 12 / 16)))}" if columns else "col-12 col-md"

    @property
    def shown(self) -> Any:
        """What a presentation shows."""
        found = self.component.presentation
        return found.draw(self.frame.scope, self.reader) if found else ""

    @property
    def data(self) -> object:
        """What conditions read under the node's name."""
        return None


@dataclass(eq=False)
class FieldNode(Node):
    """A component that asks for a value."""

    entry: Entry = field(init=False)

    @property
    def kind(self) -> str:
        return "field"

    @property
    def data(self) -> object:
        entry = self.entry
        return entry.kind.finish(entry.kept[0] if self.locked else entry.data, entry.asking)

    @property
    def name(self) -> str:
        """The label as a sentence calls it: in a list with the row's number, so that rows can be told apart."""
        label = self.label or self.path
        return f"{label} ({'.'.join(map(str, self.frame.numbers))})" if self.frame.outer else label

    @property
    def is_open(self) -> bool:
        """May this request answer it?"""
        return not self.hidden and not self.locked

    def close(self) -> None:
        """After the conditions: nothing entered survives in a field that is hidden or read-only."""
        asking = self.entry.asking
        asking.scope = self.frame.scope
        asking.label = self.name
        self.entry.label.text = self.label
        if not self.is_open:
            self.entry.keep()
        elif isinstance(self.entry, FileEntry):
            self.entry.store()


@dataclass(eq=False)
class ComputedNode(Node):
    """A value worked out from the others."""

    value: Any = None

    @property
    def kind(self) -> str:
        return "computed"

    @property
    def data(self) -> object:
        return self.value

    @property
    def shown(self) -> str:
        value = self.value
        if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < 30:
            return f"{value:,f}"
        return self.reader.present(value)


@dataclass(eq=False)
class GroupNode(Node):
    """Components under one heading."""

    nodes: list[Node] = field(default_factory=list)

    @property
    def rows(self) -> list[Row]:
        return rows_of(self.nodes)


@dataclass(eq=False)
class ListNode(Node):
    """Rows that are added and removed; `make_blank` grows one more, drawn for a script to copy."""

    items: list[tuple[int, Frame]] = field(default_factory=list)
    known: int = 0
    make_blank: Callable[[ListNode], Frame] = field(init=False)

    @property
    def growing(self) -> bool:
        return self.component.growing and not self.locked

    @property
    def data(self) -> object:
        return [dict(frame.names) for _, frame in self.items]

    def rows(self, frame: Frame) -> list[Row]:
        return rows_of([node for node in frame.nodes if node.inside is self])

    @property
    def blank_rows(self) -> list[Row]:
        """An empty row; `place` stands for its number in names and ids."""
        return self.rows(self.make_blank(self))

    @property
    def place(self) -> str:
        """What a script replaces by a row's number; another one at each depth of lists in lists."""
        return f"__row{len(self.frame.numbers)}__"

    @property
    def next_number(self) -> int:
        return max([self.known - 1, *(number for number, _ in self.items)]) + 1

    @property
    def title(self) -> str:
        return self.label or self.reader.translate(N_("List"))


def rows_of(nodes: list[Node]) -> list[Row]:
    """Nodes side by side as the designer laid them out; those that can never appear here are left out."""
    drawn = [node for node in nodes if not node.absent]
    return [list(row) for _, row in groupby(drawn, key=lambda node: node.component.row or f"{id(node)}")]


def every(frame: Frame) -> Iterator[Node]:
    """All nodes of a frame and of the rows of its lists, in the order of the form."""
    for node in frame.nodes:
        yield node
        if isinstance(node, ListNode):
            for _, inner in node.items:
                yield from every(inner)


def find(data: object, keys: tuple[str, ...]) -> object:
    """What lies under a path, or None."""
    for key in keys:
        if not isinstance(data, Mapping):
            return None
        data = data.get(key)
    return data


def put(data: dict[str, Any], keys: tuple[str, ...], value: object) -> None:
    """Set a value under a path; mappings on the way are copied, since they may belong to the caller."""
    for key in keys[:-1]:
        inner = data.get(key)
        data[key] = dict(inner) if isinstance(inner, Mapping) else {}
        data = data[key]
    data[keys[-1]] = value
