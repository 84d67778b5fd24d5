"""What pages and the API need of the file store: where it is, a file as a download, and the files of a form.

The contents of a form's files are put into the store before the transaction of the step begins, and their rows in a short
one of their own: a form that is refused keeps its files, and nobody waits for a large file to be written.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from flask import Response, send_file

from crm.core.errors import HeliuError, Invalid, NotFound
from crm.core.i18n import Text, text
from crm.files.models import StoredFile
from crm.files.operations import Received, keep_file, receive
from crm.files.queries import find_file
from crm.files.storage import FileStore
from crm.web.doors import current_actor, ground, now, reading_session, writing
from forms import Refusal

log = logging.getLogger(__name__)


def file_store() -> FileStore:
    """The file store of this installation."""
    return FileStore(ground().config.upload_dir)


def hand_out(file_id: int) -> Response:
    """A file that this person may have, as a download. Never shown inside a page, whatever it holds."""
    with reading_session() as session:
        file = find_file(session, by=current_actor(), file_id=file_id)
    path = file_store().path(file.sha256)
    if not path.is_file():
        log.error("the contents of file %s are not in the file store", file.id)
        raise NotFound(text("The contents of this file are missing. Please tell an administrator."))
    answer = send_file(
        path,
        mimetype=file.content_type,
        as_attachment=True,
        download_name=file.name,
        conditional=False,
        etag=False,
        last_modified=file.at,
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def reference(file: StoredFile) -> dict[str, object]:
    """A file as the answer of a form holds it."""
    return {"id": file.id, "name": file.name}


class Uploads:
    """The files that came with one form.

    The form is made twice: first with `receive`, which fills the store; then `keep` writes the rows; and the step itself
    uses `kept`, which gives each file what became of it.
    """

    def __init__(self) -> None:
        self._store = file_store()
        # Keyed by the upload itself, which lives as long as the request.
        self._received: dict[int, Received] = {}
        self._outcome: dict[int, Mapping[str, object] | Refusal] = {}

    def receive(self, upload: Any) -> Mapping[str, object]:
        """Put a file into the store; a refusal is told to the form."""
        try:
            received = receive(self._store, name=upload.filename or "", stream=upload.stream)
        except Invalid as refused:
            outcome = self._outcome[id(upload)] = _as_refusal(refused.faults[0].message)
            raise outcome from None
        self._received[id(upload)] = received
        return {"id": 0, "name": received.name}

    def keep(self) -> None:
        """Write the rows of all that was received, in one transaction."""
        if not self._received:
            return
        try:
            with writing() as session:
                for key, received in self._received.items():
                    file = keep_file(session, by=current_actor(), now=now(), received=received)
                    self._outcome[key] = reference(file)
        except HeliuError as refused:
            self._outcome |= dict.fromkeys(self._received, _as_refusal(refused.message))

    def kept(self, upload: Any) -> Mapping[str, object]:
        """What became of a file: its reference, or the refusal that was told before."""
        outcome = self._outcome.get(id(upload)) or _as_refusal(text("Please choose the file once more."))
        if isinstance(outcome, Refusal):
            raise outcome
        return outcome


def _as_refusal(message: Text | str) -> Refusal:
    return Refusal(message.source, **message.values) if isinstance(message, Text) else Refusal(message)
