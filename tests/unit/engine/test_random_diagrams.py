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


@pytest.mark.parametrize("seed", range(60))
def test_any_diagram_goes_the_same_way_stored_and_undisturbed_and_comes_to_its_end(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 -- the same diagram at every run, no secret
    definition = engine.compile(Sketch(dice).whole())
    data: dict[str, Any] = {"people": [1, 2], "stop": False, "note": "x" * 500} | dict.fromkeys(VARIABLES, 1)
    case, memory = Case(definition, **data), Undisturbed(definition, data)
    for number in range(400):
        if case.is_completed:
            break
        tokens = list(case.open)
        if case.timers and (not tokens or dice.random() < 0.2):
            token = dice.choice(list(case.timers))
            case.now = max(case.now, case.timers[token].due_at)
            memory.fire(token, case.now)
            case.fire_token(token)
        elif number < 60 and dice.random() < 0.1 and memory.hears(word := dice.choice(("paid", "recall"))):
            memory.deliver(word, {VARIABLES[0]: number % 9})
            case.deliver(word, **{VARIABLES[0]: number % 9})
        else:
            token = dice.choice(tokens)
            answers = {dice.choice(VARIABLES): dice.randint(0, 9), "answer": number}
            answers |= {"stop": True} if number > 30 else {}
            memory.do(token, answers)
            case.do_token(token, **answers)
        assert seen_in(case) == seen_in_memory(memory)
    assert case.is_completed
    assert case.step.data == memory.workflow.data
