"""Diagrams nobody thought of: random blocks inside of blocks, walked at random, stored and undisturbed side by side."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest

from workflows import engine

from .case import Case
from .drawing import Drawing, many, timer
from .test_correctness import seen_in, seen_in_memory
from .undisturbed import Undisturbed

VARIABLES = tuple(f"x{number}" for number in range(4))


class Sketch:
    """Draws blocks with one way in and one way out, so that whatever comes out can end."""

    def __init__(self, dice: random.Random) -> None:
        self.dice, self.count = dice, 0
        self.drawing = Drawing("case")

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def condition(self) -> str:
        return f"{self.dice.choice(VARIABLES)} > {self.dice.randint(0, 9)}"

    def block(self, d: Drawing, depth: int) -> tuple[str, str]:
        kinds = ["task", "task", "script", "bordered"]
        if depth > 0:
            kinds += ["row", "row", "exclusive", "parallel", "parallel", "inclusive", "loop", "nested", "many"]
        return getattr(self, f"_{self.dice.choice(kinds)}")(d, depth)  # type: ignore[no-any-return]

    def _task(self, d: Drawing, depth: int) -> tuple[str, str]:
        ident = self.name("task")
        d.user(ident)
        return ident, ident

    def _script(self, d: Drawing, depth: int) -> tuple[str, str]:
        ident = self.name("script")
        one, two = self.dice.sample(VARIABLES, 2)
        d.script(ident, f"{{ {one}: (if {two} = null then 0 else {two}) + 1 }}")
        return ident, ident

    def _bordered(self, d: Drawing, depth: int) -> tuple[str, str]:
        ident, border, beside, end = (self.name(k) for k in ("task", "timer", "beside", "end"))
        d.user(ident).user(beside).end(end)
        d.border(border, ident, timer("R2/PT1H", "timeCycle"), interrupting=False).chain(border, beside, end)
        return ident, ident

    def _row(self, d: Drawing, depth: int) -> tuple[str, str]:
        blocks = [self.block(d, depth - 1) for _ in range(self.dice.randint(2, 3))]
        for (_, out), (into, _) in pairwise(blocks):
            d.flow(out, into)
        return blocks[0][0], blocks[-1][1]

    def _gateways(self, d: Drawing, depth: int, kind: str) -> tuple[str, str]:
        split, join, default = self.name("split"), self.name("join"), self.name("default")
        has_default = kind != "parallel"
        d.gateway(split, default if has_default else None, kind=kind).gateway(join, kind=kind)
        for number in range(self.dice.randint(2, 3)):
            into, out = self.block(d, depth - 1)
            if not has_default:
                d.flow(split, into)
            elif number == 0:
                d.flow(split, into, ident=default)
            else:
                d.flow(split, into, self.condition())
            d.flow(out, join)
        return split, join

    def _exclusive(self, d: Drawing, depth: int) -> tuple[str, str]:
        return self._gateways(d, depth, "exclusive")

    def _parallel(self, d: Drawing, depth: int) -> tuple[str, str]:
        return self._gateways(d, depth, "parallel")

    def _inclusive(self, d: Drawing, depth: int) -> tuple[str, str]:
        return self._gateways(d, depth, "inclusive")

    def _loop(self, d: Drawing, depth: int) -> tuple[str, str]:
        merge, again, back = self.name("merge"), self.name("again"), self.name("back")
        task, _ = self._task(d, 0)
        into, out = self.block(d, depth - 1)
        after = self.name("out")
        d.gateway(merge).gateway(again, back).gateway(after)
        d.chain(merge, task, into).flow(out, again).flow(again, merge, ident=back)
        d.flow(again, after, f"stop or {self.condition()}")
        return merge, after

    def _nested(self, d: Drawing, depth: int) -> tuple[str, str]:
        ident = self.name("nested")
        inner = Drawing(ident).start(f"{ident}_start").end(f"{ident}_end")
        into, out = self.block(inner, depth - 1)
        inner.flow(f"{ident}_start", into).flow(out, f"{ident}_end")
        d.nested(inner)
        return ident, ident

    def _many(self, d: Drawing, depth: int) -> tuple[str, str]:
        ident = self.name("many")
        d.user(ident, many("people", sequential=self.dice.random() < 0.5, output=ident))
        return ident, ident

    def whole(self) -> engine.Bundle:
        self.drawing.start().end()
        into, out = self._row(self.drawing, 3)
        return self.drawing.flow("start", into).flow(out, "end").bundle()


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
        else:
            token = dice.choice(tokens)
            answers = {dice.choice(VARIABLES): dice.randint(0, 9), "answer": number}
            answers |= {"stop": True} if number > 30 else {}
            memory.do(token, answers)
            case.do_token(token, **answers)
        assert seen_in(case) == seen_in_memory(memory)
    assert case.is_completed
    assert case.step.data == memory.workflow.data
