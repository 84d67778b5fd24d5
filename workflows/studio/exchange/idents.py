"""Ids as the engine wants them: each element has one, none twice, none that the engine keeps for itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crm.core.i18n import text
from workflows.engine.linting.structure import ID, LONGEST_ID, LONGEST_KEY, RESERVED, RESERVED_ENDINGS
from workflows.studio.exchange.document import BPMN, FLOW_NODE, Document, local
from workflows.studio.exchange.picture import DI

NEEDING = frozenset({"process", "sequenceFlow", "lane"})
# inputDataItem and outputDataItem carry a variable's name as their id.
EXEMPT = frozenset({f"{BPMN}inputDataItem", f"{BPMN}outputDataItem"})
NAMING_TEXTS = frozenset({"incoming", "outgoing", "flowNodeRef", "sourceRef", "targetRef", "eventDefinitionRef"})
# `processId`: as Camunda 8 names the process that is called.
NAMING = frozenset({"default", "bpmnElement", "calledElement", "processId", "dataObject"})


def put_in_order(document: Document) -> None:
    """Give, part and change ids, and tell each change."""
    _give_missing(document)
    _part_twins(document)
    _change_unfit(document)


def call_process(document: Document, old: str, new: str) -> None:
    """The process with this id has another one from now on."""
    process = next(each for each in document.processes() if each.get("id") == old)
    if new in ids(document.root):
        cure = text("Something else in the file is called so; choose another key.")
        document.by_hand(process, text("Key of the process"), cure, new)
        return
    process.set("id", new)
    rename_in(document.root, {old: new})
    document.translated(process, text("Key of the process"), old, new)


def free_id(document: Document, wanted: str, taken: set[str] | None = None) -> str:
    """An id that nothing in the file has."""
    return unused(wanted, taken if taken is not None else ids(document.root))


def unused(wanted: str, taken: set[str]) -> str:
    """An id like the wanted one that is not taken; it is from now on."""
    base = re.sub(r"[^\w.\-]", "_", wanted) or "element"
    if not ID.fullmatch(base) or base in RESERVED or base.endswith(RESERVED_ENDINGS):
        base = "id_" + base.replace(".", "_").replace("[", "_").replace("]", "_")
    base = base[: LONGEST_KEY - 8]
    number = 1
    while (ident := base if number == 1 else f"{base}_{number}") in taken:
        # Small numbers read well; where thousands want the same name, none of them tries all before it.
        number = number + 1 if number < 5 else max(number + 1, len(taken))
    taken.add(ident)
    return ident


def ids(root: Any) -> set[str]:
    return {element.get("id") for element in root.iter() if element.get("id") is not None}


def _give_missing(document: Document) -> None:
    taken: set[str] | None = None
    for element in document.root.iter(f"{BPMN}*"):
        name = local(element)
        if (name in NEEDING or FLOW_NODE.fullmatch(name)) and not (element.get("id") or "").strip():
            taken = taken if taken is not None else ids(document.root)
            element.set("id", free_id(document, name, taken))
            document.translated(element, text("It had no id"), element.get("name", ""), element.get("id"))


def _part_twins(document: Document) -> None:
    seen: dict[str, Any] = {}
    twins: list[tuple[Any, str]] = []
    for element in document.root.iter(f"{BPMN}*"):
        ident = element.get("id")
        if ident is not None and element.tag not in EXEMPT and seen.setdefault(ident, element) is not element:
            twins.append((element, ident))
    if not twins:
        return
    taken = ids(document.root)
    drawn: dict[str, list[Any]] = {}
    for each in document.root.iter(f"{DI}*"):
        drawn.setdefault(each.get("bpmnElement") or "", []).append(each)
    elsewhere: dict[Any, dict[str, str]] = {}
    for element, ident in twins:
        new = free_id(document, ident, taken)
        # Flows of another process mean the twin that stands beside them.
        if element.getparent() is not seen[ident].getparent():
            elsewhere.setdefault(element.getparent(), {})[ident] = new
        element.set("id", new)
        if len(drawn.get(ident, ())) > 1:
            drawn[ident].pop(1).set("bpmnElement", new)
        document.translated(element, text("Another element had the same id"), ident, new)
    for place, renamed in elsewhere.items():
        rename_in(place, renamed)


def _change_unfit(document: Document) -> None:
    unfit: dict[str, str] = {}
    taken: set[str] | None = None
    for element in document.root.iter(f"{BPMN}*"):
        name, ident = local(element), element.get("id") or ""
        if name not in ("process", "sequenceFlow") and not FLOW_NODE.fullmatch(name):
            continue
        longest = LONGEST_KEY if name in ("process", "subProcess", "transaction", "adHocSubProcess") else LONGEST_ID
        fits = ID.fullmatch(ident) and len(ident) <= longest
        # As the key of a process, the words of the engine are refused however they are written.
        reserved = ident.capitalize() in RESERVED if name == "process" else ident in RESERVED
        if fits and not reserved and not ident.endswith(RESERVED_ENDINGS):
            continue
        taken = taken if taken is not None else ids(document.root)
        unfit[ident] = free_id(document, ident, taken)
        element.set("id", unfit[ident])
        document.translated(element, text("The engine cannot use its id"), ident, unfit[ident])
    if unfit:
        rename_in(document.root, unfit)


def rename_in(place: Any, new: Mapping[str, str]) -> None:
    """Everything that names an element by its id. What other tools call a reference names files and decisions of theirs."""
    for element in place.iter():
        for key, value in element.attrib.items():
            if ((key.endswith("Ref") and not key.startswith("{")) or key in NAMING) and value in new:
                element.set(key, new[value])
        if local(element) in NAMING_TEXTS and (element.text or "").strip() in new:
            element.text = new[element.text.strip()]
