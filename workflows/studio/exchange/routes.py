"""Pages: bundles and diagrams of other tools: import with a report, export."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("exchange", __name__)
