"""`make bench`: run the measurements, print their table, write var/bench.json.

BENCH_ONLY=step,inbox chooses among them; BENCH_SCALE (1.0) scales the tasks of the inbox; `--cold` also starts a fresh
clone, which takes minutes and the registries.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from time import monotonic

from bench import (
    bulk,
    cold,
    editor,
    inbox,
    losses,
    migration,
    open_cases,
    peers,
    report,
    scenarios,
    starts,
    steps,
    timers,
)
from bench.ground import ROOT, Grounds

MEASUREMENTS = {
    "step": steps.measure,
    "peers": peers.measure,
    "starts": starts.measure,
    "bulk": bulk.measure,
    "open_cases": open_cases.measure,
    "timers": timers.measure,
    "losses": losses.measure,
    "scenarios": scenarios.measure,
    "migration": migration.measure,
    "inbox": inbox.measure,
    "editor": editor.measure,
}


def main() -> None:
    """Run what was asked for, in the order of the table."""
    measurements = MEASUREMENTS | ({"cold": cold.measure} if "--cold" in sys.argv[1:] else {})
    wanted = [name for name in os.environ.get("BENCH_ONLY", "").split(",") if name] or list(measurements)
    if unknown := set(wanted) - set(measurements):
        sys.exit(f"BENCH_ONLY knows {', '.join(measurements)}, not {', '.join(sorted(unknown))}")
    begun = monotonic()
    about = report.machine()
    results: list[report.Result] = []
    folder = Path(os.environ.get("BENCH_FOLDER", ROOT / "var" / "bench"))
    for name, run in measurements.items():
        if name in wanted:
            grounds = Grounds(folder / name)
            try:
                results += run(grounds)
            finally:
                grounds.close()
            about["load_average_after"] = [round(load, 1) for load in os.getloadavg()]
            about["seconds"] = round(monotonic() - begun)
            # What has been measured stands, even if a later measurement fails.
            report.write(results, about)
    if set(wanted) >= set(MEASUREMENTS):
        report.publish(results, about)
    print(report.table(results))


if __name__ == "__main__":
    main()
