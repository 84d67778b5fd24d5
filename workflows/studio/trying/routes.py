"""Pages: trying a draft: dry runs, and scenarios that are replayed before publishing."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("studio_trying", __name__)
