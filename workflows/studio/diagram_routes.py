"""The page of the diagram editor."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("studio_diagram", __name__)
