"""What a trial that goes on from a scenario has left of it."""

from __future__ import annotations

from tests.unit.studio.trying.approvals import BOOKED, approval, do, script
from workflows.studio.trying.going_on import Basis
from workflows.studio.trying.play import play

KEPT = Basis(1, "a small sum", 1, script(do("approve", ok=True), do("check"), do("archive"), operations=BOOKED))


def test_what_was_done_otherwise_or_besides_uses_up_the_answer_of_its_step_only() -> None:
    done = (do("approve", ok=False), do("approve_again"))
    assert [act.name for act in KEPT.left(done)] == ["check", "archive"]
    assert KEPT.act_at((), "approve") == do("approve", ok=True)
    assert KEPT.act_at(done, "approve") is None


def test_steps_that_the_draft_does_not_have_are_passed_over() -> None:
    next_act = KEPT.next_on(approval(second=True), (do("approve"),))
    assert next_act == do("archive")
    stands = play(approval(second=True), script(do("approve"), amount=30))
    assert not stands.waits_for(do("archive"))
    assert stands.waits_for(do("approve_again"))


def test_what_operations_answered_in_the_scenario_follows_what_the_trial_says() -> None:
    assert KEPT.answering(script()).operations == BOOKED
    said = script(operations={"book": ({"entry": 8},), "tell": (None,)})
    assert KEPT.answering(said).operations == {"book": ({"entry": 8},), "tell": (None,)}
