"""Beginnings of files of each kind, long enough to be told apart."""

from __future__ import annotations

from io import BytesIO

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
JPEG = b"\xff\xd8\xff\xe0" + bytes(20)
PDF = b"%PDF-1.7\n" + bytes(20)
ZIP = b"PK\x03\x04" + bytes(20)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(20)
HTML = b"<html><script>alert(1)</script></html>"


def sent(name: str, contents: bytes = PDF) -> tuple[BytesIO, str]:
    """A file as a browser or a program sends it."""
    return BytesIO(contents), name
