"""Repairing cases and looking at incidents for programs. With `check=1` everything is tried and nothing is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from marshmallow import fields, validate

from crm.web.api import ApiBlueprint, Body
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.languages import shown
from workflows.operate import repairing
from workflows.operate.repairing import MOST_CHANGES, Repaired
from workflows.operate.stopped import groups
from workflows.operate.trying import tried
from workflows.rules import LONGEST_REASON, SHORTEST_REASON

repairs = ApiBlueprint("repairs_api", __name__, url_prefix="/instances", description="Repairing cases by hand")
incidents = ApiBlueprint("incidents_api", __name__, url_prefix="/incidents", description="What stopped, in all cases")


class RepairReasonBody(Body):
    """Why it is done."""

    reason = fields.String(required=True, validate=validate.Length(SHORTEST_REASON, LONGEST_REASON))


class RepairPlaceBody(RepairReasonBody):
    """An open task or a timer, by the number that the engine gave it (`token`)."""

    token = fields.Integer(required=True, validate=validate.Range(1, 2**53))


class RepairMoveBody(RepairPlaceBody):
    to = fields.String(required=True, validate=validate.Length(1, 120), metadata={"description": "id of the step"})


class RepairVariablesBody(RepairReasonBody):
    """`token` names the open task at which the variables change; without it they change wherever the case stands."""

    token = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 2**53))
    changes = fields.Dict(keys=fields.String(), load_default=dict, validate=validate.Length(0, MOST_CHANGES))
    removals = fields.List(
        fields.String(validate=validate.Length(1, 120)), load_default=list, validate=validate.Length(0, MOST_CHANGES)
    )


class RepairQuery(Body):
    """With `check=1` nothing is kept; the answer tells what would be."""

    check = fields.Boolean(load_default=False)


class RepairedBody(Body):
    """Whether the repair is allowed, and why not; which steps it opened and withdrew, and whether the case ended by it."""

    allowed = fields.Boolean()
    reason = fields.String(allow_none=True)
    opened = fields.List(fields.String())
    withdrawn = fields.List(fields.String())
    ended = fields.Boolean()


class IncidentGroupBody(Body):
    """Open incidents of one cause at one element of one process; `id` is the newest of them."""

    id = fields.Integer()
    process_key = fields.String()
    process = fields.String()
    node_id = fields.String()
    step = fields.String()
    message = fields.String()
    number = fields.Integer()
    first_at = fields.AwareDateTime()
    last_at = fields.AwareDateTime()


class IncidentGroupsBody(Body):
    items = fields.List(fields.Nested(IncidentGroupBody))


def _offer(path: str, words: str, act: Callable[..., Repaired], body: type[Body]) -> None:
    """From now on programs can call the repair."""

    def view(given: Mapping[str, Any], query: Mapping[str, Any], instance_id: int) -> dict[str, Any]:
        repair = partial(act, by=current_actor(), now=now(), instance_id=instance_id, **given)
        if query["check"]:
            verdict = tried(repair)
            reason = None if verdict.reason is None else shown(verdict.reason)
            return _told(verdict.done, reason)
        with writing() as session:
            done = repair(session)
        return _told(done, None)

    view.__name__, view.__doc__ = path, words
    offered = repairs.response(200, RepairedBody)(view)
    offered = repairs.arguments(RepairQuery, location="query")(offered)
    # Asked before the body is read: a stranger does not learn what a repair would want.
    offered = requires("processes", "administer")(repairs.arguments(body)(offered))
    repairs.post(f"/<int:instance_id>/{path}")(offered)


def _told(done: Repaired | None, reason: str | None) -> dict[str, Any]:
    done = done or Repaired()
    return {
        "allowed": reason is None,
        "reason": reason,
        "opened": list(done.opened),
        "withdrawn": list(done.withdrawn),
        "ended": done.ended,
    }


_offer("move", "Withdraw an open task and go on at another step.", repairing.move, RepairMoveBody)
_offer("skip", "Go on past an open task without its answers.", repairing.skip, RepairPlaceBody)
_offer("variables", "Give variables other values, or forget them.", repairing.set_variables, RepairVariablesBody)
_offer("fire", "Let a timer act now.", repairing.fire, RepairPlaceBody)
_offer(
    "suspend", "Let a case rest: nobody can do its tasks, its clock stands still.", repairing.suspend, RepairReasonBody
)
_offer("resume", "Let a suspended case go on.", repairing.resume, RepairReasonBody)


@incidents.get("")
@incidents.response(200, IncidentGroupsBody)
@requires("processes", "administer")
def list_incidents() -> dict[str, Any]:
    """Open incidents by process, element and cause, the latest first."""
    with reading_session() as session:
        return {"items": [vars(group) for group in groups(session, by=current_actor())]}
