"""Addresses of style sheets, scripts and pictures: each carries a hash of its content, so that browsers keep it for a year
and fetch a new one the moment it changes. Templates write `url_for("static", filename=…)` as usual.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

YEAR = 365 * 24 * 3600


def set_up_assets(app: Flask) -> None:
    """Put the hash into static addresses, and let answers to such addresses be kept."""

    @app.url_defaults
    def add_hash(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and app.static_folder and "v" not in values:
            path = Path(app.static_folder) / str(values.get("filename", ""))
            if path.is_file():
                values["v"] = _hash(path, path.stat().st_mtime_ns)

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code in {200, 304}:
            seconds = YEAR if "v" in request.args else 300
            response.headers["Cache-Control"] = f"public, max-age={seconds}" + (
                ", immutable" if seconds == YEAR else ""
            )
        return response


@lru_cache(maxsize=1024)
def _hash(path: Path, _changed: int) -> str:
    """The start of the content's SHA-256; `_changed` makes an edited file count as a new one."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
