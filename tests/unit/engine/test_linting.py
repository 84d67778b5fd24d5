"""Every refusal names the element and says what to do. Each row: a diagram with one fault, and what is answered."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from workflows.engine import Bundle, Operation, Problem, check, compile  # noqa: A004 -- as callers do
from workflows.engine.errors import BundleRefused

from . import service_request
from .case import Case
from .constructs import BY_EVENT, CANCEL, started_by, when
from .drawing import ERROR, FORM, HEAD, MESSAGE, SIGNAL, TAIL, TERMINATE, Drawing, extensions, many, properties, timer
from .test_correctness import inner

OPERATIONS = {"service/open": Operation("service/open", ("id", "note"), ("id",))}


def no_faults(schema: dict[str, Any]) -> list[tuple[str | None, str, dict[str, Any]]]:
    return []


def problems_of(bundle: Bundle) -> list[Problem]:
    return check(bundle, operations=OPERATIONS, roles={"agent", "manager"}, check_form=no_faults)


def errors_of(bundle: Bundle) -> dict[str | None, str]:
    return {problem.element: problem.text for problem in problems_of(bundle) if problem.is_error}


def one(draw: Callable[[Drawing], Drawing], step: str = "step") -> Drawing:
    """start, one step, end."""
    return draw(Drawing().start()).end().chain("start", step, "end")


def with_form(form: bytes) -> Callable[[], Bundle]:
    return lambda: Bundle({**one(lambda d: d.user("step")).bundle().files, "form.form.json": form})


def raw(process: str, before: str = "") -> Bundle:
    return Bundle({"case.bpmn": (HEAD + before + process + TAIL).encode(), "form.form.json": FORM})


def fork(default: str | None, *conditions: str | None, kind: str = "exclusive") -> Drawing:
    d = Drawing().start().user("ask").gateway("choose", default, kind=kind).chain("start", "ask", "choose")
    for number, condition in enumerate(conditions):
        d.end(f"end{number}").flow("choose", f"end{number}", condition)
    return d


TABLE = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"><decision id="{id}" name="Team">'
    '<decisionTable hitPolicy="{policy}"><input label="Kind"><inputExpression><text>kind</text></inputExpression></input>'
    '<output name="team"/><rule><inputEntry><text>{cell}</text></inputEntry><outputEntry><text>{answer}</text>'
    "</outputEntry></rule></decisionTable></decision></definitions>"
)


def table(ident: str = "team", policy: str = "UNIQUE", cell: str = '"repair"', answer: str = "1") -> str:
    return TABLE.format(id=ident, policy=policy, cell=cell, answer=answer)


def cancelling(ident: str) -> Drawing:
    d = Drawing(ident).start(f"{ident}_s").user(f"{ident}_u").end(f"{ident}_off", CANCEL)
    return d.chain(f"{ident}_s", f"{ident}_u", f"{ident}_off")


FAULTS: dict[str, tuple[Callable[[], Bundle], str | None, str]] = {
    "a user task without a role": (lambda: one(lambda d: d.user("step", role=None)).bundle(), "step", "role"),
    "a user task with an unknown role": (lambda: one(lambda d: d.user("step", role="pope")).bundle(), "step", "pope"),
    "a user task without a form": (lambda: one(lambda d: d.user("step", form=None)).bundle(), "step", "no form"),
    "an unknown form": (lambda: one(lambda d: d.user("step", form="ghost")).bundle(), "step", "ghost"),
    "an unknown start form": (
        lambda: Drawing().start(formKey="ghost").user("step").end().chain("start", "step", "end").bundle(),
        "start",
        "ghost",
    ),
    "a loop that never waits": (
        lambda: (
            Drawing()
            .start()
            .gateway("merge")
            .script("step", "{n: 1}")
            .gateway("choose", "back")
            .end()
            .chain("start", "merge", "step", "choose")
            .flow("choose", "end", "n > 5")
            .flow("choose", "merge", ident="back")
            .bundle()
        ),
        "merge",
        "never waits",
    ),
    "Python in a script": (lambda: one(lambda d: d.script("step", "x = 1\ny = 2")).bundle(), "step", "Python"),
    "Python by name": (lambda: one(lambda d: d.script("step", "{x: 1}", "python")).bundle(), "step", "python"),
    "an import in a script": (lambda: one(lambda d: d.script("step", "import os")).bundle(), "step", "Python"),
    "a script that is no context": (lambda: one(lambda d: d.script("step", "1 + 1")).bundle(), "step", "context"),
    "a script that is missing": (lambda: one(lambda d: d.node("scriptTask", "step")).bundle(), "step", "no script"),
    "the reserved id Start": (lambda: one(lambda d: d.user("Start"), "Start").bundle(), "Start", "keeps the id"),
    "the reserved id End": (lambda: one(lambda d: d.user("End"), "End").bundle(), "End", "keeps the id"),
    "the reserved id Root": (lambda: one(lambda d: d.user("Root"), "Root").bundle(), "Root", "keeps the id"),
    "the reserved id of an end": (
        lambda: one(lambda d: d.user("case.EndJoin"), "case.EndJoin").bundle(),
        "case.EndJoin",
        "keeps the id",
    ),
    "an id with a blank": (lambda: one(lambda d: d.user("a b"), "a b").bundle(), "a b", "cannot be an id"),
    "an id used twice": (lambda: one(lambda d: d.user("step").user("step")).bundle(), "step", "used 2 times"),
    "a node that is never reached": (
        lambda: one(lambda d: d.user("step").user("lost")).bundle(),
        "lost",
        "never reached",
    ),
    "a flow from nowhere": (
        lambda: one(lambda d: d.user("step")).flow("ghost", "end").bundle(),
        "ghost__end",
        "nowhere",
    ),
    "a flow to nowhere": (
        lambda: one(lambda d: d.user("step")).flow("step", "ghost").bundle(),
        "step__ghost",
        "nowhere",
    ),
    "a step that nothing follows": (
        lambda: Drawing().start().user("step").end().flow("start", "step").bundle(),
        "step",
        "Nothing follows",
    ),
    "several flows out of a task": (
        lambda: one(lambda d: d.user("step")).end("end2").flow("step", "end2").bundle(),
        "step",
        "gateway",
    ),
    "an exclusive gateway without default": (lambda: fork(None, "a", "b").bundle(), "choose", "no default"),
    "an exclusive gateway without conditions": (
        lambda: fork("choose__end0", None, None).bundle(),
        "choose__end1",
        "no condition",
    ),
    "a default flow of another gateway": (lambda: fork("start__ask", "a", "b").bundle(), "choose", "does not leave it"),
    "a condition on a parallel gateway": (
        lambda: fork(None, "a", None, kind="parallel").bundle(),
        "choose__end0",
        "no gateway that chooses",
    ),
    "a condition that is not FEEL": (
        lambda: fork("choose__end1", "a >", None).bundle(),
        "choose__end0",
        "is not FEEL",
    ),
    "a condition of another tool": (
        lambda: fork("choose__end1", "${a == 1}", None).bundle(),
        "choose__end0",
        "without the braces",
    ),
    "a service task without operation": (
        lambda: one(lambda d: d.node("serviceTask", "step")).bundle(),
        "step",
        "no operation",
    ),
    "an unknown operation": (
        lambda: one(lambda d: d.service("step", "service/ghost")).bundle(),
        "step",
        "service/ghost",
    ),
    "an unknown parameter": (
        lambda: one(lambda d: d.service("step", "service/open", id="1", colour="2")).bundle(),
        "step",
        "colour",
    ),
    "a missing parameter": (lambda: one(lambda d: d.service("step", "service/open")).bundle(), "step", "without id"),
    "a parameter that is not FEEL": (
        lambda: one(lambda d: d.service("step", "service/open", id="1 +")).bundle(),
        "step",
        "is not FEEL",
    ),
    "a business rule task without decision": (
        lambda: one(lambda d: d.node("businessRuleTask", "step")).bundle(),
        "step",
        "no decision",
    ),
    "an unknown decision": (lambda: one(lambda d: d.rule("step", "ghost")).bundle(), "step", "ghost"),
    "a list without a variable": (
        lambda: one(lambda d: d.rule("step", "team")).bundle(rules=table(policy="COLLECT")),
        "step",
        "result variable",
    ),
    "a decision cell that is not FEEL": (
        lambda: one(lambda d: d.rule("step", "team")).bundle(rules=table(cell="&gt; &gt;")),
        "team",
        "Rule 1",
    ),
    "a decision answer that is not FEEL": (
        lambda: one(lambda d: d.rule("step", "team")).bundle(rules=table(answer="1 +")),
        "team",
        "Rule 1",
    ),
    "an unknown hit policy": (
        lambda: one(lambda d: d.rule("step", "team")).bundle(rules=table(policy="SOME")),
        "team",
        "hit policy",
    ),
    "a decision that exists twice": (
        lambda: one(lambda d: d.rule("step", "team")).bundle(rules=table(), more=table()),
        "team",
        "exists twice",
    ),
    "a timer without time": (lambda: one(lambda d: d.catch("step", timer(""))).bundle(), "step", "no time"),
    "a timer that is no duration": (
        lambda: one(lambda d: d.catch("step", timer("P"))).bundle(),
        "step",
        "no usable time",
    ),
    "a negative duration": (lambda: one(lambda d: d.catch("step", timer("-PT5M"))).bundle(), "step", "no usable time"),
    "a negative duration in FEEL": (
        lambda: one(lambda d: d.catch("step", timer('duration("-PT5M")'))).bundle(),
        "step",
        "no usable time",
    ),
    "a duration of ages": (lambda: one(lambda d: d.catch("step", timer("P9999999999Y"))).bundle(), "step", "no usable"),
    "a date without zone": (
        lambda: one(lambda d: d.catch("step", timer("2026-07-15T09:00:00", "timeDate"))).bundle(),
        "step",
        "no usable time",
    ),
    "a number as timer": (lambda: one(lambda d: d.catch("step", timer("5"))).bundle(), "step", "no usable time"),
    "a cycle without length": (
        lambda: (
            one(lambda d: d.user("step").border("t", "step", timer("R/PT0S", "timeCycle"))).flow("t", "end").bundle()
        ),
        "t",
        "no usable time",
    ),
    "a timer that is a word": (lambda: one(lambda d: d.catch("step", timer("soon >"))).bundle(), "step", "is not FEEL"),
    "too many rounds": (
        lambda: one(lambda d: d.user("step", many(count="100000"))).bundle(),
        "step",
        "between 0 and 1000",
    ),
    "neither list nor number of rounds": (
        lambda: one(lambda d: d.user("step", many())).bundle(),
        "step",
        "either a list",
    ),
    "a loop without end": (
        lambda: one(lambda d: d.user("step", "<bpmn:standardLoopCharacteristics/>")).bundle(),
        "step",
        "without end",
    ),
    "a call to nowhere": (lambda: one(lambda d: d.call("step", "ghost")).bundle(), "step", "ghost"),
    "a process that calls itself": (lambda: one(lambda d: d.call("step", "case")).bundle(), "step", "contain itself"),
    "no executable process": (
        lambda: raw('<bpmn:process id="case" isExecutable="false"><bpmn:startEvent id="s"/></bpmn:process>'),
        None,
        "No process can be started",
    ),
    "two executable processes": (
        lambda: one(lambda d: d.user("step")).bundle(
            Drawing("other").start("s2").user("u2").end("e2").chain("s2", "u2", "e2")
        ),
        "other",
        "a bundle has one",
    ),
    "no start event": (lambda: Drawing().user("step").end().flow("step", "end").bundle(), "case", "no start event"),
    "no end event": (lambda: Drawing().start().user("step").flow("start", "step").bundle(), "case", "no end event"),
    "two start events": (
        lambda: one(lambda d: d.user("step")).start("second").flow("second", "step").bundle(),
        "case",
        "several start events",
    ),
    "a start of a sub-process that waits": (
        lambda: one(
            lambda d: d.nested(Drawing("step").node("startEvent", "s", MESSAGE).user("u").end("e").chain("s", "u", "e"))
        ).bundle(),
        "s",
        "not supported",
    ),
    "a case that begins by a condition": (
        lambda: (
            Drawing().node("startEvent", "start", when("x")).user("step").end().chain("start", "step", "end").bundle()
        ),
        "start",
        "not supported",
    ),
    "two plain start events of a sub-process": (
        lambda: one(lambda d: d.nested(inner("step").start("more").flow("more", "step_one"))).bundle(),
        "step",
        "several start events",
    ),
    "an event sub-process without event": (
        lambda: one(lambda d: d.user("step").nested(inner("sub"), attributes=BY_EVENT)).bundle(),
        "sub_start",
        "which event starts",
    ),
    "an event sub-process with a flow": (
        lambda: one(lambda d: d.nested(started_by(MESSAGE, ident="step"), attributes=BY_EVENT)).bundle(),
        "step",
        "no flow leads in or out",
    ),
    "an event at the border of an event sub-process": (
        lambda: (
            one(lambda d: d.user("step").nested(started_by(MESSAGE), attributes=BY_EVENT))
            .border("t", "react", timer("PT1H"))
            .flow("t", "end")
            .bundle()
        ),
        "t",
        "attached to no task",
    ),
    "an error that starts something beside": (
        lambda: one(
            lambda d: d.user("step").nested(started_by(ERROR, interrupting=False), attributes=BY_EVENT)
        ).bundle(),
        "react_on",
        "must interrupt",
    ),
    "a cancelled sub-process": (
        lambda: one(lambda d: d.nested(cancelling("step"))).bundle(),
        "step_off",
        "stands in none",
    ),
    "a transaction that nobody hears being cancelled": (
        lambda: one(lambda d: d.nested(cancelling("step"), tag="transaction")).bundle(),
        "step",
        "attach a cancel event",
    ),
    "a cancellation of a task": (
        lambda: one(lambda d: d.user("step").border("t", "step", CANCEL)).flow("t", "end").bundle(),
        "t",
        "only a transaction",
    ),
    "a condition that is missing": (
        lambda: one(lambda d: d.catch("step", "<bpmn:conditionalEventDefinition/>")).bundle(),
        "step",
        "write one",
    ),
    "a condition of an event that is not FEEL": (
        lambda: one(lambda d: d.catch("step", when("x >"))).bundle(),
        "step",
        "is not FEEL",
    ),
    "two timers in one event": (
        lambda: one(lambda d: d.catch("step", timer("PT1H") + timer("PT2H"))).bundle(),
        "step",
        "several timers",
    ),
    "a complex gateway": (
        lambda: one(lambda d: d.node("complexGateway", "step")).bundle(),
        "step",
        "use inclusive gateways",
    ),
    "a link": (
        lambda: one(
            lambda d: d.node("intermediateThrowEvent", "step", '<bpmn:linkEventDefinition name="x"/>')
        ).bundle(),
        "step",
        "draw the flow",
    ),
    "a compensation": (
        lambda: one(lambda d: d.node("intermediateThrowEvent", "step", "<bpmn:compensateEventDefinition/>")).bundle(),
        "step",
        "undo the work",
    ),
    "steps in turn without order": (
        lambda: one(
            lambda d: d.nested(Drawing("step").user("u"), tag="adHocSubProcess", attributes='ordering="Sequential"')
        ).bundle(),
        "step",
        "draw the order",
    ),
    "no steps without order": (
        lambda: one(lambda d: d.nested(Drawing("step"), tag="adHocSubProcess")).bundle(),
        "step",
        "has no step",
    ),
    "an end among steps without order": (
        lambda: one(
            lambda d: d.nested(Drawing("step").user("u").end("e").flow("u", "e"), tag="adHocSubProcess")
        ).bundle(),
        "e",
        "no start and no end",
    ),
    "a boundary event on nothing": (
        lambda: one(lambda d: d.user("step").border("t", "ghost", timer("PT1H"))).flow("t", "end").bundle(),
        "t",
        "attached to no task",
    ),
    "a boundary event without event": (
        lambda: one(lambda d: d.user("step").border("t", "step", "")).flow("t", "end").bundle(),
        "t",
        "waits for nothing",
    ),
    "an error that nobody throws": (
        lambda: one(lambda d: d.user("step").border("t", "step", ERROR)).flow("t", "end").bundle(),
        "t",
        "never throws",
    ),
    "a terminating catch": (lambda: one(lambda d: d.catch("step", TERMINATE)).bundle(), "step", "not supported"),
    "a message without name": (
        lambda: one(lambda d: d.catch("step", '<bpmn:messageEventDefinition messageRef="ghost"/>')).bundle(),
        "step",
        "no name",
    ),
    "a lane that names a ghost": (
        lambda: one(lambda d: d.user("step")).lane("Agents", ["step", "ghost"]).bundle(),
        "lane_0",
        "ghost",
    ),
    "a lane without a name": (lambda: one(lambda d: d.user("step")).lane("", ["step"]).bundle(), "lane_0", "no name"),
    "an event gateway that leads to a task": (
        lambda: (
            one(lambda d: d.gateway("step", kind="eventBased").user("u")).flow("step", "u").flow("u", "end").bundle()
        ),
        "step__u",
        "must lead to an event",
    ),
    "a priority out of range": (lambda: one(lambda d: d.user("step", priority="7")).bundle(), "step", "0, 1, 2 or 3"),
    "an assignee that is not FEEL": (
        lambda: one(lambda d: d.user("step", assignee="(")).bundle(),
        "step",
        "is not FEEL",
    ),
    "a script after that is Python": (
        lambda: one(lambda d: d.user("step", after="x = 1")).bundle(),
        "step",
        "Python",
    ),
    "a form that is no JSON": (
        lambda: Bundle({**one(lambda d: d.user("step")).bundle().files, "form.form.json": b"{"}),
        None,
        "not valid JSON",
    ),
    **{
        f"a form that holds {name}": (
            with_form(b'{"id": %s}' % value),
            None,
            words,
        )
        for name, value, words in (
            ("no number", b"NaN", "not valid JSON"),
            ("an endless number", b"1e999", "not valid JSON"),
            ("half a character", rb'"\ud800"', "not valid JSON"),
            ("a NUL character", rb'"\u0000"', "NUL character"),
        )
    },
    "no diagram": (lambda: Bundle({"form.form.json": FORM}), None, "no diagram"),
    "two diagrams": (lambda: Bundle({"a.bpmn": b"<a/>", "b.bpmn": b"<b/>"}), None, "several diagrams"),
    "another kind of XML": (lambda: Bundle({"a.bpmn": b"<a/>"}), None, "not a BPMN diagram"),
    "broken XML": (lambda: Bundle({"a.bpmn": b"<a>"}), None, "not well-formed"),
    "an element without id": (lambda: raw('<bpmn:process id="p"><bpmn:startEvent/></bpmn:process>'), None, "no id"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_refused_with_its_element_and_a_cure(name: str) -> None:
    """H5, H8, H21: the library accepts some of these, and refuses others without saying where."""
    draw, element, words = FAULTS[name]
    bundle = draw()
    found = errors_of(bundle)
    assert element in found, found
    assert words in found[element]
    assert not re.search(r"\{\w+\}", found[element]), "a placeholder without a value"


@pytest.mark.parametrize("form", [FORM, b'{"least": NaN}'])
def test_what_was_published_runs_on_though_a_rule_came_later(form: bytes) -> None:
    drawn = one(lambda d: d.user("step", priority="7")).bundle()
    bundle = Bundle({**drawn.files, "form.form.json": form})
    with pytest.raises(BundleRefused, match="0, 1, 2 or 3"):
        compile(bundle)
    assert set(compile(bundle, stored=True).nodes) >= {"step"}
    assert set(bundle.forms) == {"form"}


def test_a_sound_bundle_has_no_problems() -> None:
    sound = check(
        service_request.bundle(),
        operations=service_request.OPERATIONS,
        roles=service_request.ROLES,
        check_form=no_faults,
    )
    assert sound == []


def test_a_task_without_a_kind_is_for_a_person() -> None:
    bundle = one(lambda d: d.node("task", "step", extensions(properties(role="agent")))).bundle()
    assert [(p.element, p.severity) for p in problems_of(bundle)] == [("step", "warning")]
    assert [opened.node_id for opened in Case(bundle).step.opened] == ["step"]


def test_a_script_where_none_runs_is_told() -> None:
    script = extensions("<spiffworkflow:postScript>{ a: 1 }</spiffworkflow:postScript>")
    d = Drawing().node("startEvent", "start", script).user("step", role="agent").end().chain("start", "step", "end")
    assert [(p.element, p.severity) for p in problems_of(d.bundle())] == [("start", "warning")]
    runs = one(lambda d: d.node("scriptTask", "step", script + "<bpmn:script>{ b: 2 }</bpmn:script>")).bundle()
    assert problems_of(runs) == []


def beginnings(*starts: tuple[str, str], **task: Any) -> list[Problem]:
    d = Drawing().user("step", **task).end().chain("step", "end")
    for ident, body in starts:
        d.node("startEvent", ident, body).flow(ident, "step")
    return problems_of(d.bundle())


def test_a_start_by_an_event_is_complete_in_itself() -> None:
    for body in (MESSAGE, SIGNAL, timer("R/P7D", "timeCycle"), timer("PT2H")):
        assert beginnings(("begin", body)) == []


WEEKLY = timer("R/P7D", "timeCycle")


@pytest.mark.parametrize(
    ("starts", "task", "severity", "element", "said"),
    [
        ((("one", MESSAGE + SIGNAL),), {}, "error", "one", "a start event for each"),
        ((("one", MESSAGE), ("two", MESSAGE)), {}, "error", "one", "by the same event"),
        ((("one", extensions(properties(formKey="form")) + WEEKLY),), {}, "error", "one", "take the form away"),
        (
            (("one", WEEKLY), ("hand", extensions(properties(formKey="form")))),
            {},
            "warning",
            "one",
            "no answers of the form form",
        ),
        ((("one", WEEKLY),), {"assign": "initiator"}, "warning", "step", "which nobody did"),
        ((("one", WEEKLY),), {"assign": "superior"}, "warning", "step", "which nobody did"),
    ],
)
def test_what_begins_by_itself_relies_on_nobody(
    starts: tuple[tuple[str, str], ...], task: dict[str, object], severity: str, element: str, said: str
) -> None:
    found = {p.element: p for p in beginnings(*starts, **task)}
    assert found[element].severity == severity
    assert said in found[element].text


def test_what_cannot_run_does_not_compile() -> None:
    with pytest.raises(BundleRefused) as refused:
        compile(one(lambda d: d.user("step", role=None)).bundle())
    assert [problem.element for problem in refused.value.problems] == ["step"]


def test_faults_of_a_form_name_its_file() -> None:
    def fault(schema: dict[str, Any]) -> list[tuple[str | None, str, dict[str, Any]]]:
        return [("amount", "The field {field} has a bad pattern.", {"field": "amount"})]

    bundle = one(lambda d: d.user("step")).bundle()
    problems = check(bundle, operations={}, roles={"agent"}, check_form=fault)
    assert [(p.file, p.element, p.text) for p in problems] == [
        ("form.form.json", "amount", "The field amount has a bad pattern.")
    ]


def test_a_lane_gives_its_role_to_the_tasks_inside_even_through_blanks_and_nested_lanes() -> None:
    """H11: the library drops a lane whose reference has blanks around it; nobody's rule then holds for the task."""
    inner = Drawing("sub").start("s").user("deep", role=None).end("e").chain("s", "deep", "e")
    drawing = Drawing().start().user("a", role=None).nested(inner).end().chain("start", "a", "sub", "end")
    drawing.lanes.append(
        f'<bpmn:lane id="outer" name="Sales">{extensions(properties(role="manager"))}'
        '<bpmn:flowNodeRef>\n  a </bpmn:flowNodeRef><bpmn:flowNodeRef> sub </bpmn:flowNodeRef><bpmn:childLaneSet id="c">'
        '<bpmn:lane id="inner" name="Inside"><bpmn:flowNodeRef> a\t</bpmn:flowNodeRef></bpmn:lane></bpmn:childLaneSet></bpmn:lane>'
    )
    nodes = compile(drawing.bundle()).nodes
    assert (nodes["a"].lane, nodes["a"].role) == ("Inside", "manager")
    assert (nodes["deep"].lane, nodes["deep"].role) == ("Sales", "manager")


def test_an_unknown_lane_role_is_refused_at_the_task() -> None:
    drawing = one(lambda d: d.user("step", role=None)).lane("Agents", ["step"], role="pope")
    assert "pope" in errors_of(drawing.bundle())["step"]
