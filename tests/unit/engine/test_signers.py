"""Asking one person more, or one less: before, after, beside, at steps drawn for one and for many."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from workflows import engine
from workflows.engine import StepRefused, UnknownToken

from .case import Case
from .drawing import Drawing, many, timer
from .test_hostile import no_faults

Where = Literal["before", "after", "parallel"]


def approving(body: str = "", **props: str) -> Drawing:
    d = Drawing().start().user("draft").user("sign", body, **props).user("last").end()
    return d.chain("start", "draft", "sign", "last", "end")


def one() -> Case:
    return Case(approving(assignee="5", before="{ opened: (if opened = null then 0 else opened) + 1 }").bundle()).do(
        "draft"
    )


def add(case: Case, signer: int, where: Where, holder: int | None = None, token: int | None = None) -> Case:
    token = case.token("sign") if token is None else token
    assert engine.check_add_signer(case.definition, case.state, token, where) is None
    return case._take(
        engine.add_signer(
            case.definition, case.state, token, signer, where=where, holder=holder, call=case.call, now=case.now
        )
    )


def remove(case: Case, token: int, signer: int | None = None) -> Case:
    return case._take(engine.remove_signer(case.definition, case.state, token, signer, call=case.call, now=case.now))


def held(case: Case) -> list[int | None]:
    return [task.assignee for task in case.open.values() if task.node_id == "sign"]


def token_of(case: Case, person: int) -> int:
    return next(task.token for task in case.open.values() if task.assignee == person)


def test_a_signer_before_has_the_task_first_and_then_it_comes_back() -> None:
    case = add(one(), 7, "before", holder=6)
    assert held(case) == [7]
    assert [closed.completed for closed in case.step.closed] == [False]
    case.do("sign", opinion="fine")
    assert held(case) == [6]
    assert case.data("sign") == {"opened": 1, "opinion": "fine"}
    assert case.do("sign").waits_for == ["last"]


def test_without_a_holder_the_task_comes_back_to_whom_the_diagram_names() -> None:
    assert held(add(one(), 7, "before").do("sign")) == [5]


def test_a_signer_after_gets_the_task_when_it_is_done() -> None:
    case = add(add(one(), 7, "after"), 8, "after")
    assert held(case) == [5]
    assert engine.signers(case.definition, case.state, case.token("sign")).after == (8, 7)
    case.do("sign", opinion="fine")
    assert held(case) == [8]
    assert held(case.do("sign")) == [7]
    assert case.do("sign").data("last") == {"opened": 1, "opinion": "fine"}


def test_a_signer_beside_signs_in_any_order_and_each_sees_what_the_others_said() -> None:
    case = add(add(one(), 7, "parallel"), 8, "parallel")
    assert held(case) == [5, 7, 8]
    case.do_token(token_of(case, 7), a=1)
    assert engine.task_data(case.definition, case.state, token_of(case, 8))["a"] == 1
    case.do_token(token_of(case, 8), b=2).do_token(token_of(case, 5), c=3)
    assert case.data("last") == {"opened": 1, "a": 1, "b": 2, "c": 3}
    assert case.passed("node").count("sign") == 1


def test_one_of_several_beside_each_other_may_ask_others_first_and_after() -> None:
    case = add(one(), 7, "parallel")
    add(case, 9, "before", holder=7, token=token_of(case, 7))
    add(case, 8, "after", token=token_of(case, 5))
    assert sorted(held(case)) == [5, 9]  # type: ignore[type-var]
    for person in (5, 8, 9):
        case.do_token(token_of(case, person))
    assert held(case) == [7]
    assert case.do("sign").waits_for == ["last"]


def test_a_signer_can_be_removed_wherever_somebody_else_signs() -> None:
    case = add(one(), 7, "parallel")
    remove(case, token_of(case, 5))
    assert held(case) == [7]
    add(case, 8, "before", holder=7)
    assert held(remove(case, token_of(case, 8))) == [7]
    add(case, 8, "after")
    assert held(remove(case, token_of(case, 7))) == [8]
    with pytest.raises(StepRefused, match="only this signer"):
        remove(case, token_of(case, 8))


def test_removing_the_one_who_is_waited_for_goes_on_with_what_the_others_signed() -> None:
    case = add(one(), 7, "parallel")
    case.do_token(token_of(case, 7), opinion="fine")
    assert remove(case, token_of(case, 5)).waits_for == ["last"]
    assert case.data("last")["opinion"] == "fine"


def test_somebody_who_is_still_to_sign_can_be_left_out() -> None:
    case = add(add(one(), 7, "after"), 8, "after")
    remove(case, case.token("sign"), 7)
    assert held(case.do("sign")) == [8]
    assert case.do("sign").waits_for == ["last"]
    with pytest.raises(UnknownToken):
        remove(case, 1)
    case = one()
    assert "Nobody of this name" in str(engine.check_remove_signer(case.definition, case.state, case.token("sign"), 7))
    with pytest.raises(StepRefused, match="Nobody of this name"):
        remove(case, case.token("sign"), 7)


def test_the_number_of_signers_is_bounded() -> None:
    case = one()
    for number in range(49):
        add(case, number, "after")
    assert "already has 50 signers" in str(
        engine.check_add_signer(case.definition, case.state, case.token("sign"), "parallel")
    )
    with pytest.raises(StepRefused, match="50 signers"):
        engine.add_signer(
            case.definition, case.state, case.token("sign"), 3, where="after", call=case.call, now=case.now
        )


def test_an_interrupting_event_withdraws_all_signers() -> None:
    d = approving(assignee="5").border("overdue", "sign", timer("P1D")).user("late").chain("overdue", "late", "end")
    case = Case(d.bundle()).do("draft")
    add(case, 7, "parallel")
    case.do_token(token_of(case, 5))
    assert case.timers
    case.fire("overdue")
    assert case.waits_for == ["late"]
    assert case.do("late").is_completed


def test_what_waits_at_the_border_waits_until_the_last_signer() -> None:
    d = approving(assignee="5").border("overdue", "sign", timer("P1D")).user("late").chain("overdue", "late", "end")
    case = add(Case(d.bundle()).do("draft"), 7, "after").do("sign")
    assert case.timers
    case.do("sign")
    assert case.timers == {}


def test_sending_back_withdraws_all_signers() -> None:
    case = add(one(), 7, "parallel")
    step = engine.move_token(
        case.definition, case.state, token_of(case, 7), "draft", {"why": "no"}, call=case.call, now=case.now
    )
    assert case._take(step).waits_for == ["draft"]


# ---------------------------------------------------------------- steps drawn for many
def for_many(sequential: bool = False, people: list[Any] | None = None, **props: str) -> Case:
    body = many("people", item="person", sequential=sequential)
    d = approving(body, assignee="person", **props)
    return Case(d.bundle(), people=[4, 5, 6] if people is None else people).do("draft")


def test_beside_others_a_signer_is_a_round_of_their_own() -> None:
    case = add(for_many(), 9, "parallel")
    assert held(case) == [4, 5, 6, 9]
    told = engine.signers(case.definition, case.state, case.token("sign"))
    assert (len(told.tokens), told.signed, told.total) == (4, 0, 4)
    for person in (9, 4, 6, 5):
        case.do_token(token_of(case, person), answer=person)
    assert case.data("last")["results"] == [4, 5, 6, 9]


def test_beside_others_one_may_ask_somebody_before_and_after() -> None:
    case = for_many()
    add(case, 9, "before", holder=4, token=token_of(case, 4))
    add(case, 8, "after", token=token_of(case, 6))
    for person in (6, 8, 9, 5, 4):
        assert person in held(case)
        case.do_token(token_of(case, person), answer=person)
    assert case.data("last")["results"] == [4, 5, 8]


def test_a_round_is_removed_with_those_who_sign_it_together() -> None:
    case = for_many(sequential=True)
    add(case, 9, "parallel")
    assert held(case) == [4, 9]
    step = engine.remove_round(case.definition, case.state, token_of(case, 4), call=case.call, now=case.now)
    assert held(case._take(step)) == [5]


def test_in_turn_signers_are_put_before_and_after_the_present_one() -> None:
    case = for_many(sequential=True).do("sign", answer="4")
    add(case, 8, "before")
    assert held(case) == [8]
    assert engine.signers(case.definition, case.state, case.token("sign")).rounds == (5, 6)
    case.do("sign", answer="8")
    assert held(case) == [5]
    add(case, 9, "after")
    case.do("sign", answer="5").do("sign", answer="9").do("sign", answer="6")
    assert case.data("last")["results"] == ["4", "8", "5", "9", "6"]


def test_in_turn_one_who_is_still_to_sign_can_be_left_out() -> None:
    case = for_many(sequential=True)
    remove(case, case.token("sign"), 6)
    case.do("sign", answer=1).do("sign", answer=2)
    assert case.data("last")["results"] == [1, 2]


def test_a_signer_of_a_step_drawn_for_things_is_asked_by_number() -> None:
    case = Case(approving(many("things"), assignee="item.owner").bundle(), things=[{"owner": 4}]).do("draft")
    assert held(add(case, 9, "parallel")) == [4, 9]


# ---------------------------------------------------------------- how many are enough
def vote(case: Case, *answers: bool) -> Case:
    for answer in answers:
        case.do("sign", answer=answer)
    return case


@pytest.mark.parametrize(
    ("rule", "answers", "agreed"),
    [
        ("all", [True, True, True, True], True),
        ("all", [True, False], False),
        ("any", [False, False, True], True),
        ("any", [False, False, False, False], False),
        ("50%", [True, False, True], True),
        ("50%", [False, False, False], False),
        ("51%", [True, True, False, True], True),
        ("51%", [False, True, False], False),
    ],
)
def test_a_countersignature_ends_as_soon_as_its_outcome_is_certain(
    rule: str, answers: list[bool], agreed: bool
) -> None:
    said: dict[str, Any] = {"countersign": rule, "countersignAgree": "answer = true", "countersignResult": "agreed"}
    case = vote(for_many(people=[1, 2, 3, 4], **said), *answers[:-1])
    assert case.waits_for == ["sign"] * (5 - len(answers))
    assert vote(case, answers[-1]).waits_for == ["last"]
    assert case.data("last")["agreed"] is agreed
    assert case.data("last")["results"] == answers


@pytest.mark.parametrize(("rule", "signatures"), [("all", 4), ("any", 1), ("60%", 3), ("1%", 1)])
def test_without_a_question_everybody_who_signs_counts(rule: str, signatures: int) -> None:
    case = vote(for_many(people=[1, 2, 3, 4], countersign=rule), *[True] * (signatures - 1))
    assert "sign" in case.waits_for
    assert vote(case, False).waits_for == ["last"]


def test_a_signer_more_counts_in_the_share() -> None:
    case = for_many(people=[1, 2], countersign="60%")
    add(case, 3, "parallel")
    add(case, 4, "parallel")
    assert vote(case, True, True).waits_for == ["sign", "sign"]
    assert vote(case, True).waits_for == ["last"]


def test_a_signer_less_may_decide_the_share() -> None:
    case = vote(for_many(people=[1, 2, 3], countersign="60%", countersignResult="agreed"), True)
    assert case.waits_for == ["sign", "sign"]
    remove(case, case.token("sign"))
    assert case.waits_for == ["sign"]
    remove(case, case.token("sign"))
    assert case.waits_for == ["last"]
    assert case.data("last")["agreed"] is True


@pytest.mark.parametrize(
    ("said", "body", "words"),
    [
        ({"countersign": "most"}, many("people"), "all, any or a share"),
        ({"countersign": "0%"}, many("people"), "all, any or a share"),
        ({"countersign": "all"}, "", "not repeated"),
        ({"countersign": "all"}, many("people", until="answer"), "one of them"),
        ({"countersign": "all", "countersignAgree": "="}, many("people"), "empty"),
        ({"countersignAgree": "answer"}, many("people"), "without countersign"),
    ],
)
def test_a_countersignature_that_cannot_be_counted_is_refused(said: dict[str, str], body: str, words: str) -> None:
    problems = engine.check(approving(body, **said).bundle(), operations={}, roles={"agent"}, check_form=no_faults)
    assert [problem.element for problem in problems] == ["sign"]
    assert words in problems[0].text
