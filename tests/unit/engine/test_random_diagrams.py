"""Diagrams nobody thought of: random blocks inside of blocks, walked at random, stored and undisturbed side by side."""

from __future__ import annotations

import random
from typing import Any

import pytest

from workflows import engine

from .case import Case
from .sketching import VARIABLES, Sketch
from .test_correctness import seen_in, seen_in_memory
from .undisturbed import Undisturbed


class Pair:
    """One walk taken twice: by a case that is stored at every step, and by one that never is."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311 -- the same diagram at every run, no secret
        definition = engine.compile(Sketch(self.dice).whole())
        data: dict[str, Any] = {"people": [1, 2], "stop": False, "note": "x" * 500} | dict.fromkeys(VARIABLES, 1)
        self.case, self.memory = Case(definition, **data), Undisturbed(definition, data)

    def step(self, number: int) -> None:
        case, memory, dice = self.case, self.memory, self.dice
        tokens = list(case.open)
        if case.timers and (not tokens or dice.random() < 0.2):
            token = dice.choice(list(case.timers))
            case.now = max(case.now, case.timers[token].due_at)
            memory.fire(token, case.now)
            case.fire_token(token)
        elif number < 60 and dice.random() < 0.1 and memory.hears(word := dice.choice(("paid", "recall"))):
            memory.deliver(word, {VARIABLES[0]: number % 9})
            case.deliver(word, **{VARIABLES[0]: number % 9})
        elif number < 60 and dice.random() < 0.3:
            dice.choice((self._move, self._ask, self._dismiss))(dice.choice(tokens))
        else:
            token = dice.choice(tokens)
            answers = {dice.choice(VARIABLES): dice.randint(0, 9), "answer": number}
            answers |= {"stop": True} if number > 30 else {}
            memory.do(token, answers)
            case.do_token(token, **answers)

    def _said(self) -> dict[str, Any]:
        return {"call": self.case.call, "now": self.case.now}

    def _move(self, token: int) -> None:
        case = self.case
        path = [mark.element_id for mark in case.path]
        targets = [t for t in engine.send_back_targets(case.definition, case.state, token, path) if t.allowed]
        if targets:
            to = self.dice.choice(targets).node_id
            self.memory.move(token, to, {"why": "no"})
            case._take(engine.move_token(case.definition, case.state, token, to, {"why": "no"}, **self._said()))

    def _ask(self, token: int) -> None:
        case = self.case
        where: engine.Where = self.dice.choice(("before", "after", "parallel"))
        if engine.check_add_signer(case.definition, case.state, token, where) is None:
            self.memory.ask(token, 9, where)
            case._take(engine.add_signer(case.definition, case.state, token, 9, where=where, **self._said()))

    def _dismiss(self, token: int) -> None:
        case = self.case
        if engine.check_remove_signer(case.definition, case.state, token) is None:
            self.memory.dismiss(token)
            case._take(engine.remove_signer(case.definition, case.state, token, **self._said()))


@pytest.mark.parametrize("seed", range(60))
def test_any_diagram_goes_the_same_way_stored_and_undisturbed_and_comes_to_its_end(seed: int) -> None:
    pair = Pair(seed)
    for number in range(400):
        if pair.case.is_completed:
            break
        pair.step(number)
        assert seen_in(pair.case) == seen_in_memory(pair.memory)
    assert pair.case.is_completed
    assert pair.case.step.data == pair.memory.workflow.data
