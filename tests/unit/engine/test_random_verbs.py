"""Whatever people do to whatever diagram, in whatever order: nothing is lost, nothing is stray, nothing stands still."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workflows import engine
from workflows.engine import EngineError, StepRefused
from workflows.engine.specs.event_definitions import due_of
from workflows.engine.state import dump
from workflows.engine.stepping import Resting, look

from .case import Case
from .sketching import VARIABLES, Sketch

BOUNDED = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
MOST_STEPS = 40
WHERE = ("before", "after", "parallel")


class Life:
    """A case, everything that may happen to it, and what must be true after each of these."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.sketch = Sketch(dice)
        self.definition = engine.compile(self.sketch.whole(depth=2))
        data: dict[str, Any] = {"people": [1, 2], "stop": False} | dict.fromkeys(VARIABLES, 1)
        self.case = Case(self.definition, **data)
        self.completed: set[int] = set()
        self.known: set[int] = set(self.case.open)
        self.last: tuple[bytes, bytes, int, dict[int, engine.OpenTask]] | None = None
        self.check()

    # -- verbs
    def act(self, number: int) -> None:
        verbs = ["complete", "complete", "complete", "move", "add", "remove", "fire", "deliver", "take_back"]
        getattr(self, f"_{self.dice.choice(verbs)}")(number)

    def _some_task(self) -> int | None:
        return self.dice.choice(sorted(self.case.open)) if self.case.open else None

    def _take(self, step: engine.Step) -> None:
        self.case._take(step)
        self.check()

    def _said(self) -> dict[str, Any]:
        return {"call": self.case.call, "now": self.case.now}

    def _complete(self, number: int, **more: Any) -> None:
        token, before = self._some_task(), self.case.state
        if token is None:
            return self._fire(number)
        answers = {self.dice.choice(VARIABLES): self.dice.randint(0, 9), "answer": number, **more}
        step = engine.complete(self.definition, before, token, answers, **self._said())
        assert [closed.token for closed in step.closed if closed.completed] == [token]
        assert token not in self.completed
        self.completed.add(token)
        self.last = (before, step.state, token, dict(self.case.open))
        self._take(step)
        return None

    def _move(self, number: int) -> None:
        token = self._some_task()
        if token is None:
            return
        path = [mark.element_id for mark in self.case.path]
        targets = engine.send_back_targets(self.definition, self.case.state, token, path)
        if not targets:
            return
        target = self.dice.choice(targets)
        try:
            step = engine.move_token(self.definition, self.case.state, token, target.node_id, {}, **self._said())
        except StepRefused as refused:
            assert not target.allowed
            assert str(refused) == str(target.reason)
            return
        assert target.allowed
        assert token in [closed.token for closed in step.closed]
        self._take(step)

    def _add(self, number: int) -> None:
        token = self._some_task()
        if token is None:
            return
        where: Any = self.dice.choice(WHERE)
        state = self.case.state
        if engine.check_add_signer(self.definition, state, token, where) is None:
            self._take(engine.add_signer(self.definition, state, token, number, where=where, **self._said()))

    def _remove(self, number: int) -> None:
        token = self._some_task()
        if token is None:
            return
        state = self.case.state
        reason = engine.check_remove_signer(self.definition, state, token)
        try:
            self._take(engine.remove_signer(self.definition, state, token, **self._said()))
            assert reason is None
        except StepRefused as refused:
            assert str(refused) == str(reason)

    def _fire(self, number: int) -> None:
        if self.case.timers:
            token = self.dice.choice(sorted(self.case.timers))
            self.case.now = max(self.case.now, self.case.timers[token].due_at)
            self._take(engine.fire(self.definition, self.case.state, token, **self._said()))

    def _deliver(self, number: int) -> None:
        names = engine.awaited(self.definition, self.case.state)
        if names and number < MOST_STEPS:
            payload = {VARIABLES[0]: number % 10}
            name = self.dice.choice(names)
            self._take(engine.deliver(self.definition, self.case.state, name, payload, **self._said()))

    def _take_back(self, number: int) -> None:
        if self.last is None or self.case.state != self.last[1] or self.case.is_completed:
            return
        before, after, token, were_open = self.last
        back = engine.take_back(self.definition, before, after)
        assert token in back.reopened
        self.completed.discard(token)
        self.case._take(back.step)
        self.case.open |= {reopened: were_open[reopened] for reopened in back.reopened}
        self.check()
        assert seen(self.definition, self.case.state) == seen(self.definition, before)
        self.last = None

    # -- what must hold
    def check(self) -> None:
        case = self.case
        workflow = look(self.definition, case.state)
        assert dump(workflow) == case.state
        rests = Resting.of(workflow)
        assert {token: task.node_id for token, task in case.open.items()} == rests.tasks
        assert {token: timer.due_at for token, timer in case.timers.items()} == rests.timers
        assert not self.completed & set(case.open)
        if case.is_completed:
            assert not case.open
            assert not case.timers
            return
        assert case.open or case.timers or engine.awaited(self.definition, case.state)
        live = 0
        for part in workflow.everywhere():
            if not part.completed:
                self.sketch.check_places(part)
                live += len(part.tasks)
        assert len(case.state) < 1_500 + 300 * live
        kept = [token for token in workflow.all_tokens() if token.is_finished]
        assert len(kept) <= live


def seen(definition: engine.Definition, state: bytes) -> list[Any]:
    """Where a case stands, without the numbers of its tokens."""
    found = []
    for token in look(definition, state).all_tokens():
        if not token.is_finished:
            due = due_of(token)
            found.append((token.task_spec.name, token.data, None if due is None else due.at))
    return sorted(found, key=repr)


@BOUNDED
@given(st.randoms(use_true_random=False))
def test_no_verb_loses_doubles_or_strands_a_task_and_every_case_can_be_brought_to_its_end(dice: random.Random) -> None:
    life = Life(dice)
    for number in range(MOST_STEPS):
        if life.case.is_completed:
            break
        life.act(number)
    for number in range(MOST_STEPS, MOST_STEPS + 400):
        if life.case.is_completed:
            break
        life._complete(number, stop=True)
    assert life.case.is_completed


@BOUNDED
@given(st.randoms(use_true_random=False), st.binary(max_size=200))
def test_a_state_that_was_cut_or_changed_is_refused_or_still_whole(dice: random.Random, noise: bytes) -> None:
    life = Life(dice)
    state, token = bytearray(life.case.state), 1
    at = dice.randrange(len(state))
    state[at : at + len(noise)] = noise
    for verb in (engine.live_nodes, engine.awaited):
        try:
            verb(life.definition, bytes(state))
        except EngineError:
            continue
    try:
        engine.complete(life.definition, bytes(state[:at]), token, {}, **life._said())
    except EngineError:
        return
    raise AssertionError("half a state was taken for a whole one")
