"""Administration of departments and roles."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from crm.accounts import organisation
from crm.accounts.forms import DepartmentForm, RoleForm
from crm.accounts.models import Department, Role
from crm.accounts.queries import (
    all_roles,
    colleagues,
    department_names,
    find_departments,
    names_of,
    people_by_department,
    people_by_role,
)
from crm.accounts.rules import SCOPE_NAMES
from crm.core.errors import Conflict, HeliuError
from crm.permissions import ACTIONS, MODULES, Scope
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.form_faults import mark
from crm.web.languages import current_locale

pages = Blueprint("organisation", __name__, url_prefix="/administration")


@pages.get("/departments")
@requires("accounts", "administer")
def departments() -> str:
    """The tree, with heads and numbers of people."""
    with reading_session() as session:
        found = find_departments(session, by=current_actor())
        return render_template(
            "accounts/departments.html",
            tree=_tree(found),
            heads=names_of(session, [department.manager_id for department in found], current_locale()),
            people=people_by_department(session),
        )


@pages.route("/departments/new", methods=["GET", "POST"])
@requires("accounts", "administer")
def new_department() -> AnyResponse:
    """A new department."""
    form = _department_form(request.form)
    if request.method == "GET" or not form.validate():
        return _department_page(form, None, 200 if request.method == "GET" else 422)
    try:
        with writing() as session:
            organisation.create_department(
                session, by=current_actor(), now=now(), name=form.name.data or "", name_en=form.name_en.data or "",
                parent_id=form.parent_id.number, manager_id=form.manager_id.number,
            )  # fmt: skip
    except HeliuError as refusal:
        return _department_page(form, None, mark(form, refusal))
    flash(_("The department was created."), "good")
    return redirect(url_for("organisation.departments"))


@pages.route("/departments/<int:department_id>", methods=["GET", "POST"])
@requires("accounts", "administer")
def department(department_id: int) -> AnyResponse:
    """One department: look at it and change it."""
    with reading_session() as session:
        found = organisation.find_department(session, department_id)
    if request.method == "GET":
        values = organisation.department_values(found)
        return _department_page(_department_form(None, {**values, "version": found.version}, found.id), found)
    form = _department_form(request.form, but=found.id)
    if not form.validate() or form.version.data is None:
        return _department_page(form, found, 422)
    try:
        with writing() as session:
            organisation.edit_department(
                session, by=current_actor(), now=now(), department_id=department_id, version=form.version.data,
                name=form.name.data or "", name_en=form.name_en.data or "",
                parent_id=form.parent_id.number, manager_id=form.manager_id.number,
            )  # fmt: skip
    except HeliuError as refusal:
        return _department_page(form, found, _marked(form, refusal, found.version))
    flash(_("The department was saved."), "good")
    return redirect(url_for("organisation.departments"))


@pages.post("/departments/<int:department_id>/delete")
@requires("accounts", "administer")
def delete_department(department_id: int) -> AnyResponse:
    """Remove an empty department."""
    with writing() as session:
        organisation.delete_department(session, by=current_actor(), now=now(), department_id=department_id)
    flash(_("The department was deleted."), "good")
    return redirect(url_for("organisation.departments"))


@pages.get("/roles")
@requires("accounts", "administer")
def roles() -> str:
    """All roles, with scope and how many people have them."""
    with reading_session() as session:
        return render_template(
            "accounts/roles.html",
            roles=all_roles(session),
            people=people_by_role(session),
            scopes={scope.value: name for scope, name in SCOPE_NAMES.items()},
        )


@pages.route("/roles/new", methods=["GET", "POST"])
@requires("accounts", "administer")
def new_role() -> AnyResponse:
    """A new role."""
    form = RoleForm(request.form)
    if request.method == "GET" or not form.validate():
        return _role_page(form, None, _ticked(), 200 if request.method == "GET" else 422)
    try:
        with writing() as session:
            organisation.create_role(
                session, by=current_actor(), now=now(), key=form.key.data or "", name=form.name.data or "",
                name_en=form.name_en.data or "", scope=form.scope.data or Scope.OWN, permissions=_pairs(),
            )  # fmt: skip
    except HeliuError as refusal:
        return _role_page(form, None, _ticked(), mark(form, refusal))
    flash(_("The role was created."), "good")
    return redirect(url_for("organisation.roles"))


@pages.route("/roles/<int:role_id>", methods=["GET", "POST"])
@requires("accounts", "administer")
def role(role_id: int) -> AnyResponse:
    """One role with its table of permissions."""
    with reading_session() as session:
        found = organisation.find_role(session, role_id)
        values: dict[str, Any] = organisation.role_values(session, found)
    if request.method == "GET":
        form = RoleForm(data={**values, "key": found.key, "version": found.version})
        return _role_page(form, found, set(values["permissions"]))
    form = RoleForm(request.form)
    if not form.validate() or form.version.data is None:
        return _role_page(form, found, _ticked(), 422)
    try:
        with writing() as session:
            organisation.edit_role(
                session, by=current_actor(), now=now(), role_id=role_id, version=form.version.data,
                name=form.name.data or "", name_en=form.name_en.data or "", scope=form.scope.data or "",
                permissions=_pairs(),
            )  # fmt: skip
    except HeliuError as refusal:
        return _role_page(form, found, _ticked(), _marked(form, refusal, found.version))
    flash(_("The role was saved. It counts from the next click of everybody who has it."), "good")
    return redirect(url_for("organisation.roles"))


def _marked(form: DepartmentForm | RoleForm, refusal: HeliuError, version: int) -> int:
    if isinstance(refusal, Conflict):
        # Whoever saves once more has been told of the colleague's change.
        form.version.data, form.version.raw_data = version, None
    return mark(form, refusal)


def _tree(found: list[Department]) -> list[tuple[int, Department]]:
    """Every department with its depth, parents before children; what hangs on nothing stands at the end."""
    below: dict[int | None, list[Department]] = {}
    for department in found:
        below.setdefault(department.parent_id, []).append(department)
    rows: list[tuple[int, Department]] = []

    def walk(parent_id: int | None, depth: int) -> None:
        for department in below.pop(parent_id, []):
            rows.append((depth, department))
            walk(department.id, depth + 1)

    walk(None, 0)
    return rows


def _department_form(data: Any = None, values: dict[str, Any] | None = None, but: int | None = None) -> DepartmentForm:
    given = dict(values or {})
    for name in ("parent_id", "manager_id"):
        given[name] = str(given.get(name) or "")
    form = DepartmentForm(data, data=given)
    with reading_session() as session:
        names = department_names(session, current_locale())
        form.parent_id.offer((key, name) for key, name in names.items() if key != but)
        form.manager_id.offer(colleagues(session, locale=current_locale()))
    return form


def _department_page(form: DepartmentForm, department: Department | None, status: int = 200) -> Response:
    return Response(render_template("accounts/department.html", form=form, department=department), status)


def _ticked() -> set[str]:
    return {name for name in request.form.getlist("permission") if len(name) < 80}


def _pairs() -> list[tuple[str, str]]:
    return [(module, action) for module, _, action in (name.partition(".") for name in sorted(_ticked()))]


def _role_page(form: RoleForm, role: Role | None, ticked: set[str], status: int = 200) -> Response:
    page = render_template("accounts/role.html", form=form, role=role, ticked=ticked, modules=MODULES, actions=ACTIONS)
    return Response(page, status)
