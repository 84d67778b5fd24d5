"""Looks at a bundle without running it: can it be read, is each element complete, will it wait where it must?"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from workflows.engine.bundle import Bundle, read_json
from workflows.engine.decision_reading import read_decisions
from workflows.engine.decisions import Decisions
from workflows.engine.diagram import Diagram
from workflows.engine.errors import BundleRefused, Problem
from workflows.engine.linting.elements import Operation, Surroundings, check_elements
from workflows.engine.linting.formulas import check_formulas
from workflows.engine.linting.report import Report
from workflows.engine.linting.structure import check_structure
from workflows.engine.reading import read_diagram


def lint(
    bundle: Bundle, operations: Mapping[str, Operation] | None = None, roles: Collection[str] | None = None
) -> tuple[Diagram | None, Decisions | None, list[Problem]]:
    """The diagram and decisions as far as they can be read, and all problems. Never raises for what was uploaded."""
    decisions, problems = read_decisions(bundle.dmn)
    for name in (*bundle.form_files.values(), *(("texts.json",) if "texts.json" in bundle.files else ())):
        try:
            read_json(name, bundle.files[name])
        except BundleRefused as refused:
            problems.extend(refused.problems)
    try:
        file, raw = bundle.bpmn
        diagram = read_diagram(raw, file)
    except BundleRefused as refused:
        return None, decisions, [*problems, *refused.problems]
    report = Report(file)
    around = Surroundings(bundle.form_files.keys(), decisions, operations, roles)
    check_structure(diagram, report)
    check_elements(diagram, around, report)
    check_formulas(diagram, report)
    return diagram, decisions, [*report.problems, *problems]
