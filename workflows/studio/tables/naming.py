"""What a file of decision tables calls its parts for people: decisions, columns, and what a drawing of them shows."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from workflows.engine import BundleRefused
from workflows.engine.safe_xml import read_xml

# Parts with a name, and columns with a label, as DMN calls them.
NAMED = frozenset({"decision", "inputData", "businessKnowledgeModel", "knowledgeSource"})
LABELLED = frozenset({"input", "output"})


def names_in(raw: bytes) -> list[str]:
    """The names in the order in which they stand, each once; none of a file that cannot be read."""
    try:
        root = read_xml(raw, "")
    except BundleRefused:
        return []
    return [name for name in dict.fromkeys(_names(root)) if name.strip()]


def _names(root: etree._Element) -> Iterator[str]:
    for element in root.iter(etree.Element):
        kind = etree.QName(element).localname
        if kind in NAMED:
            yield element.get("name") or ""
        elif kind in LABELLED:
            yield element.get("label") or ""
