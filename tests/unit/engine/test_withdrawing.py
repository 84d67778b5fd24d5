"""Taking the last step back: what it led to must be untouched, and comes undone as if it had never been."""

from __future__ import annotations

from typing import Any

import pytest

from workflows import engine
from workflows.engine import StepRefused, UnknownToken

from .case import Case
from .drawing import SIGNAL, Drawing, many, timer
from .test_correctness import inner, parallel


class Done:
    """A completion, with what its caller keeps to be able to take it back."""

    def __init__(self, case: Case, token: int, **answers: Any) -> None:
        self.case, self.token, self.before = case, token, case.state
        self.node = case.open[token].node_id
        case.do_token(token, **answers)
        self.after = case.state
        self.passed = [mark.element_id for mark in case.step.passed]

    @property
    def reason(self) -> str | None:
        case = self.case
        found = engine.check_withdraw(case.definition, self.before, self.after, case.state, self.token, self.passed)
        return None if found is None else str(found)

    def undo(self) -> Case:
        case = self.case
        step = engine.withdraw(
            case.definition, self.before, self.after, case.state, self.token, self.passed, call=case.call, now=case.now
        )
        return case._take(step)


def done(case: Case, node_id: str, **answers: Any) -> Done:
    return Done(case, case.token(node_id), **answers)


def row() -> Case:
    d = Drawing().start().user("a", before="{ seen: (if seen = null then 0 else seen) + 1 }").user("b").user("c").end()
    d.border("soon", "a", timer("P1D")).border("later", "b", timer("P2D")).chain("soon", "c").chain("later", "c")
    return Case(d.chain("start", "a", "b", "c", "end").bundle())


def test_the_task_is_open_again_as_it_was_and_the_next_one_is_withdrawn() -> None:
    case = row()
    due = case.step.timers[0].due_at
    last = done(case.later(hours=1), "a", x=1)
    token = case.token("b")
    case.later(hours=1)
    assert last.reason is None
    last.undo()
    assert case.waits_for == ["a"]
    assert case.data("a") == {"seen": 1}
    assert [(closed.token, closed.completed) for closed in case.step.closed] == [(token, False)]
    assert [opened.token for opened in case.step.opened] == [last.token]
    assert [(t.node_id, t.due_at) for t in case.timers.values()] == [("soon", due)]
    assert case.token("a") == last.token
    assert case.do("a", x=2).do("b").data("c") == {"seen": 1, "x": 2}


def test_what_was_taken_back_can_be_taken_back_again() -> None:
    case = row()
    done(case, "a").undo()
    done(case, "a").undo()
    assert case.do("a").do("b").do("c").is_completed


def test_it_is_too_late_when_somebody_has_gone_on() -> None:
    case = row()
    last = done(case, "a")
    case.do("b")
    assert "gone on at b since" in (last.reason or "")
    with pytest.raises(StepRefused, match="gone on at b"):
        last.undo()
    case = row()
    last = done(case, "a")
    case.fire("later")
    assert "gone on at" in (last.reason or "")


def test_it_is_too_late_when_the_case_has_ended() -> None:
    case = row().do("a").do("b")
    assert "the case has ended" in (done(case, "c").reason or "")


def test_what_was_not_open_cannot_be_taken_back() -> None:
    case = row()
    last = done(case, "a")
    last.token = case.token("b")
    with pytest.raises(UnknownToken):
        assert last.reason


@pytest.mark.parametrize("kind", ["service", "send", "signal"])
def test_what_was_told_to_others_cannot_be_unsaid(kind: str) -> None:
    d = Drawing().start().user("a").user("b").end()
    if kind == "service":
        d.service("told", "mail/send")
    else:
        d.node("sendTask" if kind == "send" else "intermediateThrowEvent", "told", SIGNAL if kind == "signal" else "")
    if kind == "send":
        d.nodes[-1] = '<bpmn:sendTask id="told" messageRef="message_paid"/>'
    case = Case(d.chain("start", "a", "told", "b", "end").bundle())
    assert "told has been carried out" in (done(case, "a").reason or "")


def test_what_others_did_elsewhere_since_stays() -> None:
    case = Case(parallel()).do("b1")
    last = done(case, "a1", x=1)
    case.do("c1", y=2)
    last.undo()
    assert case.waits_for == ["a1"]
    case.do("a1", x=5).do("a2")
    assert case.data("last") == {"x": 5, "y": 2}


def test_branches_that_came_together_part_again() -> None:
    case = Case(parallel(), x=0).do("b1", x=1).do("a1", y=1).do("a2")
    last = done(case, "c1", z=1)
    assert case.waits_for == ["last"]
    last.undo()
    assert case.waits_for == ["c1"]
    assert case.data("c1") == {"x": 0}
    assert case.do("c1", z=2).data("last") == {"x": 1, "y": 1, "z": 2}


def test_a_sub_process_that_ended_is_under_way_again() -> None:
    d = Drawing().start().nested(inner("sub")).user("after").end().border("late", "sub", timer("P1D"))
    case = Case(d.chain("start", "sub", "after", "end").chain("late", "after").bundle()).do("sub_one", x=1)
    last = done(case, "sub_two", y=1)
    last.undo()
    assert case.waits_for == ["sub_two"]
    assert case.live == ["sub", "sub_two"]
    assert [t.node_id for t in case.timers.values()] == ["late"]
    assert case.do("sub_two", y=2).data("after") == {"x": 1, "y": 2}


def test_a_sub_process_that_was_begun_is_withdrawn() -> None:
    d = Drawing().start().user("a").nested(inner("sub")).end().chain("start", "a", "sub", "end")
    case = Case(d.bundle())
    last = done(case, "a")
    assert last.undo().waits_for == ["a"]
    last = done(case, "a")
    case.do("sub_one")
    assert "gone on at sub_one" in (last.reason or "")


def signing(**kinds: Any) -> Case:
    d = Drawing().start().user("sign", many("people", item="person", **kinds), assignee="person").user("last").end()
    return Case(d.chain("start", "sign", "last", "end").bundle(), people=[1, 2, 3])


def test_a_signature_can_be_taken_back_though_others_have_signed_since() -> None:
    case = signing()
    first, second, _ = sorted(case.open)
    last = Done(case, first, answer="no")
    case.do_token(second, answer="b")
    last.undo()
    assert sorted(task.assignee or 0 for task in case.open.values()) == [1, 3]
    for task in list(case.open.values()):
        case.do_token(task.token, answer={1: "a", 3: "c"}[task.assignee or 0])
    assert case.data("last")["results"] == ["a", "b", "c"]


def test_the_last_signature_can_be_taken_back() -> None:
    case = signing().do("sign", answer="a").do("sign", answer="b")
    done(case, "sign", answer="no").undo()
    assert case.waits_for == ["sign"]
    assert case.do("sign", answer="c").data("last")["results"] == ["a", "b", "c"]


def test_the_signature_that_was_enough_brings_back_those_it_withdrew() -> None:
    case = signing(until="numberOfCompletedInstances >= 1")
    done(case, "sign", answer="no").undo()
    assert case.waits_for == ["sign"] * 3
    assert case.do("sign", answer="a").data("last")["results"] == ["a"]


def test_a_signature_in_turn_can_be_taken_back_until_the_next_one() -> None:
    case = signing(sequential=True)
    last = done(case, "sign", answer="no")
    last.undo()
    assert case.data("sign")["person"] == 1
    last = done(case, "sign", answer="a")
    case.do("sign", answer="b")
    assert last.reason is not None
    assert case.do("sign", answer="c").data("last")["results"] == ["a", "b", "c"]


def test_rounds_that_share_their_variables_are_taken_back_only_while_nobody_else_went_on() -> None:
    case = signing(output=None, answer=None)
    first, second, _ = sorted(case.open)
    last = Done(case, first, x=1)
    case.do_token(second, x=2)
    assert "others who share it" in (last.reason or "")


def test_one_of_two_signers_beside_each_other_may_take_back_until_the_other_signs() -> None:
    case = row()
    step = engine.add_signer(
        case.definition, case.state, case.token("a"), 7, where="parallel", call=case.call, now=case.now
    )
    case._take(step)
    first, second = sorted(case.open)
    last = Done(case, first, x=1)
    last.undo()
    assert case.waits_for == ["a", "a"]
    assert all("x" not in engine.task_data(case.definition, case.state, token) for token in case.open)
    last = Done(case, first, x=1)
    case.do_token(second)
    assert case.waits_for == ["b"]
    assert last.reason is not None


def test_what_was_started_beside_a_task_stays_when_its_completion_is_taken_back() -> None:
    d = Drawing().start().user("a").user("b").user("hurry").end().end("e2")
    d.border("remind", "a", timer("R9/PT1H", "timeCycle"), interrupting=False).chain("remind", "hurry", "e2")
    case = Case(d.chain("start", "a", "b", "end").bundle()).later(hours=1).fire("remind").later(hours=1).fire("remind")
    due = [timer.due_at for timer in case.timers.values()]
    done(case, "a").undo()
    assert case.waits_for == ["a", "hurry", "hurry"]
    assert [timer.due_at for timer in case.timers.values()] == due
    case.do("a")
    assert case.timers == {}
    assert case.do("b").do("hurry").do("hurry").is_completed


def test_branches_that_parted_again_compare_with_what_they_had_in_common() -> None:
    d = Drawing().start().user("first").gateway("split", kind="parallel").gateway("join", kind="parallel").end()
    d.user("a").user("b").user("c").chain("start", "first", "split", "a", "join", "c", "end").chain(
        "split", "b", "join"
    )
    case = Case(d.bundle(), x=0).do("first", x=1).do("b", x=2)
    done(case, "a").undo()
    assert case.do("a", y=1).data("c") == {"x": 2, "y": 1}
