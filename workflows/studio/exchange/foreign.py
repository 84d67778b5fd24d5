"""The words of other tools, element by element: each dialect is a table of what is done with an attribute or an extension.

Nothing that a table does may break the import: whatever goes wrong at one element becomes a line about that element.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from crm.core.i18n import text
from workflows.studio.exchange.document import BPMN, Document, content, local, namespace
from workflows.studio.exchange.writing import Untranslatable

_LOG = logging.getLogger(__name__)

# Of one file; where each of its elements fails, the first ones tell why.
MOST_LOGGED = 10
# Document, the element of BPMN, and what is said at it: the value of an attribute, or an element inside of extensionElements.
OnAttribute = Callable[[Document, Any, str], None]
OnElement = Callable[[Document, Any, Any], None]


@dataclass(frozen=True)
class Dialect:
    """What a tool says beyond BPMN. `idle` are its settings that nothing here needs: how it stores, retries or draws."""

    name: str
    namespaces: frozenset[str]
    attributes: Mapping[str, OnAttribute]
    elements: Mapping[str, OnElement]
    idle: frozenset[str] = field(default_factory=frozenset)

    def speaks(self, root: Any) -> bool:
        """Is anything in the file said in this dialect?"""
        return any(
            (isinstance(element.tag, str) and namespace(element) in self.namespaces)
            or any(etree.QName(key).namespace in self.namespaces for key in element.attrib if key.startswith("{"))
            for element in root.iter()
        )


def translate(document: Document, dialect: Dialect) -> None:
    """Go through the diagram by the tables of the dialect; what is translated is taken out, what is not stays."""
    unneeded: set[str] = set()
    for element in list(document.root.iter(f"{BPMN}*")):
        for key in list(element.attrib):
            if key.startswith("{") and etree.QName(key).namespace in dialect.namespaces:
                guarded(document, element, _attribute, document, dialect, element, key, unneeded)
        extensions = element.find(f"{BPMN}extensionElements")
        for said in [] if extensions is None else list(extensions):
            # One may have been read together with another one before it.
            mine = isinstance(said.tag, str) and namespace(said) in dialect.namespaces
            if mine and said.getparent() is not None:
                guarded(document, element, _element, document, dialect, element, said, unneeded)
    if unneeded:
        what = text("Settings of {tool} that are not needed here", tool=dialect.name)
        document.understood(None, what, ", ".join(sorted(unneeded)))


def _attribute(document: Document, dialect: Dialect, element: Any, key: str, unneeded: set[str]) -> None:
    name, value = str(etree.QName(key).localname), element.get(key, "")
    if name in dialect.attributes:
        done = _done(
            document, dialect, element, name, value, lambda: dialect.attributes[name](document, element, value.strip())
        )
        # An assignee would be read as a formula of ours.
        if done or name == "assignee":
            document.drop(element, key)
    elif name in dialect.idle:
        unneeded.add(name)
    else:
        _unknown(document, dialect, element, name, value)


def _element(document: Document, dialect: Dialect, element: Any, said: Any, unneeded: set[str]) -> None:
    name = local(said)
    shown = said.get("value") or content(said) or ", ".join(f"{key}={value}" for key, value in said.attrib.items())
    if name in dialect.elements:
        if _done(document, dialect, element, name, shown, lambda: dialect.elements[name](document, element, said)):
            document.remove(said)
    elif name in dialect.idle:
        unneeded.add(name)
    else:
        _unknown(document, dialect, element, name, shown)


def _done(document: Document, dialect: Dialect, element: Any, name: str, shown: str, act: Callable[[], None]) -> bool:
    """Was it taken over whole? What is left for a person stays in the file, to be looked up."""
    left = document.report.left
    try:
        act()
    except Untranslatable as fault:
        document.untranslated(element, text("{tool}: {name}", tool=dialect.name, name=name), fault, shown)
    return document.report.left == left


def _unknown(document: Document, dialect: Dialect, element: Any, name: str, value: str) -> None:
    what = text("{tool}: {name}", tool=dialect.name, name=name)
    document.by_hand(element, what, text("It is kept in the file but has no effect; draw what it means."), value)


def guarded(document: Document, element: Any, act: Callable[..., None], *given: object) -> None:
    """Do something with an element; an unforeseen fault becomes a line about it, for the file comes from a stranger."""
    try:
        act(*given)
    except Exception:
        document.faults += 1
        if document.faults <= MOST_LOGGED:
            _LOG.exception("an element of an imported diagram could not be read")
        document.by_hand(
            element, text("It could not be read"), text("Look at this element and draw it anew if it is wrong.")
        )
