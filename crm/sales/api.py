"""Opportunities and their plans in the REST API. Approval, assignment and the end are steps of their process."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from crm.records.api import record_api
from crm.records.queries import find_one
from crm.sales.description import OPPORTUNITY, PLAN_ITEM
from crm.sales.operations import assignments_of, create_opportunity, delete_opportunity, reassign, withdraw
from crm.sales.planning import call_off_step, change_step, plan_step, record_result
from crm.web.api import etag_of
from crm.web.doors import current_actor, now, reading_session, requires, writing

LONGEST = 4_000

opportunities = record_api(
    OPPORTUNITY,
    create=create_opportunity,
    delete=delete_opportunity,
    answered={"department_id": fields.Integer(allow_none=True)},
)
plan_items = record_api(PLAN_ITEM, create=plan_step, change=change_step, delete=call_off_step)


class HandOverBody(Schema):
    manager_id = fields.Integer(required=True)
    note = fields.String(load_default="", validate=validate.Length(max=LONGEST))


class WithdrawBody(Schema):
    reason = fields.String(required=True, validate=validate.Length(max=LONGEST))


class ResultBody(Schema):
    result = fields.String(required=True, validate=validate.Length(max=LONGEST))


class AssignmentAnswer(Schema):
    manager_id = fields.Integer()
    assigned_at = fields.AwareDateTime()
    assigned_by_id = fields.Integer(allow_none=True)
    note = fields.String(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)


class AssignmentsAnswer(Schema):
    items = fields.List(fields.Nested(AssignmentAnswer))


@opportunities.get("/<int:record_id>/assignments")
@opportunities.response(200, AssignmentsAnswer)
def list_assignments(record_id: int) -> dict[str, object]:
    """Whose the opportunity was, the first one first."""
    with reading_session() as session:
        find_one(OPPORTUNITY, session, by=current_actor(), record_id=record_id)
        return {"items": assignments_of(session, record_id)}


@opportunities.post("/<int:record_id>/reassign")
@requires("opportunities", "view")
@opportunities.arguments(HandOverBody)
@opportunities.response(200, AssignmentsAnswer)
def post_reassign(body: dict[str, Any], record_id: int) -> tuple[dict[str, object], dict[str, str]]:
    """Another customer manager develops it from now on."""
    with writing() as session:
        record = reassign(session, by=current_actor(), now=now(), opportunity_id=record_id, **body)
        session.flush()
        return {"items": assignments_of(session, record_id)}, etag_of(record.version)


@opportunities.post("/<int:record_id>/withdraw")
@requires("opportunities", "view")
@opportunities.arguments(WithdrawBody)
@opportunities.response(204)
def post_withdraw(body: dict[str, Any], record_id: int) -> None:
    """It is not pursued any more; its case ends."""
    with writing() as session:
        withdraw(session, by=current_actor(), now=now(), opportunity_id=record_id, reason=body["reason"])


@plan_items.post("/<int:record_id>/result")
@requires("opportunities", "view")
@plan_items.arguments(ResultBody)
@plan_items.response(204)
def post_result(body: dict[str, Any], record_id: int) -> None:
    """The step is done, with this result."""
    with writing() as session:
        record_result(session, by=current_actor(), now=now(), record_id=record_id, result=body["result"])
