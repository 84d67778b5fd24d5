"""For programs: what differs between two versions, and with which share of the new cases a version begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from crm.web.api import ApiBlueprint, Body
from crm.web.doors import current_actor, now, reading_session, requires, writing
from workflows import library
from workflows.operations import sharing
from workflows.studio.publishing.differences import differences
from workflows.studio.publishing.found import KINDS
from workflows.studio.publishing.sharing import beginnings

api = ApiBlueprint("publishing_api", __name__, url_prefix="/definitions", description="Differences and shares")


class DifferenceBody(Body):
    """One difference: at which element of which file, what, and its values on both sides."""

    kind = fields.String(validate=validate.OneOf(KINDS))
    element = fields.String(allow_none=True)
    file = fields.String()
    name = fields.String()
    what = fields.String()
    before = fields.String()
    after = fields.String()


class DifferencesBody(Body):
    items = fields.List(fields.Nested(DifferenceBody))


class DifferencesQuery(Body):
    """With which version it is compared."""

    with_ = fields.Integer(
        required=True, data_key="with", attribute="with", validate=validate.Range(1, library.LARGEST_NUMBER)
    )


class ShareBody(Body):
    """`percent` of the new cases begin with version `number`, or with the one that has a share; 100 puts it in force, 0 takes
    its share away."""

    percent = fields.Integer(required=True, validate=validate.Range(0, 100))
    number = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, library.LARGEST_NUMBER))
    reason = fields.String(required=True, validate=validate.Length(3, 2000))


class SharedBody(Body):
    number = fields.Integer()
    percent = fields.Integer()
    started = fields.Integer(metadata={"description": "cases begun since it has this share"})
    taken = fields.Integer(metadata={"description": "how many of these began with it"})


class BeginningsBody(Body):
    """With which versions new cases begin."""

    in_force = fields.Integer(allow_none=True)
    shared = fields.Nested(SharedBody, allow_none=True)
    before = fields.Integer(allow_none=True, metadata={"description": "to which version rolling back would lead"})


@api.get("/<key>/versions/<int:number>/diff")
@requires("processes", "administer")
@api.arguments(DifferencesQuery, location="query")
@api.response(200, DifferencesBody)
def diff(query: Mapping[str, Any], key: str, number: int) -> dict[str, Any]:
    """What this version changes against the one named by `with`: diagram, tables, forms and texts."""
    actor = current_actor()
    with reading_session() as session:
        old, new = (
            library.bundle_of(session, library.version_of(session, key, wanted).id)
            for wanted in (query["with"], number)
        )
    return {"items": [asdict(each) for each in differences(old, new, locale=actor.locale)]}


@api.post("/<key>/share")
@requires("processes", "administer")
@api.arguments(ShareBody)
@api.response(200, BeginningsBody)
def share(body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Give a version a share of the new cases, take it over for all, or take its share away."""
    actor, at = current_actor(), now()
    given = {"by": actor, "now": at, "key": key, "reason": body["reason"]}
    with writing() as session:
        if body["percent"] == 0:
            sharing.end_share(session, **given)
        else:
            sharing.set_share(session, **given, percent=body["percent"], number=body["number"])
        return _body(session, key)


@api.get("/<key>/share")
@requires("processes", "administer")
@api.response(200, BeginningsBody)
def get_share(key: str) -> dict[str, Any]:
    """With which versions new cases begin, and how many did so far."""
    with reading_session() as session:
        return _body(session, key)


def _body(session: Session, key: str) -> dict[str, Any]:
    found = beginnings(session, sharing.process_of(session, key))
    return {"in_force": found.in_force, "shared": found.shared, "before": found.before}
