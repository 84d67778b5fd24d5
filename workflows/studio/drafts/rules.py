"""What a draft may hold: names and sizes of its files, key and name of a new process."""

from __future__ import annotations

import re
from collections.abc import Mapping

from crm.core.errors import Fault, Invalid
from crm.core.i18n import Text, text
from workflows import bundle_files
from workflows.engine.bundle import MAX_FILE_BYTES

LONGEST_NAME = 200
LONGEST_KEY = 80
# A name in XML without a namespace; diagrams refer to processes and elements by such names.
NC_NAME = re.compile(r"[^\W\d][\w.\-]*")
# The engine calls its own first and last steps so.
RESERVED = frozenset({"start", "end", "root"})
# No slash, no control character, nothing that a file system or an archive would read in its own way.
FILE_NAME = re.compile(r"[^\x00-\x1f\x7f/\\:*?\"<>|\ud800-\udfff]+")


def check_files(files: Mapping[str, bytes]) -> dict[str, str]:
    """The files as text. Raises Invalid naming the first that cannot be part of a process."""
    for name, content in files.items():
        check_file(name, content)
    check_sum(len(files), sum(len(content) for content in files.values()))
    diagrams = [name for name in files if name.endswith(".bpmn")]
    if len(diagrams) != 1:
        raise Invalid([Fault("files", text("A process has exactly one diagram, a .bpmn file."))])
    return {name: _text_of(name, content) for name, content in files.items()}


def check_file(name: str, content: bytes) -> None:
    """Refuse a name or a content that no version could have."""
    check_file_name(name)
    if len(content) > MAX_FILE_BYTES:
        raise Invalid([Fault(name, text("{file} is larger than 2 MB; split the process.", file=name))])
    _text_of(name, content)


def check_file_name(name: str) -> None:
    """Refuse names that say no sort of file, or that lead elsewhere."""
    if (
        len(name) > LONGEST_NAME
        or not FILE_NAME.fullmatch(name)
        or name.startswith((".", " "))
        or sort_of(name) is None
    ):
        message = text(
            "“{name}” cannot be the name of a file here; use for example process.bpmn, level.dmn, approve.form.json or texts.json.",
            name=name[:LONGEST_NAME],
        )
        raise Invalid([Fault("name", message)])


def sort_of(name: str) -> str | None:
    """How a name ends, for files of which there may be several, or the whole name of the others; None for what is no file of
    a process."""
    for sort in bundle_files.BUNDLED:
        if name.endswith(sort) and len(name) > len(sort) if sort.startswith(".") else name == sort:
            return sort
    return None


def raw(name: str, content: str) -> bytes:
    """The bytes of what was typed. Raises Invalid for halves of characters."""
    try:
        return content.encode()
    except UnicodeEncodeError:
        raise Invalid(
            [Fault(name, text("This holds characters that cannot be stored, such as NUL; remove them."))]
        ) from None


def check_sum(number: int, size: int) -> None:
    """Refuse what is too much for one version."""
    if number > bundle_files.MOST_FILES or size > bundle_files.MOST_BYTES:
        raise Invalid(
            [Fault("files", text("The files are too many or too large: at most 200 files and 4 MB together."))]
        )


def _text_of(name: str, content: bytes) -> str:
    try:
        found = content.decode()
    except UnicodeDecodeError:
        raise Invalid([Fault(name, text("{file} must be saved as UTF-8.", file=name))]) from None
    if "\x00" in found:
        raise Invalid([Fault(name, text("This holds characters that cannot be stored, such as NUL; remove them."))])
    return found


def fault_of_key(key: str) -> Text | None:
    """Why a new process cannot be called so; None when it can."""
    if not key:
        return text("Give the process a key, for example website_delivery.")
    if len(key) > LONGEST_KEY or not NC_NAME.fullmatch(key):
        return text(
            "A key begins with a letter and has letters, digits, points, dashes and underlines only, at most 80 of them."
        )
    if key.lower() in RESERVED:
        return text("The key “{key}” is used by the engine itself; choose another.", key=key)
    return None


def fault_of_name(name: str) -> Text | None:
    """Why a process cannot have this name; None when it can."""
    if not name:
        return text("Give the process a name.")
    if len(name) > LONGEST_NAME or not name.isprintable():
        return text("The name has at most 200 letters, in one line.")
    return None
