"""The files of a process as they travel: which belong to it, how many and how large, one by one or in a zip archive."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from crm.core.errors import Fault, Invalid
from crm.core.i18n import text

BUNDLED = (".bpmn", ".dmn", ".form.json", "texts.json", "record.json")
MOST_FILES = 200
MOST_BYTES = 4_000_000
# What the readers of archives raise at broken ones, each compression in its own way.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    IndexError,
)
# As the files travel: in JSON they grow by a third and more.
LARGEST_UPLOAD = 2 * MOST_BYTES


def archive_of(files: Mapping[str, bytes]) -> bytes:
    """Files in a zip archive."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in sorted(files.items()):
            target.writestr(name, content)
    return archive.getvalue()


def uploaded_files(uploads: list[tuple[str, bytes]]) -> dict[str, bytes]:
    """The files of an upload by name; a zip archive is opened. Raises Invalid for what is no bundle."""
    files = unpacked(uploads)
    if not any(name.endswith(".bpmn") for name in files):
        raise Invalid([Fault("files", text("Choose a .bpmn file, with its decision tables, forms and texts."))])
    if unknown := [name for name in files if not name.endswith(BUNDLED)]:
        raise Invalid(
            [
                Fault(
                    "files",
                    text(
                        "“{name}” is no part of a process: only .bpmn, .dmn, .form.json, texts.json and record.json are.",
                        name=unknown[0],
                    ),
                )
            ]
        )
    return files


def unpacked(uploads: list[tuple[str, bytes]]) -> dict[str, bytes]:
    """The files of an upload by name, whatever they are; a zip archive is opened. Raises Invalid for one that is broken."""
    files: dict[str, bytes] = {}
    for name, content in uploads:
        if name.endswith(".zip"):
            files.update(_unpacked(content))
        elif name:
            files[Path(name).name] = content
    return files


def _unpacked(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            if len(members) > MOST_FILES or sum(info.file_size for info in members) > MOST_BYTES:
                raise Invalid(
                    [Fault("files", text("The files are too many or too large: at most 200 files and 4 MB together."))]
                )
            return {Path(info.filename).name: _read_member(archive, info) for info in members}
    except UNREADABLE:
        raise Invalid([Fault("files", text("The archive cannot be read."))]) from None


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    # The size in the archive's directory may lie; what is really unpacked is bounded as well.
    with archive.open(info) as member:
        content = member.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Invalid(
            [Fault("files", text("The files are too many or too large: at most 200 files and 4 MB together."))]
        )
    return content
