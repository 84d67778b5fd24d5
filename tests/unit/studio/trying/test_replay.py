"""Replays: scenarios go as they were recorded, or the first difference is named."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.unit.engine.drawing import Drawing
from workflows.engine import Definition
from workflows.engine import compile as compiled
from workflows.studio.trying.models import Scenario
from workflows.studio.trying.replay import Difference, Outcome, replay

from .approvals import ASKED, AT, BOOKED, approval, do, scenario, script

SMALL = script(do("approve"), do("archive", place="A1"), operations=BOOKED, amount=30)
LARGE = script(do("approve"), amount=300)


def one(scenarios: Sequence[Scenario], definition: Definition) -> Outcome:
    (outcome,) = replay(scenarios, definition, now=AT).results
    return outcome


def said(outcome: Outcome, definition: Definition) -> list[str]:
    return outcome.told(definition, "en")


def test_a_scenario_goes_as_recorded_on_the_same_diagram() -> None:
    replayed = replay([scenario(approval(), SMALL), scenario(approval(), LARGE)], approval(), now=AT)
    assert [outcome.differences for outcome in replayed.results] == [(), ()]
    assert replayed.failed == ()
    assert replayed.as_json(approval(), "en") == {"at": AT.isoformat(), "number": 2, "failed": []}


def test_a_second_approval_is_told_as_the_place_where_the_case_waits() -> None:
    changed = approval(second=True)
    outcome = one([scenario(approval(), SMALL)], changed)
    assert outcome.failed
    assert said(outcome, changed) == [
        "After “approve” the case waits at “approve_again” instead of going on to “small”."
    ]
    assert outcome.differences[0].element == "approve_again"
    assert outcome.situation is not None
    assert outcome.situation.live == ("approve_again",)


def test_another_way_at_a_gateway_is_told_with_both_ways() -> None:
    changed = approval(limit=10)
    outcome = one([scenario(approval(), SMALL)], changed)
    assert said(outcome, changed) == ["After “small” the case goes to “refused” instead of “book”."]


def test_an_operation_that_the_scenario_has_no_answer_for_is_named() -> None:
    changed = approval(limit=1000)
    outcome = one([scenario(approval(), LARGE)], changed)
    assert said(outcome, changed) == ["“book” calls the operation books/book, for which the scenario has no answer."]


def test_a_case_that_goes_on_where_it_was_over_is_told() -> None:
    short = Drawing("approval").start().user("approve").end("last").chain("start", "approve", "last")
    long = Drawing("approval").start().user("approve").script("last", "{ a: 1 }").end("also")
    changed = compiled(long.chain("start", "approve", "last", "also").bundle())
    outcome = one([scenario(compiled(short.bundle()), script(do("approve")))], changed)
    assert said(outcome, changed) == ["After “last” the case goes on to “also”."]


def test_another_final_value_is_told_with_both_values() -> None:
    def computing(text: str) -> Definition:
        drawn = Drawing("sum").start().user("enter").script("add", text).end().chain("start", "enter", "add", "end")
        return compiled(drawn.bundle())

    before, after = computing("{ total: amount * 2 }"), computing("{ total: amount * 3 }")
    outcome = one([scenario(before, script(do("enter", amount=5)))], after)
    assert said(outcome, after) == ["“total” is 15 instead of 10."]


def test_a_form_of_true_is_not_the_number_one() -> None:
    def saying(text: str) -> Definition:
        drawn = Drawing("flag").start().user("enter").script("say", text).end().chain("start", "enter", "say", "end")
        return compiled(drawn.bundle())

    outcome = one([scenario(saying("{ flag: true }"), script(do("enter")))], saying("{ flag: 1 }"))
    assert said(outcome, saying("{ flag: 1 }")) == ["“flag” is 1 instead of true."]


def test_a_step_is_called_by_its_name_even_where_it_is_gone() -> None:
    def drawn(last: str, name: str) -> Definition:
        made = (
            Drawing("named").start().node("userTask", "ask", ASKED, name="Ask").end().chain("start", "ask", last, "end")
        )
        made.node("scriptTask", last, "<bpmn:script>{ a: 1 }</bpmn:script>", scriptFormat="feel", name=name)
        return compiled(made.bundle())

    after = drawn("put_away", "Put away")
    outcome = one([scenario(drawn("file", "File it"), script(do("ask")))], after)
    assert said(outcome, after) == ["After “Ask” the case goes to “Put away” instead of “File it”."]


def test_a_case_that_is_expected_to_be_open_must_be_open() -> None:
    recorded = scenario(approval(), script(do("approve"), operations=BOOKED, amount=30))
    assert not one([recorded], approval()).failed
    content = {**recorded.content, "expect": {**recorded.content["expect"], "completed": True}}
    outcome = one([Scenario(id=1, name="x", process_key="approval", content=content)], approval())
    assert said(outcome, approval()) == ["The case is not over, although it was."]


def test_a_scenario_that_cannot_be_read_fails_and_the_others_are_replayed() -> None:
    broken = Scenario(id=2, name="broken", process_key="approval", content={"at": 5})
    replayed = replay([broken, scenario(approval(), SMALL)], approval(), now=AT)
    assert [outcome.failed for outcome in replayed.results] == [True, False]
    assert replayed.as_json(approval(), "en")["failed"] == [
        {"scenario": 2, "name": "broken", "differences": ["The scenario cannot be read; record it again."]}
    ]


def test_scenarios_for_which_no_time_is_left_fail_and_say_so() -> None:
    replayed = replay([scenario(approval(), SMALL)], approval(), now=AT, seconds=-1)
    assert replayed.results[0].differences[0].kind == "time"


@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_names_in_a_difference_stay_texts(locale: str) -> None:
    hostile = '"><img src=x onerror=alert(1)>'
    made = Drawing("named").start().node("userTask", "ask", ASKED, name=hostile).end().chain("start", "ask", "end")
    changed = compiled(made.bundle())
    plain = Drawing("named").start().end().chain("start", "end")
    outcome = one([scenario(compiled(plain.bundle()), script())], changed)
    assert hostile in outcome.told(changed, locale)[0]
    assert isinstance(outcome.differences[0], Difference)
