"""The API for programs to sign in, to ask who they are, and to look people up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import g
from marshmallow import fields, validate
from sqlalchemy.orm import Session

from crm.accounts import signing_in
from crm.accounts.models import User
from crm.accounts.proof import prove, remote_address
from crm.accounts.queries import BY_NAME, department_names, find_user, people_query, roles_of
from crm.accounts.substitutes import name_substitute
from crm.core.errors import RuleBroken
from crm.core.i18n import text
from crm.core.keyset import fetch
from crm.permissions import Actor
from crm.web.api import ApiBlueprint, Body, PageQuery, read_cursor, write_cursor
from crm.web.doors import current_actor, now, public, reading_session, takes_own_proof, writing

tokens = ApiBlueprint("tokens_api", __name__, description="Tokens for programs")
people = ApiBlueprint("people_api", __name__, description="People")

# Rooms that keep work for people add what `GET /me` counts: (session, actor, now) → name and number.
Count = Callable[[Session, Actor, datetime], dict[str, int]]
COUNTS: list[Count] = []


class SignInBody(Body):
    """What a program sends to get a token."""

    username = fields.String(required=True, validate=validate.Length(1, 200))
    password = fields.String(required=True, validate=validate.Length(1, 1000), load_only=True)
    name = fields.String(
        load_default="API", validate=validate.Length(1, 80), metadata={"description": "what it is for"}
    )


class TokenBody(Body):
    """A token; it is shown here only."""

    token = fields.String()
    expires_at = fields.AwareDateTime()


class RoleBody(Body):
    """A role by its key and name."""

    key = fields.String()
    name = fields.String()


class PersonBody(Body):
    """Somebody who can be picked."""

    id = fields.Integer()
    username = fields.String()
    name = fields.String()
    department = fields.String(allow_none=True)
    roles = fields.List(fields.Nested(RoleBody))


class MeBody(PersonBody):
    """Who is asking, and what they may do."""

    locale = fields.String()
    timezone = fields.String()
    permissions = fields.Dict(
        keys=fields.String(), values=fields.String(), metadata={"description": "module.action → data scope"}
    )
    counts = fields.Dict(
        keys=fields.String(), values=fields.Integer(), metadata={"description": "open tasks by folder"}
    )


class SubstituteBody(Body):
    """Who stands in for a user, from a moment until before another; either may be left open."""

    substitute_id = fields.Integer(required=True, allow_none=True, validate=validate.Range(1, 2**53))
    begins = fields.AwareDateTime(load_default=None, allow_none=True)
    ends = fields.AwareDateTime(load_default=None, allow_none=True)


class PeopleQuery(PageQuery):
    """Filters of the list of people."""

    q = fields.String(load_default="", validate=validate.Length(max=100), metadata={"description": "part of a name"})
    role = fields.String(load_default="", validate=validate.Length(max=60), metadata={"description": "key of a role"})


class PeopleBody(Body):
    """A page of people."""

    items = fields.List(fields.Nested(PersonBody))
    next = fields.String(allow_none=True)


@tokens.post("/tokens")
@public
@takes_own_proof
@tokens.arguments(SignInBody)
@tokens.response(201, TokenBody)
@tokens.doc(security=[])
def issue(body: dict[str, Any]) -> dict[str, object]:
    """Sign in: a token that is valid for 90 days."""
    user = prove(body["username"], body["password"])
    with writing() as session:
        issued = signing_in.issue_token(session, user=user, name=body["name"], now=now(), address=remote_address())
    return {"token": issued.secret, "expires_at": issued.expires_at}


@tokens.delete("/tokens/current")
@tokens.response(204)
def revoke_current() -> None:
    """Sign out: the token of this request works no more."""
    token_id: int | None = g.get("token_id")
    if token_id is None:
        raise RuleBroken(text("This request came without a token."))
    with writing() as session:
        user = find_user(session, current_actor().id or 0)
        signing_in.revoke_token(session, token_id=token_id, user=user, now=now())


@tokens.get("/me")
@tokens.response(200, MeBody)
def me() -> dict[str, object]:
    """Who am I, what may I do, what waits for me."""
    actor = current_actor()
    with reading_session() as session:
        user = find_user(session, actor.id or 0)
        counts: dict[str, int] = {}
        for count in COUNTS:
            counts |= count(session, actor, now())
        departments = department_names(session, actor.locale)
        roles = roles_of(session, [user.id])[user.id]
    return {
        "id": user.id,
        "username": user.username,
        "name": user.shown_name(actor.locale),
        "department": departments.get(user.department_id or 0),
        "roles": [{"key": role.key, "name": role.shown_name(actor.locale)} for role in roles],
        "locale": actor.locale,
        "timezone": actor.timezone,
        "permissions": {f"{module}.{action}": scope.value for (module, action), scope in sorted(actor.grants.items())},
        "counts": counts,
    }


@tokens.put("/me/substitute")
@tokens.arguments(SubstituteBody)
@tokens.response(200, SubstituteBody)
def set_substitute(body: dict[str, Any]) -> dict[str, object]:
    """Name who sees and does my tasks while I am away."""
    with writing() as session:
        return absence_of(name_substitute(session, by=current_actor(), now=now(), **body))


def absence_of(user: User) -> dict[str, object]:
    """A user's absence as the API shows it."""
    return {"substitute_id": user.substitute_id, "begins": user.substitute_from, "ends": user.substitute_until}


@people.get("/users")
@people.arguments(PeopleQuery, location="query")
@people.response(200, PeopleBody)
def list_people(query: dict[str, Any]) -> dict[str, object]:
    """Active people, by name; for pick-lists. Open to everybody who works here in some role."""
    actor = current_actor()
    with reading_session() as session:
        page = fetch(
            session,
            people_query(by=actor, q=query["q"], role=query["role"]),
            BY_NAME,
            place=read_cursor(query["cursor"], 2),
            limit=query["limit"],
        )
        users = page.rows
        roles = roles_of(session, [user.id for user in users])
        departments = department_names(session, actor.locale)
    items = [
        {
            "id": user.id,
            "username": user.username,
            "name": user.shown_name(actor.locale),
            "department": departments.get(user.department_id or 0),
            "roles": [{"key": role.key, "name": role.shown_name(actor.locale)} for role in roles[user.id]],
        }
        for user in users
    ]
    return {"items": items, "next": write_cursor(*page.next) if page.next else None}
