"""A form with what was entered into it: checked, told, drawn, and answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wtforms.form import BaseForm

from forms.description import FormDescription
from forms.fields import FileEntry
from forms.fields.choosing import ChoiceEntry
from forms.nodes import ComputedNode, FieldNode, Frame, ListNode, Node, Row, every, put, rows_of
from forms.plain import for_json, quotable
from forms.posted import Posted
from forms.problems import N_, Fault
from forms.reader import Reader
from forms.rights import Rights, visible, without_hidden


@dataclass(frozen=True)
class Correction:
    """A line of the error summary; an empty id leads nowhere."""

    id: str
    message: str


class BoundForm:
    """See `build`. Conditions are settled before anything is checked; hidden and read-only fields hold what was known."""

    def __init__(
        self,
        description: FormDescription,
        root: Frame,
        wtform: BaseForm,
        reader: Reader,
        posted: Posted | None,
        foreign: list[Fault],
        rights: Rights,
    ) -> None:
        self.description = description
        self.root = root
        self.wtform = wtform
        self.reader = reader
        self.posted = posted
        self.foreign = foreign
        self.rights = rights
        self.checked = False
        self.notice = ""
        if root.given is not None:
            foreign += self._undeclared(description.shape, root.given, "")

    def validate(self) -> bool:
        """May the answers be used? Not while a fault stands, rows are being added, or fields appeared unseen."""
        if self.posted is not None and self.posted.rearranges:
            return False
        self.checked = True
        unseen = self._unseen()
        for node in self._open():
            if node.path not in unseen:
                node.entry.validate(self.wtform)
        if unseen:
            self.notice = self.reader.say(
                N_("More fields belong to what you entered. Please look at them and send again."), {}
            )
        return not unseen and not self.faults

    def _unseen(self) -> set[str]:
        """Fields that the page had hidden and that what was entered then called for."""
        if self.posted is None:
            return set()
        return {node.path for node in self._open() if node.path in self.posted.was_hidden}

    def _open(self) -> Iterator[FieldNode]:
        return (node for node in every(self.root) if isinstance(node, FieldNode) and node.is_open)

    def refuse(self, refusals: Iterable[tuple[str, str]]) -> None:
        """What the business found wrong with answers that the form had accepted: the path of a field, and a sentence."""
        for path, message in refusals:
            node = self.field(path)
            if isinstance(node, FieldNode) and node.is_open:
                node.entry.errors = [*node.entry.errors, message]
            else:
                self.foreign.append(Fault(path, path, message))

    def settle(self) -> None:
        """Look up now what drawing the form will need, for a page that is drawn when the sources of choices have closed."""
        for node in every(self.root):
            rows = node.blank_rows if isinstance(node, ListNode) else [[node]]
            for inner in (inner for row in rows for inner in row):
                if isinstance(inner, FieldNode) and isinstance(inner.entry, ChoiceEntry):
                    list(inner.entry.iter_choices())

    @property
    def faults(self) -> list[Fault]:
        """What is to be corrected, in the order of the form. Empty before `validate`, but for what a client sent wrongly."""
        own = (
            [Fault(node.path, node.label, message) for node in self._open() for message in node.entry.errors]
            if self.checked
            else []
        )
        return [*own, *self.foreign]

    @property
    def corrections(self) -> list[Correction]:
        """The faults for the summary at the top of the page, each with the id that its link leads to."""
        ids = {node.path: node.id for node in every(self.root) if node.path}
        return [Correction(ids.get(fault.path, ""), fault.message) for fault in self.faults]

    @property
    def answers(self) -> dict[str, Any]:
        """Typed values of the visible, writable fields, and of the computed ones.

        Inside a group or a list row the values that were known beforehand stay beside them, so that a caller who merges
        the answers into its data loses nothing.
        """
        return self._answers(self.root, {})

    def _answers(self, frame: Frame, found: dict[str, Any]) -> dict[str, Any]:
        for node in frame.nodes:
            if node.hidden:
                continue
            keys = node.component.keys
            if isinstance(node, ListNode) and not node.locked:
                rows = [self._answers(inner, dict(inner.kept)) for _, inner in node.items if not self._is_blank(inner)]
            elif isinstance(node, ComputedNode) or (isinstance(node, FieldNode) and node.is_open):
                rows = None
            else:
                continue
            if len(keys) > 1 and keys[0] not in found and isinstance(known := frame.kept.get(keys[0]), Mapping):
                found[keys[0]] = known
            put(found, keys, node.data if rows is None else rows)
        return found

    def _is_blank(self, frame: Frame) -> bool:
        """A new row into which nothing was entered; had something been required there, it would be a fault."""
        if frame.kept:
            return False
        return not any(
            isinstance(node, FieldNode) and node.is_open and not node.entry.kind.is_empty(node.entry.data)
            for node in every(frame)
        )

    @property
    def entered(self) -> dict[str, Any]:
        """What was typed, fit for JSON: for a draft, which as `values` shows exactly the same again."""
        return self._entered(self.root)

    def _entered(self, frame: Frame) -> dict[str, Any]:
        # A draft's row takes the place of the known one, so it carries along what was known and not asked.
        found: dict[str, Any] = for_json(frame.kept) if frame.outer else {}
        for node in frame.nodes:
            if isinstance(node, ListNode) and not node.hidden and not node.locked:
                put(found, node.component.keys, [self._entered(inner) for _, inner in node.items])
            elif isinstance(node, FieldNode) and node.is_open:
                put(found, node.component.keys, node.entry.typed)
        return found

    @property
    def rows(self) -> list[Row]:
        """The layout: rows of nodes side by side."""
        return rows_of([node for node in self.root.nodes if node.inside is None])

    @property
    def hidden_paths(self) -> list[str]:
        """Fields that are in the page but hidden, for the note that the page sends back."""
        return [
            node.path for node in every(self.root) if isinstance(node, FieldNode) and node.hidden and not node.absent
        ]

    @property
    def state(self) -> dict[str, Any]:
        """What a script needs to bring the page up to date while somebody is filling it in, as JSON."""
        nodes = list(every(self.root))
        return {
            "hidden": [node.id for node in nodes if node.hidden],
            "hidden_fields": self.hidden_paths,
            "computed": {node.id: node.shown for node in nodes if isinstance(node, ComputedNode) and not node.hidden},
            "choices": {
                node.id: [[option.key, option.label] for option in node.entry.options]
                for node in nodes
                if isinstance(node, FieldNode) and node.is_open and node.entry.kind.depends
            },
        }

    def without_hidden(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema behind the form, less what this step hides."""
        return without_hidden(schema, self.rights)

    def visible(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Of values that belong to this form, those of the fields that the step does not hide."""
        return visible(values, self.description.shape, self.rights)

    @property
    def has_conditions(self) -> bool:
        return self.description.is_dynamic

    @property
    def has_lists(self) -> bool:
        return any(isinstance(node, ListNode) and node.growing for node in every(self.root))

    @property
    def has_files(self) -> bool:
        """Can files be chosen here? Then the page sends the form as multipart/form-data."""
        return any(field.type == "filepicker" for field in self.description.fields)

    @property
    def file_ids(self) -> tuple[set[object], set[object]]:
        """The ids of the files that were known beforehand, and of those that stand in the form now."""
        known, present = set(), set()
        for node in every(self.root):
            if isinstance(node, FieldNode) and isinstance(node.entry, FileEntry):
                before = {file["id"] for file in node.entry.kept[0]}
                known |= before
                if node.barred or not node.hidden:
                    present |= before if node.locked else {file["id"] for file in node.entry.data}
        return known, present

    def field(self, path: str) -> Node | None:
        """The field of a path such as `items.0.name`."""
        return next((node for node in every(self.root) if node.path == path), None)

    def _undeclared(self, shape: Mapping[str, Any], given: Mapping[Any, Any], prefix: str) -> Iterator[Fault]:
        """Keys that an API client sent and no field has; at most twenty are named."""
        told = 0
        for key, value in given.items():
            name = prefix + quotable(key)
            message = ""
            if not isinstance(key, str) or key not in shape:
                message = self.reader.say(N_("{name} is no field of this form."), {"name": name})
            elif isinstance(inner := shape[key], Mapping):
                if isinstance(value, Mapping):
                    yield from self._undeclared(inner, value, f"{name}.")
                elif value is not None:
                    message = self.reader.say(N_("{name} must be an object."), {"name": name})
            elif isinstance(inner, list) and isinstance(value, list):
                for number, row in enumerate(value[:1000]):
                    if isinstance(row, Mapping):
                        yield from self._undeclared(inner[0], row, f"{name}.{number}.")
            if message:
                told += 1
                yield Fault(name, name, message)
            if told >= 20:
                return
