"""Administration of users. Departments and roles stand in organisation_routes.py."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from crm.accounts import operations
from crm.accounts.forms import NewUserForm, SubstituteForm, UserForm
from crm.accounts.models import User
from crm.accounts.queries import (
    BY_NAME,
    colleagues,
    department_names,
    find_user,
    names_of,
    people_query,
    role_choices,
    role_names,
    roles_of,
)
from crm.accounts.rules import UserValues
from crm.accounts.substitute_pages import save_substitute, substitute_form
from crm.core.errors import Conflict, HeliuError
from crm.core.i18n import text
from crm.core.keyset import Order, fetch
from crm.core.numbers import typed_key
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.form_faults import mark
from crm.web.languages import current_locale
from crm.web.lists import PAGE, list_address
from crm.web.navigation import Entry

pages = Blueprint("administration", __name__, url_prefix="/administration")
ADMINISTRATION = text("Administration")
NAVIGATION = (
    Entry(text("Users"), "administration.users", "users-group", ("accounts", "administer"), ADMINISTRATION, 810),
    Entry(
        text("Departments"), "organisation.departments", "hierarchy-2", ("accounts", "administer"), ADMINISTRATION, 811
    ),
    Entry(text("Roles"), "organisation.roles", "shield-lock", ("accounts", "administer"), ADMINISTRATION, 812),
    Entry(text("Audit log"), "audit.index", "history", ("accounts", "administer"), ADMINISTRATION, 890),
)
SORTS = {
    "name": BY_NAME,
    "username": Order((User.username, User.id)),
    "-created_at": Order((User.created_at, User.id), True),
}
STATES = {"active": True, "disabled": False}


@pages.get("/users")
@requires("accounts", "administer")
def users() -> str:
    """Everybody who has an account, with search and filters."""
    address = list_address({"role", "department", "state"}, SORTS, "name")
    department = address.filters.get("department", "")
    with reading_session() as session:
        page = fetch(
            session,
            people_query(
                by=current_actor(),
                q=address.query,
                role=address.filters.get("role", ""),
                department_id=typed_key(department),
                active=STATES.get(address.filters.get("state", "")),
            ),
            SORTS[address.sort],
            place=address.place,
            limit=PAGE,
            backwards=address.backwards,
        )
        return render_template(
            "accounts/users.html",
            users=page.rows,
            address=address,
            pages=address.pages(page),
            roles=roles_of(session, [user.id for user in page.rows]),
            role_names=role_names(session, current_locale()),
            departments=department_names(session, current_locale()),
            managers=names_of(session, [user.manager_id for user in page.rows], current_locale()),
        )


@pages.route("/users/new", methods=["GET", "POST"])
@requires("accounts", "administer")
def new_user() -> AnyResponse:
    """A new account; the administrator gets a one-time link to hand over."""
    form = _user_form(request.form, of=NewUserForm)
    if request.method == "GET" or not form.validate():
        return _user_page(form, None, 200 if request.method == "GET" else 422)
    try:
        with writing() as session:
            user = operations.create_user(
                session, by=current_actor(), now=now(), username=form.username.data or "", values=_values(form)
            )
            link = operations.send_password_link(session, by=current_actor(), now=now(), user_id=user.id)
    except HeliuError as refusal:
        return _user_page(form, None, mark(form, refusal))
    flash(_("%(name)s now has an account.", name=user.name), "good")
    return _link_page(user, link.secret)


@pages.route("/users/<int:user_id>", methods=["GET", "POST"])
@requires("accounts", "administer")
def user(user_id: int) -> AnyResponse:
    """One account: look at it and change it."""
    with reading_session() as session:
        found = find_user(session, user_id)
        before = operations.user_values(session, found)
    if request.method == "GET":
        return _user_page(_user_form(None, {**before, "version": found.version, "username": found.username}), found)
    form = _user_form(request.form)
    if not form.validate() or form.version.data is None:
        return _user_page(form, found, 422)
    try:
        with writing() as session:
            operations.edit_user(
                session, by=current_actor(), now=now(), user_id=user_id, version=form.version.data, values=_values(form)
            )
    except Conflict as conflict:
        # The newer version goes into the form: whoever saves once more has seen what the colleague did.
        form.version.data = found.version
        form.version.raw_data = None
        return _user_page(form, found, mark(form, conflict), newer=conflict.current)
    except HeliuError as refusal:
        return _user_page(form, found, mark(form, refusal))
    flash(_("The account was saved."), "good")
    return redirect(url_for("administration.users"))


@pages.post("/users/<int:user_id>/substitute")
@requires("accounts", "administer")
def substitute(user_id: int) -> AnyResponse:
    """Who stands in for somebody who cannot say so themselves."""
    with reading_session() as session:
        found = find_user(session, user_id)
        values = {**operations.user_values(session, found), "version": found.version, "username": found.username}
    form = substitute_form(found, request.form)
    status = 422
    if form.validate():
        try:
            with writing() as session:
                save_substitute(session, form, by=current_actor(), now=now(), user_id=user_id)
        except HeliuError as refusal:
            status = mark(form, refusal)
        else:
            flash(_("The substitute of %(name)s was saved.", name=found.name), "good")
            return redirect(url_for("administration.user", user_id=user_id))
    return _user_page(_user_form(None, values), found, status, substitute=form)


@pages.post("/users/<int:user_id>/<verb>")
@requires("accounts", "administer")
def change_user(user_id: int, verb: str) -> AnyResponse:
    """Disable, enable, or make a link for a new password."""
    actor = current_actor()
    with writing() as session:
        if verb == "disable":
            found = operations.disable_user(session, by=actor, now=now(), user_id=user_id)
            message = _("%(name)s can no longer sign in.", name=found.name)
        elif verb == "enable":
            found = operations.enable_user(session, by=actor, now=now(), user_id=user_id)
            message = _("%(name)s can sign in again.", name=found.name)
        elif verb == "password-link":
            link = operations.send_password_link(session, by=actor, now=now(), user_id=user_id)
            return _link_page(find_user(session, user_id), link.secret)
        else:
            abort(404)
    flash(message, "good")
    return redirect(url_for("administration.user", user_id=user_id))


def _link_page(user: User, secret: str) -> Response:
    address = url_for("profile.password_link", secret=secret, _external=True)
    return Response(render_template("accounts/user_link.html", user=user, address=address))


def _user_page(
    form: UserForm, user: User | None, status: int = 200, newer: Any = None, substitute: SubstituteForm | None = None
) -> Response:
    page = render_template(
        "accounts/user.html",
        form=form,
        user=user,
        newer=newer or {},
        me=current_actor().id,
        substitute=substitute or (substitute_form(user) if user else None),
    )
    return Response(page, status)


def _user_form(data: Any = None, values: dict[str, Any] | None = None, of: type[UserForm] = UserForm) -> UserForm:
    given = dict(values or {})
    if values:
        given |= {
            "department_id": str(values["department_id"] or ""),
            "manager_id": str(values["manager_id"] or ""),
            "role_ids": values["roles"],
        }
    form = of(data, data=given)
    with reading_session() as session:
        _offer(session, form)
    return form


def _offer(session: Session, form: UserForm) -> None:
    locale = current_locale()
    form.department_id.offer(department_names(session, locale).items())
    form.manager_id.offer(colleagues(session, locale=locale))
    form.role_ids.offer(role_choices(session, locale))


def _values(form: UserForm) -> UserValues:
    return UserValues(
        name=form.name.data or "",
        name_en=form.name_en.data or "",
        email=form.email.data or "",
        phone=form.phone.data or "",
        department_id=form.department_id.number,
        job_title=form.job_title.data or "",
        manager_id=form.manager_id.number,
        role_ids=frozenset(form.role_ids.data or ()),
        locale=form.locale.data,
        timezone=form.timezone.data,
    )
