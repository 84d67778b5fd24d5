"""Lays out a diagram that says what happens but not where it is drawn: columns in the order of the flows, a band for each lane.

Pure: bytes of a diagram in, the same diagram with a picture (BPMN DI) out. A picture that is there already is replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from lxml import etree

from workflows.engine.safe_xml import read_xml

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DD = "{http://www.omg.org/spec/DD/20100524/DI}"
PREFIXES = (("bpmndi", DI), ("dc", DC), ("di", DD))

INNER = frozenset({"subProcess", "transaction", "adHocSubProcess"})
ARTIFACTS = {"textAnnotation": (120, 50), "dataObjectReference": (36, 50), "dataStoreReference": (50, 50)}
ARROWS = frozenset({"sequenceFlow", "association", "dataInputAssociation", "dataOutputAssociation"})
GAP_X, GAP_Y, PADDING, POOL_HEAD = 60, 40, 30, 30
EVENT, GATEWAY, TASK = (36, 36), (50, 50), (100, 80)

Point = tuple[float, float]


@dataclass
class Box:
    """Where something stands, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    @property
    def centre(self) -> float:
        return self.x + self.width / 2

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


@dataclass
class Scene:
    """All boxes so far by id, and which of them are pools and lanes or opened sub-processes."""

    boxes: dict[str, Box] = field(default_factory=dict)
    flat: set[str] = field(default_factory=set)
    opened: set[str] = field(default_factory=set)
    arrows: dict[str, list[Point]] = field(default_factory=dict)


def lay_out(raw: bytes, file: str = "diagram.bpmn") -> bytes:
    """The diagram with a picture. Raises BundleRefused for what is no XML that may be read."""
    root = read_xml(raw, file)
    draw(root)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def draw(root: Any) -> None:
    """Put a picture into the tree of a diagram, in place of the one it has."""
    for old in root.findall(f"{DI}BPMNDiagram"):
        root.remove(old)
    scene = Scene()
    pools = {pool.get("processRef"): pool for pool in root.iter(f"{BPMN}participant") if pool.get("processRef")}
    y = 80.0
    for process in root.iterchildren(f"{BPMN}process"):
        y = _process(process, pools.get(process.get("id")), scene, y) + 60
    for pool in root.iter(f"{BPMN}participant"):
        if pool.get("id") not in scene.boxes and pool.get("id"):
            scene.boxes[pool.get("id")] = Box(160, y, 600, 60)
            scene.flat.add(pool.get("id"))
            y += 120
    _messages(root, scene)
    _write(root, scene)


def _process(process: Any, pool: Any, scene: Scene, y: float) -> float:
    """Draws one process from `y` downwards and answers where it ends."""
    lanes = [
        lane for lane in process.iter(f"{BPMN}lane") if lane.find(f"{BPMN}childLaneSet") is None and lane.get("id")
    ]
    framed = pool is not None or bool(lanes)
    x = 160.0 + (POOL_HEAD + PADDING if framed else 0)
    rows = {
        (reference.text or "").strip(): number
        for number, lane in enumerate(lanes)
        for reference in lane.iterchildren(f"{BPMN}flowNodeRef")
    }
    right, bands = _scope(process, scene, x, y + (PADDING if framed else 0), rows, max(1, len(lanes)))
    bottom = bands[-1][1] + (PADDING if framed else 0)
    if framed:
        _frames(pool, lanes, bands, scene, Box(160, y, right + PADDING - 160, bottom - y))
    return _artifacts(process, scene, x, bottom + GAP_Y)


def _frames(pool: Any, lanes: Sequence[Any], bands: Sequence[tuple[float, float]], scene: Scene, box: Box) -> None:
    if pool is not None and pool.get("id"):
        scene.boxes[pool.get("id")] = box
        scene.flat.add(pool.get("id"))
    # A lane reaches from the middle of the gap above its band to the middle of the one below, the outer ones to the border.
    borders = [box.y, *((above[1] + below[0]) / 2 for above, below in pairwise(bands)), box.bottom]
    for number, lane in enumerate(lanes):
        scene.boxes[lane.get("id")] = Box(
            box.x + POOL_HEAD, borders[number], box.width - POOL_HEAD, borders[number + 1] - borders[number]
        )
        scene.flat.add(lane.get("id"))


def _scope(
    scope: Any, scene: Scene, x: float, y: float, rows: Mapping[str, int], bands: int
) -> tuple[float, list[tuple[float, float]]]:
    """Draws the steps and flows of a process or sub-process; answers its right border and the upper and lower ones of its bands."""
    nodes = {child.get("id"): child for child in scope.iterchildren(f"{BPMN}*") if child.get("id") and _is_node(child)}
    flows = [
        (flow.get("id"), flow.get("sourceRef"), flow.get("targetRef"))
        for flow in scope.iterchildren(f"{BPMN}sequenceFlow")
        if flow.get("id") and flow.get("sourceRef") in nodes and flow.get("targetRef") in nodes
    ]
    hosts = {ident: node.get("attachedToRef") for ident, node in nodes.items() if _name(node) == "boundaryEvent"}
    hosts = {ident: host for ident, host in hosts.items() if host in nodes and host not in hosts}
    sizes = {ident: _size(node, scene) for ident, node in nodes.items() if ident not in hosts}
    columns = _columns(list(sizes), [(hosts.get(a, a), hosts.get(b, b)) for _, a, b in flows])
    places = _grid(sizes, columns, [(hosts.get(a, a), hosts.get(b, b)) for _, a, b in flows], rows, bands)

    lefts, right = _measured(columns, sizes, x)
    tops, limits = _heights(places, sizes, y, bands)
    for ident, (band, row) in places.items():
        width, height = sizes[ident]
        column = columns[ident]
        top, tall = tops[band, row]
        wide = lefts[column][1]
        box = Box(lefts[column][0] + (wide - width) / 2, top + (tall - height) / 2, width, height)
        _move(nodes[ident], box, scene)
    _borders(hosts, scene)
    _arrows(flows, scene, max((limit[1] for limit in limits), default=y))
    return right, limits


def _size(node: Any, scene: Scene) -> tuple[float, float]:
    name = _name(node)
    if name.endswith("Event"):
        return EVENT
    if name.endswith("Gateway"):
        return GATEWAY
    if name in INNER and any(_is_node(child) for child in node.iterchildren(f"{BPMN}*")):
        inner = Scene()
        right, bands = _scope(node, inner, PADDING, PADDING, {}, 1)
        scene.opened.add(node.get("id"))
        scene.opened |= inner.opened
        # Drawn from the corner of the sub-process; moved with it as soon as its place is known.
        scene.boxes |= inner.boxes
        scene.arrows |= inner.arrows
        return max(140, right + PADDING), max(100, bands[-1][1] + PADDING)
    return TASK


def _move(node: Any, box: Box, scene: Scene) -> None:
    """Puts a node into its place, and what is drawn inside of it along."""
    scene.boxes[node.get("id")] = box
    if node.get("id") not in scene.opened:
        return
    for inner in node.iterdescendants(f"{BPMN}*"):
        ident = inner.get("id")
        if ident in scene.arrows:
            scene.arrows[ident] = [(px + box.x, py + box.y) for px, py in scene.arrows[ident]]
        elif ident in scene.boxes and ident != node.get("id"):
            found = scene.boxes[ident]
            scene.boxes[ident] = Box(found.x + box.x, found.y + box.y, found.width, found.height)


def _columns(nodes: Sequence[str], flows: Iterable[tuple[str, str]]) -> dict[str, int]:
    """The column of each node: one behind the last of those that lead to it, flows that go back left aside."""
    following: dict[str, list[str]] = {ident: [] for ident in nodes}
    led_to: set[str] = set()
    for source, target in flows:
        if source != target and source in following and target in following:
            following[source].append(target)
            led_to.add(target)
    order: list[str] = []
    state: dict[str, int] = {}
    back: set[tuple[str, str]] = set()
    for begin in [*(ident for ident in nodes if ident not in led_to), *nodes]:
        stack = [(begin, iter(following[begin]))] if begin not in state else []
        state.setdefault(begin, 1)
        while stack:
            ident, left = stack[-1]
            for target in left:
                if state.get(target) == 1:
                    back.add((ident, target))
                elif target not in state:
                    state[target] = 1
                    stack.append((target, iter(following[target])))
                    break
            else:
                stack.pop()
                state[ident] = 2
                order.append(ident)
    columns = dict.fromkeys(nodes, 0)
    for ident in reversed(order):
        for target in following[ident]:
            if (ident, target) not in back:
                columns[target] = max(columns[target], columns[ident] + 1)
    return columns


def _grid(
    sizes: Mapping[str, tuple[float, float]],
    columns: Mapping[str, int],
    flows: Sequence[tuple[str, str]],
    rows: Mapping[str, int],
    bands: int,
) -> dict[str, tuple[int, int]]:
    """Band and row of each node: in the row of whoever leads to it, where that is free, else in the next free one."""
    before: dict[str, list[str]] = {}
    for source, target in flows:
        if source in sizes and target in sizes and columns[source] < columns[target]:
            before.setdefault(target, []).append(source)
    taken: set[tuple[int, int, int]] = set()
    lowest: dict[tuple[int, int], int] = {}
    places: dict[str, tuple[int, int]] = {}
    for ident in sorted(sizes, key=lambda each: columns[each]):
        band = min(rows.get(ident, 0), bands - 1)
        near = [places[source][1] for source in before.get(ident, ()) if places[source][0] == band]
        row = min(near, default=0)
        if (columns[ident], band, row) in taken:
            row = max(row, lowest.get((columns[ident], band), -1) + 1)
        taken.add((columns[ident], band, row))
        lowest[columns[ident], band] = max(row, lowest.get((columns[ident], band), -1))
        places[ident] = (band, row)
    return places


def _measured(
    columns: Mapping[str, int], sizes: Mapping[str, tuple[float, float]], x: float
) -> tuple[dict[int, tuple[float, float]], float]:
    """Left border and width of each column, and the right border of the last."""
    widths: dict[int, float] = {}
    for ident, column in columns.items():
        widths[column] = max(widths.get(column, 0), sizes[ident][0])
    lefts = {}
    for column in sorted(widths):
        lefts[column] = (x, widths[column])
        x += widths[column] + GAP_X
    return lefts, max(x - GAP_X, x if not widths else 0)


def _heights(
    places: Mapping[str, tuple[int, int]], sizes: Mapping[str, tuple[float, float]], y: float, bands: int
) -> tuple[dict[tuple[int, int], tuple[float, float]], list[tuple[float, float]]]:
    """Upper border and height of each row, and the borders of each band."""
    talls: dict[tuple[int, int], float] = {}
    for ident, place in places.items():
        talls[place] = max(talls.get(place, TASK[1]), sizes[ident][1])
    tops, limits = {}, []
    for band in range(bands):
        begin = y
        for place in sorted(place for place in talls if place[0] == band):
            tops[place] = (y, talls[place])
            y += talls[place] + GAP_Y
        y = max(y - GAP_Y, begin + TASK[1])
        limits.append((begin, y))
        y += GAP_Y + PADDING
    return tops, limits


def _borders(hosts: Mapping[str, str], scene: Scene) -> None:
    """Events at the border of a step: side by side at its lower edge, from the right."""
    number: dict[str, int] = {}
    for ident, host in hosts.items():
        box = scene.boxes[host]
        number[host] = number.get(host, 0) + 1
        x = max(box.x - 18, box.right - 10 - 40 * number[host])
        scene.boxes[ident] = Box(x, box.bottom - 18, *EVENT)


def _arrows(flows: Iterable[tuple[str, str, str]], scene: Scene, lowest: float) -> None:
    for ident, source, target in flows:
        scene.arrows[ident] = _arrow(scene.boxes[source], scene.boxes[target], lowest)


def _arrow(source: Box, target: Box, lowest: float) -> list[Point]:
    """At right angles: to the right where the target lies there, else below everything and back."""
    if target.x >= source.right:
        if source.middle == target.middle:
            return [(source.right, source.middle), (target.x, target.middle)]
        bend = target.x - GAP_X / 2
        return [
            (source.right, source.middle), (bend, source.middle), (bend, target.middle), (target.x, target.middle),
        ]  # fmt: skip
    under = max(lowest, source.bottom, target.bottom) + GAP_Y / 2
    return [
        (source.centre, source.bottom),
        (source.centre, under),
        (target.centre, under),
        (target.centre, target.bottom),
    ]


def _artifacts(process: Any, scene: Scene, x: float, y: float) -> float:
    """Notes and data stand in a row below, with straight lines to what they belong to."""
    tallest = 0
    for element in process.iter(*(BPMN + name for name in ARTIFACTS)):
        if element.get("id"):
            width, height = ARTIFACTS[_name(element)]
            scene.boxes[element.get("id")] = Box(x, y, width, height)
            x += width + GAP_X
            tallest = max(tallest, height)
    for arrow in process.iter(f"{BPMN}association", f"{BPMN}dataInputAssociation", f"{BPMN}dataOutputAssociation"):
        _line(arrow, scene)
    return y + tallest if tallest else y - GAP_Y


def _line(arrow: Any, scene: Scene) -> None:
    ends = []
    for name in ("sourceRef", "targetRef"):
        named = arrow.get(name) or (arrow.findtext(BPMN + name) or "").strip()
        # A data arrow says only one of its ends; the other is the step in which it stands.
        ends.append(scene.boxes.get(named) or scene.boxes.get(arrow.getparent().get("id") or ""))
    if arrow.get("id") and ends[0] and ends[1]:
        scene.arrows[arrow.get("id")] = [(box.centre, box.middle) for box in ends if box]


def _messages(root: Any, scene: Scene) -> None:
    for flow in root.iter(f"{BPMN}messageFlow"):
        source, target = (scene.boxes.get(flow.get(name) or "") for name in ("sourceRef", "targetRef"))
        if flow.get("id") and source and target:
            down = source.y < target.y
            begin = (source.centre, source.bottom if down else source.y)
            scene.arrows[flow.get("id")] = [begin, (target.centre, target.y if down else target.bottom)]


def _write(root: Any, scene: Scene) -> None:
    collaboration = root.find(f"{BPMN}collaboration")
    process = root.find(f"{BPMN}process")
    shown = collaboration if collaboration is not None else process
    names = {prefix: uri[1:-1] for prefix, uri in PREFIXES}
    diagram = etree.SubElement(root, f"{DI}BPMNDiagram", nsmap=names, id="picture")
    plane = etree.SubElement(diagram, f"{DI}BPMNPlane", id="picture_plane")
    if shown is not None and shown.get("id"):
        plane.set("bpmnElement", shown.get("id"))
    # What lies behind is written first: pools, lanes, then steps and at last the events at their borders.
    for ident, box in sorted(scene.boxes.items(), key=lambda each: each[0] not in scene.flat):
        shape = etree.SubElement(plane, f"{DI}BPMNShape", id=f"{ident}_shape", bpmnElement=ident)
        if ident in scene.flat:
            shape.set("isHorizontal", "true")
        if ident in scene.opened:
            shape.set("isExpanded", "true")
        figures = {name: _figure(getattr(box, name)) for name in ("x", "y", "width", "height")}
        etree.SubElement(shape, f"{DC}Bounds", **figures)
    for ident, points in scene.arrows.items():
        edge = etree.SubElement(plane, f"{DI}BPMNEdge", id=f"{ident}_edge", bpmnElement=ident)
        for x, y in points:
            etree.SubElement(edge, f"{DD}waypoint", x=_figure(x), y=_figure(y))


def _is_node(element: Any) -> bool:
    name = _name(element)
    return name.endswith(("Event", "Gateway", "Task", "task")) or name in INNER or name == "callActivity"


def _name(element: Any) -> str:
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""


def _figure(number: float) -> str:
    return str(round(number))
