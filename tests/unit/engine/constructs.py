"""One small process for each construct of BPMN that is not among the everyday ones."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from workflows.engine import Bundle

from .drawing import ERROR, ESCALATION, MESSAGE, SIGNAL, TERMINATE, Drawing, extensions, many, properties, timer

CANCEL = "<bpmn:cancelEventDefinition/>"
BY_EVENT = 'triggeredByEvent="true"'


def when(condition: str) -> str:
    inner = f'<bpmn:condition xsi:type="bpmn:tFormalExpression">{escape(condition)}</bpmn:condition>'
    return f"<bpmn:conditionalEventDefinition>{inner}</bpmn:conditionalEventDefinition>"


def loop(condition: str = "not(done)", *, before: bool = False, maximum: int = 4) -> str:
    return (
        f'<bpmn:standardLoopCharacteristics testBefore="{str(before).lower()}" loopMaximum="{maximum}">'
        f"<bpmn:loopCondition>{escape(condition)}</bpmn:loopCondition></bpmn:standardLoopCharacteristics>"
    )


def passing(inputs: tuple[str, ...] = (), outputs: tuple[str, ...] = ()) -> str:
    names = "".join(f'<bpmn:dataInput id="{name}"/>' for name in inputs)
    names += "".join(f'<bpmn:dataOutput id="{name}"/>' for name in outputs)
    return f"<bpmn:ioSpecification>{names}</bpmn:ioSpecification>"


def started_by(body: str, *, ident: str = "react", interrupting: bool = True) -> Drawing:
    """An event sub-process with two steps."""
    d = Drawing(ident).node("startEvent", f"{ident}_on", body, isInterrupting=str(interrupting).lower())
    d.user(f"{ident}_one").user(f"{ident}_two").end(f"{ident}_end")
    return d.chain(f"{ident}_on", f"{ident}_one", f"{ident}_two", f"{ident}_end")


def reacting(body: str, *, interrupting: bool = True) -> Callable[[], Bundle]:
    """Two branches, and an event sub-process that watches them."""

    def drawn() -> Bundle:
        d = Drawing().start().gateway("split", kind="parallel").gateway("join", kind="parallel").user("last").end()
        d.user("a").user("a2").user("b").chain("start", "split", "a", "a2", "join", "last", "end")
        d.chain("split", "b", "join").nested(started_by(body, interrupting=interrupting), attributes=BY_EVENT)
        return d.bundle()

    return drawn


def reacting_inside(
    throwing: str, catching: str, *, interrupting: bool = True, tag: str = "endEvent"
) -> Callable[[], Bundle]:
    """A sub-process throws, and the event sub-process inside of it catches."""

    def drawn() -> Bundle:
        sub = Drawing("sub").start("s").user("check").gateway("ok", default="no").user("more").end("fine")
        sub.node(tag, "thrown", throwing).chain("s", "check", "ok").flow("ok", "fine", "done")
        sub.flow("ok", "thrown", ident="no")
        if tag != "endEvent":
            sub.flow("thrown", "more")
            sub.flow("more", "fine")
        else:
            sub.nodes = [node for node in sub.nodes if 'id="more"' not in node]
        sub.nested(started_by(catching, interrupting=interrupting), attributes=BY_EVENT)
        return Drawing().start().nested(sub).user("after").end().chain("start", "sub", "after", "end").bundle()

    return drawn


def reacting_in_many() -> Bundle:
    """An event sub-process in each of several sub-processes."""
    sub = Drawing("sub").start("s").user("work").end("e").chain("s", "work", "e")
    sub.nested(started_by(SIGNAL, interrupting=False), attributes=BY_EVENT)
    d = Drawing().start().nested(sub, many("items")).user("after").end()
    return d.chain("start", "sub", "after", "end").bundle()


def transaction() -> Bundle:
    pay = Drawing("pay").start("s").gateway("split", kind="parallel").user("reserve").user("charge")
    pay.gateway("ok", default="no").end("paid").end("reserved").end("cancelled", CANCEL)
    pay.chain("s", "split", "charge", "ok").chain("split", "reserve", "reserved")
    pay.flow("ok", "paid", "done").flow("ok", "cancelled", ident="no")
    d = Drawing().start().nested(pay, tag="transaction").user("ship").user("apologise").end()
    d.border("off", "pay", CANCEL).border("late", "pay", timer("P2D"), interrupting=False).user("chase").end("e2")
    return d.chain("start", "pay", "ship", "end").chain("off", "apologise", "end").chain("late", "chase", "e2").bundle()


def transactions_for_each() -> Bundle:
    pay = Drawing("pay").start("s").user("charge").gateway("ok", default="no").end("paid").end("cancelled", CANCEL)
    pay.chain("s", "charge", "ok").flow("ok", "paid", "done").flow("ok", "cancelled", ident="no")
    d = Drawing().start().nested(pay, many("items"), tag="transaction").user("ship").user("apologise").end()
    d.border("off", "pay", CANCEL)
    return d.chain("start", "pay", "ship", "end").chain("off", "apologise", "end").bundle()


def condition_in_the_way() -> Bundle:
    d = Drawing().start().gateway("split", kind="parallel").gateway("join", kind="parallel").user("last").end()
    d.user("a").catch("enough", when("x > 1 or done")).user("b")
    return d.chain("start", "split", "a", "join", "last", "end").chain("split", "enough", "b", "join").bundle()


def condition_at_the_border(*, interrupting: bool) -> Callable[[], Bundle]:
    def drawn() -> Bundle:
        d = Drawing().start().gateway("split", kind="parallel").gateway("join", kind="parallel").user("last").end()
        d.user("a", loop("x < 3 and not(done)")).user("b").gateway("merge").user("noted")
        d.border("seen", "b", when("x > 2"), interrupting=interrupting)
        d.chain("start", "split", "a", "join", "last", "end").chain("split", "b", "merge", "join")
        return d.chain("seen", "noted", "merge" if interrupting else "end").bundle()

    return drawn


def condition_in_a_race() -> Bundle:
    d = Drawing().start().gateway("split", kind="parallel").gateway("race", kind="eventBased").user("a").user("b").end()
    d.catch("enough", when("x > 1")).catch("tired", timer("P1D"))
    d.chain("start", "split", "a", "end").chain("split", "race", "enough", "b", "end").chain("race", "tired", "end")
    return d.bundle()


def first_of_several() -> Bundle:
    d = Drawing().start().user("first").catch("any", MESSAGE + SIGNAL + timer("P1D")).user("last").end()
    d.border("meanwhile", "last", MESSAGE + timer("R2/PT1H", "timeCycle"), interrupting=False).user("noted").end("e2")
    return d.chain("start", "first", "any", "last", "end").chain("meanwhile", "noted", "e2").bundle()


def all_of_several() -> Bundle:
    d = Drawing().start().user("first").user("last").end()
    d.node("intermediateCatchEvent", "all", MESSAGE + timer("P1D") + SIGNAL, parallelMultiple="true")
    return d.chain("start", "first", "all", "last", "end").bundle()


def throwing_several() -> Bundle:
    d = Drawing().start().gateway("split", kind="parallel").user("a").catch("m", MESSAGE).catch("s", SIGNAL).user("b")
    d.node("intermediateThrowEvent", "tell", MESSAGE + SIGNAL).end().end("told", SIGNAL)
    d.chain("start", "split", "a", "tell", "told").chain("split", "m", "b", "end").chain("split", "s", "end")
    return d.bundle()


def without_order(condition: str | None = None) -> Callable[[], Bundle]:
    def drawn() -> Bundle:
        loose = Drawing("loose").user("a").user("b").user("b2").user("c").chain("b", "b2")
        loose.border("late", "c", timer("P1D")).user("chase").chain("late", "chase")
        body = f"<bpmn:completionCondition>{escape(condition)}</bpmn:completionCondition>" if condition else ""
        d = Drawing().start().nested(loose, body, tag="adHocSubProcess").user("last").end()
        return d.chain("start", "loose", "last", "end").bundle()

    return drawn


def called(inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[], Bundle]:
    def drawn() -> Bundle:
        leaf = Drawing("leaf").start("s").user("one").script("sum", "{ total: x + 1, secret: 1 }").user("two").end("e")
        leaf.chain("s", "one", "sum", "two", "e").nodes.insert(0, passing(inputs, outputs))
        d = Drawing().start().user("before").call("called", "leaf").user("after").end()
        return d.chain("start", "before", "called", "after", "end").bundle(leaf)

    return drawn


def called_for_each() -> Bundle:
    leaf = Drawing("leaf").start("s").user("one").script("sum", "{ answer: item }").end("e")
    leaf.chain("s", "one", "sum", "e").nodes.insert(0, passing(("item",), ("answer",)))
    d = Drawing().start().call("called", "leaf", many("items")).user("after").end()
    return d.chain("start", "called", "after", "end").bundle(leaf)


def sub_process_in_rounds() -> Bundle:
    sub = Drawing("sub").start("s").gateway("split", kind="parallel").user("a").user("b")
    sub.gateway("join", kind="parallel").end("e").chain("s", "split", "a", "join", "e").chain("split", "b", "join")
    d = Drawing().start().nested(sub, loop()).user("last").end().chain("start", "sub", "last", "end")
    return d.bundle()


def timers_of_every_kind() -> Bundle:
    d = Drawing().start().catch("wait", timer("PT1H")).catch("until", timer("2026-03-01T08:00:00Z", "timeDate"))
    d.catch("round", timer("R2/PT2H", "timeCycle")).user("work").user("asked").end().end("e2")
    d.border("remind", "work", timer("R3/P1D", "timeCycle"), interrupting=False)
    return d.chain("start", "wait", "until", "round", "work", "end").chain("remind", "asked", "e2").bundle()


def termination_in_many() -> Bundle:
    sub = (
        Drawing("sub").start("s").gateway("split", kind="parallel").user("a").user("b").end("kill", TERMINATE).end("e")
    )
    sub.chain("s", "split", "a", "kill").chain("split", "b", "e")
    d = Drawing().start().nested(sub, many("items")).user("last").end().chain("start", "sub", "last", "end")
    return d.bundle()


def escalation_that_interrupts() -> Bundle:
    sub = Drawing("sub").start("s").user("check").gateway("ok", default="no").end("fine").end("shout", ESCALATION)
    sub.chain("s", "check", "ok").flow("ok", "fine", "done").flow("ok", "shout", ident="no")
    d = Drawing().start().call("calling", "sub").user("after").user("look").end().border("heard", "calling", ESCALATION)
    return d.chain("start", "calling", "after", "end").chain("heard", "look", "end").bundle(sub)


def signal_at_the_end() -> Bundle:
    d = Drawing().start().gateway("split", kind="parallel").user("a").end("told", SIGNAL).user("b").end()
    d.border("called_back", "b", SIGNAL).user("c")
    d.chain("start", "split", "a", "told").chain("split", "b", "end").chain("called_back", "c", "end")
    return d.bundle()


def sending_and_receiving() -> Bundle:
    d = Drawing().start().gateway("split", kind="parallel").gateway("join", kind="parallel").user("last").end()
    d.user("a").node("sendTask", "send", MESSAGE).node("receiveTask", "receive", MESSAGE).user("b")
    d.chain("start", "split", "a", "send", "join", "last", "end").chain("split", "receive", "b", "join")
    return d.bundle()


def scripts_and_hand_work() -> Bundle:
    task = extensions(properties(role="agent", formKey="form"))
    d = Drawing().start().script("reckon", "{total: x * 2, lines: [for i in 1..x return i]}").user("a")
    d.node("manualTask", "carry", task).node("task", "think", task).script("sum", "{total: total + answer}").end()
    return d.chain("start", "reckon", "a", "carry", "think", "sum", "end").bundle()


CONSTRUCTS: dict[str, Callable[[], Bundle]] = {
    "event sub-process, message, interrupting": reacting(MESSAGE),
    "event sub-process, message, beside": reacting(MESSAGE, interrupting=False),
    "event sub-process, signal, interrupting": reacting(SIGNAL),
    "event sub-process, timer, interrupting": reacting(timer("P2D")),
    "event sub-process, timer, beside, again and again": reacting(timer("R3/PT5H", "timeCycle"), interrupting=False),
    "event sub-process, condition, interrupting": reacting(when("x > 2")),
    "event sub-process, condition, beside": reacting(when("x > 2"), interrupting=False),
    "event sub-process, first of several": reacting(MESSAGE + timer("P2D")),
    "event sub-process, error": reacting_inside(ERROR, ERROR),
    "event sub-process, escalation, interrupting": reacting_inside(ESCALATION, ESCALATION),
    "event sub-process, escalation, beside": reacting_inside(
        ESCALATION, ESCALATION, interrupting=False, tag="intermediateThrowEvent"
    ),
    "event sub-process in each of many": reacting_in_many,
    "transaction": transaction,
    "transaction for each": transactions_for_each,
    "condition in the way": condition_in_the_way,
    "condition at the border, interrupting": condition_at_the_border(interrupting=True),
    "condition at the border, beside": condition_at_the_border(interrupting=False),
    "condition in a race": condition_in_a_race,
    "first of several events": first_of_several,
    "all of several events": all_of_several,
    "throwing several events": throwing_several,
    "steps without order": without_order(),
    "steps without order, until": without_order("x > 2"),
    "call activity with data in and out": called(("x",), ("total",)),
    "call activity with data in": called(("x", "n"), ()),
    "call activity with data out": called((), ("total",)),
    "call activity for each, with data": called_for_each,
    "sub-process with a join in rounds": sub_process_in_rounds,
    "timers of every kind": timers_of_every_kind,
    "termination in each of many": termination_in_many,
    "escalation that interrupts": escalation_that_interrupts,
    "signal at the end": signal_at_the_end,
    "a task that sends and one that receives": sending_and_receiving,
    "scripts and work by hand": scripts_and_hand_work,
}
