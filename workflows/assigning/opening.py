"""The tasks that a step opened, given to whom their rules say: as columns of their rows, candidates, and lines of history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Integer, Table, bindparam, insert, select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.core.db import Id
from crm.core.prepared import Prepared
from workflows.assigning.reasons import as_json
from workflows.assigning.resolving import Assignment, CaseFacts, resolve
from workflows.assigning.rules import rules_of
from workflows.engine import OpenTask
from workflows.library import Published
from workflows.models import ProcessInstance, Task, TaskCandidate

TASK, CANDIDATE = cast(Table, Task.__table__), cast(Table, TaskCandidate.__table__)
# The task is named by its case and step: nobody waits for the number that the database gives it.
OFFER = Prepared(
    insert(CANDIDATE)
    .inline()
    .from_select(
        ["task_id", "user_id"],
        select(TASK.c.id, bindparam("candidate", type_=Id)).where(
            TASK.c.instance_id == bindparam("of_instance"), TASK.c.token == bindparam("of_token", type_=Integer)
        ),
    )
)


def assign_opened(
    session: Session,
    instance: ProcessInstance,
    published: Published,
    opened: Sequence[OpenTask],
    *,
    now: datetime,
    settled: Collection[int] = (),
) -> Mapping[int, Assignment]:
    """By token, who gets each task that has a rule. Nothing is asked where none has one, where somebody was asked to sign,
    and for the tokens that are `settled`: somebody has decided already who gets them."""
    rules = rules_of(published.definition)
    if not rules:
        return {}
    found: dict[int, Assignment] = {}
    given: Counter[int] = Counter()
    # In one order for everybody: two steps that each hold one turn and want the other's would wait for ever.
    for task in sorted(opened, key=lambda task: (task.node_id, task.token)):
        rule = rules.get(task.node_id)
        if rule is None or task.signer or task.token in settled:
            continue
        case = CaseFacts(
            process_key=instance.process_key,
            initiator_id=instance.started_by_id,
            record_type=instance.record_type,
            record_id=instance.record_id,
            customer_id=instance.customer_id,
            data=task.data,
        )
        assignment = resolve(session, rule=rule, case=case, node=task.node_id, now=now, given=given)
        found[task.token] = assignment
        if assignment.user_id is not None:
            given[assignment.user_id] += 1
    return found


def columns_for(session: Session, assignment: Assignment | None) -> dict[str, Any]:
    """What an assignment means for the row of its task; empty values where there is none."""
    if assignment is None:
        return {"excluded_id": None, "candidate_ids": None, "on_behalf_of_id": None}
    columns: dict[str, Any] = {
        "role": assignment.role,
        "assignee_id": assignment.user_id,
        "excluded_id": assignment.excluded_id,
        "candidate_ids": list(assignment.candidates) or None,
        "on_behalf_of_id": assignment.substitute_for,
    }
    if assignment.user_id is not None:
        columns["department_id"] = session.get_one(User, assignment.user_id).department_id
    return columns


def offer(session: Session, instance_id: int, token: int, candidates: Sequence[int]) -> None:
    """Several named people may claim the task. Its row must be on its way before."""
    for user_id in candidates:
        OFFER.later(session, {"of_instance": instance_id, "of_token": token, "candidate": user_id})


def as_history(assignments: Mapping[int, Assignment], opened: Sequence[OpenTask]) -> list[dict[str, object]]:
    """Who got what and why, as the history of the step keeps it."""
    return [
        {
            "token": task.token,
            "node": task.node_id,
            "user_id": assignment.user_id,
            "role": assignment.role,
            "candidates": list(assignment.candidates),
            "reason": as_json(assignment.reason),
        }
        for task in opened
        if (assignment := assignments.get(task.token)) is not None
    ]
