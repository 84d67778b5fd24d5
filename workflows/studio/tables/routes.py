"""Pages: the editor of decision tables: try a row out, find gaps and overlaps."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("studio_tables", __name__)
