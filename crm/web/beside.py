"""The clock beside the web workers: a process of its own that lives as long as they do.

One that ends in a fault is begun anew, or nobody would be reminded any more while all pages look as ever. One that somebody
ended on purpose stays away; `/readyz` says so after a minute.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Self

from crm.core.config import ROOT

SECONDS_TO_STOP = 20
# A scheduler that ends at once each time must not keep the machine busy with beginning.
SECONDS_TO_REST = 3.0
PROGRAM = (sys.executable, str(ROOT / "app.py"), "scheduler")

log = logging.getLogger(__name__)


class SchedulerBeside:
    """`with SchedulerBeside():` runs `app.py scheduler` until the block is left."""

    def __init__(self, program: Sequence[str] = PROGRAM, *, rest: float = SECONDS_TO_REST) -> None:
        self._program = program
        self._rest = rest
        self._over = threading.Event()
        # Held while a process is begun or ended, so that none is begun after the last was told to end.
        self._turn = threading.Lock()
        self._clock = self._begin()
        self._watch = threading.Thread(target=self._keep, name="scheduler-watch", daemon=True)

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._turn:
            self._over.set()
            self._clock.terminate()
        try:
            self._clock.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self._clock.kill()
        self._watch.join(SECONDS_TO_STOP)

    def _begin(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._program)  # noqa: S603 - our own program

    def _keep(self) -> None:
        while code := self._clock.wait():
            if self._over.wait(self._rest):
                return
            with self._turn:
                if self._over.is_set():
                    return
                log.error("the scheduler ended with code %s and is begun anew", code)
                self._clock = self._begin()
