"""Files in the REST API: send one, use its number in the answers of a form, fetch it again."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from crm.files.doors import file_store, hand_out
from crm.files.models import StoredFile
from crm.files.operations import keep_file, receive
from crm.files.rules import BODY_LIMIT
from crm.web.api import ApiBlueprint, Body
from crm.web.doors import current_actor, now, writing
from crm.web.security import takes_body

api = ApiBlueprint("files_api", __name__, url_prefix="/files", description="Files for the answers of forms")
CONTENTS = {"type": "string", "format": "binary"}


class UploadBody(Body):
    """One file, at most 20 MB."""

    file = fields.Raw(required=True, metadata=CONTENTS)


class FileAnswer(Body):
    """A file; `id` is what the answers of a form name it by."""

    id = fields.Integer()
    name = fields.String()
    size = fields.Integer(metadata={"description": "bytes"})
    content_type = fields.String(metadata={"description": "by what is inside"})
    sha256 = fields.String()


@api.post("")
@api.arguments(UploadBody, location="files")
@api.response(201, FileAnswer)
@takes_body(BODY_LIMIT)
def post_file(files: dict[str, Any]) -> StoredFile:
    """Send a file. Until a form uses it, it is open to you alone, and it is removed after a day."""
    upload = files["file"]
    received = receive(file_store(), name=upload.filename or "", stream=upload.stream)
    with writing() as session:
        return keep_file(session, by=current_actor(), now=now(), received=received)


@api.get("/<int:file_id>")
@api.response(200, CONTENTS, content_type="*/*")
def get_file(file_id: int) -> Response:
    """The contents of a file that you sent, or of a record, task or case that you may see."""
    return hand_out(file_id)
