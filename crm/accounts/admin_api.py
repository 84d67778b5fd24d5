"""Administration of users by programs, such as a personnel system; and the departments and roles that they may name."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from crm.accounts import operations
from crm.accounts.api import SubstituteBody, absence_of
from crm.accounts.models import User
from crm.accounts.queries import all_roles, find_departments, find_user, roles_of
from crm.accounts.rules import UserValues
from crm.accounts.substitutes import name_substitute
from crm.core.errors import Fault, Invalid
from crm.core.i18n import text
from crm.web.api import ApiBlueprint, Body, etag_of, version_seen
from crm.web.doors import current_actor, now, reading_session, requires, writing

api = ApiBlueprint("accounts_admin_api", __name__, description="Administration of users")

NAMES = ("name", "name_en", "email", "phone", "department_id", "job_title", "manager_id", "locale", "timezone")


class UserBody(Body):
    """What can be said about a user; in a PATCH only what is to change."""

    name = fields.String(validate=validate.Length(1, 80))
    name_en = fields.String(validate=validate.Length(max=80))
    email = fields.String(validate=validate.Length(max=200))
    phone = fields.String(validate=validate.Length(max=40))
    department_id = fields.Integer(allow_none=True, validate=validate.Range(1, 2**53))
    job_title = fields.String(validate=validate.Length(max=80))
    manager_id = fields.Integer(allow_none=True, validate=validate.Range(1, 2**53))
    locale = fields.String(validate=validate.Length(max=10))
    timezone = fields.String(validate=validate.Length(max=60))
    roles = fields.List(fields.String(validate=validate.Length(max=60)), validate=validate.Length(max=100))


class NewUserBody(UserBody):
    """A user to be created."""

    username = fields.String(required=True, validate=validate.Length(1, 60))
    name = fields.String(required=True, validate=validate.Length(1, 80))


class UserAnswer(UserBody):
    """A user as administrators see them."""

    id = fields.Integer()
    username = fields.String()
    active = fields.Boolean()
    version = fields.Integer()


class DepartmentAnswer(Body):
    """A node of the department tree."""

    id = fields.Integer()
    name = fields.String()
    name_en = fields.String()
    parent_id = fields.Integer(allow_none=True)
    manager_id = fields.Integer(allow_none=True)


class RoleAnswer(Body):
    """A role by its key."""

    key = fields.String()
    name = fields.String()
    name_en = fields.String()
    scope = fields.String()


@api.post("/users")
@requires("accounts", "administer")
@api.arguments(NewUserBody)
@api.response(201, UserAnswer)
def create(body: dict[str, Any]) -> tuple[dict[str, object], dict[str, str]]:
    """Create a user. They cannot sign in until an administrator hands them a link for a password."""
    with writing() as session:
        values = _values(session, body)
        user = operations.create_user(session, by=current_actor(), now=now(), username=body["username"], values=values)
        return _answer(session, user), etag_of(user.version)


@api.get("/users/<int:user_id>")
@requires("accounts", "administer")
@api.response(200, UserAnswer)
def get(user_id: int) -> tuple[dict[str, object], dict[str, str]]:
    """One user."""
    with reading_session() as session:
        user = find_user(session, user_id)
        return _answer(session, user), etag_of(user.version)


@api.patch("/users/<int:user_id>")
@requires("accounts", "administer")
@api.arguments(UserBody)
@api.response(200, UserAnswer)
def change(body: dict[str, Any], user_id: int) -> tuple[dict[str, object], dict[str, str]]:
    """Change the given fields; send the ETag that you saw as If-Match. Other roles sign the user out."""
    with writing() as session:
        before = find_user(session, user_id)
        present = {name: getattr(before, name) for name in NAMES}
        roles = [role.key for role in roles_of(session, [user_id])[user_id]]
        values = _values(session, {**present, "roles": roles, **body})
        user = operations.edit_user(
            session, by=current_actor(), now=now(), user_id=user_id, version=version_seen(), values=values
        )
        return _answer(session, user), etag_of(user.version)


@api.post("/users/<int:user_id>/disable")
@requires("accounts", "administer")
@api.response(200, UserAnswer)
def disable(user_id: int) -> tuple[dict[str, object], dict[str, str]]:
    """The account can no longer be used: sessions and tokens die at once."""
    with writing() as session:
        user = operations.disable_user(session, by=current_actor(), now=now(), user_id=user_id)
        return _answer(session, user), etag_of(user.version)


@api.post("/users/<int:user_id>/enable")
@requires("accounts", "administer")
@api.response(200, UserAnswer)
def enable(user_id: int) -> tuple[dict[str, object], dict[str, str]]:
    """The account can be used again."""
    with writing() as session:
        user = operations.enable_user(session, by=current_actor(), now=now(), user_id=user_id)
        return _answer(session, user), etag_of(user.version)


@api.put("/users/<int:user_id>/substitute")
@requires("accounts", "administer")
@api.arguments(SubstituteBody)
@api.response(200, SubstituteBody)
def set_substitute(body: dict[str, Any], user_id: int) -> dict[str, object]:
    """Name who sees and does the tasks of a user while they are away."""
    with writing() as session:
        return absence_of(name_substitute(session, by=current_actor(), now=now(), user_id=user_id, **body))


@api.get("/departments")
@requires("accounts", "view")
@api.response(200, DepartmentAnswer(many=True))
def departments() -> list[Any]:
    """All departments."""
    with reading_session() as session:
        return list(find_departments(session, by=current_actor()))


@api.get("/roles")
@requires("accounts", "view")
@api.response(200, RoleAnswer(many=True))
def roles() -> list[Any]:
    """All roles."""
    with reading_session() as session:
        return list(all_roles(session))


def _values(session: Session, body: dict[str, Any]) -> UserValues:
    by_key = {role.key: role.id for role in all_roles(session)}
    unknown = [key for key in body.get("roles", ()) if key not in by_key]
    if unknown:
        raise Invalid([Fault("roles", text("There is no role {name}.", name=unknown[0]))])
    given = {name: body[name] for name in NAMES if name in body}
    return UserValues(**given, role_ids=frozenset(by_key[key] for key in body.get("roles", ())))


def _answer(session: Session, user: User) -> dict[str, object]:
    keys = [role.key for role in roles_of(session, [user.id])[user.id]]
    kept = {name: getattr(user, name) for name in (*NAMES, "id", "username", "active", "version")}
    return {**kept, "roles": keys}
