"""`make bench`: run the measurements, print their table, write var/bench.json.

BENCH_ONLY=step,inbox chooses among them; BENCH_SCALE (1.0) scales the tasks of the inbox.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from time import monotonic

from bench import inbox, peers, report, starts, steps
from bench.ground import ROOT, Grounds

MEASUREMENTS = {
    "step": steps.measure,
    "peers": peers.measure,
    "starts": starts.measure,
    "inbox": inbox.measure,
}


def main() -> None:
    """Run what was asked for, in the order of the table."""
    wanted = [name for name in os.environ.get("BENCH_ONLY", "").split(",") if name] or list(MEASUREMENTS)
    if unknown := set(wanted) - set(MEASUREMENTS):
        sys.exit(f"BENCH_ONLY knows {', '.join(MEASUREMENTS)}, not {', '.join(sorted(unknown))}")
    begun = monotonic()
    about = report.machine()
    results: list[report.Result] = []
    folder = Path(os.environ.get("BENCH_FOLDER", ROOT / "var" / "bench"))
    for name, run in MEASUREMENTS.items():
        if name in wanted:
            grounds = Grounds(folder / name)
            try:
                results += run(grounds)
            finally:
                grounds.close()
    about["load_average_after"] = [round(load, 1) for load in os.getloadavg()]
    about["seconds"] = round(monotonic() - begun)
    report.write(results, about)
    print(report.table(results))


if __name__ == "__main__":
    main()
