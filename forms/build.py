"""Builds a form for one reader: grows the nodes, reads what was entered, and settles the conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from wtforms.form import BaseForm
from wtforms.meta import DefaultMeta

from forms.bound import BoundForm
from forms.choices import Source
from forms.conditions import settle
from forms.description import Component, FormDescription, Shape
from forms.expressions import Scope
from forms.fields import Asking
from forms.fields.base import FindFile, StoreFile
from forms.nodes import ComputedNode, FieldNode, Frame, GroupNode, ListNode, Node, every
from forms.posted import Posted
from forms.problems import N_, Fault
from forms.reader import Reader, now_in
from forms.rights import Rights, path_of, tighter

# Rows of one list, and of all lists of a form together: more is a file to be imported, not a form.
MOST_ROWS = 200
MOST_ROWS_IN_ALL = 1000
META = DefaultMeta()


def build(
    description: FormDescription,
    *,
    values: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
    choices: Mapping[str, Source] | None = None,
    locale: str = "zh_CN",
    timezone: str = "Asia/Shanghai",
    translate: Callable[[str], str] = str,
    formdata: Any = None,
    answers: Mapping[str, Any] | None = None,
    store_file: StoreFile | None = None,
    find_file: FindFile | None = None,
    read_only: bool = False,
    rights: Rights | None = None,
    today: date | None = None,
) -> BoundForm:
    """The form as it stands for this reader.

    `values` are known already (process data, or a draft as `entered` gave it); `context` holds further variables for
    conditions, and what is known of fields that `values` does not name (a draft names only the open ones). `formdata` is a browser's post, with its files (a MultiDict, or Werkzeug's CombinedMultiDict of files and
    form); `answers` is an API client's JSON, in which a key that is left out keeps its value. Uploads of open fields are
    handed to `store_file`; `rights` say what the step hides or only shows; `find_file` says what is known, to this person, of a file id that is not among the values.
    """
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    reader = Reader(locale, zone, today or now_in(zone), translate)
    known = known_of(description.shape, values or {}, context or {})
    now = datetime.combine(reader.today, datetime.now(zone).timetz())
    surroundings = Scope(context, now)
    asking = Asking(reader, choices or {}, store_file, find_file, scope=Scope({**surroundings, **known}, now))
    posted = Posted(formdata) if formdata is not None else None
    given = answers if isinstance(answers, Mapping) else None
    root = Frame("", known, given)
    planter = _Planter(description, asking, posted, read_only, rights or {})
    planter.plant(description.components, root, None)
    wtform = BaseForm(planter.unbound, meta=META)
    planter.fill(wtform)
    settle(root, surroundings, read_only=read_only)
    for node in every(root):
        if isinstance(node, FieldNode):
            node.close()
    if answers is not None and given is None:
        planter.foreign.append(Fault("", "", reader.say(N_("The answers must be a JSON object."), {})))
    return BoundForm(description, root, wtform, reader, posted, planter.foreign, rights or {})


def known_of(shape: Shape, values: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    """The values, and for fields that they leave out, also inside groups, what the context says."""
    known = dict(values)
    for key, inner in shape.items():
        if key not in context:
            continue
        if key not in known:
            known[key] = context[key]
        elif isinstance(inner, dict) and isinstance(known[key], Mapping) and isinstance(context[key], Mapping):
            known[key] = {**context[key], **known_of(inner, known[key], context[key])}
    return known


class _Planter:
    """Grows nodes from components, and binds a WTForms field to each that asks for something."""

    def __init__(
        self, description: FormDescription, asking: Asking, posted: Posted | None, read_only: bool, rights: Rights
    ) -> None:
        self.description = description
        self.asking = asking
        self.surroundings = asking.scope
        self.reader = asking.reader
        self.posted = posted
        self.read_only = read_only
        self.rights = rights
        self.rows_left = MOST_ROWS_IN_ALL
        self.unbound: list[tuple[str, Any]] = []
        self.fields: list[FieldNode] = []
        self.foreign: list[Fault] = []
        # Names whose value can change on this page: a condition that reads none of them stands as it is.
        self.changeable = frozenset() if read_only else description.changeable

    def plant(self, components: tuple[Component, ...], frame: Frame, inside: Node | None) -> None:
        for component in components:
            path = frame.prefix + ".".join(component.keys) if component.keys else ""
            node = self._node(component, frame, inside, path)
            own = self.rights.get(path_of(path)) if path else None
            node.right = tighter(own, inside.right if inside is not None else None)
            node.settled = component.hide is None or not (component.hide.names & self.changeable or frame.outer)
            frame.nodes.append(node)
            if isinstance(inside, GroupNode):
                inside.nodes.append(node)
            if isinstance(node, GroupNode):
                self.plant(component.children, frame, node)
            elif isinstance(node, ListNode):
                node.make_blank = self._blank
                self._rows(node)

    def _node(self, component: Component, frame: Frame, inside: Node | None, path: str) -> Node:
        parts = component, frame, self.reader, inside, path
        if component.type == "group":
            return GroupNode(*parts)
        if component.is_list:
            return ListNode(*parts)
        if component.computed:
            return ComputedNode(*parts)
        if component.kind is None:
            return Node(*parts)
        node = FieldNode(*parts)
        asking = replace(self.asking, label=node.name, memo={})
        field: Any = component.kind.entry(node.label, kind=component.kind, asking=asking, id=node.id)
        self.unbound.append((path, field))
        self.fields.append(node)
        return node

    def _rows(self, node: ListNode) -> None:
        """The rows of a list: those posted, those sent, or those known; each known row keeps its number."""
        frame, component = node.frame, node.component
        known = frame.find(component.keys)
        known = known if isinstance(known, list) else None
        kept = {n: row if isinstance(row, Mapping) else {} for n, row in enumerate(known or [])}
        node.known = len(kept)
        sent = None if node.right else self._sent(node)
        if self.posted is not None:
            numbers = self.posted.rows(node.path, len(kept))
            if node.right or not node.growing or component.read_only.literal is True:
                numbers = list(kept)
        elif sent is not None:
            numbers = list(range(len(sent)))
        elif known is None and not self.read_only:
            numbers = list(range(component.repetitions))
        else:
            numbers = list(kept)
        if len(numbers) > (most := min(MOST_ROWS, self.rows_left)):
            message = self.reader.say(
                N_("{label} must have at most {limit} rows."), {"label": node.title, "limit": MOST_ROWS}
            )
            self.foreign.append(Fault(node.path, node.label, message))
            numbers = numbers[:most]
        self.rows_left -= len(numbers)
        for place, number in enumerate(numbers):
            row = sent[number] if sent is not None else None
            inner = Frame(f"{node.path}.{number}.", kept.get(number, {}), row, frame, place + 1)
            self.plant(component.children, inner, node)
            node.items.append((number, inner))

    def _blank(self, node: ListNode) -> Frame:
        """One more row of a list, filled with defaults only."""
        planter = _Planter(self.description, self.asking, None, read_only=False, rights=self.rights)
        frame = Frame(f"{node.path}.{node.place}.", {}, None, node.frame, len(node.items) + 1)
        planter.plant(node.component.children, frame, node)
        planter.fill(BaseForm(planter.unbound, meta=META))
        settle(frame, self.surroundings, read_only=False)
        for inner in every(frame):
            if isinstance(inner, FieldNode):
                inner.close()
        return frame

    def _sent(self, node: ListNode) -> list[Mapping[str, Any]] | None:
        """An API client's rows, or None when the client did not speak of the list."""
        found, spoken = _given(node.frame.given, node.component.keys)
        if not spoken:
            return None
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
            message = self.reader.say(N_("{label} must be a list of objects."), {"label": node.title})
            self.foreign.append(Fault(node.path, node.label, message))
            return []
        return found

    def fill(self, wtform: BaseForm) -> None:
        """Give every field its value: what is known, and over it what was posted or sent."""
        for node in self.fields:
            entry: Any = wtform[node.path]
            node.entry = entry
            entry.description = node.help
            value = node.frame.find(node.component.keys)
            if value is None and not self.read_only:
                value = node.component.default
            entry.process(self.posted, value)
            if self.posted is None and node.frame.given is not None:
                sent, spoken = _given(node.frame.given, node.component.keys)
                if spoken:
                    entry.process_answer(sent)


def _given(given: Mapping[str, Any] | None, keys: tuple[str, ...]) -> tuple[Any, bool]:
    """What a client sent under a path, and whether it sent anything."""
    at: Any = given
    for key in keys:
        if not isinstance(at, Mapping) or key not in at:
            return None, False
        at = at[key]
    return at, True
