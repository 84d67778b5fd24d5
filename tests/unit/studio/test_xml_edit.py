"""One property changes and every other byte of a diagram stays."""

from __future__ import annotations

import pytest

from crm.core.errors import Invalid, NotFound
from tests.processes.small import HEAD
from workflows.engine.reading import read_diagram
from workflows.studio.xml_edit import set_property

HOSTILE = """a"b<c>&'d"""


def diagram(task: str, head: str = HEAD) -> bytes:
    return f'{head}<bpmn:process id="p" isExecutable="true">\r\n<!-- 中文 <x id="t"> -->{task}</bpmn:process></bpmn:definitions>'.encode()


TASKS = {
    "nothing inside": '<bpmn:userTask id="t" name="a > b" />',
    "documentation": '<bpmn:userTask id="t"><bpmn:documentation>Why</bpmn:documentation></bpmn:userTask>',
    "empty extensions": '<bpmn:userTask id="t"><bpmn:extensionElements/></bpmn:userTask>',
    "other properties": '<bpmn:userTask id="t"><bpmn:extensionElements><spiffworkflow:properties>\n'
    '  <spiffworkflow:property name="role" value="x"/>\n</spiffworkflow:properties></bpmn:extensionElements></bpmn:userTask>',
    "the same property": "<bpmn:userTask id='t'><bpmn:extensionElements><spiffworkflow:properties>"
    "<spiffworkflow:property value='old > new' name='hiddenFields'></spiffworkflow:property>"
    "</spiffworkflow:properties></bpmn:extensionElements></bpmn:userTask>",
}


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS.keys())
def test_a_property_is_set_and_taken_away_again(task: str) -> None:
    raw = diagram(task)
    changed = set_property(raw, "t", "hiddenFields", HOSTILE)
    assert read_diagram(changed, "p.bpmn").nodes["t"].properties["hiddenFields"] == HOSTILE
    before = read_diagram(raw, "p.bpmn").nodes["t"]
    after = read_diagram(set_property(changed, "t", "hiddenFields", ""), "p.bpmn").nodes["t"]
    assert "hiddenFields" not in after.properties
    assert (after.name, after.documentation, after.role) == (before.name, before.documentation, before.role)


def test_all_other_bytes_stay() -> None:
    raw = diagram(TASKS["other properties"])
    changed = set_property(raw, "t", "hiddenFields", "a, b")
    added = b'<spiffworkflow:property name="hiddenFields" value="a, b" />'
    assert changed.replace(added, b"") == raw
    assert set_property(changed, "t", "hiddenFields", "") == raw


def test_taking_away_what_is_not_there_changes_nothing() -> None:
    raw = diagram(TASKS["documentation"])
    assert set_property(raw, "t", "hiddenFields", "") == raw


def test_a_file_that_declares_another_encoding_than_it_has_is_read_as_the_draft_keeps_it() -> None:
    raw = b'<?xml version="1.0" encoding="GB18030"?>' + diagram(TASKS["nothing inside"])
    assert "中文".encode() in set_property(raw, "t", "hiddenFields", "a")


def test_a_doctype_broken_text_and_an_unknown_element_are_refused_by_name() -> None:
    with pytest.raises(Invalid):
        set_property(b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + diagram(TASKS["nothing inside"]), "t", "a", "b")
    with pytest.raises(Invalid):
        set_property(b"<a><b></a>", "t", "a", "b")
    with pytest.raises(NotFound):
        set_property(diagram(TASKS["nothing inside"]), "other", "a", "b")
