"""The files that a new process begins with: a start, one task for a person with a small form, and an end; it can run at once.

Where somebody has said who takes part, they stand in a pool with a lane for each role.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from crm.core.i18n import LOCALES, text, translate
from workflows.engine.bundle import TEXTS_NAME

FORM_KEY = "work"
DIAGRAM = "process.bpmn"
# Administrators are there in every installation; other roles are data.
ROLE = "administrator"
MOST_LANES = 6
FIRST_STEP, NOTE = text("First step"), text("Note")
VALUE = re.compile(r"\{([a-z]+(?: \d+)?)\}")
# In pixels: the pool around the lanes, each lane, and the strip at their left in which their names stand.
LEFT, TOP, STRIP = 130, 95, 30
WIDE, HIGH = 1000, 130


@dataclass(frozen=True)
class Lane:
    """A lane for a role: its key, and what it is called in each language."""

    role: str
    names: Mapping[str, str]


def first_files(key: str, name: str, *, locale: str, lanes: Sequence[Lane] = ()) -> dict[str, bytes]:
    """The bundle of a process that nobody has drawn yet, with its words in the author's language and their translations.
    `lanes` go from top to bottom; all begins in the first."""
    form = {
        "schemaVersion": 16,
        "type": "default",
        "id": FORM_KEY,
        "components": [
            {"type": "textarea", "key": "note", "label": translate(NOTE, locale), "id": "note"},
        ],
    }
    values = {
        "key": key,
        "form": FORM_KEY,
        "task": translate(FIRST_STEP, locale),
        "name": name,
        "role": lanes[0].role if lanes else ROLE,
    }
    for number, lane in enumerate(lanes):
        values |= {f"role {number}": lane.role, f"lane {number}": lane.names[locale]}
    diagram = TEMPLATE
    for place, part in _around(lanes).items():
        diagram = diagram.replace("{" + place + "}", part)
    # All at once: whatever a name holds is put in no further place.
    diagram = VALUE.sub(lambda found: quoteattr(values[found[1]]), diagram)
    return {
        DIAGRAM: diagram.encode(),
        f"{FORM_KEY}.form.json": _json(form),
        TEXTS_NAME: _json(_translations(locale, lanes)),
    }


def _json(content: object) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def _translations(locale: str, lanes: Sequence[Lane]) -> dict[str, dict[str, str]]:
    """What the words that are written into the files are called in the other languages."""
    found = {}
    for other in (each for each in LOCALES if each != locale):
        pairs = {translate(words, locale): translate(words, other) for words in (FIRST_STEP, NOTE)}
        pairs |= {lane.names[locale]: lane.names[other] for lane in lanes}
        found[other] = {source: words for source, words in pairs.items() if source != words}
    return found


def _around(lanes: Sequence[Lane]) -> dict[str, str]:
    """The parts of the diagram that a pool with lanes needs, and those of one without."""
    if not lanes:
        return {"pool": "", "lanes": "", "starts": "", "owns": OWN_ROLE, "plane": "{key}", "shapes": ""}
    drawn = [_shape("Pool_1", LEFT, TOP, WIDE, HIGH * len(lanes))]
    drawn += [
        _shape(f"Lane_{number + 1}", LEFT + STRIP, TOP + HIGH * number, WIDE - STRIP, HIGH)
        for number in range(len(lanes))
    ]
    inside = "".join(
        f"<bpmn:flowNodeRef>{ident}</bpmn:flowNodeRef>" for ident in ("StartEvent_1", "Task_1", "EndEvent_1")
    )
    sets = "".join(
        LANE.replace("{ident}", f"Lane_{number + 1}")
        .replace("{number}", str(number))
        .replace("{nodes}", inside if number == 0 else "")
        for number in range(len(lanes))
    )
    return {
        "pool": POOL,
        "lanes": f'<bpmn:laneSet id="LaneSet_1">{sets}</bpmn:laneSet>',
        "starts": STARTS,
        "owns": "",
        "plane": '"Collaboration_1"',
        "shapes": "".join(drawn),
    }


def _shape(ident: str, x: int, y: int, width: int, height: int) -> str:
    bounds = f'<dc:Bounds x="{x}" y="{y}" width="{width}" height="{height}" />'
    return f'<bpmndi:BPMNShape id="{ident}_di" bpmnElement="{ident}" isHorizontal="true">{bounds}</bpmndi:BPMNShape>'


POOL = """<bpmn:collaboration id="Collaboration_1"><bpmn:participant id="Pool_1" name={name} processRef={key} /></bpmn:collaboration>"""
LANE = """<bpmn:lane id="{ident}" name={lane {number}}><bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="role" value={role {number}} /></spiffworkflow:properties></bpmn:extensionElements>{nodes}</bpmn:lane>"""
STARTS = """<bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="role" value={role} /></spiffworkflow:properties></bpmn:extensionElements>"""
OWN_ROLE = """<spiffworkflow:property name="role" value={role} />"""
TEMPLATE = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" id="Definitions_1" targetNamespace="http://bpmn.io/schema/bpmn">
  {pool}<bpmn:process id={key} name={name} isExecutable="true">{lanes}
    <bpmn:startEvent id="StartEvent_1">{starts}
      <bpmn:outgoing>Flow_1</bpmn:outgoing>
    </bpmn:startEvent>
    <bpmn:sequenceFlow id="Flow_1" sourceRef="StartEvent_1" targetRef="Task_1" />
    <bpmn:userTask id="Task_1" name={task}>
      <bpmn:extensionElements>
        <spiffworkflow:properties>
          {owns}
          <spiffworkflow:property name="formKey" value={form} />
        </spiffworkflow:properties>
      </bpmn:extensionElements>
      <bpmn:incoming>Flow_1</bpmn:incoming>
      <bpmn:outgoing>Flow_2</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="Flow_2" sourceRef="Task_1" targetRef="EndEvent_1" />
    <bpmn:endEvent id="EndEvent_1">
      <bpmn:incoming>Flow_2</bpmn:incoming>
    </bpmn:endEvent>
  </bpmn:process>
  <bpmndi:BPMNDiagram id="BPMNDiagram_1">
    <bpmndi:BPMNPlane id="BPMNPlane_1" bpmnElement={plane}>{shapes}
      <bpmndi:BPMNShape id="StartEvent_1_di" bpmnElement="StartEvent_1">
        <dc:Bounds x="222" y="142" width="36" height="36" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="Task_1_di" bpmnElement="Task_1">
        <dc:Bounds x="310" y="120" width="100" height="80" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="EndEvent_1_di" bpmnElement="EndEvent_1">
        <dc:Bounds x="462" y="142" width="36" height="36" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="Flow_1_di" bpmnElement="Flow_1">
        <di:waypoint x="258" y="160" />
        <di:waypoint x="310" y="160" />
      </bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="Flow_2_di" bpmnElement="Flow_2">
        <di:waypoint x="410" y="160" />
        <di:waypoint x="462" y="160" />
      </bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""
