"""Draws diagrams that nobody thought of, blocks inside of blocks, and knows of each where its tokens may stand at once."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from workflows import engine
from workflows.engine.workflow import AnyWorkflow

from .constructs import BY_EVENT, CANCEL, loop, when
from .drawing import ERROR, ESCALATION, MESSAGE, SIGNAL, Drawing, many, timer

VARIABLES = tuple(f"x{number}" for number in range(4))
LEAVES = ("task", "task", "script", "reminded", "overdue", "noted", "watched", "race", "again", "many", "failing")
FAILURES = (("transaction", CANCEL), ("subProcess", ERROR), ("subProcess", ESCALATION))
BRANCHES = (
    "row",
    "row",
    "exclusive",
    "parallel",
    "parallel",
    "inclusive",
    "loop",
    "nested",
    "nested",
    "called",
    "loose",
)


@dataclass(frozen=True)
class Block:
    """A part of a process with one way in and one way out. `kind` says how its parts share the token that came in.

    one: at most one of them has it. all: each has one, at work or waiting at the join. some: one or more have. side: only
    the first part counts, the others run beside it.
    """

    kind: str
    node: str = ""
    parts: tuple[Block, ...] = ()
    join: str = ""
    into_join: tuple[str, ...] = ()

    def threads(self, at: Counter[str], waiting: Counter[tuple[str, str]]) -> int:
        """How often the block is under way: 0 or 1. Raises AssertionError where tokens stand together that must not."""
        if self.kind == "node":
            found = at[self.node]
        elif self.kind in ("all", "some"):
            each = [part.threads(at, waiting) for part in self.parts]
            if self.join:
                each = [n + waiting[self.join, flow] for n, flow in zip(each, self.into_join, strict=True)]
            assert max(each) <= 1, (self, at, waiting)
            assert self.kind == "some" or min(each) == max(each), (self, at, waiting)
            found = max(each)
        else:
            found = sum(part.threads(at, waiting) for part in self.parts)
        assert found <= 1, (self, at, waiting)
        return found


Drawn = tuple[str, str, Block]


def leaf(node: str) -> Block:
    return Block("node", node)


class Sketch:
    """`scopes` holds the block of each process, `beside` the nodes that run beside what the blocks tell."""

    def __init__(self, dice: random.Random) -> None:
        self.dice, self.count = dice, 0
        self.called: list[Drawing] = []
        self.scopes: dict[str, Block] = {}
        self.beside: set[str] = set()
        self.loose: set[str] = set()  # processes without order, in which nothing may end

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def condition(self) -> str:
        return f"{self.dice.choice(VARIABLES)} > {self.dice.randint(0, 9)}"

    def whole(self, depth: int = 3) -> engine.Bundle:
        d = Drawing("case")
        self._fill(d, depth)
        return d.bundle(*self.called)

    def _fill(self, d: Drawing, depth: int) -> None:
        start, end = f"{d.ident}_start", f"{d.ident}_end"
        d.start(start).end(end)
        into, out, self.scopes[d.ident] = self._row(d, depth)
        d.flow(start, into).flow(out, end)

    def block(self, d: Drawing, depth: int) -> Drawn:
        kinds = LEAVES if depth <= 0 else LEAVES[:5] + BRANCHES
        return getattr(self, f"_{self.dice.choice(kinds)}")(d, depth)  # type: ignore[no-any-return]

    # -- leaves
    def _task(self, d: Drawing, depth: int) -> Drawn:
        ident = self.name("task")
        d.user(ident)
        return ident, ident, leaf(ident)

    def _script(self, d: Drawing, depth: int) -> Drawn:
        ident = self.name("script")
        one, two = self.dice.sample(VARIABLES, 2)
        d.script(ident, f"{{ {one}: (if {two} = null then 0 else {two}) + 1 }}")
        return ident, ident, leaf(ident)

    def _beside(self, d: Drawing, body: str) -> Drawn:
        ident, border, beside, end = (self.name(k) for k in ("task", "event", "beside", "end"))
        d.user(ident).user(beside).border(border, ident, body, interrupting=False).flow(border, beside)
        if d.ident not in self.loose:
            d.end(end).flow(beside, end)
        self.beside.add(beside)
        return ident, ident, leaf(ident)

    def _reminded(self, d: Drawing, depth: int) -> Drawn:
        return self._beside(d, timer("R2/PT1H", "timeCycle"))

    def _noted(self, d: Drawing, depth: int) -> Drawn:
        return self._beside(d, MESSAGE)

    def _watched(self, d: Drawing, depth: int) -> Drawn:
        return self._beside(d, when(self.condition()))

    def _failing(self, d: Drawing, depth: int) -> Drawn:
        """A sub-process that may be left by its border."""
        ident, border, late, merge = (self.name(k) for k in ("failing", "event", "late", "merge"))
        tag, event = self.dice.choice(FAILURES)
        inner = Drawing(ident)
        work, ok, fine, bad = (f"{ident}_{part}" for part in ("work", "ok", "fine", "bad"))
        inner.start(f"{ident}_start").user(work).gateway(ok, f"{ident}_default").end(fine).end(bad, event)
        inner.chain(f"{ident}_start", work, ok).flow(ok, bad, self.condition()).flow(ok, fine, ident=f"{ident}_default")
        self.scopes[ident] = leaf(work)
        d.nested(inner, self._repetition(ident), tag=tag).user(late).gateway(merge).border(border, ident, event)
        d.chain(ident, merge).chain(border, late, merge)
        return ident, merge, Block("one", parts=(leaf(ident), leaf(late)))

    def _overdue(self, d: Drawing, depth: int) -> Drawn:
        ident, border, late, merge = (self.name(k) for k in ("task", "event", "late", "merge"))
        d.user(ident).user(late).gateway(merge).border(border, ident, timer("PT3H"))
        d.chain(ident, merge).chain(border, late, merge)
        return ident, merge, Block("one", parts=(leaf(ident), leaf(late)))

    def _race(self, d: Drawing, depth: int) -> Drawn:
        race, heard, tired, merge = (self.name(k) for k in ("race", "heard", "tired", "merge"))
        d.gateway(race, kind="eventBased").catch(heard, SIGNAL).catch(tired, timer("PT2H")).gateway(merge)
        d.chain(race, heard, merge).chain(race, tired, merge)
        return race, merge, Block("all", parts=(leaf(heard), leaf(tired)))

    def _again(self, d: Drawing, depth: int) -> Drawn:
        ident = self.name("again")
        d.user(ident, loop(f"not(stop) and {self.condition()}", maximum=3))
        return ident, ident, leaf(ident)

    def _many(self, d: Drawing, depth: int) -> Drawn:
        ident = self.name("many")
        rule = self.dice.choice((None, None, "any", "60%"))
        asked: dict[str, Any] = {
            "countersign": rule,
            "countersignAgree": "answer > 20" if self.dice.random() < 0.5 and rule else None,
        }
        d.user(ident, many("people", sequential=self.dice.random() < 0.5, output=ident), **asked)
        return ident, ident, leaf(ident)

    # -- what holds others
    def _row(self, d: Drawing, depth: int) -> Drawn:
        blocks = [self.block(d, depth - 1) for _ in range(self.dice.randint(2, 3))]
        for (_, out, _), (into, _, _) in pairwise(blocks):
            d.flow(out, into)
        return blocks[0][0], blocks[-1][1], Block("one", parts=tuple(block for _, _, block in blocks))

    def _gateways(self, d: Drawing, depth: int, kind: str) -> Drawn:
        split, join, default = self.name("split"), self.name("join"), self.name("default")
        has_default = kind != "parallel"
        d.gateway(split, default if has_default else None, kind=kind).gateway(join, kind=kind)
        parts, arrivals = [], []
        for number in range(self.dice.randint(2, 3)):
            into, out, part = self.block(d, depth - 1)
            if not has_default:
                d.flow(split, into)
            elif number == 0:
                d.flow(split, into, ident=default)
            else:
                d.flow(split, into, self.condition())
            d.flow(out, join)
            parts.append(part)
            arrivals.append(f"{out}__{join}")
        shared = {"exclusive": "one", "parallel": "all", "inclusive": "some"}[kind]
        return split, join, Block(shared, "", tuple(parts), "" if shared == "one" else join, tuple(arrivals))

    def _exclusive(self, d: Drawing, depth: int) -> Drawn:
        return self._gateways(d, depth, "exclusive")

    def _parallel(self, d: Drawing, depth: int) -> Drawn:
        return self._gateways(d, depth, "parallel")

    def _inclusive(self, d: Drawing, depth: int) -> Drawn:
        return self._gateways(d, depth, "inclusive")

    def _loop(self, d: Drawing, depth: int) -> Drawn:
        merge, again, back = self.name("merge"), self.name("again"), self.name("back")
        task, _, first = self._task(d, 0)
        into, out, part = self.block(d, depth - 1)
        after = self.name("out")
        d.gateway(merge).gateway(again, back).gateway(after)
        d.chain(merge, task, into).flow(out, again).flow(again, merge, ident=back)
        d.flow(again, after, f"stop or {self.condition()}")
        return merge, after, Block("one", parts=(first, part))

    def _repetition(self, ident: str) -> str:
        kind = self.dice.choice(("", "", "rounds", "beside", "in turn"))
        if kind == "rounds":
            return loop(f"not(stop) and {self.condition()}", maximum=2)
        return many("people", sequential=kind == "in turn", output=ident) if kind else ""

    def _nested(self, d: Drawing, depth: int) -> Drawn:
        ident = self.name("nested")
        inner = Drawing(ident)
        self._fill(inner, depth - 1)
        if self.dice.random() < 0.4:
            react = self.name("react")
            reaction = Drawing(react).node("startEvent", f"{react}_on", MESSAGE, isInterrupting="false")
            reaction.user(f"{react}_do").end(f"{react}_e").chain(f"{react}_on", f"{react}_do", f"{react}_e")
            inner.nested(reaction, attributes=BY_EVENT)
            self.beside.add(react)
            self.scopes[react] = leaf(f"{react}_do")
        d.nested(inner, self._repetition(ident), tag=self.dice.choice(("subProcess", "transaction")))
        return ident, ident, leaf(ident)

    def _called(self, d: Drawing, depth: int) -> Drawn:
        ident, leaf_id = self.name("call"), self.name("process")
        inner = Drawing(leaf_id)
        self._fill(inner, depth - 1)
        self.called.append(inner)
        d.call(ident, leaf_id, self._repetition(ident))
        return ident, ident, leaf(ident)

    def _loose(self, d: Drawing, depth: int) -> Drawn:
        ident = self.name("loose")
        inner = Drawing(ident)
        self.loose.add(ident)
        blocks = [self._row(inner, depth - 1)[2] for _ in range(2)]
        self.scopes[ident] = Block("some", parts=tuple(blocks))
        d.nested(inner, tag="adHocSubProcess")
        return ident, ident, leaf(ident)

    # -- where tokens stand
    def check_places(self, workflow: AnyWorkflow) -> None:
        """Raises AssertionError where tokens of one process stand as its blocks do not allow: something is stray."""
        at: Counter[str] = Counter()
        waiting: Counter[tuple[str, str]] = Counter()
        together: set[tuple[str, int]] = set()
        aside = 0
        for token in workflow.unfinished():
            spec, kept = token.task_spec, token.internal_data
            if spec.node is None or spec.stands_by or spec.repeated_by is not None:
                aside += spec.node is None
            elif spec.bpmn_id in self.beside:
                aside += 1
            elif "by" in kept:
                waiting[spec.bpmn_id, kept["by"]] += 1
            elif (spec.bpmn_id, kept.get("among", -1)) not in together:
                at[spec.bpmn_id] += 1
                if "among" in kept:
                    together.add((spec.bpmn_id, kept["among"]))
        block = self.scopes[workflow.spec.name]
        threads = block.threads(at, waiting)
        assert threads == 1 or aside, (workflow.spec.name, at, waiting)
