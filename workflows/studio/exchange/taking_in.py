"""`take_one`: one diagram of another tool and the files beside it become the files of a draft, with a report. Pure and bounded.

What needs no translation passes byte for byte. What cannot be a bundle at all is refused with the cure; what can be drawn but
not run is told by the check that the pages make afterwards, in a process of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from crm.core.i18n import Text, text
from workflows.engine import Bundle, BundleRefused
from workflows.engine.bundle import FORM_SUFFIX, read_json
from workflows.engine.checking import check_sizes
from workflows.engine.diagram import Diagram
from workflows.engine.reading import read_diagram
from workflows.engine.safe_xml import read_xml
from workflows.papers import layout
from workflows.studio.drafts.rules import fault_of_key, sort_of
from workflows.studio.exchange import (
    camunda7,
    camunda8,
    flowable,
    formulas,
    humans,
    idents,
    ordinary,
    spiffarena,
    strays,
)
from workflows.studio.exchange.document import BPMN, FLOW_NODE, SPIFF_URI, Around, Document, local
from workflows.studio.exchange.foreign import guarded, translate
from workflows.studio.exchange.picture import Picture
from workflows.studio.exchange.remarks import with_remarks
from workflows.studio.exchange.report import Choice, Imported, Report, Status, refuse

# As many as the engine takes.
MOST_NODES = 2_000
DIALECTS = (
    (camunda7.DIALECT, camunda7.LANGUAGE),
    (flowable.DIALECT, flowable.LANGUAGE),
    (camunda8.DIALECT, None),
)
ORDINARY = text("BPMN")


@dataclass(frozen=True)
class Taken:
    """A process that was taken in, with the diagram that came of it and the files that were read for it."""

    imported: Imported
    drawn: Diagram
    made: Mapping[str, str]


def take_one(
    name: str, raw: bytes, beside: Mapping[str, bytes], around: Around, sources: Mapping[str, str] | None = None
) -> Taken:
    """The diagram with its files, whatever tool they come from. `sources`: elements that were drawn in another file.
    Raises BundleRefused."""
    report = Report()
    root = read_xml(raw, name)
    if root.tag != f"{BPMN}definitions":
        read_diagram(raw, name)
    document = Document(root, name, around, report, dict(beside), sources=sources or {})
    origin = _translated(document)
    written, drawn = _checked(document, raw, beside)
    if around.key and drawn.main and around.key != drawn.main and fault_of_key(around.key) is None:
        idents.call_process(document, drawn.main, around.key)
        written, drawn = _checked(document, raw, beside)
    key = drawn.main
    if key is None:
        cure = text("Draw a process with a start event, a task and an end event.")
        report.add(name, None, text("There is no process in the diagram"), Status.REFUSED, cure=cure)
    kept = {name: written, **_readable(document, report)}
    choices = tuple(Choice(group, role) for group, role in sorted(document.groups.items()))
    imported = Imported(kept, tuple(report.lines), origin, key, _title(document, drawn), choices)
    return Taken(imported, drawn, document.made)


def _translated(document: Document) -> Text:
    """All that is done with the tree, in its order. Answers what the diagram comes from."""
    if sum(1 for _ in document.nodes()) > MOST_NODES:
        cure = text("Split the process; at most {limit} elements can run.", limit=MOST_NODES)
        document.by_hand(None, text("Too large to be translated"), cure)
        return ORDINARY
    guarded(document, None, strays.bring_home, document)
    guarded(document, None, idents.put_in_order, document)
    origins = []
    for dialect, language in DIALECTS:
        if dialect.speaks(document.root):
            origins.append(dialect.name)
            translate(document, dialect)
            if language is not None:
                formulas.translate_formulas(document, language)
    if spiffarena.comes_from(document.root):
        origins.append("SpiffArena")
        spiffarena.translate(document)
        formulas.translate_formulas(document, spiffarena.LANGUAGE)
    elif not origins:
        # Conditions in braces are drawn by hand in files that say nothing else of their tool.
        formulas.translate_formulas(document, camunda7.LANGUAGE)
    ordinary.make_runnable(document)
    guarded(document, None, humans.complete, document)
    guarded(document, None, _picture, document)
    return text("BPMN of {tool}", tool=", ".join(origins)) if origins else ORDINARY


def _picture(document: Document) -> None:
    """A diagram of which a step is nowhere drawn is laid out anew."""
    picture = Picture(document.root)
    steps = [
        child
        for process in document.processes()
        for child in process.iterchildren(f"{BPMN}*")
        if FLOW_NODE.fullmatch(local(child))
    ]
    if missing := [step for step in steps if picture.bounds(step.get("id")) is None]:
        layout.draw(document.root)
        document.translated(missing[0], text("There was no picture, or not of every step"), "", "BPMN DI")


def _written(document: Document, raw: bytes) -> bytes:
    # Of the prefixes none is lost: texts may use them, as "bpmn:tFormalExpression" does.
    kept = [prefix for prefix in document.root.nsmap if prefix]
    etree.cleanup_namespaces(document.root, top_nsmap={"spiffworkflow": SPIFF_URI}, keep_ns_prefixes=kept)
    whole = with_remarks(document.root, raw).getroottree()
    return bytes(etree.tostring(whole, xml_declaration=True, encoding="UTF-8"))


def _checked(document: Document, raw: bytes, beside: Mapping[str, bytes]) -> tuple[bytes, Diagram]:
    """What became of the diagram. Where it or the files beside it grew too large, all comes in as it was, and only that is told."""
    if not document.changed:
        return raw, read_diagram(raw, document.file)
    written = _written(document, raw)
    try:
        drawn = read_diagram(written, document.file)
        if oversized := check_sizes(Bundle({document.file: written, **document.files})):
            raise BundleRefused(oversized)
    except BundleRefused as refused:
        drawn = read_diagram(raw, document.file)
        document.report.lines.clear()
        document.files = dict(beside)
        document.groups.clear()
        refuse(document.report, refused.problems, Status.BY_HAND)
        cure = text("It comes in as it was. Split the process and import the parts.")
        document.by_hand(None, text("Too large to be translated"), cure)
        return raw, drawn
    return written, drawn


def _title(document: Document, drawn: Diagram) -> str:
    """What the process is called: by itself, else by the pool in which it is drawn."""
    main = drawn.processes.get(drawn.main or "")
    if main is None:
        return ""
    pools = (pool for pool in document.root.iter(f"{BPMN}participant") if pool.get("processRef") == main.id)
    pool = next(pools, None)
    return str(main.name if main.name != main.id or pool is None else pool.get("name") or main.name)


def _readable(document: Document, report: Report) -> dict[str, bytes]:
    """The files beside the diagram that a bundle can hold."""
    kept: dict[str, bytes] = {}
    for name, raw in document.files.items():
        if sort_of(name) is not None:
            if name.endswith(FORM_SUFFIX):
                try:
                    read_json(name, raw)
                except BundleRefused as refused:
                    refuse(report, refused.problems, Status.BY_HAND)
            kept[name] = raw
    return kept
