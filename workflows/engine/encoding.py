"""Files are kept as text, so each must be UTF-8. Others are written anew as UTF-8 where they say truly what they are.

A file in UTF-8 passes byte for byte, mark at its beginning included. Nothing is guessed: what does not read as the encoding
that it names is refused with the cure.
"""

from __future__ import annotations

import codecs
import re

from workflows.engine.errors import BundleRefused, Problem
from workflows.engine.texts import N_

# Encodings of text that tools write; the names that Python knows beside them (zip, rot13, escapes) are no such thing.
KNOWN = frozenset({
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "ascii", "gb18030", "gbk", "gb2312",
    "big5", "big5hkscs", "shift_jis", "cp932", "euc_jp", "iso2022_jp", "euc_kr", "cp949", "koi8-r", "koi8-u", "tis-620",
    *(f"iso8859-{part}" for part in (*range(1, 12), *range(13, 17))), *(f"cp{page}" for page in range(1250, 1259)),
})  # fmt: skip
# The longer marks first: that of UTF-32 begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# How a file begins that has no mark; XML begins with "<" and JSON with "{".
BEGINNINGS = (
    (re.compile(rb"[<{]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[<{]"), "utf-32-be"),
    (re.compile(rb"[<{]\0"), "utf-16-le"),
    (re.compile(rb"\0[<{]"), "utf-16-be"),
)
DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z][\w.:\-]{0,39})["']""")
DECLARATION = re.compile(
    r"""^(\ufeff?\s*<\?xml[^>]{0,200}?)\s+encoding\s*=\s*["'](?!utf-?8["'])[^"']{0,40}["']""", re.I
)


def in_utf8(name: str, raw: bytes) -> bytes:
    """The file in UTF-8, untouched where it is already. Raises BundleRefused where it is not what it says, or nothing known."""
    said = encoding_of(raw)
    try:
        encoding = codecs.lookup(said).name
    except LookupError:
        encoding = ""
    if encoding not in KNOWN:
        raise _refused(name, N_("{file} is written in {encoding}, which cannot be read; save it as UTF-8."), said)
    # Chinese tools name the oldest of the three and write signs of the newest, which holds both others.
    wide = {"gb2312": "gb18030", "gbk": "gb18030"}.get(encoding, encoding)
    try:
        content = raw.decode(wide)
    except UnicodeDecodeError:
        message = N_("{file} says that it is written in {encoding}, but it is not; save it as UTF-8.")
        raise _refused(name, message, said) from None
    written = undeclared(content)
    return raw if encoding == "utf-8" and written == content else written.removeprefix("\ufeff").encode()


def encoding_of(raw: bytes) -> str:
    """What a file says it is written in: by its mark, by how it begins, by its XML declaration; else UTF-8."""
    for mark, encoding in MARKS:
        if raw.startswith(mark):
            return encoding
    for beginning, encoding in BEGINNINGS:
        if beginning.match(raw):
            return encoding
    declared = DECLARED.match(raw)
    return declared[1].decode() if declared else "utf-8"


def undeclared(content: str) -> str:
    """The text of a file with an XML declaration that says no encoding other than UTF-8."""
    return DECLARATION.sub(r'\1 encoding="UTF-8"', content, count=1)


def _refused(name: str, message: str, encoding: str) -> BundleRefused:
    return BundleRefused([Problem(None, message, {"file": name, "encoding": encoding[:40]}, file=name)])
