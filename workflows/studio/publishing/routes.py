"""Pages: publishing with the impact in view: differences, share of new cases, roll back."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("studio_publishing", __name__)
