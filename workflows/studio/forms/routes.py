"""Pages: the editor of forms: fields, preview, what a step shows."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("studio_forms", __name__)
