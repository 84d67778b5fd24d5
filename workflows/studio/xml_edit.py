"""Changes one property of one element in the text of a diagram and leaves every other byte as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from crm.core.errors import Fault, Invalid, NotFound
from crm.core.i18n import text

SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
VALUE = re.compile(rb"""(\bvalue\s*=\s*)("[^"]*"|'[^']*')""")


@dataclass
class _Place:
    """An element in the text: from `start` to `end`, its start tag up to `inside`; equal ends mean `<a />`."""

    name: str
    attributes: dict[str, str]
    start: int
    inside: int = 0
    end: int = 0
    children: list[_Place] = field(default_factory=list)

    def child(self, name: str) -> _Place | None:
        return next((each for each in self.children if each.name == name), None)


def set_property(raw: bytes, element: str, name: str, value: str) -> bytes:
    """The diagram with this property of the element; an empty value takes it away.

    Raises NotFound when there is no such element, Invalid when the text is no XML.
    """
    found = _find(raw, element)
    extensions = found.child(f"{BPMN} extensionElements")
    group = extensions.child(f"{SPIFF} properties") if extensions else None
    known = None
    if group is not None:
        named = (each for each in group.children if each.name == f"{SPIFF} property")
        known = next((each for each in named if each.attributes.get("name") == name), None)
    if known is not None:
        return _put(raw, known, value)
    if not value:
        return raw
    if group is not None:
        prefix = _prefix(raw, group)
        return _insert(raw, group, _property(prefix, name, value))
    wrapped = f'<spiffworkflow:properties xmlns:spiffworkflow="{SPIFF}">{{}}</spiffworkflow:properties>'
    made = wrapped.format(_property("spiffworkflow:", name, value))
    if extensions is not None:
        return _insert(raw, extensions, made)
    own = _prefix(raw, found)
    documented = [each.end for each in found.children if each.name == f"{BPMN} documentation"]
    return _insert(
        raw, found, f"<{own}extensionElements>{made}</{own}extensionElements>", max(documented, default=None)
    )


def _property(prefix: str, name: str, value: str) -> str:
    return f"<{prefix}property name={quoteattr(name)} value={quoteattr(value)} />"


def _put(raw: bytes, place: _Place, value: str) -> bytes:
    if not value:
        blank = len(raw[: place.start]) - len(raw[: place.start].rstrip())
        return raw[: place.start - blank] + raw[place.end :]
    tag = raw[place.start : place.inside]
    quoted = quoteattr(value).encode()
    changed, number = VALUE.subn(lambda found: found[1] + quoted, tag, count=1)
    if not number:
        changed = re.sub(rb"\s*/?>$", lambda end: b" value=" + quoted + end[0], tag)
    return raw[: place.start] + changed + raw[place.inside :]


def _insert(raw: bytes, around: _Place, made: str, at: int | None = None) -> bytes:
    """Put new text into an element: at a place, else behind its start tag; `<a />` becomes `<a>…</a>`."""
    inside = raw[around.start : around.inside]
    if around.end == around.inside:
        tag = inside[1:-2].split(None, 1)[0]
        opened = re.sub(rb"\s*/>$", b">", inside)
        return raw[: around.start] + opened + made.encode() + b"</" + tag + b">" + raw[around.end :]
    place = around.inside if at is None else at
    return raw[:place] + made.encode() + raw[place:]


def _prefix(raw: bytes, place: _Place) -> str:
    found = re.match(rb"<([^\s/>:]+:)?", raw[place.start :])
    return found[1].decode() if found and found[1] else ""


def _find(raw: bytes, element: str) -> _Place:
    """The place of the element with this id. Documents with a DOCTYPE are refused, as everywhere."""
    # The text of a draft is UTF-8, whatever its first line says.
    parser = expat.ParserCreate("utf-8", " ")
    stack: list[_Place] = []
    wanted: list[_Place] = []

    def begin(name: str, attributes: dict[str, str]) -> None:
        start = parser.CurrentByteIndex
        place = _Place(name, attributes, start, inside=_tag_end(raw, start))
        if stack:
            stack[-1].children.append(place)
        stack.append(place)
        if attributes.get("id") == element and name.startswith(BPMN):
            wanted.append(place)

    def finish(name: str) -> None:
        place = stack.pop()
        closing = parser.CurrentByteIndex
        is_short = raw[place.start : place.inside].endswith(b"/>")
        place.end = place.inside if is_short else _tag_end(raw, closing)

    def refuse(*_: object) -> None:
        raise Invalid([Fault("", text("The diagram contains a DOCTYPE; remove it."))])

    parser.StartElementHandler = begin
    parser.EndElementHandler = finish
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(raw, True)
    except expat.ExpatError:
        raise Invalid(
            [Fault("", text("The diagram is not well-formed XML; correct its text on the page of the diagram."))]
        ) from None
    if not wanted:
        raise NotFound(text("The diagram has no element “{id}” any more; load the page again.", id=element[:100]))
    return wanted[0]


def _tag_end(raw: bytes, start: int) -> int:
    """The place behind the `>` of the tag that begins here; one between quotes is none."""
    quote = 0
    for at in range(start, len(raw)):
        byte = raw[at]
        if quote:
            quote = 0 if byte == quote else quote
        elif byte in b"\"'":
            quote = byte
        elif byte == ord(">"):
            return at + 1
    return len(raw)
