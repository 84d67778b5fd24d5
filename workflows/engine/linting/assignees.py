"""The rule by which a user task finds its person: known, complete, and for a role that exists."""

from __future__ import annotations

from workflows.engine.assignees import AssigneeKind, faults_of
from workflows.engine.diagram import USER_KINDS, Diagram
from workflows.engine.linting.elements import Surroundings
from workflows.engine.linting.formulas import parse
from workflows.engine.linting.report import Report, label
from workflows.engine.texts import N_


def check_assignees(diagram: Diagram, around: Surroundings, report: Report) -> None:
    for process in diagram.used():
        for node in process.nodes.values():
            if node.kind not in USER_KINDS:
                continue
            for message, params in faults_of(node):
                report.error(node.id, message, **{**params, "element": label(node)})
            role = node.extensions.get("assignRole", "").strip()
            if role and around.roles is not None and role not in around.roles:
                message = N_("{element} chooses from the role {role}, which does not exist; choose another one.")
                report.error(node.id, message, element=label(node), role=role)
            formula = node.extensions.get("assignTo", "").strip()
            if node.extensions.get("assign", "").strip() == AssigneeKind.VARIABLE and formula:
                parse(node.id, f"{label(node)} · assignTo", formula, report)
