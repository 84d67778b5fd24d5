"""Ladders for programs: the rungs of each step of a process."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from crm.web.api import ApiBlueprint, Body, etag_of, version_seen
from crm.web.doors import current_actor, now, reading_session, requires, writing
from workflows import library
from workflows.instances.story import user_steps
from workflows.ladders.operations import ladders_by_step, set_ladder
from workflows.ladders.rungs import MOST_RUNGS

api = ApiBlueprint("ladders_api", __name__, url_prefix="/definitions", description="What happens by itself to tasks")


class RungBody(Body):
    """One rung: when it comes and what it does."""

    when = fields.String(
        required=True,
        validate=validate.Length(max=20),
        metadata={"description": "share (per cent of the time), before or after (working minutes from the due time)"},
    )
    amount = fields.Integer(required=True, strict=True)
    act = fields.String(
        required=True,
        validate=validate.Length(max=20),
        metadata={"description": "remind, urge, escalate, transfer or complete"},
    )
    role = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=60),
        metadata={"description": "instead of the superior"},
    )
    answers = fields.Dict(
        keys=fields.String(), load_default=dict, metadata={"description": "of the form, where it completes the task"}
    )


class LadderBody(Body):
    """The rungs of a step; none of them means no ladder."""

    rungs = fields.List(fields.Nested(RungBody), required=True, validate=validate.Length(max=MOST_RUNGS))


class LadderAnswer(LadderBody):
    """A step with its ladder."""

    node_id = fields.String()
    name = fields.String()
    version = fields.Integer(metadata={"description": "to be sent as If-Match; 0 where nobody has written one"})


class LaddersAnswer(Body):
    items = fields.List(fields.Nested(LadderAnswer))


@api.get("/<key>/ladders")
@requires("processes", "view")
@api.response(200, LaddersAnswer)
def list_ladders(key: str) -> dict[str, object]:
    """The steps of a process with their ladders."""
    actor = current_actor()
    with reading_session() as session:
        published = library.active(session, key)
        found = ladders_by_step(session, by=actor, process_key=key)
        return {
            "items": [
                {
                    "node_id": node_id,
                    "name": published.name_of(node_id, actor.locale),
                    "rungs": found[node_id].rungs if node_id in found else [],
                    "version": found[node_id].version if node_id in found else 0,
                }
                for node_id in user_steps(published.definition)
            ]
        }


@api.put("/<key>/ladders/<node_id>")
@requires("processes", "administer")
@api.arguments(LadderBody)
@api.response(200, LadderAnswer)
def put_ladder(body: dict[str, Any], key: str, node_id: str) -> tuple[dict[str, object], dict[str, str]]:
    """Write the ladder of a step; send the version that you saw as If-Match."""
    with writing() as session:
        ladder = set_ladder(
            session,
            by=current_actor(),
            now=now(),
            process_key=key,
            node_id=node_id,
            rungs=body["rungs"],
            version=version_seen(),
        )
        name = library.active(session, key).name_of(node_id, current_actor().locale)
        answer = {"node_id": node_id, "name": name, "rungs": ladder.rungs, "version": ladder.version}
        return answer, etag_of(ladder.version)
