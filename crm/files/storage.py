"""The file store: contents in a folder under their hash. It knows no names, no people and no database.

Any number of processes may use one folder. A file appears under its hash only when it is complete and on the disk, so a
process that dies in between leaves nothing but a temporary file, which the sweep removes.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

CHUNK = 256 * 1024
INCOMING = "incoming"
LEAVING = "leaving"


class TooLarge(Exception):
    """More bytes came than may be kept; nothing of them was."""


@dataclass(frozen=True)
class Blob:
    """Contents that are kept: their hash and their size in bytes."""

    sha256: str
    size: int


class FileStore:
    """Contents below `root`, spread over 65,536 folders by the beginning of their hash."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, digest: str) -> Path:
        """Where contents with this hash lie, or would."""
        return self.root / digest[:2] / digest[2:4] / digest

    def put(self, stream: BinaryIO, *, largest: int) -> Blob:
        """Keep the rest of the stream. Raises TooLarge, or OSError when the disk is full."""
        descriptor, name = tempfile.mkstemp(dir=self._folder(INCOMING))
        temporary = Path(name)
        try:
            digest, size = sha256(), 0
            with os.fdopen(descriptor, "wb") as out:
                while chunk := stream.read(CHUNK):
                    size += len(chunk)
                    if size > largest:
                        raise TooLarge
                    digest.update(chunk)
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            place = self.path(digest.hexdigest())
            place.parent.mkdir(parents=True, exist_ok=True)
            # Also over equal contents: the fresh time tells a sweep that runs meanwhile to leave them alone.
            temporary.replace(place)
            for folder in (place.parent, place.parent.parent, self.root):
                _sync(folder)
        finally:
            temporary.unlink(missing_ok=True)
        return Blob(digest.hexdigest(), size)

    def older_than(self, moment: datetime) -> Iterator[str]:
        """The hashes of all contents that came before this moment. Temporary files as old are removed on the way."""
        for folder in (INCOMING, LEAVING):
            for left in self._folder(folder).iterdir():
                if _time_of(left) < moment.timestamp():
                    left.unlink(missing_ok=True)
        for place in self.root.glob("??/??/*"):
            if _time_of(place) < moment.timestamp():
                yield place.name

    def discard(self, digest: str, *, older_than: datetime) -> None:
        """Remove contents that nobody needs, unless they have come in anew."""
        leaving = self._folder(LEAVING) / digest
        try:
            self.path(digest).replace(leaving)
        except FileNotFoundError:
            return
        # Looked at only after it was taken away: what comes in from now on makes a new file under the hash.
        if _time_of(leaving) >= older_than.timestamp():
            leaving.replace(self.path(digest))
        else:
            leaving.unlink(missing_ok=True)

    def _folder(self, name: str) -> Path:
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _time_of(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _sync(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
