"""The files that a new process begins with: a start, one task for a person with a small form, and an end; it can run at once."""

from __future__ import annotations

import json
from xml.sax.saxutils import quoteattr

from crm.core.i18n import text, translate

FORM_KEY = "work"
DIAGRAM = "process.bpmn"
# Administrators are there in every installation; other roles are data.
ROLE = "administrator"


def first_files(key: str, name: str, *, locale: str) -> dict[str, bytes]:
    """The bundle of a process that nobody has drawn yet, with its words in the author's language."""
    form = {
        "schemaVersion": 16,
        "type": "default",
        "id": FORM_KEY,
        "components": [
            {"type": "textarea", "key": "note", "label": translate(text("Note"), locale), "id": "note"},
        ],
    }
    values = {"key": key, "role": ROLE, "form": FORM_KEY, "task": translate(text("First step"), locale), "name": name}
    diagram = TEMPLATE
    # The name comes last: whatever it holds is put in no further place.
    for place, value in values.items():
        diagram = diagram.replace("{" + place + "}", quoteattr(value))
    return {
        DIAGRAM: diagram.encode(),
        f"{FORM_KEY}.form.json": (json.dumps(form, ensure_ascii=False, indent=2) + "\n").encode(),
    }


TEMPLATE = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" id="Definitions_1" targetNamespace="http://bpmn.io/schema/bpmn">
  <bpmn:process id={key} name={name} isExecutable="true">
    <bpmn:startEvent id="StartEvent_1">
      <bpmn:outgoing>Flow_1</bpmn:outgoing>
    </bpmn:startEvent>
    <bpmn:sequenceFlow id="Flow_1" sourceRef="StartEvent_1" targetRef="Task_1" />
    <bpmn:userTask id="Task_1" name={task}>
      <bpmn:extensionElements>
        <spiffworkflow:properties>
          <spiffworkflow:property name="role" value={role} />
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
    <bpmndi:BPMNPlane id="BPMNPlane_1" bpmnElement={key}>
      <bpmndi:BPMNShape id="StartEvent_1_di" bpmnElement="StartEvent_1">
        <dc:Bounds x="182" y="142" width="36" height="36" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="Task_1_di" bpmnElement="Task_1">
        <dc:Bounds x="270" y="120" width="100" height="80" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="EndEvent_1_di" bpmnElement="EndEvent_1">
        <dc:Bounds x="422" y="142" width="36" height="36" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="Flow_1_di" bpmnElement="Flow_1">
        <di:waypoint x="218" y="160" />
        <di:waypoint x="270" y="160" />
      </bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="Flow_2_di" bpmnElement="Flow_2">
        <di:waypoint x="370" y="160" />
        <di:waypoint x="422" y="160" />
      </bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""
