"""The files of an upload before anything is read: in UTF-8, under the names by which a bundle knows them, with their folders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePosixPath

from crm.core.i18n import text
from workflows.engine import BundleRefused, in_utf8
from workflows.engine.bundle import FORM_SUFFIX
from workflows.engine.safe_xml import read_xml
from workflows.studio.exchange.document import BPMN, SPIFF_URI
from workflows.studio.exchange.made_forms import form_key
from workflows.studio.exchange.report import Report, Status

DIAGRAM_ENDINGS = (".bpmn20.xml", ".bpmn2.xml", ".bpmn.xml", ".bpmn2", ".bpmn")
DECISION_ENDINGS = (".dmn11.xml", ".dmn.xml", ".dmn")
FORM_ENDINGS = (FORM_SUFFIX, ".form")
NAMED_BY_CONTENT = (("omg.org/spec/BPMN", ".bpmn"), ("omg.org/spec/DMN", ".dmn"))
# What no name of a file may hold.
UNFIT = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|\ud800-\udfff]+")
OLD_MODEL = re.compile(
    rb"""(\bxmlns(?::[\w.\-]{1,40})?\s*=\s*["'])(?:http://schema\.omg\.org/spec/BPMN/2\.0|http://www\.omg\.org/bpmn20)(["'])"""
)
# As files write the address of SpiffArena that were made by hand or by other versions.
NEAR_SPIFF = re.compile(
    rb"""(\bxmlns(?::[\w.\-]{1,40})?\s*=\s*["'])https?://(?:www\.)?spiffworkflow\.org/bpmn/schema/\d[\d.]{0,8}(?:/core)?/?(["'])"""
)


@dataclass(frozen=True)
class Sheet:
    """One file: where it lay in the upload, what it is called here, and its content."""

    path: str
    name: str
    raw: bytes

    @property
    def folder(self) -> tuple[str, ...]:
        return PurePosixPath(self.path).parts[:-1]

    @property
    def is_diagram(self) -> bool:
        return self.name.endswith(".bpmn")

    @cached_property
    def decisions(self) -> dict[str, set[str]]:
        """The decisions of a table, each with those that it requires; none where it cannot be read, which the check tells."""
        try:
            root = read_xml(self.raw, self.path)
        except BundleRefused:
            return {}
        return {
            decision.get("id") or decision.get("name") or "": {
                (required.get("href") or "").rpartition("#")[2] for required in decision.iter("{*}requiredDecision")
            }
            for decision in root.iterchildren("{*}decision")
        }


def sorted_out(files: Mapping[str, bytes], report: Report) -> list[Sheet]:
    """What can be part of a process. The rest is told and left out."""
    found: list[Sheet] = []
    for path, raw in files.items():
        if path.lower().endswith(".zip"):
            cure = text("Unpack it and choose its files, or import it by itself.")
            report.of_file(
                path, text("An archive inside of an archive is not opened"), Status.BY_HAND, before=path, cure=cure
            )
            continue
        if not path.lower().endswith((".xml", ".json", *DIAGRAM_ENDINGS, *DECISION_ENDINGS, *FORM_ENDINGS)):
            left_out(report, path)
            continue
        plain = in_utf8(path, raw)
        if plain is not raw:
            report.add(path, None, text("Written anew in UTF-8"), Status.TRANSLATED)
        base = PurePosixPath(path).name or path
        name = UNFIT.sub("_", _own_name(base, plain)).lstrip(". ")
        if name != base:
            report.add(path, None, text("Called otherwise"), Status.TRANSLATED, before=base, after=name)
        sheet = Sheet(path, name, plain)
        found.append(_of_today(sheet, report) if sheet.is_diagram else sheet)
    return found


def beside(sheets: Iterable[Sheet], folders: Iterable[tuple[str, ...]]) -> dict[str, Sheet]:
    """Of all files but the diagrams those that a process in these folders can see: of several with one name the nearest."""
    seen: dict[str, Sheet] = {}
    places = list(folders)
    for sheet in sheets:
        if not sheet.is_diagram:
            present = seen.get(sheet.name)
            if present is None or _distance(sheet, places) < _distance(present, places):
                seen[sheet.name] = sheet
    return seen


def _distance(sheet: Sheet, places: list[tuple[str, ...]]) -> int:
    """How many folders lie between the file and the nearest of the places."""
    return min((_steps(sheet.folder, place) for place in places), default=0)


def _steps(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    shared = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return len(one) + len(other) - 2 * shared


def nearest(sheets: Iterable[Sheet], folder: tuple[str, ...]) -> list[Sheet]:
    """Those of the files that lie nearest to a folder."""
    found = list(sheets)
    least = min((_steps(sheet.folder, folder) for sheet in found), default=0)
    return [sheet for sheet in found if _steps(sheet.folder, folder) == least]


def left_out(report: Report, path: str) -> None:
    what = text("It is no part of a process: only diagrams, decisions, forms and texts are")
    report.of_file(path, what, Status.UNDERSTOOD, before=path)


def _of_today(sheet: Sheet, report: Report) -> Sheet:
    """Older tools write under the addresses that BPMN 2.0 had before it was decided; the elements are the same."""
    written = OLD_MODEL.sub(lambda found: found[1] + BPMN[1:-1].encode() + found[2], sheet.raw, count=100)
    if written != sheet.raw:
        report.add(sheet.path, None, text("Written by a draft of BPMN 2.0"), Status.TRANSLATED)
    present = NEAR_SPIFF.sub(lambda found: found[1] + SPIFF_URI.encode() + found[2], written, count=100)
    if present != written:
        report.add(sheet.path, None, text("Written by another version of SpiffArena"), Status.TRANSLATED)
    return sheet if present == sheet.raw else replace(sheet, raw=present)


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
        for mark, own in NAMED_BY_CONTENT:
            if mark.encode() in head:
                return name[:-4] + own
    return name
