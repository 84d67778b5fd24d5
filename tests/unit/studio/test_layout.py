"""Diagrams without a picture get one: everything is drawn once, nothing stands on anything else, lanes hold their steps."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from lxml import etree

from workflows.library import PROCESS_FILES
from workflows.papers.layout import DC, DD, DI, lay_out

DELIVERED = sorted(PROCESS_FILES.glob("*/*.bpmn"))
HEAD = '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL">'


def boxes(root: Any) -> dict[str, tuple[float, float, float, float]]:
    found = {}
    for shape in root.iter(f"{DI}BPMNShape"):
        bounds = shape.find(f"{DC}Bounds")
        x, y, width, height = (float(bounds.get(name)) for name in ("x", "y", "width", "height"))
        found[shape.get("bpmnElement")] = (x, y, x + width, y + height)
    return found


def apart(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def inside(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return b[0] <= a[0] and b[1] <= a[1] and a[2] <= b[2] and a[3] <= b[3]


def drawn(body: str) -> Any:
    return etree.fromstring(lay_out(f"{HEAD}{body}</bpmn:definitions>".encode()))


@pytest.mark.parametrize("path", DELIVERED, ids=lambda path: path.stem)
def test_a_delivered_process_is_drawn_whole(path: Any) -> None:
    root = etree.fromstring(lay_out(path.read_bytes()))
    before = etree.fromstring(path.read_bytes())
    places = boxes(root)
    assert set(places) == {shape.get("bpmnElement") for shape in before.iter(f"{DI}BPMNShape")}
    edges = {edge.get("bpmnElement") for edge in root.iter(f"{DI}BPMNEdge")}
    assert edges == {edge.get("bpmnElement") for edge in before.iter(f"{DI}BPMNEdge")}
    assert all(len(edge.findall(f"{DD}waypoint")) >= 2 for edge in root.iter(f"{DI}BPMNEdge"))


@pytest.mark.parametrize("path", DELIVERED, ids=lambda path: path.stem)
def test_steps_stand_apart_and_in_their_lanes(path: Any) -> None:
    root = etree.fromstring(lay_out(path.read_bytes()))
    places = boxes(root)
    borders = {event.get("id") for event in root.iter("{*}boundaryEvent")}
    lanes = {lane.get("id"): lane for lane in root.iter("{*}lane")}
    pools = {pool.get("id") for pool in root.iter("{*}participant")}
    around = {each.get("id"): each.getparent() for each in root.iter("{*}*") if each.get("id")}
    steps = [ident for ident in places if ident not in borders | pools | lanes.keys()]
    beside = [pair for pair in combinations(steps, 2) if around[pair[0]] is around[pair[1]]]
    assert [pair for pair in beside if not apart(places[pair[0]], places[pair[1]])] == []
    for ident, lane in lanes.items():
        for reference in lane.iter("{*}flowNodeRef"):
            if reference.text not in borders:
                assert inside(places[reference.text], places[ident]), reference.text


def test_a_loop_goes_back_below_and_no_step_stands_twice() -> None:
    flows = "".join(
        f'<bpmn:sequenceFlow id="f{number}" sourceRef="{a}" targetRef="{b}"/>'
        for number, (a, b) in enumerate([("s", "a"), ("a", "g"), ("g", "a"), ("g", "e")])
    )
    body = f'<bpmn:startEvent id="s"/><bpmn:task id="a"/><bpmn:exclusiveGateway id="g"/><bpmn:endEvent id="e"/>{flows}'
    root = drawn(f'<bpmn:process id="p">{body}</bpmn:process>')
    places = boxes(root)
    assert places["s"][2] < places["a"][0] < places["g"][0] < places["e"][0]
    back = next(edge for edge in root.iter(f"{DI}BPMNEdge") if edge.get("bpmnElement") == "f2")
    assert max(float(point.get("y")) for point in back) > places["a"][3]


def test_what_stands_in_a_sub_process_is_drawn_inside_of_it() -> None:
    inner = '<bpmn:startEvent id="s2"/><bpmn:task id="t2"/><bpmn:sequenceFlow id="f2" sourceRef="s2" targetRef="t2"/>'
    deeper = f'<bpmn:subProcess id="deep">{inner}</bpmn:subProcess>'
    flow = '<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="outer"/>'
    body = f'<bpmn:startEvent id="s"/><bpmn:subProcess id="outer">{deeper}</bpmn:subProcess>{flow}'
    places = boxes(drawn(f'<bpmn:process id="p">{body}</bpmn:process>'))
    assert inside(places["t2"], places["deep"])
    assert inside(places["deep"], places["outer"])
    assert apart(places["s"], places["outer"])


def test_an_empty_process_and_a_pool_without_one_are_drawn() -> None:
    body = '<bpmn:collaboration id="c"><bpmn:participant id="them" name="them"/></bpmn:collaboration><bpmn:process id="p"/>'
    assert set(boxes(drawn(body))) == {"them"}
