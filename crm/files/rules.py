"""What may be kept: how large, under which name, and whether the contents are what the ending promises."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import PurePosixPath

from crm.core.errors import Fault, Invalid
from crm.core.fields import HARMLESS_INVISIBLE, LARGEST_ID
from crm.core.i18n import Text, text

LARGEST = 20_000_000
# Five files of that size in one form, and the form around them.
BODY_LIMIT = 101_000_000
LONGEST_NAME = 200
LONGEST_ENDING = 20
MOST_AT_ONCE = 50
# What one person may have lying about unused: enough for any form, too little to fill a disk unseen.
MOST_UNUSED = 200
UNUSED_LIFE = timedelta(days=1)
HEAD_BYTES = 1024
UNKNOWN = "application/octet-stream"
UNNAMED = "unnamed"

_OFFICE = "application/vnd.openxmlformats-officedocument."
PICTURE, PAPER, OFFICE = "picture", "paper", "office"
# Endings whose contents are checked, by family. Programs and phones mix the kinds within a family up, and people rename
# files, so only contents of no kind of the family are refused.
FAMILIES: Mapping[str, str] = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".heic"), PICTURE),
    ".pdf": PAPER,
    **dict.fromkeys((".doc", ".xls", ".ppt", ".docx", ".xlsx", ".pptx", ".wps", ".et", ".dps"), OFFICE),
}
ZIP, OLE, RTF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rtf"
# Content types that are told to browsers. HTML and SVG are not among them: they could carry scripts.
ZIPPED = {
    ".docx": _OFFICE + "wordprocessingml.document",
    ".xlsx": _OFFICE + "spreadsheetml.sheet",
    ".pptx": _OFFICE + "presentationml.presentation",
}
COMPOUND = {".doc": "application/msword", ".xls": "application/vnd.ms-excel", ".ppt": "application/vnd.ms-powerpoint"}
_FORBIDDEN = re.compile(r'[<>:"|?*]')


def clean_name(name: str) -> str:
    """The name as it is kept: without folders, without signs that hide or forge something, at most 200 characters with
    its ending kept. Never empty, never a path, fit for every file system."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode()))[-1]
    seen = "".join(" " if sign in "\t\r\n" else sign for sign in last if _is_harmless(sign))
    cleaned = re.sub(r"\s+", " ", _FORBIDDEN.sub("_", seen)).strip(" .")
    if not cleaned:
        return UNNAMED
    if len(cleaned) > LONGEST_NAME:
        ending = PurePosixPath(cleaned).suffix[:LONGEST_ENDING]
        cleaned = cleaned[: LONGEST_NAME - len(ending)].rstrip(" .") + ending
    return cleaned


def _is_harmless(sign: str) -> bool:
    category = unicodedata.category(sign)
    if sign in "\t\r\n":
        return True
    return category not in {"Cc", "Cs", "Cn", "Zl", "Zp"} and (category != "Cf" or sign in HARMLESS_INVISIBLE)


def content_type_of(name: str, head: bytes) -> str:
    """The kind of a file, from its ending and its first bytes together; what is not known for sure is plain bytes.

    Raises Invalid when the contents contradict the ending.
    """
    ending = PurePosixPath(name).suffix.lower()
    family = FAMILIES.get(ending)
    if family is None:
        return UNKNOWN
    found = {PICTURE: _picture, PAPER: _paper, OFFICE: _office}[family](ending, head)
    if found is None:
        raise refused(text("“{name}” does not hold what its ending promises. Save it in its own format.", name=name))
    return found


def _picture(_ending: str, head: bytes) -> str | None:
    for start, kind in (
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"BM", "image/bmp"),
    ):
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return "image/heic" if head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"heix", b"mif1", b"msf1"} else None


def _paper(_ending: str, head: bytes) -> str | None:
    # The standard lets other bytes stand before the mark, within the first kilobyte.
    return "application/pdf" if b"%PDF-" in head else None


def _office(ending: str, head: bytes) -> str | None:
    if head.startswith(ZIP):
        return ZIPPED.get(ending, UNKNOWN)
    if head.startswith(OLE):
        return COMPOUND.get(ending, UNKNOWN)
    return UNKNOWN if head.startswith(RTF) else None


def file_ids(given: object, field: str = "attachments") -> list[int]:
    """The numbers in what a form, a program or a process names as files: numbers, digits, or mappings with an `id`."""
    if given is None or given == "":
        return []
    found = [_file_id(item) for item in given] if isinstance(given, list | tuple) else [None]
    if len(found) > MOST_AT_ONCE:
        raise Invalid([Fault(field, text("At most {most} files are possible.", most=MOST_AT_ONCE))])
    if any(number is None for number in found):
        raise Invalid([Fault(field, text("Files are named by their numbers, as they were told when they were sent."))])
    return list(dict.fromkeys(number for number in found if number is not None))


def _file_id(item: object) -> int | None:
    value = item.get("id") if isinstance(item, Mapping) else item
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 17:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_ID else None


def refused(message: Text) -> Invalid:
    """Why a file is not kept, as a fault of the field `file`."""
    return Invalid([Fault("file", message)])
