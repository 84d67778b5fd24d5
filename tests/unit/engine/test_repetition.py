"""Tasks done several times: for each of many, by several people, while a condition holds."""

from __future__ import annotations

from typing import Any

import pytest

from workflows import engine
from workflows.engine import StepRefused, UnknownToken
from workflows.engine.specs.repetition import MAX_ROUNDS

from .case import Case
from .drawing import Drawing, many


def working(body: str, **props: str) -> Drawing:
    return Drawing().start().user("work", body, **props).user("last").end().chain("start", "work", "last", "end")


def tokens(case: Case) -> list[int]:
    return sorted(task.token for task in case.open.values() if task.node_id == "work")


def test_each_item_opens_a_task_of_its_own_and_results_keep_the_order_of_the_items() -> None:
    case = Case(working(many("people", item="person"), assignee="person").bundle(), people=[4, 5, 6])
    assert [task.assignee for task in case.step.opened] == [4, 5, 6]
    first, second, third = tokens(case)
    case.do_token(third, answer="c").do_token(first, answer="a").do_token(second, answer="b")
    assert case.waits_for == ["last"]
    assert case.data("last")["results"] == ["a", "b", "c"]
    assert "answer" not in case.data("last")
    assert "person" not in case.data("last")


def test_one_after_the_other_opens_the_next_when_one_is_done() -> None:
    case = Case(working(many("people", item="person", sequential=True)).bundle(), people=["a", "b"])
    assert case.data("work")["person"] == "a"
    case.do("work", answer=1)
    assert len(tokens(case)) == 1
    assert case.data("work")["person"] == "b"
    assert case.do("work", answer=2).data("last")["results"] == [1, 2]


def test_a_countersignature_ends_when_enough_agree_and_withdraws_the_rest() -> None:
    drawn = working(many("people", until="count(results[item = true]) > numberOfInstances / 2"))
    case = Case(drawn.bundle(), people=[1, 2, 3])
    case.do_token(tokens(case)[0], answer=True)
    rest = tokens(case)
    case.do_token(rest[0], answer=True)
    assert case.waits_for == ["last"]
    assert [(c.token, c.completed) for c in case.step.closed] == [(rest[0], True), (rest[1], False)]
    assert case.data("last")["results"] == [True, True]


def test_any_one_of_many_is_enough_where_the_diagram_says_so() -> None:
    case = Case(working(many("people", until="numberOfCompletedInstances >= 1")).bundle(), people=[1, 2, 3])
    case.do_token(tokens(case)[1], answer="me")
    assert case.data("last")["results"] == ["me"]


@pytest.mark.parametrize("sequential", [False, True])
def test_without_an_output_answers_become_variables(sequential: bool) -> None:
    """H14: the library's sequential task fails in its second round without an output item."""
    drawn = working(many("people", output=None, answer=None, sequential=sequential))
    case = Case(drawn.bundle(), people=[1, 2])
    while "work" in case.waits_for:
        case.do("work", **{f"said_by_{case.data('work')['item']}": True})
    assert case.data("last") == {"people": [1, 2], "said_by_1": True, "said_by_2": True}


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize(
    ("people", "words"),
    [(None, "must be a list"), ("abc", "must be a list"), ({"a": 1}, "must be a list"), ([1, None], "empty item")],
)
def test_what_is_no_list_of_items_is_refused(people: Any, words: str, sequential: bool) -> None:
    """H14: over a list with None the library's sequential task stops for ever."""
    with pytest.raises(StepRefused, match=words) as refused:
        Case(working(many("people", sequential=sequential)).bundle(), people=people)
    assert refused.value.element == "work"


@pytest.mark.parametrize("sequential", [False, True])
def test_an_empty_list_is_done_at_once(sequential: bool) -> None:
    case = Case(working(many("people", sequential=sequential)).bundle(), people=[])
    assert case.waits_for == ["last"]
    assert case.data("last")["results"] == []


def test_a_number_of_rounds_may_come_out_of_the_data() -> None:
    case = Case(working(many(count="n * 2")).bundle(), n=2)
    assert len(tokens(case)) == 4
    assert case.data("work")["item"] == 0


@pytest.mark.parametrize("n", [MAX_ROUNDS + 1, -1, None, "x"])
def test_a_wild_number_of_rounds_is_refused(n: Any) -> None:
    """H7: ten to the ninth instances never end."""
    with pytest.raises(StepRefused):
        Case(working(many(count="n")).bundle(), n=n)


def test_an_output_that_already_has_a_value_starts_anew() -> None:
    """H14: the library fails with a NameError of its own."""
    case = Case(working(many(count="1")).bundle(), results=["old"])
    assert case.do("work", answer=1).data("last")["results"] == [1]


@pytest.mark.parametrize("sequential", [False, True])
def test_automatic_steps_can_be_repeated(sequential: bool) -> None:
    d = Drawing().start().service("mail", "mail/send", "answer", many("people", sequential=sequential), to="item")
    case = Case(d.user("last").end().chain("start", "mail", "last", "end").bundle(), people=["a", "b", "c"])
    assert [parameters["to"] for _, parameters, _ in case.calls] == ["a", "b", "c"]
    assert case.waits_for == ["last"]


def test_a_list_may_repeat_a_hundred_times_with_a_small_state() -> None:
    case = Case(working(many("people")).bundle(), people=list(range(100)))
    for _ in range(99):
        case.do_token(tokens(case)[0], answer=1)
    assert len(case.state) < 2_500
    assert case.do("work", answer=1).waits_for == ["last"]


def looping(condition: str, before: bool, maximum: str = "") -> Drawing:
    most = f' loopMaximum="{maximum}"' if maximum else ""
    return working(
        f'<bpmn:standardLoopCharacteristics testBefore="{str(before).lower()}"{most}>'
        f"<bpmn:loopCondition>{condition}</bpmn:loopCondition></bpmn:standardLoopCharacteristics>"
    )


def test_a_loop_repeats_while_its_condition_holds() -> None:
    case = Case(looping("not(done)", False).bundle(), done=True)
    case.do("work", done=False).do("work", done=False).do("work", done=True, n=3)
    assert case.waits_for == ["last"]
    assert case.data("last")["n"] == 3


def test_a_loop_may_ask_before_its_first_round() -> None:
    assert Case(looping("not(done)", True).bundle(), done=True).waits_for == ["last"]


def test_a_loop_ends_at_its_maximum() -> None:
    case = Case(looping("true", False, "2").bundle())
    assert case.do("work").do("work").waits_for == ["last"]


def test_rounds_side_by_side_do_not_undo_each_others_changes() -> None:
    case = Case(working(many("people", output=None, answer=None)).bundle(), people=[1, 2], status="new", seen=0)
    first, second = tokens(case)
    case.do_token(first, status="agreed").do_token(second, seen=1)
    assert case.data("last") == {"people": [1, 2], "status": "agreed", "seen": 1}


def change(case: Case, verb: Any, token: int, *given: Any) -> Case:
    return case._take(verb(case.definition, case.state, token, *given, call=case.call, now=case.now))


def test_a_signer_can_be_added_while_others_sign() -> None:
    case = Case(working(many("people", item="person"), assignee="person").bundle(), people=[4, 5])
    first, second = tokens(case)
    case.do_token(first, answer="a")
    change(case, engine.add_round, second, 6)
    assert [task.assignee for task in case.step.opened] == [6]
    case.do_token(second, answer="b").do("work", answer="c")
    assert case.data("last")["results"] == ["a", "b", "c"]


def test_a_signer_can_be_added_after_those_who_sign_in_turn() -> None:
    case = Case(working(many("people", item="person", sequential=True)).bundle(), people=["a"])
    change(case, engine.add_round, tokens(case)[0], "b")
    assert case.step.opened == ()
    case.do("work", answer=1)
    assert case.data("work")["person"] == "b"
    assert case.do("work", answer=2).data("last")["results"] == [1, 2]


def test_a_signer_can_be_removed_but_not_the_last_one() -> None:
    case = Case(working(many("people")).bundle(), people=[1, 2, 3])
    first, second, third = tokens(case)
    change(case, engine.remove_round, second)
    assert [(c.token, c.completed) for c in case.step.closed] == [(second, False)]
    case.do_token(third, answer="c")
    case.do_token(first, answer="a")
    assert case.data("last")["results"] == ["a", "c"]
    with pytest.raises(UnknownToken):
        change(case, engine.remove_round, first)
    single = Case(working(many("people")).bundle(), people=[1])
    with pytest.raises(StepRefused, match="last round"):
        change(single, engine.remove_round, tokens(single)[0])


def test_removing_the_one_who_is_waited_for_ends_the_step() -> None:
    case = Case(working(many("people")).bundle(), people=[1, 2])
    first, second = tokens(case)
    case.do_token(first, answer="a")
    assert change(case, engine.remove_round, second).waits_for == ["last"]


def test_removing_the_present_signer_in_turn_goes_on_to_the_next() -> None:
    case = Case(working(many("people", sequential=True)).bundle(), people=["a", "b"])
    change(case, engine.remove_round, tokens(case)[0])
    assert case.data("work")["item"] == "b"
    assert case.do("work", answer=2).data("last")["results"] == [2]


def test_a_step_of_one_person_takes_no_signers() -> None:
    case = Case(working("").bundle())
    with pytest.raises(StepRefused, match="not done by several people"):
        change(case, engine.add_round, tokens(case)[0], 1)
