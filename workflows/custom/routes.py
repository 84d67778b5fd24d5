"""Pages: processes with a record type of their own: bindings, pages, API."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("custom", __name__)
