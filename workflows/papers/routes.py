"""Pages: diagrams and cases on paper: SVG and PDF."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("papers", __name__)
