"""Several files of one upload: what calls each other is one process, the rest comes in beside it, in its order; or nothing does."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from lxml import etree

from crm.core.errors import Invalid
from tests.unit.studio.exchange.foreign_files import AROUND, diagram, errors, straight
from workflows import bundle_files
from workflows.engine.reading import read_diagram
from workflows.papers.layout import lay_out
from workflows.studio.exchange.document import BPMN, Around
from workflows.studio.exchange.gathering import take_all
from workflows.studio.exchange.picture import DC, DI
from workflows.studio.exchange.report import Imported, Status, Together

ROLE = '<bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="role" value="service_agent"/></spiffworkflow:properties></bpmn:extensionElements>'
FORM = json.dumps({"type": "default", "id": "approve-the-order", "schemaVersion": 19, "components": []}).encode()
TABLE = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="t" name="t" namespace="x">
<decision id="level" name="Level"><decisionTable id="dt" hitPolicy="FIRST"><input id="i"><inputExpression id="ie" typeRef="number">
<text>amount</text></inputExpression></input><output id="o" name="level" typeRef="string"/><rule id="r"><inputEntry id="e">
<text>-</text></inputEntry><outputEntry id="oe"><text>"low"</text></outputEntry></rule></decisionTable></decision></definitions>"""


def manual(ident: str) -> str:
    return f'<bpmn:manualTask id="{ident}">{ROLE}</bpmn:manualTask>'


def call(ident: str, process: str) -> str:
    return f'<bpmn:callActivity id="{ident}" calledElement="{process}"/>'


def file(key: str, *steps: str, speaks: tuple[str, ...] = ("spiffworkflow",), before: str = "") -> bytes:
    raw = diagram(straight(*steps), speaks=speaks, before=before)
    return raw.replace(b'id="order" name="Order"', f'id="{key}" name="{key.title()}"'.encode())


def keys(together: Together) -> list[str | None]:
    return [imported.key for imported in together.processes]


def told(together: Together, path: str) -> str:
    (line,) = [line for line in together.files if line.file == path]
    return str(line.what)


def tree(imported: Imported) -> Any:
    return etree.fromstring(next(raw for name, raw in imported.files.items() if name.endswith(".bpmn")))


def test_a_process_of_another_file_is_drawn_into_the_one_that_calls_it() -> None:
    files = {"b.bpmn": file("pay", manual("ask")), "a.bpmn": file("order", call("c", "pay"))}
    together = take_all(files, AROUND)
    (imported,) = together.processes
    assert imported.key == "order"
    assert errors(imported) == []
    assert list(imported.files) == ["a.bpmn"]
    assert {pool.get("processRef") for pool in tree(imported).iter(f"{BPMN}participant")} == {"order", "pay"}
    assert [line.file for line in together.files] == ["a.bpmn", "b.bpmn"]
    assert "a.bpmn" in told(together, "b.bpmn")


@pytest.mark.parametrize("ident", ["pay it", "Root", "c", "order.EndJoin"])
def test_a_call_finds_its_process_after_it_was_given_another_id(ident: str) -> None:
    zeebe = f'<bpmn:callActivity id="c"><bpmn:extensionElements><zeebe:calledElement processId="{ident}"/></bpmn:extensionElements></bpmn:callActivity>'
    files = {
        "a.bpmn": file("order", zeebe, call("again", ident), speaks=("spiffworkflow", "zeebe")),
        "b.bpmn": file(ident, manual("c2")),
    }
    (imported,) = take_all(files, AROUND).processes
    assert errors(imported) == []
    calls = {each.get("calledElement") for each in tree(imported).iter(f"{BPMN}callActivity")}
    assert len(calls) == 1
    assert calls < {process.get("id") for process in tree(imported).iter(f"{BPMN}process")}


def test_elements_that_are_called_the_same_in_two_files_are_told_apart() -> None:
    files = {
        "a.bpmn": file("order", manual("step"), call("c", "pay")),
        "b.bpmn": file("pay", '<bpmn:manualTask id="step"/>'),
    }
    (imported,) = take_all(files, Around(AROUND.roles, chosen={"": "service_agent"})).processes
    assert errors(imported) == []
    found = read_diagram(imported.files["a.bpmn"], "a.bpmn")
    assert len(found.processes["order"].nodes) == 4
    assert len(found.processes["pay"].nodes) == 3
    assert [line.file for line in imported.lines if line.element == "step_2"] == ["b.bpmn"]


def test_calls_of_calls_come_along_and_two_callers_have_each_their_copy() -> None:
    files = {
        "a.bpmn": file("one", call("c", "middle")),
        "b.bpmn": file("two", call("c", "middle")),
        "c.bpmn": file("middle", call("d", "inner")),
        "d.bpmn": file("inner", manual("x")),
    }
    together = take_all(files, AROUND)
    assert keys(together) == ["one", "two"]
    for imported in together.processes:
        assert errors(imported) == []
        assert {"middle", "inner"} < set(read_diagram(next(iter(imported.files.values())), "x").processes)


def test_files_that_call_each_other_in_a_circle_come_in_and_are_told_by_the_check() -> None:
    files = {"a.bpmn": file("one", call("c", "two")), "b.bpmn": file("two", call("e", "one"))}
    (imported,) = take_all(files, AROUND).processes
    assert imported.key == "one"
    assert {problem.element for problem in errors(imported)} == {"c", "e"}


def test_a_caller_that_is_not_marked_as_executable_stays_the_one_that_starts() -> None:
    caller = file("order", call("c", "pay")).replace(b'isExecutable="true"', b'isExecutable="false"')
    (imported,) = take_all({"a.bpmn": file("pay", manual("x")), "b.bpmn": caller}, AROUND).processes
    assert imported.key == "order"
    assert errors(imported) == []


def test_both_pictures_are_kept_one_below_the_other() -> None:
    files = {"a.bpmn": lay_out(file("order", call("c", "pay"))), "b.bpmn": lay_out(file("pay", manual("x")))}
    (imported,) = take_all(files, AROUND).processes
    root = tree(imported)
    assert [line for line in imported.lines if line.status == Status.TRANSLATED] == []
    bounds = {shape.get("bpmnElement"): shape.find(f"{DC}Bounds") for shape in root.iter(f"{DI}BPMNShape")}
    pools = [bounds[pool.get("id")] for pool in root.iter(f"{BPMN}participant")]
    assert len(root.findall(f"{DI}BPMNDiagram")) == 1
    assert float(pools[0].get("y")) + float(pools[0].get("height")) < float(pools[1].get("y"))
    assert float(pools[1].get("y")) < float(bounds["x"].get("y"))


def test_processes_that_do_not_call_each_other_come_in_one_each_with_what_they_use() -> None:
    rule = '<bpmn:businessRuleTask id="rate"><bpmn:extensionElements><zeebe:calledDecision decisionId="level" resultVariable="level"/></bpmn:extensionElements></bpmn:businessRuleTask>'
    user = '<bpmn:userTask id="approve"><bpmn:extensionElements><zeebe:userTask/><zeebe:formDefinition formId="approve-the-order"/><zeebe:assignmentDefinition candidateGroups="service_agent"/></bpmn:extensionElements></bpmn:userTask>'
    files = {
        "one.bpmn": file("one", rule, speaks=("zeebe",)),
        "two.bpmn": file("two", user, speaks=("zeebe",)),
        "Order form.form": FORM,
        "rating.dmn": TABLE,
        "unused.form": b"{}",
    }
    together = take_all(files, AROUND)
    assert keys(together) == ["one", "two"]
    assert [sorted(imported.files) for imported in together.processes] == [
        ["one.bpmn", "rating.dmn", "unused.form.json"],
        ["Order_form.form.json", "two.bpmn"],
    ]
    assert [errors(imported) for imported in together.processes] == [[], []]
    assert told(together, "rating.dmn") == "Used by: rate"
    assert told(together, "Order form.form") == "Used by: approve"
    assert len(together.files) == len(files)


def test_what_begins_by_a_message_is_published_before_what_sends_it() -> None:
    message = '<bpmn:message id="m" name="paid"/>'
    heard = file("hears", manual("x"), before=message).replace(
        b'<bpmn:startEvent id="begin"/>',
        b'<bpmn:startEvent id="begin"><bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent>',
    )
    sends = '<bpmn:intermediateThrowEvent id="tell"><bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateThrowEvent>'
    together = take_all({"a.bpmn": file("sends", sends, before=message), "b.bpmn": heard}, AROUND)
    assert keys(together) == ["hears", "sends"]
    assert [str(why) for why in together.because] == ["Publish “hears” before “sends”, which sends “paid” to it."]


def test_one_file_that_cannot_be_read_refuses_the_whole_with_its_name_and_the_cure() -> None:
    together = take_all({"a.bpmn": file("order", manual("x")), "folder/b.bpmn": b"<definitions"}, AROUND)
    assert together.refused
    lines = [line for imported in together.processes for line in imported.lines]
    assert [(line.file, line.status) for line in lines] == [("folder/b.bpmn", Status.REFUSED)]
    assert "Nothing was taken in" in str(lines[0].cure)
    assert all(not imported.files for imported in together.processes)


def test_a_process_that_two_files_draw_is_refused_where_a_third_calls_it() -> None:
    files = {
        "a.bpmn": file("order", call("c", "pay")),
        "b.bpmn": file("pay", manual("x")),
        "old.bpmn": file("pay", manual("y")),
    }
    together = take_all(files, AROUND)
    assert together.refused
    assert [line.file for line in together.processes[0].lines] == ["old.bpmn"]


def test_of_files_with_one_name_each_process_gets_the_nearest() -> None:
    def asks(key: str) -> bytes:
        form = '<bpmn:userTask id="t"><bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="formJsonSchemaFilename" value="ask.json"/></spiffworkflow:properties></bpmn:extensionElements></bpmn:userTask>'
        return file(key, form)

    def schema(field: str) -> bytes:
        return json.dumps({"type": "object", "properties": {field: {"type": "string"}}}).encode()

    files = {
        "a/one.bpmn": asks("one"),
        "a/ask.json": schema("first"),
        "b/two.bpmn": asks("two"),
        "b/ask.json": schema("second"),
    }
    together = take_all(files, AROUND)
    forms = [json.loads(imported.files["ask.form.json"])["components"][0]["key"] for imported in together.processes]
    assert forms == ["first", "second"]
    assert told(together, "b/ask.json") == "It became the form “ask”"


def test_each_of_several_processes_can_get_another_key() -> None:
    around = Around(AROUND.roles, keys={"b.bpmn": "delivery"})
    together = take_all({"a.bpmn": file("order", manual("x")), "b.bpmn": file("order", manual("x"))}, around)
    assert keys(together) == ["order", "delivery"]


def test_too_many_processes_at_once_are_refused_with_the_cure() -> None:
    together = take_all({f"{n}.bpmn": file(f"p{n}", manual("x")) for n in range(21)}, AROUND)
    assert together.refused
    assert "20" in str(together.processes[0].lines[-1].cure)


def zipped(members: dict[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return archive.getvalue()


def test_paths_of_an_archive_lead_only_down_and_traces_of_desktops_are_passed_over() -> None:
    members = {
        "../../etc/a.bpmn": b"1",
        "/b.bpmn": b"2",
        "c\\d.bpmn": b"3",
        "__MACOSX/._a.bpmn": b"4",
        "x/.DS_Store": b"5",
    }
    assert bundle_files.opened([("all.ZIP", zipped(members))]) == {"etc/a.bpmn": b"1", "b.bpmn": b"2", "c/d.bpmn": b"3"}


def test_an_archive_inside_of_an_archive_stays_closed_and_is_told() -> None:
    inner = zipped({"b.bpmn": file("pay", manual("x"))})
    files = bundle_files.opened([("all.zip", zipped({"a.bpmn": file("order", manual("x")), "more.zip": inner}))])
    together = take_all(files, AROUND)
    assert keys(together) == ["order"]
    assert "not opened" in told(together, "more.zip")


def test_many_small_archives_cannot_unpack_to_more_than_one_may() -> None:
    bomb = zipped({"a.dmn": b"0" * 3_000_000})
    with pytest.raises(Invalid) as refused:
        bundle_files.opened([(f"{n}.zip", bomb.replace(b"a.dmn", b"%d.dmn" % n)) for n in range(5)])
    assert "too many or too large" in str(refused.value.faults[0].message)


def test_two_files_of_one_path_are_refused_by_name() -> None:
    with pytest.raises(Invalid) as refused:
        bundle_files.opened([("a.bpmn", b"1"), ("x.zip", zipped({"a.bpmn": b"2"}))])
    assert "a.bpmn" in str(refused.value.faults[0].message)
