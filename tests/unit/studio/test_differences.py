"""What differs between two bundles: every kind of element and file is told by name, with both values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workflows.engine import Bundle
from workflows.engine.reading import read_diagram
from workflows.library import PROCESS_FILES, bundle_from_folder
from workflows.studio.publishing.differences import SPELLING, UNREADABLE, Difference, counted, differences

SERVICE = bundle_from_folder(PROCESS_FILES / "service_request")
DIAGRAM = "service_request.bpmn"
# Each delivered process with its own files.
FOLDERS = sorted(path for path in PROCESS_FILES.iterdir() if any(path.glob("*.bpmn")))


def changed(file: str, *pairs: tuple[str, str], base: Bundle = SERVICE) -> Bundle:
    """The bundle with other words in one of its files."""
    content = base.files[file].decode()
    for old, new in pairs:
        assert old in content, old
        content = content.replace(old, new, 1)
    return Bundle({**base.files, file: content.encode()})


def told(new: Bundle, old: Bundle = SERVICE, locale: str = "en") -> list[Difference]:
    return differences(old, new, locale=locale)


def said(new: Bundle, old: Bundle = SERVICE) -> list[tuple[str, str | None, str, str, str]]:
    return [(each.kind, each.element, each.what, each.before, each.after) for each in told(new, old)]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_bundle_does_not_differ_from_itself(folder: Path) -> None:
    bundle = bundle_from_folder(folder)
    assert told(bundle, bundle) == []


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (('name="Handle"', 'name="Deal with it"'), ("changed", "handle", "Name", "Handle", "Deal with it")),
        (('value="PT4H"', 'value="PT6H"'), ("changed", "assign", "Due", "PT4H", "PT6H")),
        (('name="formKey" value="handle"', 'name="formKey" value="archive"'), ("changed", "handle", "Form", "handle", "archive")),
    ],
)  # fmt: skip
def test_a_property_of_a_step_is_told_with_both_values(
    pair: tuple[str, str], expected: tuple[str, str, str, str, str]
) -> None:
    assert said(changed(DIAGRAM, pair)) == [expected]


def test_a_timer_a_condition_and_a_script_are_told() -> None:
    drawn = read_diagram(SERVICE.files[DIAGRAM], DIAGRAM)
    text = next(
        node.event.text for node in drawn.nodes.values() if node.event is not None and node.event.kind == "timer"
    )
    found = said(changed(DIAGRAM, (f">{_escaped(text)}<", ">PT99H<")))
    assert [(each[0], each[4]) for each in found] == [("changed", "PT99H")]
    flow = next(flow for flow in drawn.flows.values() if flow.condition)
    found = said(changed(DIAGRAM, (f">{_escaped(flow.condition or '')}<", ">false<")))
    assert found == [("changed", flow.id, "Condition", flow.condition, "false")]


def test_a_step_that_is_new_or_gone_is_told_by_name() -> None:
    step = '<bpmn:userTask id="second" name="Second approval"/>'
    new = changed(DIAGRAM, ("</bpmn:process>", f"{step}</bpmn:process>"))
    assert said(new) == [("added", "second", "User task", "", "Second approval")]
    assert said(SERVICE, new) == [("removed", "second", "User task", "Second approval", "")]


def test_a_flow_that_leads_elsewhere_is_told_with_its_way() -> None:
    drawn = read_diagram(SERVICE.files[DIAGRAM], DIAGRAM)
    other = changed(DIAGRAM, ('targetRef="archive"', 'targetRef="assign"'))
    after = read_diagram(other.files[DIAGRAM], DIAGRAM)
    moved = next(each.id for each in after.flows.values() if each.target != drawn.flows[each.id].target)
    found = [each for each in said(other) if each[2] == "Leads"]
    assert [(each[0], each[1]) for each in found] == [("changed", moved)]
    assert found[0][3].endswith("→ Archive") and found[0][4].endswith("→ Assign")


def test_a_default_flow_that_was_drawn_anew_is_no_difference_at_its_gateway() -> None:
    anew = changed(DIAGRAM, ('id="is_satisfied" name="Yes"', 'id="anew"'), ('default="is_satisfied"', 'default="anew"'))
    found = differences(SERVICE, anew, locale="zh_CN")
    assert "satisfied" not in {each.element for each in found}
    flow = next(each for each in found if each.element == "anew")
    assert (flow.kind, flow.name, flow.after) == ("added", "是否满意？ → 服务归档", "是否满意？ → 服务归档")


def test_another_default_among_flows_that_lead_the_same_way_is_told() -> None:
    second = '<bpmn:sequenceFlow id="also" sourceRef="satisfied" targetRef="archive"/>'
    base = changed(DIAGRAM, ("</bpmn:process>", f"{second}</bpmn:process>"))
    other = changed(DIAGRAM, ('default="is_satisfied"', 'default="also"'), base=base)
    assert said(other, base) == [("changed", "satisfied", "The way when no condition holds", "is_satisfied", "also")]


def test_a_note_and_a_shape_that_moved_are_told() -> None:
    note = '<bpmn:textAnnotation id="why"><bpmn:text>Mind</bpmn:text></bpmn:textAnnotation>'
    with_note = changed(DIAGRAM, ("</bpmn:process>", f"{note}</bpmn:process>"))
    assert said(with_note) == [("added", "why", "Note", "", "Mind")]
    other = changed(DIAGRAM, (">Mind<", ">Beware<"), base=with_note)
    assert said(other, with_note) == [("changed", "why", "Note", "Mind", "Beware")]
    raw = SERVICE.files[DIAGRAM].decode()
    place = raw.index("<dc:Bounds", raw.index('bpmnElement="handle"'))
    moved = raw[:place] + raw[place:].replace('x="', 'x="1', 1)
    found = said(Bundle({**SERVICE.files, DIAGRAM: moved.encode()}))
    assert [(each[0], each[1]) for each in found] == [("moved", "handle")]


def test_what_no_field_reads_is_told_as_a_detail() -> None:
    found = said(changed(DIAGRAM, ('<bpmn:userTask id="handle"', '<bpmn:userTask startQuantity="2" id="handle"')))
    assert found == [("changed", "handle", "Other details", "", "")]


def test_a_cell_a_rule_and_the_hit_policy_of_a_table_are_told() -> None:
    file = "service_level.dmn"
    found = said(changed(file, ("<text>8</text>", "<text>7</text>"), ('hitPolicy="FIRST"', 'hitPolicy="ANY"')))
    assert found == [
        ("changed", "service_level", "Hit policy", "FIRST", "ANY"),
        ("changed", "service_level", "Rule 2, Working hours to handle", "8", "7"),
    ]
    raw = SERVICE.files[file].decode()
    begin = raw.index('<rule id="level_complaint_key">')
    end = raw.index("</rule>", begin) + len("</rule>")
    without = Bundle({**SERVICE.files, file: (raw[:begin] + raw[end:]).encode()})
    gone = said(without)
    assert [(each[0], each[2]) for each in gone] == [("removed", "Rule 1")]
    assert '"complaint"' in gone[0][3]
    last = raw.index("</decisionTable>")
    turned = raw[:begin] + raw[end:last] + raw[begin:end] + raw[last:]
    assert [(each[0], each[2]) for each in said(Bundle({**SERVICE.files, file: turned.encode()}))] == [
        ("moved", "Order of the rules")
    ]


def test_a_field_of_a_form_is_told_by_its_label() -> None:
    new = changed(
        "handle.form.json", ('"maxLength": 4000', '"maxLength": 400'), ('"required": true', '"required": false')
    )
    assert {(each.name, each.what, each.before, each.after) for each in told(new)} == {
        ("Handling", "At most so many letters", "4000", "400"),
        ("Handling", "Required", "yes", "no"),
    }


def test_a_field_that_is_new_and_another_order_are_told() -> None:
    form = json.loads(SERVICE.files["assign.form.json"])
    form["components"].reverse()
    form["components"].append({"type": "textfield", "id": "new", "key": "code", "label": "Code"})
    found = said(Bundle({**SERVICE.files, "assign.form.json": json.dumps(form).encode()}))
    assert found == [("added", "new", "Field", "", "Code"), ("moved", None, "Order of the fields", "", "")]


def test_translations_and_whole_files_are_told() -> None:
    texts = json.loads(SERVICE.files["texts.json"])
    texts["en"]["Never drawn"] = "Never drawn at all"
    files = {**SERVICE.files, "texts.json": json.dumps(texts, ensure_ascii=False).encode(), "more.form.json": b"{}"}
    del files["archive.form.json"]
    assert [(each.kind, each.what, each.name, each.after) for each in told(Bundle(files))] == [
        ("removed", "Form", "archive.form.json", ""),
        ("added", "Form", "more.form.json", "more.form.json"),
        ("added", "Text (en)", "Never drawn", "Never drawn at all"),
    ]


def test_a_record_is_told_by_its_fields() -> None:
    old = {"name": "Site", "fields": [{"name": "address", "label": "Address", "required": False}]}
    new = {"name": "Site", "fields": [{"name": "address", "label": "Address", "required": True}, {"name": "host"}]}
    both = [Bundle({**SERVICE.files, "record.json": json.dumps(each).encode()}) for each in (old, new)]
    assert [(each[0], each[2]) for each in said(both[1], both[0])] == [
        ("changed", "Property “fields.address.required”"),
        ("added", "Property “fields.host.name”"),
    ]


@pytest.mark.parametrize("file", sorted(SERVICE.files))
def test_no_change_of_a_file_goes_untold(file: str) -> None:
    other = Bundle({**SERVICE.files, file: SERVICE.files[file] + b"\n"})
    assert [each.what for each in told(other)] == [SPELLING.in_language("en")]
    broken = Bundle({**SERVICE.files, file: b"\xff\x00<"})
    assert [each.what for each in told(broken)] == [UNREADABLE.in_language("en")]


def test_differences_are_told_in_the_language_of_the_reader() -> None:
    found = told(changed(DIAGRAM, ('value="PT4H"', 'value="PT6H"')), locale="zh_CN")
    assert [(each.name, each.what) for each in found] == [("服务分配", "到期时间")]


def test_a_bundle_without_a_diagram_can_be_compared() -> None:
    found = told(SERVICE, Bundle({}))
    assert counted(found) == {"added": len(SERVICE.files), "removed": 0, "changed": 0, "moved": 0}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
