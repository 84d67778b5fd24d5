"""Pages: moving running cases to another version."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("migrations", __name__)
