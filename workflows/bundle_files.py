"""The files of a process as they travel: which belong to it, how many and how large, one by one or in a zip archive."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

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
# As the files travel: in JSON they grow by a third and more. Beyond that so much is read that a file which is too large is
# refused by its name, and not the whole request without a word of what is wrong with it.
LARGEST_UPLOAD = 4 * MOST_BYTES


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
    """The files of an upload by name, whatever they are; a zip archive is opened. Raises Invalid for one that is broken, and for
    two files of one name."""
    files: dict[str, bytes] = {}
    for path, content in opened(uploads).items():
        name = path.rpartition("/")[2]
        if name in files:
            raise _twice(name)
        files[name] = content
    return files


def opened(uploads: list[tuple[str, bytes]]) -> dict[str, bytes]:
    """The files of an upload by their paths, those in zip archives with their folders in there. An archive inside of an archive
    stays closed. Raises Invalid for an archive that is broken, for too much, and for two files of one path."""
    files: dict[str, bytes] = {}
    for name, content in uploads:
        for path, inner in _members(content) if name.lower().endswith(".zip") else [(_path_of(name), content)]:
            if not path:
                continue
            if path in files:
                raise _twice(path)
            files[path] = inner
            if len(files) > MOST_FILES or sum(map(len, files.values())) > MOST_BYTES:
                raise _too_much()
    return files


def _members(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Path and content of each file of an archive, one after the other, so that the sum can stop them."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [info for info in archive.infolist() if not info.is_dir() and not _is_trace(info.filename)]
            if len(members) > MOST_FILES or sum(info.file_size for info in members) > MOST_BYTES:
                raise _too_much()
            for info in members:
                yield _path_of(info.filename), _read_member(archive, info)
    except UNREADABLE:
        raise Invalid(
            [Fault("files", text("The archive cannot be read; pack the files anew as .zip, without a password."))]
        ) from None


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    # The size in the archive's directory may lie; what is really unpacked is bounded as well.
    with archive.open(info) as member:
        content = member.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise _too_much()
    return content


def _path_of(name: str) -> str:
    """A path that leads nowhere but down, whatever system wrote it."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return "/".join(part for part in parts if part not in ("/", "..", "."))


def _is_trace(name: str) -> bool:
    """What a desktop leaves in an archive beside the files that were meant."""
    parts = name.split("/")
    return "__MACOSX" in parts or parts[-1].startswith("._") or parts[-1] in (".DS_Store", "Thumbs.db", "desktop.ini")


def _too_much() -> Invalid:
    return Invalid([Fault("files", text("The files are too many or too large: at most 200 files and 4 MB together."))])


def _twice(name: str) -> Invalid:
    message = text("Two files are called “{name}”; leave one of them out, or give it another name.", name=name)
    return Invalid([Fault("files", message)])
