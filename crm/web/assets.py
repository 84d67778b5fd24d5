"""Addresses of style sheets, scripts and pictures: each carries a hash of its content, so that browsers keep it for a year
and fetch a new one the moment it changes. Templates write `url_for("static", filename=…)` as usual.

Files that the asset build has packed (`tabler.min.css.gz`) go out packed to browsers that take it: an eighth of the bytes.
"""

from __future__ import annotations

import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request, url_for
from markupsafe import Markup
from werkzeug.security import safe_join

YEAR = 365 * 24 * 3600
MINUTES = 300


def set_up_assets(app: Flask) -> None:
    """Put the hash into static addresses, let answers to such addresses be kept, and send packed files."""
    folder = str(app.static_folder)

    @app.url_defaults
    def add_hash(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "v" not in values:
            path = Path(folder) / str(values.get("filename", ""))
            if path.is_file():
                values["v"] = _hash(path, path.stat().st_mtime_ns)

    def static(filename: str) -> Response:
        packed = safe_join(folder, f"{filename}.gz")
        has_packed = packed is not None and Path(packed).is_file()
        if has_packed and request.accept_encodings.quality("gzip") > 0:
            response = app.send_static_file(f"{filename}.gz")
            response.content_type = mimetypes.guess_type(filename)[0] or "application/octet-stream"
            response.headers["Content-Encoding"] = "gzip"
        else:
            response = app.send_static_file(filename)
        if has_packed:
            response.vary.add("Accept-Encoding")
        seconds = YEAR if "v" in request.args else MINUTES
        response.headers["Cache-Control"] = f"public, max-age={seconds}" + (", immutable" if seconds == YEAR else "")
        return response

    app.view_functions["static"] = static
    app.jinja_env.globals.update(draw_icon=draw_icon)


def draw_icon(name: str, label: str = "", class_: str = "", **more: str) -> Markup:
    """A symbol of tools/icons.txt. A page shows a hundred of them, so each is put together once and the sheet found once a page."""
    if "icon_sheet" not in g:
        g.icon_sheet = url_for("static", filename="vendor/icons.svg")
    return _drawn(g.icon_sheet, name, label, more.get("class", class_))


@lru_cache(maxsize=2_000, typed=True)
def _drawn(sheet: str, name: str, label: str, class_: str) -> Markup:
    role = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon {}" {} focusable="false"><use href="{}#{}"></use></svg>').format(
        class_, role, sheet, name
    )


@lru_cache(maxsize=1024)
def _hash(path: Path, _changed: int) -> str:
    """The start of the content's SHA-256; `_changed` makes an edited file count as a new one."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
