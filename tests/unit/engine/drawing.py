"""Draws small diagrams as text, so that a test shows the whole process it is about."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import pairwise

from workflows.engine import Bundle

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" id="definitions" targetNamespace="urn:test">'
    '<bpmn:message id="message_paid" name="paid"/><bpmn:signal id="signal_recall" name="recall"/>'
    '<bpmn:error id="error_broken" errorCode="broken"/><bpmn:escalation id="escalation_late" escalationCode="late"/>'
)
TAIL = "</bpmn:definitions>"
FORM = b'{"type": "default", "components": []}'


def properties(**values: object) -> str:
    inner = "".join(
        f'<spiffworkflow:property name="{k}" value="{escape(str(v))}"/>' for k, v in values.items() if v is not None
    )
    return f"<spiffworkflow:properties>{inner}</spiffworkflow:properties>" if inner else ""


def extensions(*parts: str) -> str:
    return f"<bpmn:extensionElements>{''.join(parts)}</bpmn:extensionElements>" if any(parts) else ""


def timer(text: str, kind: str = "timeDuration") -> str:
    body = f'<bpmn:{kind} xsi:type="bpmn:tFormalExpression">{escape(text)}</bpmn:{kind}>'
    return f"<bpmn:timerEventDefinition>{body}</bpmn:timerEventDefinition>"


def many(
    items: str | None = None, *, count: str | None = None, sequential: bool = False, item: str = "item",
    output: str | None = "results", answer: str | None = "answer", until: str | None = None,
) -> str:  # fmt: skip
    parts = [
        f"<bpmn:loopDataInputRef>{items}</bpmn:loopDataInputRef>" if items else "",
        f"<bpmn:loopCardinality>{count}</bpmn:loopCardinality>" if count else "",
        f"<bpmn:loopDataOutputRef>{output}</bpmn:loopDataOutputRef>" if output else "",
        f'<bpmn:inputDataItem id="{item}"/>' if item else "",
        f'<bpmn:outputDataItem id="{answer}"/>' if answer else "",
        f"<bpmn:completionCondition>{escape(until)}</bpmn:completionCondition>" if until else "",
    ]
    kind = str(sequential).lower()
    return f'<bpmn:multiInstanceLoopCharacteristics isSequential="{kind}">{"".join(parts)}</bpmn:multiInstanceLoopCharacteristics>'


class Drawing:
    """One process (or sub-process): nodes and flows in, BPMN out. Methods return the drawing, to be chained."""

    def __init__(self, ident: str = "case") -> None:
        self.ident = ident
        self.nodes: list[str] = []
        self.flows: list[str] = []
        self.lanes: list[str] = []

    def node(self, tag: str, ident: str, body: str = "", **attributes: str) -> Drawing:
        shown = "".join(f' {k}="{escape(v)}"' for k, v in attributes.items())
        self.nodes.append(f'<bpmn:{tag} id="{ident}"{shown}>{body}</bpmn:{tag}>')
        return self

    def start(self, ident: str = "start", **props: object) -> Drawing:
        return self.node("startEvent", ident, extensions(properties(**props)))

    def end(self, ident: str = "end", body: str = "") -> Drawing:
        return self.node("endEvent", ident, body)

    def user(
        self, ident: str, body: str = "", *, role: str | None = "agent", form: str | None = "form", before: str = "",
        after: str = "", **props: object,
    ) -> Drawing:  # fmt: skip
        scripts = (f"<spiffworkflow:preScript>{escape(before)}</spiffworkflow:preScript>" if before else "") + (
            f"<spiffworkflow:postScript>{escape(after)}</spiffworkflow:postScript>" if after else ""
        )
        return self.node("userTask", ident, extensions(properties(role=role, formKey=form, **props), scripts) + body)

    def script(self, ident: str, text: str, language: str = "feel") -> Drawing:
        return self.node("scriptTask", ident, f"<bpmn:script>{escape(text)}</bpmn:script>", scriptFormat=language)

    def service(self, ident: str, operation: str, result: str | None = None, body: str = "", **params: str) -> Drawing:
        given = "".join(
            f'<spiffworkflow:parameter id="{k}" type="any" value="{escape(v)}"/>' for k, v in params.items()
        )
        variable = f' resultVariable="{result}"' if result else ""
        operator = (
            f'<spiffworkflow:serviceTaskOperator id="{operation}"{variable}><spiffworkflow:parameters>{given}'
            "</spiffworkflow:parameters></spiffworkflow:serviceTaskOperator>"
        )
        return self.node("serviceTask", ident, extensions(operator) + body)

    def rule(self, ident: str, decision: str, result: str | None = None) -> Drawing:
        called = f"<spiffworkflow:calledDecisionId>{decision}</spiffworkflow:calledDecisionId>"
        return self.node("businessRuleTask", ident, extensions(called, properties(resultVariable=result)))

    def gateway(self, ident: str, default: str | None = None, kind: str = "exclusive") -> Drawing:
        return self.node(f"{kind}Gateway", ident, **({"default": default} if default else {}))

    def border(self, ident: str, owner: str, body: str, *, interrupting: bool = True) -> Drawing:
        return self.node("boundaryEvent", ident, body, attachedToRef=owner, cancelActivity=str(interrupting).lower())

    def catch(self, ident: str, body: str) -> Drawing:
        return self.node("intermediateCatchEvent", ident, body)

    def nested(self, inner: Drawing, body: str = "", tag: str = "subProcess", attributes: str = "") -> Drawing:
        self.nodes.append(f'<bpmn:{tag} id="{inner.ident}" {attributes}>{body}{inner.body()}</bpmn:{tag}>')
        return self

    def call(self, ident: str, called: str, body: str = "") -> Drawing:
        return self.node("callActivity", ident, body, calledElement=called)

    def flow(self, source: str, target: str, condition: str | None = None, ident: str | None = None) -> Drawing:
        inner = (
            f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{escape(condition)}</bpmn:conditionExpression>'
            if condition
            else ""
        )
        ident = ident or f"{source}__{target}"
        self.flows.append(
            f'<bpmn:sequenceFlow id="{ident}" sourceRef="{source}" targetRef="{target}">{inner}</bpmn:sequenceFlow>'
        )
        return self

    def chain(self, *ids: str) -> Drawing:
        for source, target in pairwise(ids):
            self.flow(source, target)
        return self

    def lane(self, name: str, nodes: Iterable[str], role: str | None = None) -> Drawing:
        refs = "".join(f"<bpmn:flowNodeRef> {n}\n</bpmn:flowNodeRef>" for n in nodes)
        more = extensions(properties(role=role))
        self.lanes.append(f'<bpmn:lane id="lane_{len(self.lanes)}" name="{name}">{more}{refs}</bpmn:lane>')
        return self

    def body(self) -> str:
        lanes = f'<bpmn:laneSet id="lanes_{self.ident}">{"".join(self.lanes)}</bpmn:laneSet>' if self.lanes else ""
        return lanes + "".join(self.nodes) + "".join(self.flows)

    def process(self) -> str:
        return f'<bpmn:process id="{self.ident}" isExecutable="true">{self.body()}</bpmn:process>'

    def bundle(self, *others: Drawing, **files: str) -> Bundle:
        """`files`: DMN texts by name. A form `form` is always there."""
        xml = HEAD + self.process() + "".join(other.process() for other in others) + TAIL
        decisions = {f"{name}.dmn": text.encode() for name, text in files.items()}
        return Bundle({f"{self.ident}.bpmn": xml.encode(), "form.form.json": FORM, **decisions})


MESSAGE = '<bpmn:messageEventDefinition messageRef="message_paid"/>'
SIGNAL = '<bpmn:signalEventDefinition signalRef="signal_recall"/>'
ERROR = '<bpmn:errorEventDefinition errorRef="error_broken"/>'
ESCALATION = '<bpmn:escalationEventDefinition escalationRef="escalation_late"/>'
TERMINATE = "<bpmn:terminateEventDefinition/>"
