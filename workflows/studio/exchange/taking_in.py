"""`take_in`: files of other tools become the files of a draft, with a report. Pure, bounded, and never an error of ours.

What needs no translation passes byte for byte. What cannot be a bundle at all is refused with the cure; what can be drawn but
not run is told by the check that the pages make afterwards, in a process of its own.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from lxml import etree

from crm.core.i18n import Text, text
from workflows.engine import Bundle, BundleRefused, Problem, in_utf8
from workflows.engine.bundle import FORM_SUFFIX, MAX_BYTES, MAX_FILES, read_json
from workflows.engine.checking import check_sizes
from workflows.engine.diagram import Diagram
from workflows.engine.reading import read_diagram
from workflows.engine.safe_xml import read_xml
from workflows.operations.deploying import problem_text
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
from workflows.studio.exchange.made_forms import form_key
from workflows.studio.exchange.picture import Picture
from workflows.studio.exchange.report import Choice, Imported, Report, Status

_LOG = logging.getLogger(__name__)

DIAGRAM_ENDINGS = (".bpmn20.xml", ".bpmn2.xml", ".bpmn.xml", ".bpmn2", ".bpmn")
DECISION_ENDINGS = (".dmn11.xml", ".dmn.xml", ".dmn")
FORM_ENDINGS = (FORM_SUFFIX, ".form")
NAMED_BY_CONTENT = (("definitions", "omg.org/spec/BPMN", ".bpmn"), ("definitions", "omg.org/spec/DMN", ".dmn"))
# What no name of a file may hold.
UNFIT = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|\ud800-\udfff]+")
OLD_MODEL = re.compile(
    rb"""(\bxmlns(?::[\w.\-]{1,40})?\s*=\s*["'])(?:http://schema\.omg\.org/spec/BPMN/2\.0|http://www\.omg\.org/bpmn20)(["'])"""
)
# As many as the engine takes.
MOST_NODES = 2_000
DIALECTS = (
    (camunda7.DIALECT, camunda7.LANGUAGE),
    (flowable.DIALECT, flowable.LANGUAGE),
    (camunda8.DIALECT, None),
)
ORDINARY = text("BPMN")


def take_in(files: Mapping[str, bytes], around: Around | None = None) -> Imported:
    """The files of one process from any tool. Never raises for what was uploaded."""
    report = Report()
    try:
        return _taken(files, around or Around(), report)
    except BundleRefused as refused:
        _refuse(report, refused.problems)
    except Exception:
        _LOG.exception("an imported bundle could not be read")
        cure = text("Open it in the tool that it comes from, save it anew as BPMN 2.0 and try again.")
        report.add("", None, text("The files could not be read"), Status.REFUSED, cure=cure)
    return Imported({}, tuple(report.lines), ORDINARY)


def _taken(files: Mapping[str, bytes], around: Around, report: Report) -> Imported:
    if len(files) > MAX_FILES or sum(len(raw) for raw in files.values()) > MAX_BYTES:
        raise BundleRefused(
            [Problem(None, "The files are too many or too large: at most 200 files and 4 MB together.")]
        )
    sorted_files = _sorted(files, report)
    diagrams = [name for name in sorted_files if name.endswith(".bpmn")]
    if not diagrams:
        cure = text("Choose a .bpmn file, with its decision tables, forms and texts.")
        report.add("", None, text("There is no diagram among the files"), Status.REFUSED, cure=cure)
        return Imported({}, tuple(report.lines), ORDINARY)
    name, others = _main_of(diagrams, sorted_files)
    for other in others:
        cure = text("A bundle has one diagram; import this one by itself.")
        report.add(other, None, text("Another diagram"), Status.BY_HAND, before=other, cure=cure)
    raw = _of_today(sorted_files.pop(name), name, report)
    beside = {other: content for other, content in sorted_files.items() if other not in others}
    root = read_xml(raw, name)
    if root.tag != f"{BPMN}definitions":
        read_diagram(raw, name)
    document = Document(root, name, around, report, beside)
    origin = _translated(document)
    written, drawn = _checked(document, raw, sorted_files)
    if around.key and drawn.main and around.key != drawn.main and fault_of_key(around.key) is None:
        idents.call_process(document, drawn.main, around.key)
        written, drawn = _checked(document, raw, sorted_files)
    key = drawn.main
    if key is None:
        cure = text("Draw a process with a start event, a task and an end event.")
        report.add(name, None, text("There is no process in the diagram"), Status.REFUSED, cure=cure)
    kept = {name: written, **_readable(document, report)}
    choices = tuple(Choice(group, role) for group, role in sorted(document.groups.items()))
    return Imported(kept, tuple(report.lines), origin, key, _title(document, drawn), choices)


def _sorted(files: Mapping[str, bytes], report: Report) -> dict[str, bytes]:
    """The files in UTF-8, under the names by which a bundle knows them."""
    found: dict[str, bytes] = {}
    for name, raw in files.items():
        if not name.lower().endswith((".xml", ".json", *DIAGRAM_ENDINGS, *DECISION_ENDINGS, *FORM_ENDINGS)):
            _left_out(report, name)
            continue
        plain = in_utf8(name, raw)
        if plain is not raw:
            report.add(name, None, text("Written anew in UTF-8"), Status.TRANSLATED)
        own = UNFIT.sub("_", _own_name(PurePosixPath(name).name or name, plain)).lstrip(". ")
        if own != name:
            report.add(name, None, text("Called otherwise"), Status.TRANSLATED, before=name, after=own)
        if own in found:
            cure = text("Two files have the same name; import them one after the other.")
            report.add(name, None, text("The name of the file"), Status.BY_HAND, before=name, cure=cure)
            continue
        found[own] = plain
    return found


def _of_today(raw: bytes, name: str, report: Report) -> bytes:
    """Older tools write under the addresses that BPMN 2.0 had before it was decided; the elements are the same."""
    written = OLD_MODEL.sub(lambda found: found[1] + BPMN[1:-1].encode() + found[2], raw, count=100)
    if written != raw:
        report.add(name, None, text("Written by a draft of BPMN 2.0"), Status.TRANSLATED)
    return written


def _own_name(name: str, raw: bytes) -> str:
    for endings, own in ((DIAGRAM_ENDINGS, ".bpmn"), (DECISION_ENDINGS, ".dmn"), (FORM_ENDINGS, FORM_SUFFIX)):
        for ending in endings:
            if name.lower().endswith(ending):
                # What is called as it should be keeps its name to the letter.
                if ending == own and name.endswith(own):
                    return name
                stem = name[: -len(ending)]
                return (form_key(stem) if own == FORM_SUFFIX else stem) + own
    if name.lower().endswith(".xml"):
        head = raw[:4_000]
        for _, mark, own in NAMED_BY_CONTENT:
            if mark.encode() in head:
                return name[:-4] + own
    return name


def _main_of(diagrams: list[str], files: Mapping[str, bytes]) -> tuple[str, list[str]]:
    """The diagram that is not called by another; several such: the first."""
    if len(diagrams) == 1:
        return diagrams[0], []
    called: set[str] = set()
    own: dict[str, set[str]] = {}
    for name in diagrams:
        try:
            root = read_xml(files[name], name)
        except BundleRefused:
            continue
        own[name] = {process.get("id") for process in root.iter(f"{BPMN}process")}
        for call in root.iter(f"{BPMN}callActivity"):
            called |= {call.get("calledElement", "")} | {
                each.get("processId", "") for each in call.iter("{*}calledElement")
            }
    main = next((name for name in own if not own[name] & called), diagrams[0])
    return main, [name for name in diagrams if name != main]


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


def _written(document: Document) -> bytes:
    # Of the prefixes none is lost: texts may use them, as "bpmn:tFormalExpression" does.
    kept = [prefix for prefix in document.root.nsmap if prefix]
    etree.cleanup_namespaces(document.root, top_nsmap={"spiffworkflow": SPIFF_URI}, keep_ns_prefixes=kept)
    return bytes(etree.tostring(document.root, xml_declaration=True, encoding="UTF-8"))


def _checked(document: Document, raw: bytes, beside: Mapping[str, bytes]) -> tuple[bytes, Diagram]:
    """What became of the diagram. Where it or the files beside it grew too large, all comes in as it was, and only that is told."""
    if not document.changed:
        return raw, read_diagram(raw, document.file)
    written = _written(document)
    try:
        drawn = read_diagram(written, document.file)
        if oversized := check_sizes(Bundle({document.file: written, **document.files})):
            raise BundleRefused(oversized)
    except BundleRefused as refused:
        drawn = read_diagram(raw, document.file)
        document.report.lines.clear()
        document.files = dict(beside)
        document.groups.clear()
        _refuse(document.report, refused.problems, Status.BY_HAND)
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
                    _refuse(report, refused.problems, Status.BY_HAND)
            kept[name] = raw
        elif not name.endswith(".json"):
            _left_out(report, name)
    return kept


def _left_out(report: Report, name: str) -> None:
    what = text("It is no part of a process: only diagrams, decisions, forms and texts are")
    report.add(name, None, what, Status.UNDERSTOOD, before=name)


def _refuse(report: Report, problems: tuple[Problem, ...], status: Status = Status.REFUSED) -> None:
    for problem in problems:
        report.add(problem.file or "", problem.element, problem_text(problem), status)
