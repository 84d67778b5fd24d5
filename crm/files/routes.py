"""The page side of files: downloading one. Sending one is part of the form that it belongs to."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from crm.files.doors import hand_out

pages = Blueprint("files", __name__, url_prefix="/files")


@pages.get("/<int:file_id>")
def download(file_id: int) -> ResponseReturnValue:
    """The file, under its name."""
    return hand_out(file_id)
