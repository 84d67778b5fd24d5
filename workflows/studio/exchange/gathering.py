"""`take_all`: what was uploaded as one piece of work. Diagrams that call each other become one process, the others one each.

Here a process can only call what stands in its own diagram, so that a called file is drawn into that of its caller. Whatever was
uploaded is answered with a report, never with an error of ours; and where one file cannot be read, nothing is taken in.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lxml import etree

from crm.core.i18n import text
from workflows.engine import BundleRefused, Problem
from workflows.engine.bundle import MAX_BYTES, MAX_FILES
from workflows.engine.reading import read_diagram
from workflows.engine.safe_xml import read_xml
from workflows.studio.exchange import fates
from workflows.studio.exchange.document import BPMN, Around
from workflows.studio.exchange.fates import Work
from workflows.studio.exchange.merging import Part, calls_of, merge, processes_of
from workflows.studio.exchange.ordering import in_order
from workflows.studio.exchange.report import Imported, Report, Status, Together, refuse
from workflows.studio.exchange.sheets import Sheet, beside, nearest, sorted_out
from workflows.studio.exchange.taking_in import ORDINARY, take_one

_LOG = logging.getLogger(__name__)

# So many processes of one upload; and what all of it may take before the rest is refused.
MOST_PROCESSES = 20
MOST_SECONDS = 6.0


@dataclass(frozen=True)
class _Drawn:
    """A diagram of the upload. `calls`: processes that it calls in others, with the sheet of each."""

    sheet: Sheet
    processes: tuple[str, ...]
    calls: Mapping[str, Sheet]


def take_all(files: Mapping[str, bytes], around: Around | None = None) -> Together:
    """All processes of an upload, by the paths of its files. Never raises for what was uploaded."""
    report = Report()
    try:
        return _gathered(files, around or Around(), report)
    except BundleRefused as refused:
        cure = text("Nothing was taken in. Mend this file, or leave it out of the upload.") if len(files) > 1 else None
        refuse(report, refused.problems, cure=cure)
    except Exception:
        _LOG.exception("an imported bundle could not be read")
        cure = text("Open it in the tool that it comes from, save it anew as BPMN 2.0 and try again.")
        report.add("", None, text("The files could not be read"), Status.REFUSED, cure=cure)
    return _refused(report)


def _gathered(files: Mapping[str, bytes], around: Around, report: Report) -> Together:
    if len(files) > MAX_FILES or sum(len(raw) for raw in files.values()) > MAX_BYTES:
        raise BundleRefused(
            [Problem(None, "The files are too many or too large: at most 200 files and 4 MB together.")]
        )
    begun = time.monotonic()
    sheets = sorted_out(files, report)
    drawn = _read([sheet for sheet in sheets if sheet.is_diagram], report)
    firsts = _firsts(drawn)
    if not firsts:
        if not any(line.status == Status.REFUSED for line in report.lines):
            cure = text("Choose a .bpmn file, with its decision tables, forms and texts.")
            report.add("", None, text("There is no diagram among the files"), Status.REFUSED, cure=cure)
        return _refused(report)
    if len(firsts) > MOST_PROCESSES:
        what = text("The files hold {number} processes that do not call each other", number=len(firsts))
        cure = text("Upload at most {limit} at once.", limit=MOST_PROCESSES)
        report.add("", None, what, Status.REFUSED, cure=cure)
        return _refused(report)
    works: list[Work] = []
    for first in firsts:
        if time.monotonic() - begun > MOST_SECONDS:
            cure = text("Upload fewer files at once; those that call each other belong together.")
            report.add(first.path, None, text("All of it together takes too long"), Status.REFUSED, cure=cure)
            return _refused(report)
        works.append(_work(first, drawn, sheets, around, alone=len(firsts) == 1))
    if refused := [work.imported for work in works if work.imported.refused]:
        return Together(tuple(refused), tuple(report.files))
    if len(works) > 1:
        works = fates.parted(works, sheets)
    fates.tell(works, sheets, report)
    ordered, because = in_order(works)
    return Together(
        tuple(_with_lines(work, report, is_first=number == 0) for number, work in enumerate(ordered)),
        tuple(sorted(report.files, key=lambda line: line.file)),
        because,
    )


def _refused(report: Report) -> Together:
    return Together((Imported({}, tuple(report.lines), ORDINARY),), tuple(report.files))


def _read(sheets: Sequence[Sheet], report: Report) -> dict[str, _Drawn]:
    """The diagrams by their paths, with what each calls in the others. Raises BundleRefused."""
    called: dict[str, set[str]] = {}
    processes: dict[str, tuple[str, ...]] = {}
    for sheet in sheets:
        root = read_xml(sheet.raw, sheet.path)
        if root.tag != f"{BPMN}definitions":
            read_diagram(sheet.raw, sheet.path)
        processes[sheet.path] = tuple(processes_of(root))
        called[sheet.path] = calls_of(root) - set(processes[sheet.path])
    owners: dict[str, list[Sheet]] = {}
    for sheet in sheets:
        for process in dict.fromkeys(processes[sheet.path]):
            owners.setdefault(process, []).append(sheet)
    drawn = {}
    for sheet in sheets:
        calls = {}
        for process in sorted(called[sheet.path] & owners.keys()):
            near = nearest(owners[process], sheet.folder)
            if len(near) > 1:
                cure = text("Leave one of them out of the upload, or give its process another id.")
                what = text(
                    "“{file}” calls “{process}”, which is drawn in several files: {files}",
                    file=sheet.path,
                    process=process,
                    files=", ".join(each.path for each in near[:5]),
                )
                report.add(near[1].path, None, what, Status.REFUSED, cure=cure)
                return {}
            calls[process] = near[0]
        drawn[sheet.path] = _Drawn(sheet, processes[sheet.path], calls)
    return drawn


def _firsts(drawn: Mapping[str, _Drawn]) -> list[Sheet]:
    """The diagrams that no other calls; of those that call each other in a circle the first."""
    called = {sheet.path for each in drawn.values() for sheet in each.calls.values()}
    firsts = [each.sheet for path, each in drawn.items() if path not in called]
    reached = {each.path for first in firsts for each in _closure(first, drawn)}
    for path, each in drawn.items():
        if path not in reached:
            firsts.append(each.sheet)
            reached |= {inner.path for inner in _closure(each.sheet, drawn)}
    return firsts


def _closure(first: Sheet, drawn: Mapping[str, _Drawn]) -> list[Sheet]:
    """A diagram and all that it calls, directly or through others, the nearest first."""
    found = [first]
    for sheet in found:
        found += [each for each in dict.fromkeys(drawn[sheet.path].calls.values()) if each not in found]
    return found


def _work(first: Sheet, drawn: Mapping[str, _Drawn], sheets: Sequence[Sheet], around: Around, *, alone: bool) -> Work:
    """One process with all that it calls and all that lies beside."""
    closure = _closure(first, drawn)
    seen = beside(sheets, [sheet.folder for sheet in closure])
    raw = first.raw
    sources: dict[str, str] = {}
    if len(closure) > 1:
        places = {sheet.path: number for number, sheet in enumerate(closure)}
        parts = [
            Part(
                sheet.path,
                read_xml(sheet.raw, sheet.path),
                {process: places[target.path] for process, target in drawn[sheet.path].calls.items()},
            )
            for sheet in closure
        ]
        root, sources = merge(parts)
        raw = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    wanted = around.keys.get(first.path, around.key if alone else "")
    taken = take_one(
        first.name, raw, {name: sheet.raw for name, sheet in seen.items()}, replace(around, key=wanted), sources
    )
    return Work(tuple(closure), seen, replace(taken.imported, path=first.path), taken.drawn, taken.made)


def _with_lines(work: Work, report: Report, *, is_first: bool) -> Imported:
    """What was told of the names and encodings of its files stands before what was told of its elements."""
    kept = (sheet for name, sheet in work.seen.items() if name in work.imported.files)
    own = {sheet.path for sheet in (*work.diagrams, *kept)}
    lines = [line for line in report.lines if line.file in own or (is_first and not line.file)]
    return replace(work.imported, lines=(*lines, *work.imported.lines))
