"""Pages: watching and repairing cases."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("operate", __name__)
