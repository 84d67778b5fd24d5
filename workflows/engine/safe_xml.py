"""Reads XML that somebody uploaded: no DOCTYPE, no entities, no network, bounded in size, elements and depth."""

from __future__ import annotations

from typing import Any

from lxml import etree

from workflows.engine.errors import BundleRefused, Problem
from workflows.engine.texts import N_

MAX_BYTES = 2_000_000
MAX_ELEMENTS = 30_000
MAX_DEPTH = 100
HAS_DOCTYPE = N_("{file} contains a DOCTYPE; remove it.")


def read_xml(raw: bytes, file: str) -> Any:
    """The root element. Comments and processing instructions are gone, so that no script is cut by one.

    Raises BundleRefused with the line of the fault.
    """
    if len(raw) > MAX_BYTES:
        raise _refused(file, N_("{file} is larger than 2 MB; split the process."))
    # A DOCTYPE is refused as such and not by what its entities do: a harmless one can still hide a script from a reviewer.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True, recover=False,
    )  # fmt: skip
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        if b"<!DOCTYPE" in raw:
            # Its entities alone may be what could not be read; saving the file anew would not help.
            raise _refused(file, HAS_DOCTYPE) from None
        raise _refused(
            file,
            N_("{file} is not well-formed XML, so save it anew in the tool that it comes from: {cause}"),
            cause=str(fault)[:200],
        ) from None
    info = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise _refused(file, HAS_DOCTYPE)
    _measure(root, file)
    return root


def _measure(root: Any, file: str) -> None:
    count = 0
    stack = [(root, 1)]
    while stack:
        element, depth = stack.pop()
        count += 1
        if count > MAX_ELEMENTS:
            raise _refused(file, N_("{file} has more than {limit} elements; split the process."), limit=MAX_ELEMENTS)
        if depth > MAX_DEPTH:
            raise _refused(
                file, N_("{file} nests its elements more than {limit} levels deep; split the process."), limit=MAX_DEPTH
            )
        if not isinstance(element.tag, str):
            raise _refused(file, N_("{file} contains an entity reference; write the text itself."))
        stack.extend((child, depth + 1) for child in element)


def _refused(file: str, message: str, **params: object) -> BundleRefused:
    return BundleRefused([Problem(None, message, {"file": file, **params}, file=file)])
