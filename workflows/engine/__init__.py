"""The engine room: reads, checks and runs diagrams. The only importer of SpiffWorkflow; knows no business, no database.

A bundle becomes a `Definition` (compile), a case is opaque bytes, and each function of `running` takes such bytes one
step further. Texts for people are English templates with values, which others translate.

From a file to a case: `bundle` and `safe_xml` bytes, `reading` -> `diagram` what is drawn, `decision_reading` ->
`decisions`, `linting` what may run, `building` -> `specs` how each kind of element behaves, `definition` all of it.
From one rest of a case to the next: `state` bytes to `workflow` and `tokens` and back, `stepping` the way of every step,
`advancing` what goes by itself, `pruning` what is forgotten, `run` what a step may cost and the path it took.
Above them the verbs: `running` (`beginnings`: when the clock starts a case), `taking_back`, `moving` (back and on, read by `regions`), `rounds` (signers), `repairing` (by hand), `versions` (to another
version, by `transplanting`), `checking` and `limited`.
"""

from workflows.engine.assignees import AssigneeKind, AssigneeRule, Base, read_rule
from workflows.engine.beginnings import first_beginning, next_beginning
from workflows.engine.bundle import Bundle
from workflows.engine.checking import check
from workflows.engine.definition import Beginning, Definition, compile  # noqa: A004 -- called as engine.compile
from workflows.engine.diagram import Flow, Lane, Node
from workflows.engine.encoding import in_utf8, undeclared
from workflows.engine.errors import BadValue, BundleRefused, EngineError, Problem, StepRefused, UnknownToken
from workflows.engine.limited import check_limited
from workflows.engine.linting.elements import Operation
from workflows.engine.moving import Target, check_move_token, move_token, send_back_targets
from workflows.engine.repairing import Position, positions, set_variables, skip
from workflows.engine.retracting import retract, why_not_retract
from workflows.engine.rounds import (
    Signers,
    Where,
    add_round,
    add_signer,
    check_add_signer,
    check_remove_signer,
    remove_round,
    remove_signer,
    signers,
)
from workflows.engine.running import awaited, complete, deliver, fire, listening, live_nodes, start, task_data
from workflows.engine.state import shape
from workflows.engine.steps import Awaited, Budget, Call, ClosedTask, OpenTask, Passed, Step, Thrown, TimerSet
from workflows.engine.taking_back import TakenBack, take_back
from workflows.engine.texts import Phrase
from workflows.engine.timers import Due
from workflows.engine.values import check_value
from workflows.engine.versions import Rest, check_move, move_case, rest_of

__all__ = [
    "AssigneeKind",
    "AssigneeRule",
    "Awaited",
    "BadValue",
    "Base",
    "Beginning",
    "Budget",
    "Bundle",
    "BundleRefused",
    "Call",
    "ClosedTask",
    "Definition",
    "Due",
    "EngineError",
    "Flow",
    "Lane",
    "Node",
    "OpenTask",
    "Operation",
    "Passed",
    "Phrase",
    "Position",
    "Problem",
    "Rest",
    "Signers",
    "Step",
    "StepRefused",
    "TakenBack",
    "Target",
    "Thrown",
    "TimerSet",
    "UnknownToken",
    "Where",
    "add_round",
    "add_signer",
    "awaited",
    "check",
    "check_add_signer",
    "check_limited",
    "check_move",
    "check_move_token",
    "check_remove_signer",
    "check_value",
    "compile",
    "complete",
    "deliver",
    "fire",
    "first_beginning",
    "in_utf8",
    "listening",
    "live_nodes",
    "move_case",
    "move_token",
    "next_beginning",
    "positions",
    "read_rule",
    "remove_round",
    "remove_signer",
    "rest_of",
    "retract",
    "send_back_targets",
    "set_variables",
    "shape",
    "signers",
    "skip",
    "start",
    "take_back",
    "task_data",
    "undeclared",
    "why_not_retract",
]
