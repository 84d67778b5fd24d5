"""Several diagrams as one: a process that is called stands in the file of its caller, in a pool of its own below it.

Works on the trees, before anything is translated. What has the same id in two files gets another one in the later file; calls
follow. Where a file has a picture it is kept and moved; where one has none, all is laid out anew by whoever comes next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from workflows.papers.layout import Box
from workflows.studio.exchange.document import BPMN, FLOW_NODE, local
from workflows.studio.exchange.idents import EXEMPT, ids, rename_in, unused
from workflows.studio.exchange.picture import DI, Picture, put_bounds

XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
# Between two pools, around what a pool holds, and for its name.
GAP, PADDING, HEAD = 60.0, 40.0, 30.0


@dataclass(frozen=True)
class Part:
    """One file of them. `calls`: for each process it calls in another file, the number of that file among the parts."""

    file: str
    root: Any
    calls: Mapping[str, int]


def merge(parts: Sequence[Part]) -> tuple[Any, dict[str, str]]:
    """One tree of all; the first is the one that calls. Answers it with the file of each element that came from another one.
    The parts' trees are used up."""
    renamed = _told_apart(parts)
    for part in parts:
        _follow(part, renamed)
    sources = {ident: part.file for part in parts[1:] for ident in ids(part.root)}
    _mark_first(parts)
    root = _around(parts)
    spots = ids(root).union(*(ids(part.root) for part in parts))
    pools = _Pools(root, spots)
    for number, part in enumerate(parts):
        pools.take(part.root, is_first=number == 0)
    for picture in root.findall(f"{DI}BPMNDiagram"):
        # Pictures stand behind all that they draw.
        root.append(picture)
    return root, sources


def processes_of(root: Any) -> list[str]:
    return [process.get("id") or "" for process in root.iterchildren(f"{BPMN}process")]


def calls_of(root: Any) -> set[str]:
    """The processes that are called, however the tool says it."""
    found: set[str] = set()
    for call in root.iter(f"{BPMN}callActivity"):
        found.add(call.get("calledElement") or "")
        found |= {each.get("processId") or "" for each in call.iter("{*}calledElement")}
    return found - {""}


def _told_apart(parts: Sequence[Part]) -> list[dict[str, str]]:
    """Nothing has an id any more that an earlier file uses. Answers, for each file, what was renamed."""
    taken: set[str] = set()
    everything = set().union(*(ids(part.root) for part in parts))
    renamed: list[dict[str, str]] = []
    for part in parts:
        own = ids(part.root)
        new = {ident: unused(ident, everything) for ident in sorted(own & taken)}
        for element in part.root.iter():
            ident = element.get("id")
            if ident in new and element.tag not in EXEMPT:
                element.set("id", new[ident])
        if new:
            rename_in(part.root, new)
        taken |= (own - new.keys()) | set(new.values())
        renamed.append(new)
    return renamed


def _follow(part: Part, renamed: Sequence[Mapping[str, str]]) -> None:
    """Calls lead to the process under the id that it has now."""
    for call in part.root.iter(f"{BPMN}callActivity"):
        for place, name in ((call, "calledElement"), *((each, "processId") for each in call.iter("{*}calledElement"))):
            called = place.get(name) or ""
            if called in part.calls:
                place.set(name, renamed[part.calls[called]].get(called, called))


def _mark_first(parts: Sequence[Part]) -> None:
    """Where the caller is not marked as executable, the called ones are not either: else one of them would be what starts."""
    if not any(process.get("isExecutable") == "true" for process in parts[0].root.iterchildren(f"{BPMN}process")):
        for part in parts[1:]:
            for process in part.root.iterchildren(f"{BPMN}process"):
                process.set("isExecutable", "false")


def _around(parts: Sequence[Part]) -> Any:
    """An empty root that knows the prefixes of all files. Types that are named by a prefix are written with its own."""
    names: dict[str | None, str] = {}
    for part in parts:
        for prefix, address in part.root.nsmap.items():
            names.setdefault(prefix, address)
    by_address = {address: prefix for prefix, address in names.items()}
    for part in parts:
        for element in part.root.iter():
            if kind := element.get(XSI_TYPE):
                prefix, _, name = kind.rpartition(":")
                own = by_address.get(element.nsmap.get(prefix or None, ""))
                element.set(XSI_TYPE, f"{own}:{name}" if own else name)
    return etree.Element(parts[0].root.tag, dict(parts[0].root.attrib), nsmap=names)


class _Pools:
    """The one tree that grows: its collaboration, and its picture from the top down."""

    def __init__(self, root: Any, taken: set[str]) -> None:
        self.root, self.taken = root, taken
        self.collaboration = etree.SubElement(root, f"{BPMN}collaboration", id=unused("Collaboration", taken))
        self.plane: Any = None
        self.left = self.bottom = 0.0

    def take(self, other: Any, *, is_first: bool) -> None:
        planes = _top_planes(other)
        has_lanes = other.find(f".//{BPMN}lane") is not None
        framed = self._pools(other)
        for child in list(other):
            if child.tag == f"{BPMN}collaboration":
                self.collaboration.extend(list(child))
            elif child.tag != f"{DI}BPMNDiagram" or not any(plane.getparent() is child for plane in planes):
                self.root.append(child)
        if not planes:
            return
        plane = planes[0]
        if self.plane is None:
            self.plane = plane
            self.root.append(plane.getparent())
            plane.set("bpmnElement", self.collaboration.get("id"))
        box = _box_of(plane)
        if box is None:
            return
        if framed is not None:
            # Lanes fill their pool.
            pad = 0.0 if has_lanes else PADDING
            box = Box(box.x - pad - HEAD, box.y - pad, box.width + 2 * pad + HEAD, box.height + 2 * pad)
        if is_first or not self.bottom:
            self.left = box.x
        right, down = self.left - box.x, (self.bottom + GAP - box.y if self.bottom else 0.0)
        Picture(plane).move(right, down)
        if framed is not None:
            shape = etree.Element(
                f"{DI}BPMNShape",
                id=unused(f"{framed}_di", self.taken),
                bpmnElement=framed,
                isHorizontal="true",
            )
            put_bounds(shape, Box(box.x + right, box.y + down, box.width, box.height))
            plane.insert(0, shape)
        self.bottom = box.bottom + down
        if plane is not self.plane:
            self.plane.extend(list(plane))

    def _pools(self, other: Any) -> str | None:
        """A pool for the process of a file that has none; answers its id where it is to be drawn."""
        if other.find(f"{BPMN}collaboration") is not None:
            return None
        made = None
        for process in other.iterchildren(f"{BPMN}process"):
            if not any(FLOW_NODE.fullmatch(local(child)) for child in process.iterchildren(f"{BPMN}*")):
                continue
            ident = process.get("id") or ""
            pool = etree.SubElement(self.collaboration, f"{BPMN}participant", id=unused(f"Pool_{ident}", self.taken))
            pool.set("name", process.get("name") or ident)
            pool.set("processRef", ident)
            made = made or pool.get("id")
        return made


def _top_planes(root: Any) -> list[Any]:
    """The picture of the processes themselves; those of closed sub-processes stay pictures of their own."""
    tops = {each.get("id") for each in root if each.tag in (f"{BPMN}process", f"{BPMN}collaboration")}
    return [plane for plane in root.iter(f"{DI}BPMNPlane") if plane.get("bpmnElement") in tops][:1]


def _box_of(plane: Any) -> Box | None:
    boxes = [box for box in map(Picture(plane).bounds, Picture(plane).shapes) if box is not None]
    if not boxes:
        return None
    x, y = min(box.x for box in boxes), min(box.y for box in boxes)
    return Box(x, y, max(box.right for box in boxes) - x, max(box.bottom for box in boxes) - y)
