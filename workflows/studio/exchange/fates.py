"""What became of each file of an upload, and which files belong to which of several processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from crm.core.i18n import text
from workflows.engine.bundle import FORM_SUFFIX, RECORD_NAME, TEXTS_NAME
from workflows.engine.diagram import Diagram, Node
from workflows.studio.exchange.report import Imported, Report, Status
from workflows.studio.exchange.sheets import Sheet

MOST_NAMED = 8


@dataclass(frozen=True)
class Work:
    """A process of the upload: its diagrams (the first is the one that calls), the files that it could see by their names here,
    and what came of them. `made`: forms that were made of files, by the name of the file."""

    diagrams: tuple[Sheet, ...]
    seen: Mapping[str, Sheet]
    imported: Imported
    drawn: Diagram
    made: Mapping[str, str]

    @property
    def name(self) -> str:
        return self.diagrams[0].name

    @cached_property
    def uses(self) -> dict[str, list[Node]]:
        """The steps that use a form or a decision table, by the name of its file."""
        found: dict[str, list[Node]] = {}
        homes: dict[str, str] = {}
        requires: dict[str, set[str]] = {}
        for name, sheet in self.seen.items():
            if name.endswith(".dmn"):
                requires |= sheet.decisions
                homes |= dict.fromkeys(sheet.decisions, name)
        for node in self.drawn.nodes.values():
            if node.form_key and (form := node.form_key + FORM_SUFFIX) in self.seen:
                found.setdefault(form, []).append(node)
            if node.kind == "businessRuleTask" and node.called:
                for name in sorted({homes[ident] for ident in _reached(node.called, requires)}):
                    found.setdefault(name, []).append(node)
        return found


def parted(works: Sequence[Work], sheets: Iterable[Sheet]) -> list[Work]:
    """Each of several processes with the files that it uses, and its texts. What none uses stays with the first."""
    used = [_used(work) for work in works]
    claimed = {work.seen[name].path for work, names in zip(works, used, strict=True) for name in names}
    described: set[str] = set()
    found = []
    for number, (work, names) in enumerate(zip(works, used, strict=True)):
        folders = {sheet.folder for sheet in work.diagrams}
        kept = {}
        for name, raw in work.imported.files.items():
            sheet = work.seen.get(name)
            if sheet is None or name in names or (number == 0 and sheet.path not in claimed and not _is_told(name)):
                kept[name] = raw
            elif _is_told(name) and sheet.folder in folders and sheet.path not in described:
                kept[name] = raw
                if name == RECORD_NAME:
                    # One process opens the record; texts may serve several.
                    described.add(sheet.path)
        found.append(replace(work, imported=replace(work.imported, files=kept)))
    return found


def tell(works: Sequence[Work], sheets: Iterable[Sheet], report: Report) -> None:
    """A line for each file, of which nothing was said yet."""
    told = {line.file for line in report.files}
    for sheet in sheets:
        if sheet.path not in told:
            _tell_diagram(sheet, works, report) if sheet.is_diagram else _tell_beside(sheet, works, report)


def _tell_diagram(sheet: Sheet, works: Sequence[Work], report: Report) -> None:
    for work in works:
        key = work.imported.key or ""
        if work.diagrams[0] == sheet:
            same = work.imported.files.get(work.name) == sheet.raw
            what = text("It became the process “{key}”", key=key)
            report.of_file(sheet.path, what, Status.UNDERSTOOD if same else Status.TRANSLATED, after=key)
            return
    callers = [work for work in works if sheet in work.diagrams]
    what = text(
        "It was drawn into “{files}”, from where it is called. To start it by itself as well, import it alone",
        files=", ".join(work.diagrams[0].path for work in callers[:MOST_NAMED]),
    )
    report.of_file(sheet.path, what, Status.TRANSLATED, after=callers[0].imported.key or "")


def _tell_beside(sheet: Sheet, works: Sequence[Work], report: Report) -> None:
    for work in works:
        if work.seen.get(sheet.name) != sheet:
            continue
        key = work.imported.key or ""
        if steps := work.uses.get(sheet.name):
            what = text("Used by: {steps}", steps=", ".join(step.name or step.id for step in steps[:MOST_NAMED]))
            report.of_file(sheet.path, what, Status.UNDERSTOOD, after=key)
        elif form := work.made.get(sheet.name):
            what = text("It became the form “{name}”", name=form)
            report.of_file(sheet.path, what, Status.TRANSLATED, after=key)
        elif sheet.name in work.imported.files:
            what = text("It lies beside the diagram; no step uses it")
            if _is_told(sheet.name):
                what = text("It lies beside the diagram")
            report.of_file(sheet.path, what, Status.UNDERSTOOD, after=key)
        else:
            continue
        return
    if other := next((work.seen[sheet.name] for work in works if sheet.name in work.seen), None):
        what = text("Another file of this name was taken: {file}", file=other.path)
        cure = text("Give one of them another name, also where it is used, and import again.")
        if other != sheet:
            report.of_file(sheet.path, what, Status.BY_HAND, cure=cure)
            return
    report.of_file(sheet.path, text("No step uses it, so that it was left out"), Status.UNDERSTOOD)


def _is_told(name: str) -> bool:
    """It speaks of the process as a whole, not of a step."""
    return name in (TEXTS_NAME, RECORD_NAME)


def _used(work: Work) -> set[str]:
    return {name for name in work.uses if name in work.imported.files}


def _reached(decision: str, requires: Mapping[str, set[str]]) -> set[str]:
    """A decision and all that it requires."""
    stack, found = [decision], set()
    while stack:
        ident = stack.pop()
        if ident in requires and ident not in found:
            found.add(ident)
            stack.extend(requires[ident])
    return found
