"""A foreign diagram on the desk: its tree, what is known of the surroundings, and the words of ours that are written into it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lxml import etree

from crm.core.i18n import Text, text
from workflows.engine import BundleRefused
from workflows.engine.bundle import FORM_SUFFIX, read_json
from workflows.studio.exchange.report import Report, Status
from workflows.studio.exchange.writing import Untranslatable, context, proved

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
SPIFF_URI = "http://spiffworkflow.org/bpmn/schema/1.0/core"
SPIFF = f"{{{SPIFF_URI}}}"
USER_TASKS = frozenset({"userTask", "manualTask", "task"})
# Only these reckon something before and after them; a step that sends need not be an operation.
SCRIPTED = frozenset({
    *USER_TASKS, "scriptTask", "serviceTask", "businessRuleTask", "callActivity", "subProcess", "transaction", "adHocSubProcess",
})  # fmt: skip
# Without it the first of our words in a foreign file would be written as "ns0:".
etree.register_namespace("spiffworkflow", SPIFF_URI)
FLOW_NODE = re.compile(
    r"(?:task|.+Task|.+Event|.+Gateway|subProcess|transaction|adHocSubProcess|callActivity)", re.ASCII
)


@dataclass(frozen=True)
class Around:
    """What an import may refer to: roles by key with their names, operations of the business, the roles that whoever imports
    has chosen for groups of the file, and the key that the process gets ("" keeps the one in the file); where an upload is several
    processes, `keys` says it for each by the path of its diagram."""

    roles: Mapping[str, Collection[str]] = field(default_factory=dict)
    operations: Collection[str] = ()
    chosen: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)

    def role_of(self, group: str) -> str | None:
        """The role that is meant by the name of a group or lane."""
        if group in self.chosen:
            return self.chosen[group] or None
        wanted = _plain(group)
        return next(
            (key for key, names in self.roles.items() if wanted in {_plain(key), *(_plain(name) for name in names)}),
            None,
        )


@dataclass
class Document:
    """One diagram and what became of it so far.

    `files` are those beside it, to which forms are added. `groups`: the groups and lanes it names, with the role of each.
    `awaiting`: steps for whose group a role is still to be chosen. `faults`: elements that could not be read for a fault of ours.
    `budget`: so many letters of formulas are still translated. `beside`: scripts before or behind elements that have none.
    `sources`: the files of elements that were drawn in another one. `made`: what became of files that were read for a step.
    """

    root: Any
    file: str
    around: Around
    report: Report
    files: dict[str, bytes]
    changed: bool = False
    groups: dict[str, str | None] = field(default_factory=dict)
    awaiting: set[str] = field(default_factory=set)
    faults: int = 0
    budget: int = 200_000
    beside: dict[tuple[Any, str], str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)

    @cached_property
    def initiators(self) -> frozenset[str]:
        """The variables in which other engines keep who started the case."""
        named = {
            value
            for start in self.root.iter(f"{BPMN}startEvent")
            for key, value in start.attrib.items()
            if key.endswith("}initiator")
        }
        return frozenset({*named, "initiator", "starter", "startUserId"})

    @cached_property
    def forms_by_id(self) -> dict[str, list[str]]:
        """The keys of the forms that were uploaded, by the ids that stand in them."""
        found: dict[str, list[str]] = {}
        for name, raw in self.files.items():
            if name.endswith(FORM_SUFFIX):
                try:
                    ident = read_json(name, raw).get("id")
                except BundleRefused:
                    continue
                if isinstance(ident, str):
                    found.setdefault(ident, []).append(name.removesuffix(FORM_SUFFIX))
        return found

    def nodes(self) -> Iterator[Any]:
        """Every step, event and gateway, wherever it is drawn."""
        for element in list(self.root.iter(f"{BPMN}*")):
            if FLOW_NODE.fullmatch(local(element)):
                yield element

    def processes(self) -> list[Any]:
        return list(self.root.iterchildren(f"{BPMN}process"))

    def is_plain_start(self, element: Any) -> bool:
        return local(element) == "startEvent" and not any(local(part).endswith("EventDefinition") for part in element)

    # What is told

    def understood(self, element: Any, what: Text, before: str = "") -> None:
        self._tell(element, what, Status.UNDERSTOOD, before=before)

    def translated(self, element: Any, what: Text, before: str, after: str) -> None:
        self.changed = True
        self._tell(element, what, Status.TRANSLATED, before=before, after=after)

    def by_hand(self, element: Any, what: Text, cure: Text, before: str = "") -> None:
        self._tell(element, what, Status.BY_HAND, before=before, cure=cure)

    def refused(self, element: Any, what: Text, cure: Text, before: str = "") -> None:
        self._tell(element, what, Status.REFUSED, before=before, cure=cure)

    def _tell(
        self, element: Any, what: Text, status: Status, *, before: str = "", after: str = "", cure: Text | None = None
    ) -> None:
        drawn = owner(element)
        file = self.sources.get(drawn or "", self.file)
        self.report.add(file, drawn, what, status, before=before, after=after, cure=cure)

    def spend(self, formula: str) -> None:
        """Count a formula that is to be translated. Raises Untranslatable when there were too many."""
        self.budget -= len(formula)
        if self.budget < 0:
            raise Untranslatable(text("the formulas of the diagram are too long together to be translated"))

    def untranslated(self, element: Any, what: Text, fault: Untranslatable, before: str) -> None:
        """An expression that FEEL cannot say."""
        self.by_hand(element, what, text("Write it in FEEL: {cause}.", cause=fault.why), before)

    # What is written

    def property(self, element: Any, name: str) -> str:
        """What is said at the element already."""
        found = element.find(f"{BPMN}extensionElements/{SPIFF}properties/{SPIFF}property[@name='{name}']")
        return "" if found is None else found.get("value", "")

    def set_property(self, element: Any, name: str, value: str) -> None:
        place = _part(self.extensions(element), "properties")
        for found in place.iterchildren(f"{SPIFF}property"):
            if found.get("name") == name:
                found.set("value", value)
                break
        else:
            etree.SubElement(place, f"{SPIFF}property", name=name, value=value)
        self.changed = True

    def set_text(self, element: Any, name: str, value: str) -> None:
        """A text of ours at the element: preScript, postScript, calledDecisionId."""
        _part(self.extensions(element), name).text = value
        self.changed = True

    def add_script(self, element: Any, name: str, entries: str) -> None:
        """`entries` is a FEEL context that is reckoned before or after the step; it joins one that is there already."""
        if local(element) not in SCRIPTED:
            self.beside[element, name] = _joined(self.beside.get((element, name), ""), entries)
            return
        present = element.find(f"{BPMN}extensionElements/{SPIFF}{name}")
        before = "" if present is None else (present.text or "").strip()
        self.set_text(element, name, _joined(before, entries))

    def put_script(self, element: Any, name: str, what: Text, entries: Sequence[tuple[str, str]]) -> None:
        """Values by their names, reckoned before or after the step, with the line that tells it. Raises Untranslatable."""
        written = proved(context(entries))
        self.add_script(element, name, written)
        if local(element) in SCRIPTED:
            self.translated(element, what, ", ".join(word for word, _ in entries), f"{name}: {written}")

    def set_operator(self, element: Any, operation: str, result: str | None) -> Any:
        """The operation of a service task; parameters go into what is answered."""
        operator = _part(self.extensions(element), "serviceTaskOperator")
        operator.set("id", operation)
        if result:
            operator.set("resultVariable", result)
        self.changed = True
        return _part(operator, "parameters")

    def set_condition(self, element: Any, tag: str, value: str) -> None:
        """The text of a formula that BPMN has an element for."""
        found = element.find(BPMN + tag)
        if found is None:
            found = etree.SubElement(element, BPMN + tag)
        found.text = value
        found.attrib.pop("language", None)
        self.changed = True

    def extensions(self, element: Any) -> Any:
        found = element.find(f"{BPMN}extensionElements")
        if found is None:
            found = etree.Element(f"{BPMN}extensionElements")
            # The schema wants it behind the documentation and before all else.
            element.insert(len(element.findall(f"{BPMN}documentation")), found)
            self.changed = True
        return found

    def remove(self, element: Any) -> None:
        """Take an element away; an extensionElements that becomes empty goes with it."""
        parent = element.getparent()
        if parent is None:
            return
        parent.remove(element)
        self.changed = True
        if parent.tag == f"{BPMN}extensionElements" and len(parent) == 0:
            self.remove(parent)

    def drop(self, element: Any, attribute: str) -> None:
        if element.attrib.pop(attribute, None) is not None:
            self.changed = True


def local(element: Any) -> str:
    """The name of an element without its namespace."""
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""


def namespace(element: Any) -> str:
    return str(etree.QName(element).namespace or "")


def owner(element: Any) -> str | None:
    """The id under which the diagram shows an element, or whatever it stands in."""
    place = element
    while place is not None:
        name = local(place)
        if place.get("id") and namespace(place) == BPMN[1:-1] and _is_drawn(name):
            return str(place.get("id"))
        place = place.getparent()
    return None


def _is_drawn(name: str) -> bool:
    return name in ("sequenceFlow", "lane", "participant", "process") or FLOW_NODE.fullmatch(name) is not None


def content(element: Any) -> str:
    """The text in an element, whole."""
    return "".join(element.itertext()).strip() if element is not None else ""


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-.]+", "_", name.strip().casefold())


def _joined(before: str, entries: str) -> str:
    """Two contexts as one; what is no context gives way."""
    if before.startswith("{") and before.endswith("}") and before[1:-1].strip():
        return f"{{ {before[1:-1].strip()}, {entries[1:-1].strip()} }}"
    return entries


def _part(place: Any, name: str) -> Any:
    found = place.find(SPIFF + name)
    return etree.SubElement(place, SPIFF + name) if found is None else found
