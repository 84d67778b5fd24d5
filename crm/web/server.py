"""Serving the application over HTTP: granian where its binary runs, waitress elsewhere.

Workers are processes that build the application themselves from the environment; nothing is shared but the database.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from prometheus_client import values

from crm.core.config import Config, ConfigError

THREADS = 8
SECONDS_TO_STOP = 15


def check_port(config: Config) -> None:
    """Stop with the cure if somebody else has the port."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.host, config.port))
        except OSError as error:
            raise ConfigError(
                f"cannot listen on {config.host} port {config.port} ({error.strerror}): "
                "end the other program or choose another HELIU_PORT or HELIU_HOST"
            ) from None


def share_figures(var_dir: Path) -> None:
    """Let `/metrics` add up all workers; must be called before the first figure is made."""
    folder = var_dir / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    # The library looks at the variable when it is imported, which has happened; workers are forked from this process.
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]  # the library has no types here


def serve(config: Config, target: str, make: Callable[[], Flask], *, workers: int) -> None:
    """Serve until SIGINT or SIGTERM; requests that have begun are answered first. `target` names `make` as `module:function`."""
    try:
        from granian import Granian
        from granian.constants import Interfaces
        from granian.log import LogLevels
    except ImportError:
        _serve_with_waitress(config, make)
        return
    server = Granian(
        target,
        address=config.host,
        port=config.port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        websockets=False,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        workers_kill_timeout=SECONDS_TO_STOP,
        factory=True,
    )
    server.serve()


def _serve_with_waitress(config: Config, make: Callable[[], Flask]) -> None:
    from waitress.server import create_server  # type: ignore[import-untyped]  # the library has no types

    server = create_server(make(), host=config.host, port=config.port, threads=THREADS)

    def stop(*_: object) -> None:
        # Closing from the handler itself could wait for the very thread that it interrupts.
        threading.Thread(target=server.close).start()

    signal.signal(signal.SIGTERM, stop)
    try:
        server.run()
    except KeyboardInterrupt:
        server.close()


def serve_for_development(config: Config, make: Callable[[], Flask]) -> None:
    """One process that starts anew when a file changes."""
    from werkzeug.serving import run_simple

    app = make()
    app.debug = True
    app.jinja_env.auto_reload = True
    run_simple(config.host, config.port, app, use_reloader=True, threaded=True)
