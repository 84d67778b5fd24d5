"""Who would get a step of a version today, and why, for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from crm.core.i18n import translate
from crm.permissions import check_may
from crm.web.api import ApiBlueprint, Body
from crm.web.doors import current_actor, now, reading_session
from workflows import library
from workflows.assigning.preview import Answer, Question, ask

api = ApiBlueprint("assignees_api", __name__, url_prefix="/definitions", description="Who would get a step")
KEYS = validate.Range(1, 2**53)


class AssigneesQuery(Body):
    """A case that one thinks of, or one that there is; and the step that is asked about, if not all of them."""

    node = fields.String(load_default=None, validate=validate.Length(max=120))
    initiator = fields.Integer(load_default=None, validate=KEYS)
    customer = fields.Integer(load_default=None, validate=KEYS)
    record_type = fields.String(load_default=None, validate=validate.Length(max=40))
    record_id = fields.Integer(load_default=None, validate=KEYS)
    case = fields.Integer(load_default=None, validate=KEYS)


class ReachedBody(Body):
    id = fields.Integer()
    name = fields.String()


class AssigneeBody(Body):
    """Whom a step would reach: one person, one of several candidates, or a group; and why."""

    node_id = fields.String()
    name = fields.String()
    rule = fields.String()
    person = fields.Nested(ReachedBody, allow_none=True)
    candidates = fields.List(fields.Nested(ReachedBody))
    role = fields.String(allow_none=True, metadata={"description": "the group that would be asked"})
    substitute_for = fields.Nested(ReachedBody, allow_none=True)
    excluded_id = fields.Integer(allow_none=True, metadata={"description": "who must not do it"})
    reason = fields.String()


class AssigneesBody(Body):
    items = fields.List(fields.Nested(AssigneeBody))


@api.get("/<key>/versions/<int:number>/assignees")
@api.arguments(AssigneesQuery, location="query")
@api.response(200, AssigneesBody)
def list_assignees(query: Mapping[str, Any], key: str, number: int) -> dict[str, Any]:
    """Who would get each step today, and why; nobody's turn is used up by asking."""
    actor = current_actor()
    check_may(actor, "processes", "administer")
    question = Question(
        initiator_id=query["initiator"],
        customer_id=query["customer"],
        record_type=query["record_type"],
        record_id=query["record_id"],
        instance_id=query["case"],
    )
    with reading_session() as session:
        published = library.published(session, library.version_of(session, key, number).id)
        answers = ask(session, published, question, by=actor, now=now(), node=query["node"])
    return {"items": [_body(answer, actor.locale) for answer in answers]}


def _body(answer: Answer, locale: str) -> dict[str, Any]:
    assignment = answer.assignment

    def person(user_id: int | None) -> dict[str, object] | None:
        return None if user_id is None else {"id": user_id, "name": answer.people.get(user_id, "")}

    return {
        "node_id": answer.node_id,
        "name": answer.name,
        "rule": translate(answer.rule, locale),
        "person": person(assignment.user_id),
        "candidates": [person(user_id) for user_id in assignment.candidates],
        "role": assignment.role if assignment.user_id is None and not assignment.candidates else None,
        "substitute_for": person(assignment.substitute_for),
        "excluded_id": assignment.excluded_id,
        "reason": translate(assignment.reason, locale),
    }
