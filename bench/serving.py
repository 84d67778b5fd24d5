"""A real server of the product for measurements: `app.py serve` with one worker and no clock, on a free port."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

from bench.ground import ROOT, Grounds


@contextmanager
def serving(grounds: Grounds, url: str) -> Iterator[tuple[int, int]]:
    """Port and process number of a server that stands on this database."""
    port = free_port()
    environment = {
        **os.environ,
        "HELIU_DATABASE_URL": url,
        "HELIU_SECRET_KEY": "only for measurements, thrown away afterwards",
        "HELIU_HOST": "127.0.0.1",
        "HELIU_PORT": str(port),
        "HELIU_VAR_DIR": str(grounds.folder / "var"),
        "HELIU_WORKERS": "1",
        "HELIU_DEMO": "",
    }
    command = [sys.executable, "app.py", "serve", "--no-scheduler"]
    log = (grounds.folder / "server.log").open("w+")
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        wait_for(port, server)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(30)
        log.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, server: subprocess.Popen[bytes], *, seconds: float = 90) -> None:
    """Until the server answers. RuntimeError when it ends before, or takes longer."""
    end = monotonic() + seconds
    while monotonic() < end and server.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            sleep(0.1)
        finally:
            connection.close()
    raise RuntimeError("the server did not start; its words stand in the log in the measurement's folder")
