"""What the pages of publishing and comparing show: the differences of two bundles, listed by file and drawn on both diagrams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from workflows import library
from workflows.engine import Bundle, BundleRefused, Definition
from workflows.engine.bundle import FORM_SUFFIX
from workflows.instances import story
from workflows.library import Published
from workflows.studio.publishing.differences import Difference, counted, differences
from workflows.studio.publishing.found import ADDED, CHANGED, MOVED, REMOVED

# So many are listed on a page; programs get all.
MOST_LISTED = 400


@dataclass(frozen=True)
class Side:
    """One of the two diagrams: its XML, names in the reader's language, and the ids that are marked in it."""

    xml: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    added: Sequence[str] = ()
    removed: Sequence[str] = ()
    changed: Sequence[str] = ()


@dataclass(frozen=True)
class FileDifferences:
    """The differences of one file; what has only moved in the drawing stands apart."""

    file: str
    rows: Sequence[Difference]
    moved: Sequence[Difference]


@dataclass(frozen=True)
class Comparison:
    """Two bundles side by side. `more` differences are not listed; `old` is None where there was nothing before."""

    files: Sequence[FileDifferences]
    numbers: Mapping[str, int]
    more: int
    old: Side | None
    new: Side

    @property
    def same(self) -> bool:
        return not any(self.numbers.values())


def compare(old: Bundle | None, new: Bundle, *, locale: str) -> Comparison:
    """Compare a bundle with the one before it. Either may be one that cannot run."""
    before = old if old is not None else Bundle({})
    found = differences(before, new, locale=locale) if old is not None else []
    read = _readable(before), _readable(new)
    touched = _touched(found, read[1])
    marks = {
        kind: [each.element for each in found if each.kind == kind and each.element and each.file.endswith(".bpmn")]
        for kind in (ADDED, REMOVED, CHANGED)
    }
    changed = list(dict.fromkeys([*marks[CHANGED], *touched]))
    listed = found[:MOST_LISTED]
    files = [
        FileDifferences(
            file,
            [each for each in rows if each.kind != MOVED],
            [each for each in rows if each.kind == MOVED],
        )
        for file, rows in ((file, list(each)) for file, each in groupby(listed, key=lambda one: one.file))
    ]
    return Comparison(
        files=files,
        numbers=counted(found),
        more=len(found) - len(listed),
        old=None if old is None else _side(old, read[0], locale, removed=marks[REMOVED], changed=changed),
        new=_side(new, read[1], locale, added=marks[ADDED], changed=changed),
    )


def _readable(bundle: Bundle) -> Published | None:
    try:
        return library.drafted(bundle)
    except BundleRefused:
        return None


def _side(
    bundle: Bundle,
    read: Published | None,
    locale: str,
    *,
    added: Sequence[str] = (),
    removed: Sequence[str] = (),
    changed: Sequence[str] = (),
) -> Side:
    try:
        xml = bundle.bpmn[1].decode()
    except (BundleRefused, UnicodeDecodeError):
        xml = ""
    labels = story.labels(read, locale) if read is not None else {}
    return Side(xml, labels, added, removed, changed)


def _touched(found: Iterable[Difference], read: Published | None) -> list[str]:
    """Steps whose form or decision has changed, though they themselves have not."""
    if read is None:
        return []
    definition: Definition = read.definition
    forms = {each.file.removesuffix(FORM_SUFFIX) for each in found if each.file.endswith(FORM_SUFFIX)}
    decisions = {each.element for each in found if each.file.endswith(".dmn")}
    return [
        node.id
        for node in definition.nodes.values()
        if (node.form_key in forms) or (node.kind == "businessRuleTask" and node.called in decisions)
    ]
