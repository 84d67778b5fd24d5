"""One durable step against the limit and against naive SpiffWorkflow, in turns on the same cases; and its growth with rounds."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bench.cases import Move, complete, moves, open_task, open_task_in, sent_back, start_case, take
from bench.ground import KINDS, NOW, Grounds, House, build_house, opened
from bench.limit import Driver, Statement
from bench.naive import Naive
from bench.report import Result, median, say
from crm.core.db import Database, unit_of_work
from workflows.models import ProcessInstance

CASES, ROUNDS = 96, 8
SEND_BACKS, ROUNDS_A_COMMIT = 1_000, 25
PRODUCT, LIMIT, NAIVE, NAIVE_ROWS = "product", "limit", "naive", "naive with the same rows"


@dataclass(frozen=True)
class Recorded:
    """What the product changed: by case and step."""

    steps: Mapping[tuple[int, str], tuple[Statement, ...]]


def measure(grounds: Grounds) -> list[Result]:
    """The durable step on both databases."""
    found = []
    for kind in KINDS:
        say(f"one durable step, {kind}")
        found += _durable(grounds, kind)
        say(f"{SEND_BACKS} send-backs, {kind}")
        found += _growth(grounds, kind)
    return found


def _durable(grounds: Grounds, kind: str) -> list[Result]:
    url = grounds.empty(kind, f"step_{kind}")
    house = build_house(url)
    with opened(url) as database:
        cases = [start_case(database, house, now=NOW) for _ in range(CASES)]
    copies = {name: grounds.copy(url, f"step_{kind}_{place}") for place, name in enumerate((LIMIT, NAIVE, NAIVE_ROWS))}
    recording = grounds.copy(url, f"step_{kind}_recording")
    recorded = _record(recording, house, cases)
    samples: dict[str, dict[str, list[list[float]]]] = {}
    with ExitStack() as stack:
        ways = stack.enter_context(_ways(url, copies, recorded, cases))
        # What was recorded is a large heap of our own: the collector of the product need not walk over it.
        gc.collect()
        gc.freeze()
        for round_ in range(ROUNDS):
            part = cases[round_ * CASES // ROUNDS : (round_ + 1) * CASES // ROUNDS]
            for move in moves(house):
                times = _in_turns(ways, part, move, first=round_)
                for name, seconds in times.items():
                    samples.setdefault(name, {}).setdefault(move.node_id, []).append(seconds)
    _check_same_rows(recording, copies[LIMIT])
    for address in (url, recording, *copies.values()):
        grounds.drop(address)
    return _durable_results(kind, samples)


def _record(url: str, house: House, cases: list[int]) -> Recorded:
    """Let the product take every step of every case, in the order of the measurement, and note what changed."""
    steps: dict[tuple[int, str], tuple[Statement, ...]] = {}
    driver = Driver(url)
    with opened(url) as database:
        before = driver.rows()
        for round_ in range(ROUNDS):
            for move in moves(house):
                for case in cases[round_ * CASES // ROUNDS : (round_ + 1) * CASES // ROUNDS]:
                    complete(database, move, open_task(database, case), now=NOW)
                    after = driver.rows()
                    steps[case, move.node_id] = driver.changes(before, after)
                    before = after
    driver.close()
    return Recorded(steps)


Way = Callable[[int, Move], float]


@contextmanager
def _ways(url: str, copies: Mapping[str, str], recorded: Recorded, cases: list[int]) -> Iterator[Mapping[str, Way]]:
    """The ways to take a step; each answers its seconds."""
    limit = Driver(copies[LIMIT])
    bare, full = Naive(copies[NAIVE]), Naive(copies[NAIVE_ROWS])
    numbers = {case: bare.start() for case in cases}
    assert numbers == {case: full.start() for case in cases}
    with opened(url) as database:

        def product(case: int, move: Move) -> float:
            task_id = open_task(database, case)
            begun = perf_counter()
            complete(database, move, task_id, now=NOW)
            return perf_counter() - begun

        def at_the_limit(case: int, move: Move) -> float:
            statements = recorded.steps[case, move.node_id]
            begun = perf_counter()
            limit.write(statements)
            return perf_counter() - begun

        def naive(case: int, move: Move) -> float:
            begun = perf_counter()
            bare.complete(numbers[case], move.answers)
            return perf_counter() - begun

        def naive_with_rows(case: int, move: Move) -> float:
            # The engine's own rows are written by the naive way itself; what remains are those of the business.
            mine = ('UPDATE "process_instance"', '"task"', '"process_event"')
            rows = tuple(s for s in recorded.steps[case, move.node_id] if not any(part in s.sql for part in mine))
            begun = perf_counter()
            full.complete(numbers[case], move.answers, rows)
            return perf_counter() - begun

        yield {PRODUCT: product, LIMIT: at_the_limit, NAIVE: naive, NAIVE_ROWS: naive_with_rows}
    limit.close()
    bare.close()
    full.close()


def _in_turns(ways: Mapping[str, Way], part: list[int], move: Move, *, first: int) -> dict[str, list[float]]:
    """A dozen cases by each way, then by the next, as a worker does steps one after the other; who begins changes by round."""
    names = list(ways)
    turn = first % len(names)
    return {name: [ways[name](case, move) for case in part] for name in names[turn:] + names[:turn]}


def _durable_results(kind: str, samples: Mapping[str, Mapping[str, list[list[float]]]]) -> list[Result]:
    def of_steps(name: str, round_: int) -> float:
        return sum(median(rounds[round_]) for rounds in samples[name].values()) / len(samples[name])

    def ratio(over: str, under: str, rounds: list[int]) -> float:
        return median([of_steps(over, round_) / of_steps(under, round_) for round_ in rounds])

    # The first round warms caches of statements and plans.
    rounds = list(range(1, ROUNDS))
    mean = {name: median([of_steps(name, round_) for round_ in rounds]) * 1e3 for name in samples}
    of_limit, over_naive = ratio(LIMIT, PRODUCT, rounds), ratio(NAIVE, PRODUCT, rounds)
    over_full = ratio(NAIVE_ROWS, PRODUCT, rounds)
    found = [
        Result("One durable step, mean of the four steps", kind, mean[PRODUCT], "ms", "limit ÷ product", of_limit, "≥ 0.35", of_limit >= 0.35),
        Result("The same rows by the bare driver, no engine (limit)", kind, mean[LIMIT], "ms"),
        Result("Naive SpiffWorkflow, its four rows only", kind, mean[NAIVE], "ms", "naive ÷ product", over_naive),
        Result("Naive SpiffWorkflow with the same business rows", kind, mean[NAIVE_ROWS], "ms", "naive ÷ product", over_full, "≥ 3", over_full >= 3),
    ]  # fmt: skip
    # How far ahead of the naive way even writing alone is: no product gets beyond it.
    most = ratio(NAIVE_ROWS, LIMIT, rounds)
    found.append(Result("— naive with the same rows ÷ limit: the most that is possible", kind, most, "×"))
    for node_id, each in samples[PRODUCT].items():
        own = median([median(each[round_]) for round_ in rounds]) * 1e3
        share = median([median(samples[LIMIT][node_id][r]) / median(each[r]) for r in rounds])
        found.append(Result(f"— step “{node_id}”", kind, own, "ms", "limit ÷ product", share))
    return found


def _check_same_rows(product: str, limit: str) -> None:
    """The limit must have left the very rows of the product, or it is no limit of it."""
    one, other = Driver(product), Driver(limit)
    left, right = one.rows(), other.rows()
    differing = [name for name in left if left[name] != right[name]]
    assert not differing, f"the limit wrote other rows: {differing}"
    one.close()
    other.close()


def _growth(grounds: Grounds, kind: str) -> list[Result]:
    """Send a case back again and again; its first and its last rounds beside fresh cases."""
    url = grounds.empty(kind, f"growth_{kind}")
    house = build_house(url)
    assign, handle = moves(house)[:2]
    back = sent_back(house)
    most_bytes = 0
    with opened(url) as database:
        old = start_case(database, house, now=NOW)
        _do(database, assign, old, NOW)
        for begin in range(0, SEND_BACKS, ROUNDS_A_COMMIT):
            # Only the last rounds are timed; the thousand before them need not each wait for the disk.
            with unit_of_work(database) as session:
                for round_ in range(begin, begin + ROUNDS_A_COMMIT):
                    for move in (handle, back):
                        take(session, move, open_task_in(session, old), now=NOW + timedelta(minutes=round_))
                    most_bytes = max(most_bytes, _state_bytes(session, old))
        late: list[float] = []
        first: list[float] = []
        for round_ in range(30):
            fresh = start_case(database, house, now=NOW)
            _do(database, assign, fresh, NOW)
            now = NOW + timedelta(minutes=SEND_BACKS + round_)
            for case, seconds in ((fresh, first), (old, late)) if round_ % 2 else ((old, late), (fresh, first)):
                seconds.append(_do(database, handle, case, now))
                _do(database, back, case, now)
    grounds.drop(url)
    growth = median([one / other for one, other in zip(late, first, strict=True)])
    return [
        Result(f"Step after {SEND_BACKS} send-backs", kind, median(late) * 1e3, "ms", "÷ step of a fresh case", growth, "≤ 1.1", growth <= 1.1),
        Result("State of a case, at most, in any round", kind, most_bytes, "bytes", target="≤ 4,096", met=most_bytes <= 4096),
    ]  # fmt: skip


def _do(database: Database, move: Move, case: int, now: datetime) -> float:
    task_id = open_task(database, case)
    begun = perf_counter()
    complete(database, move, task_id, now=now)
    return perf_counter() - begun


def _state_bytes(session: Session, case: int) -> int:
    size: Any = session.scalar(select(func.length(ProcessInstance.state)).where(ProcessInstance.id == case))
    return int(size)
