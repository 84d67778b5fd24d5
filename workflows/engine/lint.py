"""Looks at a bundle without running it: can it be read, is each element complete, will it wait where it must?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from workflows.engine.bundle import FORM_SUFFIX, RECORD_NAME, TEXTS_NAME, Bundle, read_json
from workflows.engine.decision_reading import read_decisions
from workflows.engine.decisions import Decisions
from workflows.engine.diagram import Diagram
from workflows.engine.errors import BundleRefused, Problem
from workflows.engine.linting.assignees import check_assignees
from workflows.engine.linting.elements import Operation, Surroundings, check_elements
from workflows.engine.linting.formulas import check_formulas
from workflows.engine.linting.report import Report
from workflows.engine.linting.rights import check_rights
from workflows.engine.linting.structure import check_structure
from workflows.engine.reading import read_diagram
from workflows.engine.texts import N_

KNOWN_NAMES = frozenset({TEXTS_NAME, RECORD_NAME})


def lint(
    bundle: Bundle, operations: Mapping[str, Operation] | None = None, roles: Collection[str] | None = None
) -> tuple[Diagram | None, Decisions | None, list[Problem]]:
    """The diagram and decisions as far as they can be read, and all problems. Never raises for what was uploaded."""
    decisions, problems = read_decisions(bundle.dmn)
    problems += [*_check_json(bundle), *_check_names(bundle)]
    try:
        file, raw = bundle.bpmn
        diagram = read_diagram(raw, file)
    except BundleRefused as refused:
        return None, decisions, [*problems, *refused.problems]
    report = Report(file, diagram)
    around = Surroundings(bundle.form_files.keys(), decisions, operations, roles)
    check_structure(diagram, report)
    check_elements(diagram, around, report)
    check_formulas(diagram, report)
    check_assignees(diagram, around, report)
    check_rights(diagram, bundle, report)
    return diagram, decisions, [*report.problems, *problems]


def _check_json(bundle: Bundle) -> Iterator[Problem]:
    for name in (*bundle.form_files.values(), *({TEXTS_NAME} & bundle.files.keys())):
        try:
            read_json(name, bundle.files[name])
        except BundleRefused as refused:
            yield from refused.problems
    try:
        texts = bundle.texts
    except BundleRefused:
        return
    for locale, found in texts.items():
        if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
            message = N_("{file} must hold, for each language, texts and their translations; check {locale}.")
            yield Problem(None, message, {"file": TEXTS_NAME, "locale": locale}, file=TEXTS_NAME)


def _check_names(bundle: Bundle) -> Iterator[Problem]:
    for name in bundle.files:
        if not name.endswith((".bpmn", ".bpmn20.xml", ".dmn", FORM_SUFFIX)) and name not in KNOWN_NAMES:
            message = N_("{file} is no diagram, decision, form or list of texts; it is not used.")
            yield Problem(None, message, {"file": name}, "warning", name)
