"""Comments of a file that is taken in: reading leaves them out, writing puts them back where they stood."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from lxml import etree

MARK = b"<!--"


def with_remarks(root: Any, raw: bytes) -> Any:
    """The tree with the comments of the text from which it was read: each in front of the element before which it stood, else of
    the one that it stood in; those whose element has gone stand at the end. The tree itself stays as it is."""
    if MARK not in raw:
        return root
    whole = copy.deepcopy(root)
    places = {element.get("id"): element for element in whole.iter(etree.Element) if element.get("id")}
    for remark, ident in _remarks(raw):
        place = places.get(ident or "")
        made = etree.Comment(remark)
        if ident is None:
            whole.addprevious(made)
        elif place is None or place is whole:
            whole.append(made)
        else:
            place.addprevious(made)
    return whole


def _remarks(raw: bytes) -> Iterator[tuple[str, str | None]]:
    """The comments in their order, with the id of the element by which each finds its place; None in front of the whole."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True)
    root = etree.fromstring(raw, parser)
    for remark in reversed(list(root.itersiblings(etree.Comment, preceding=True))):
        yield remark.text or "", None
    for remark in root.iter(etree.Comment):
        following = next((each for each in remark.itersiblings(etree.Element) if each.get("id")), None)
        around = next((each for each in remark.iterancestors() if each.get("id")), root)
        yield remark.text or "", (following if following is not None else around).get("id", "")
    for remark in root.itersiblings(etree.Comment):
        yield remark.text or "", ""
