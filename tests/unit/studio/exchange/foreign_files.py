"""Small diagrams as other tools write them, and words to ask an import what it told."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from itertools import pairwise
from typing import Any

from lxml import etree

from workflows.engine import Bundle, Problem, check
from workflows.engine.linting.elements import Operation
from workflows.operations.deploying import check_form
from workflows.studio.exchange.document import BPMN, SPIFF, Around
from workflows.studio.exchange.gathering import take_all
from workflows.studio.exchange.report import Imported, Line, Status

ROLES = {"service_agent": ("Service agent", "客服专员"), "sales_supervisor": ("Sales supervisor", "销售主管")}
OPERATIONS = {"service/archive": Operation("service/archive", ("request_id",), ("request_id",))}
AROUND = Around(roles=ROLES, operations=OPERATIONS.keys())
NAMESPACES = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "camunda": "http://camunda.org/schema/1.0/bpmn",
    "zeebe": "http://camunda.org/schema/zeebe/1.0",
    "flowable": "http://flowable.org/bpmn",
    "activiti": "http://activiti.org/bpmn",
    "spiffworkflow": "http://spiffworkflow.org/bpmn/schema/1.0/core",
}


def diagram(body: str, *, speaks: tuple[str, ...] = (), process: str = "", before: str = "") -> bytes:
    """A file with one process, and the namespaces that it speaks in."""
    names = "".join(f' xmlns:{name}="{NAMESPACES[name]}"' for name in ("bpmn", "xsi", *speaks))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<bpmn:definitions{names} id="d" targetNamespace="urn:test">{before}'
        f'<bpmn:process id="order" name="Order" isExecutable="true"{process}>{body}</bpmn:process></bpmn:definitions>'
    ).encode()


def straight(*steps: str, flows: str = "") -> str:
    """start → steps → end, with the ids that the steps say."""
    ids = ["begin", *(step.split('id="')[1].split('"')[0] for step in steps), "finish"]
    drawn = "".join(
        f'<bpmn:sequenceFlow id="f{number}" sourceRef="{a}" targetRef="{b}"/>'
        for number, (a, b) in enumerate(pairwise(ids))
    )
    return f'<bpmn:startEvent id="begin"/>{"".join(steps)}<bpmn:endEvent id="finish"/>{drawn}{flows}'


def chosen(condition: str, attributes: str = "") -> str:
    """A gateway with one condition and one flow without, no default said."""
    formula = f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression"{attributes}>{escape(condition)}</bpmn:conditionExpression>'
    return (
        '<bpmn:startEvent id="begin"/><bpmn:exclusiveGateway id="which"/><bpmn:endEvent id="yes"/><bpmn:endEvent id="no"/>'
        '<bpmn:sequenceFlow id="f0" sourceRef="begin" targetRef="which"/>'
        f'<bpmn:sequenceFlow id="large" sourceRef="which" targetRef="yes">{formula}</bpmn:sequenceFlow>'
        '<bpmn:sequenceFlow id="small" sourceRef="which" targetRef="no"/>'
    )


def take_in(files: Mapping[str, bytes], around: Around = AROUND) -> Imported:
    """The one process of some files."""
    (imported,) = take_all(files, around).processes
    return imported


def taken(raw: bytes, around: Around = AROUND, **beside: bytes) -> Imported:
    """The import of a diagram; files beside it as `approve__form=…`."""
    return take_in(
        {"order.bpmn": raw, **{name.replace("__", "."): content for name, content in beside.items()}}, around
    )


def tree(imported: Imported) -> Any:
    return etree.fromstring(imported.files["order.bpmn"])


def element(imported: Imported, ident: str) -> Any:
    return next(each for each in tree(imported).iter(f"{BPMN}*") if each.get("id") == ident)


def said(imported: Imported, ident: str) -> dict[str, str]:
    """Our properties at an element."""
    return {part.get("name"): part.get("value") for part in element(imported, ident).iter(f"{SPIFF}property")}


def word(imported: Imported, ident: str, name: str) -> str:
    """The text of one of our extensions at an element."""
    found = element(imported, ident).find(f"{BPMN}extensionElements/{SPIFF}{name}")
    return "" if found is None else found.text or ""


def lines(imported: Imported, ident: str | None, status: Status | None = None) -> list[Line]:
    return [line for line in imported.lines if line.element == ident and status in (None, line.status)]


def errors(imported: Imported) -> list[Problem]:
    """What the check of a version still has against it."""
    found = check(Bundle(imported.files), operations=OPERATIONS, roles=ROLES.keys(), check_form=check_form)
    return [problem for problem in found if problem.is_error]
