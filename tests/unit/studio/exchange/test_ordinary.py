"""What editors draw and engines refuse: understood as BPMN means it, or left with the cure; all else passes byte for byte."""

from __future__ import annotations

import pytest
from lxml import etree

from tests.unit.studio.exchange.foreign_files import (
    NAMESPACES,
    chosen,
    diagram,
    element,
    errors,
    lines,
    said,
    straight,
    take_in,
    taken,
    tree,
)
from workflows.library import PROCESS_FILES, bundle_from_folder
from workflows.papers.layout import lay_out
from workflows.studio.exchange.document import BPMN, Around
from workflows.studio.exchange.gathering import take_all
from workflows.studio.exchange.picture import DI
from workflows.studio.exchange.report import Imported, Status

DELIVERED = sorted(path.parent for path in PROCESS_FILES.glob("*/*.bpmn"))
MANUAL = '<bpmn:manualTask id="{0}"><bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="role" value="service_agent"/></spiffworkflow:properties></bpmn:extensionElements></bpmn:manualTask>'


def steps(*idents: str) -> str:
    return "".join(MANUAL.format(ident) for ident in idents)


def flow(ident: str, source: str, target: str, condition: str = "") -> str:
    formula = f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>" if condition else ""
    return f'<bpmn:sequenceFlow id="{ident}" sourceRef="{source}" targetRef="{target}">{formula}</bpmn:sequenceFlow>'


def imported_of(body: str) -> Imported:
    return taken(diagram(body, speaks=("spiffworkflow",)))


def kinds(imported: Imported, kind: str) -> list[str]:
    return [each.get("id") for each in tree(imported).iter(BPMN + kind)]


@pytest.mark.parametrize("folder", DELIVERED, ids=lambda path: path.name)
def test_a_delivered_process_passes_byte_for_byte(folder: object) -> None:
    files = dict(bundle_from_folder(folder).files)  # type: ignore[arg-type]  # a path
    imported = take_in(files)
    assert imported.files == files
    assert not [line for line in imported.lines if line.status != Status.UNDERSTOOD]


def test_comments_stand_where_they_stood_in_what_had_to_be_translated() -> None:
    body = chosen("amount > 1").replace(
        '<bpmn:exclusiveGateway id="which"/>', '<!-- by amount --><bpmn:exclusiveGateway id="which"/>'
    )
    raw = diagram(body + "<!-- the end of it -->").replace(b"<bpmn:definitions", b"<!-- ours --><bpmn:definitions", 1)
    imported = taken(raw + b"<!-- behind -->")
    written = imported.files["order.bpmn"].decode()
    assert written != raw.decode()
    for remark, behind in (("ours", "<bpmn:definitions"), ("by amount", '<bpmn:exclusiveGateway id="which"')):
        assert f"<!-- {remark} -->{behind}" in written.replace("\n", "")
    assert written.count("<!--") == 4


def test_every_file_of_a_bundle_stays_and_others_are_told() -> None:
    beside = {"texts.json": b'{"en": {}}', "level.dmn": b"<definitions/>", "photo.png": b"\x89PNG"}
    whole = {"order.bpmn": diagram(straight(steps("a")), speaks=("spiffworkflow",)), **beside}
    whole["order.bpmn"] = lay_out(whole["order.bpmn"])
    told = take_all(whole)
    (imported,) = told.processes
    assert imported.lines == ()
    assert [line.file for line in told.files] == sorted(whole)
    assert [line.before for line in told.files if line.before] == ["photo.png"]
    assert imported.files == {name: raw for name, raw in whole.items() if name != "photo.png"}


def test_a_second_import_changes_nothing_more() -> None:
    once = imported_of(steps("a", "b") + flow("f", "a", "b"))
    twice = take_in(once.files)
    assert twice.files == once.files


def test_several_flows_out_of_a_step_are_taken_all() -> None:
    body = f'<bpmn:startEvent id="s"/>{steps("a", "b", "c")}{flow("f0", "s", "a")}{flow("f1", "a", "b")}{flow("f2", "a", "c")}'
    imported = imported_of(body)
    assert kinds(imported, "parallelGateway") == ["a_ways"]
    assert [
        each.get("sourceRef") for each in tree(imported).iter(f"{BPMN}sequenceFlow") if each.get("id") in ("f1", "f2")
    ] == ["a_ways"] * 2
    assert errors(imported) == []


def test_several_flows_with_conditions_are_those_that_hold() -> None:
    body = f'<bpmn:startEvent id="s"/>{steps("a", "b", "c")}{flow("f0", "s", "a")}{flow("f1", "a", "b", "x = 1")}{flow("f2", "a", "c")}'
    body = body.replace('id="a"', 'id="a" default="f2"')
    imported = imported_of(body)
    assert kinds(imported, "inclusiveGateway") == ["a_ways"]
    assert element(imported, "a_ways").get("default") == "f2"
    assert element(imported, "a").get("default") is None
    assert errors(imported) == []


def test_a_flow_without_condition_beside_others_is_always_taken() -> None:
    body = f'<bpmn:startEvent id="s"/>{steps("a", "b", "c")}{flow("f0", "s", "a")}{flow("f1", "a", "b", "x = 1")}{flow("f2", "a", "c")}'
    imported = imported_of(body)
    assert element(imported, "f2").findtext(f"{BPMN}conditionExpression") == "true"


def test_the_one_flow_without_condition_becomes_the_default_and_two_are_never_guessed() -> None:
    assert element(imported_of(chosen("a = 1")), "which").get("default") == "small"
    undecided = imported_of(
        chosen("a = 1").replace('targetRef="no"/>', 'targetRef="no"/>' + flow("third", "which", "no"))
    )
    assert element(undecided, "which").get("default") is None
    assert {line.element for line in undecided.lines if line.status == Status.BY_HAND} == {"small", "third"}
    all_said = imported_of(
        chosen("a = 1").replace(
            'targetRef="no"/>',
            'targetRef="no"><bpmn:conditionExpression>a = 2</bpmn:conditionExpression></bpmn:sequenceFlow>',
        )
    )
    assert lines(all_said, "which", Status.BY_HAND)


def test_steps_to_which_nothing_leads_begin_and_those_without_successor_end() -> None:
    alone = imported_of(steps("a", "b") + flow("f", "a", "b"))
    assert errors(alone) == []
    assert kinds(alone, "startEvent") == ["begin"]
    assert kinds(alone, "endEvent") == ["b_end"]
    together = imported_of(steps("a", "b", "c") + flow("f1", "a", "c") + flow("f2", "b", "c"))
    assert errors(together) == []
    assert kinds(together, "parallelGateway") == ["begin_together"]


def test_new_elements_are_drawn_beside_their_neighbours_and_stand_in_their_lane() -> None:
    lane = '<bpmn:laneSet id="ls"><bpmn:lane id="l"><bpmn:flowNodeRef>a</bpmn:flowNodeRef><bpmn:flowNodeRef>b</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>'
    raw = lay_out(diagram(lane + steps("a", "b") + flow("f", "a", "b"), speaks=("spiffworkflow",)))
    imported = taken(raw)
    drawn = {shape.get("bpmnElement") for shape in tree(imported).iter(f"{DI}BPMNShape")}
    assert {"begin", "b_end"} <= drawn
    references = [each.text for each in element(imported, "l").iter(f"{BPMN}flowNodeRef")]
    assert references == ["a", "b", "begin", "b_end"]
    assert element(imported, "l").get("name") == "Lane 1"


def test_a_diagram_without_a_picture_gets_one() -> None:
    imported = imported_of(straight(steps("a")))
    assert {shape.get("bpmnElement") for shape in tree(imported).iter(f"{DI}BPMNShape")} == {"begin", "a", "finish"}


def test_a_process_that_is_not_marked_is_the_one_to_run_and_of_two_one_runs() -> None:
    single = diagram(straight(steps("a")), speaks=("spiffworkflow",)).replace(
        b'isExecutable="true"', b'isExecutable="false"'
    )
    assert element(taken(single), "order").get("isExecutable") == "true"
    second = '<bpmn:process id="second" isExecutable="true"><bpmn:startEvent id="m"><bpmn:messageEventDefinition/></bpmn:startEvent></bpmn:process>'
    both = taken(diagram(straight(steps("a")), speaks=("spiffworkflow",), before=second))
    assert both.key == "order"
    assert element(both, "second").get("isExecutable") == "false"
    assert lines(both, "second", Status.BY_HAND)


def test_ids_are_given_parted_and_changed_with_all_that_names_them() -> None:
    inner = f'<bpmn:subProcess id="sub"><bpmn:startEvent id="s2"/>{steps("a")}{flow("f3", "s2", "a")}</bpmn:subProcess>'
    body = f'<bpmn:startEvent id="Start"/>{steps("a")}{inner}<bpmn:endEvent id="End"/>'
    flows = flow("f0", "Start", "a").replace(' id="f0"', "") + flow("f1", "a", "sub") + flow("f2", "sub", "End")
    imported = imported_of(body + flows)
    names = [each.get("id") for each in tree(imported).iter(f"{BPMN}*") if each.get("id")]
    assert len(names) == len(set(names))
    assert not {"Start", "End"} & set(names)
    assert errors(imported) == []
    changed = {(line.before, line.after) for line in imported.lines if line.before in ("Start", "End", "a")}
    assert changed == {("Start", "id_Start"), ("End", "id_End"), ("a", "a_2")}


def test_data_objects_are_understood_as_drawing() -> None:
    data = '<bpmn:dataObject id="o"/><bpmn:dataObjectReference id="r" name="Order form" dataObjectRef="o"/><bpmn:dataStoreReference id="st" name="Archive"/>'
    imported = imported_of(data + straight(steps("a")))
    assert errors(imported) == []
    assert [line.before for line in imported.lines if line.status == Status.UNDERSTOOD] == ["Order form, Archive"]


def test_lanes_with_the_name_of_a_role_belong_to_it_and_others_are_asked_for() -> None:
    lanes = '<bpmn:laneSet id="ls"><bpmn:lane id="l1" name="客服专员"><bpmn:flowNodeRef>a</bpmn:flowNodeRef></bpmn:lane><bpmn:lane id="l2" name="Audit"><bpmn:flowNodeRef>b</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>'
    raw = diagram(lanes + straight('<bpmn:userTask id="a"/>', '<bpmn:userTask id="b"/>'))
    imported = taken(raw)
    assert said(imported, "l1") == {"role": "service_agent"}
    assert [(choice.group, choice.role) for choice in imported.choices] == [
        ("Audit", None),
        ("客服专员", "service_agent"),
    ]
    around = Around(roles={"service_agent": ("客服专员",), "auditor": ()}, chosen={"Audit": "auditor"})
    assert said(taken(raw, around), "l2") == {"role": "auditor"}


def test_steps_that_nobody_is_named_for_can_be_given_one_role() -> None:
    raw = diagram(straight('<bpmn:userTask id="a"/>', '<bpmn:userTask id="b"/>'))
    around = Around(roles={"service_agent": ()}, chosen={"": "service_agent"})
    imported = taken(raw, around)
    assert errors(imported) == []
    assert [said(imported, ident)["role"] for ident in ("a", "b")] == ["service_agent"] * 2


@pytest.mark.parametrize("name", ["order.bpmn20.xml", "order.bpmn.xml", "order.xml", "order.bpmn2", "ORDER.BPMN"])
def test_diagrams_are_known_by_their_ending_or_their_content(name: str) -> None:
    imported = take_in({name: diagram(straight(steps("a")), speaks=("spiffworkflow",))})
    assert [each.lower() for each in imported.files] == ["order.bpmn"]


@pytest.mark.parametrize(
    "raw", [b"", b"<a/>", b"{}", b"\xff\xfe\x00", b"<a>" * 200 + b"</a>" * 200, b"<!DOCTYPE a><a/>"]
)
def test_what_is_no_diagram_is_refused_with_a_line(raw: bytes) -> None:
    imported = take_in({"x.bpmn": raw})
    assert imported.refused
    assert [line.status for line in imported.lines if line.status == Status.REFUSED]
    assert take_in({}).refused


def test_a_fault_of_ours_at_one_element_becomes_a_line_and_the_rest_comes_in() -> None:
    step = '<bpmn:userTask id="a"><bpmn:extensionElements><camunda:inputOutput><camunda:inputParameter name="x"><camunda:map><camunda:entry/></camunda:map></camunda:inputParameter></camunda:inputOutput></bpmn:extensionElements></bpmn:userTask>'
    imported = taken(diagram(straight(step), speaks=("camunda",)))
    assert not imported.refused


def grown(many: int) -> bytes:
    tasks = "".join(
        f'<bpmn:userTask id="t{n}" camunda:assignee="${{a{n} &gt; 1}}" camunda:candidateGroups="g{n}">'
        f'<bpmn:extensionElements><camunda:taskListener class="x"/></bpmn:extensionElements></bpmn:userTask>'
        for n in range(many)
    )
    flows = "".join(
        flow(f"f{n}", f"t{n}", f"t{n + 1}") + flow(f"g{n}", f"t{n}", f"t{many - 1}") for n in range(many - 1)
    )
    return diagram(tasks + flows, speaks=("camunda",))


def test_a_large_diagram_is_translated_whole() -> None:
    imported = taken(grown(500))
    assert len(kinds(imported, "parallelGateway")) == 499
    assert not imported.refused


@pytest.mark.parametrize("many", [1_900, 2_100])
def test_a_diagram_that_would_grow_too_large_comes_in_as_it_was(many: int) -> None:
    raw = grown(many)
    imported = taken(raw)
    assert imported.files["order.bpmn"] == raw
    assert [str(line.what) for line in imported.lines if "Too large" in str(line.what)]


def test_so_many_formulas_are_translated_and_the_rest_is_told() -> None:
    gateways = "".join(f'<bpmn:exclusiveGateway id="g{n}"/>' for n in range(100))
    long = "${" + " &amp;&amp; ".join(f"variable_{n} > 1" for n in range(200)) + "}"
    flows = "".join(flow(f"f{n}", f"g{n}", f"g{n + 1}", long) for n in range(99))
    imported = taken(diagram(gateways + flows, speaks=("camunda",)))
    told = [line.status for line in imported.lines if (line.element or "").startswith("f")]
    assert {Status.TRANSLATED, Status.BY_HAND} == set(told)


def test_a_bundle_with_more_forms_than_it_may_hold_shares_one() -> None:
    imported = taken(diagram(straight(*(f'<bpmn:userTask id="t{n}"/>' for n in range(300)))))
    assert set(imported.files) == {"order.bpmn", "form.form.json"}


def test_prefixes_that_only_texts_use_are_kept() -> None:
    raw = diagram(chosen("${a}"), speaks=("camunda",))
    assert etree.fromstring(taken(raw).files["order.bpmn"]).nsmap["xsi"] == NAMESPACES["xsi"]
