"""Pages: drafts: what administrators change before they publish it."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("studio", __name__)
