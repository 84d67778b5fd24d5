"""Small diagrams for tests that need a process of a certain shape and nothing else."""

from __future__ import annotations

import json
from itertools import pairwise

from workflows.engine import Bundle

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="https://heliu.example/test">'
)
NOTE_FORM = {
    "type": "default",
    "components": [{"type": "textfield", "id": "note_field", "key": "note", "label": "Note"}],
}


def properties(**values: str) -> str:
    """Our properties of an element."""
    inner = "".join(f'<spiffworkflow:property name="{name}" value="{value}" />' for name, value in values.items())
    return (
        f"<bpmn:extensionElements><spiffworkflow:properties>{inner}</spiffworkflow:properties></bpmn:extensionElements>"
    )


def user_task(id_: str, *, role: str = "service_agent", form: str = "note", **more: str) -> str:
    return f'<bpmn:userTask id="{id_}" name="{id_}">{properties(role=role, formKey=form, **more)}</bpmn:userTask>'


def service_task(id_: str, operation: str, **parameters: str) -> str:
    given = "".join(f'<spiffworkflow:parameter id="{k}" type="any" value="{v}" />' for k, v in parameters.items())
    return (
        f'<bpmn:serviceTask id="{id_}"><bpmn:extensionElements><spiffworkflow:serviceTaskOperator id="{operation}">'
        f"<spiffworkflow:parameters>{given}</spiffworkflow:parameters></spiffworkflow:serviceTaskOperator>"
        "</bpmn:extensionElements></bpmn:serviceTask>"
    )


def script_task(id_: str, script: str) -> str:
    return f'<bpmn:scriptTask id="{id_}" scriptFormat="feel"><bpmn:script>{script}</bpmn:script></bpmn:scriptTask>'


def straight(key: str, *elements: str, forms: dict[str, object] | None = None) -> Bundle:
    """A process whose elements follow each other: start → … → end."""
    ids = ["begin", *(element.split('id="')[1].split('"')[0] for element in elements), "finish"]
    flows = "".join(
        f'<bpmn:sequenceFlow id="flow_{n}" sourceRef="{a}" targetRef="{b}" />' for n, (a, b) in enumerate(pairwise(ids))
    )
    body = f'<bpmn:startEvent id="begin" />{"".join(elements)}<bpmn:endEvent id="finish" />{flows}'
    return bundle(key, body, forms=forms)


def bundle(key: str, body: str, *, forms: dict[str, object] | None = None) -> Bundle:
    """A process with the given content, and the form `note` beside it."""
    xml = f'{HEAD}<bpmn:process id="{key}" name="{key}" isExecutable="true">{body}</bpmn:process></bpmn:definitions>'
    files = {
        f"{name}.form.json": json.dumps(form).encode() for name, form in {"note": NOTE_FORM, **(forms or {})}.items()
    }
    return Bundle({f"{key}.bpmn": xml.encode(), **files})
