"""Figures as they were measured: a table for the eye, var/bench.json for programs."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.ground import ROOT

JSON = ROOT / "var" / "bench.json"
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


@dataclass(frozen=True)
class Result:
    """A figure: a median, what it is compared with, and how often better it is (`ratio` above 1) or how far it came.

    `ratio` says in words what divides what; `target` is the bound that we set ourselves, None where there is none.
    """

    name: str
    database: str
    median: float
    unit: str
    reference: str = ""
    ratio: float | None = None
    target: str = ""
    met: bool | None = None


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def say(words: str) -> None:
    """Progress, for whoever waits."""
    print(f"bench: {words}", file=sys.stderr, flush=True)


def machine() -> dict[str, Any]:
    """Where this was measured, and how busy it was."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_average": [round(load, 1) for load in os.getloadavg()],
        "niceness": os.nice(0),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def table(results: Sequence[Result]) -> str:
    """The figures as lines of a Markdown table."""
    lines = ["| What | Database | Median | Compared with | Ratio | Target | Met |", "|---|---|---|---|---|---|---|"]
    for result in results:
        ratio = "" if result.ratio is None else f"{result.ratio:.2f}"
        met = {True: "yes", False: "**no**", None: ""}[result.met]
        lines.append(
            f"| {result.name} | {result.database} | {_figure(result.median)} {result.unit} | {result.reference} | {ratio} | "
            f"{result.target} | {met} |"
        )
    return "\n".join(lines)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def write(results: Sequence[Result], about: dict[str, Any]) -> None:
    """Write var/bench.json."""
    JSON.parent.mkdir(exist_ok=True)
    JSON.write_text(
        json.dumps({"machine": about, "results": [asdict(result) for result in results]}, indent=1, ensure_ascii=False)
        + "\n",
        encoding="utf-8",
    )


def publish(results: Sequence[Result], about: dict[str, Any]) -> None:
    """Put the figures of a whole run into docs/benchmarks.md."""
    page = PAGE.read_text(encoding="utf-8")
    words = (
        f"Measured {about['at'][:10]} with `make bench` in {about['seconds'] // 60} minutes: {about['cores']} cores "
        f"({about['processor']}), {about['memory_gb']} GB, {about['system']}, Python {about['python']}; load average "
        f"{about['load_average'][0]} at the beginning and {about['load_average_after'][0]} at the end, niceness {about['niceness']}."
    )
    before, _, rest = page.partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{words}\n\n{table(results)}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
