"""From a fresh clone to the first answer: `make run` with nothing installed, and once more when all stands."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from time import perf_counter

from bench.ground import ROOT, Grounds
from bench.report import Result, say
from bench.serving import free_port, wait_for


def measure(grounds: Grounds) -> list[Result]:
    """Clone what is committed, and start it twice."""
    say("cold start of a fresh clone")
    grounds.folder.mkdir(parents=True, exist_ok=True)
    clone = grounds.folder / "clone"
    subprocess.run(["git", "clone", "--quiet", f"file://{ROOT}", clone], check=True)
    first, second = _start(clone), _start(clone)
    return [
        Result("Cold start: make run on a fresh clone", "sqlite", first, "s", target="≤ 150 s", met=first <= 150),
        Result("Second start: make run", "sqlite", second, "s", target="≤ 5 s", met=second <= 5),
    ]


def _start(clone: Path) -> float:
    """Seconds until the sign-in page can be had."""
    port = free_port()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("HELIU_", "MAKE", "VIRTUAL_ENV"))
    }
    begun = perf_counter()
    with (clone.parent / "make.log").open("a") as log:
        server = subprocess.Popen(
            ["make", "run"],
            cwd=clone,
            env={**environment, "HELIU_PORT": str(port)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_for(port, server, seconds=600)
        return perf_counter() - begun
    finally:
        os.killpg(server.pid, signal.SIGINT)
        server.wait(60)
