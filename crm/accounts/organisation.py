"""What administrators do with departments and roles. Every change is written into the audit log."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import delete, exists, func, insert, select
from sqlalchemy.orm import Session

from crm.accounts import rules
from crm.accounts.actors import access_changed
from crm.accounts.models import Department, Role, RolePermission, User, UserRole
from crm.core.audit import differences, write_audit
from crm.core.errors import Conflict, Fault, Invalid, NotFound, RuleBroken
from crm.core.i18n import text
from crm.permissions import Actor, Scope, check_may


def create_department(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    name: str,
    name_en: str = "",
    parent_id: int | None = None,
    manager_id: int | None = None,
) -> Department:
    """A new department below `parent_id`, or a root."""
    check_may(by, "accounts", "administer")
    rules.check_department(name=name, name_en=name_en)
    _check_department_references(session, parent_id, manager_id)
    position = session.scalar(select(func.count()).where(Department.parent_id == parent_id)) or 0
    department = Department(
        name=name.strip(),
        name_en=name_en.strip(),
        parent_id=parent_id,
        manager_id=manager_id,
        position=position,
        version=1,
    )
    session.add(department)
    session.flush()
    access_changed(session)
    _note_department(session, by, now, "department.created", department, {}, department_values(department))
    return department


def edit_department(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    department_id: int,
    version: int,
    name: str,
    name_en: str,
    parent_id: int | None,
    manager_id: int | None,
) -> Department:
    """Rename, move or give another head. A department cannot come to stand below itself."""
    check_may(by, "accounts", "administer")
    rules.check_department(name=name, name_en=name_en)
    department = find_department(session, department_id, lock=True)
    if department.version != version:
        raise Conflict(
            text("A colleague has changed {name} meanwhile.", name=department.name),
            current=department_values(department),
        )
    _check_department_references(session, parent_id, manager_id)
    parents = {row.id: row.parent_id for row in session.execute(select(Department.id, Department.parent_id))}
    if rules.makes_ring(department_id, parent_id, parents):
        raise Invalid([Fault("parent_id", text("A department cannot stand below itself."))])
    before = department_values(department)
    department.name, department.name_en = name.strip(), name_en.strip()
    department.parent_id, department.manager_id = parent_id, manager_id
    department.version += 1
    old, new = differences(before, department_values(department))
    if new:
        access_changed(session)
        _note_department(session, by, now, "department.changed", department, old, new)
    return department


def delete_department(session: Session, *, by: Actor, now: datetime, department_id: int) -> None:
    """Remove an empty department. RuleBroken while people or other departments are in it."""
    check_may(by, "accounts", "administer")
    department = find_department(session, department_id, lock=True)
    if session.scalar(select(exists().where(Department.parent_id == department_id))):
        raise RuleBroken(text("{name} has departments below it. Move them first.", name=department.name))
    if session.scalar(select(exists().where(User.department_id == department_id))):
        raise RuleBroken(text("{name} still has people in it. Move them first.", name=department.name))
    session.delete(department)
    access_changed(session)
    _note_department(session, by, now, "department.deleted", department, department_values(department), {})


def find_department(session: Session, department_id: int, *, lock: bool = False) -> Department:
    """The department. NotFound if there is none."""
    department = session.get(Department, department_id, with_for_update=lock or None)
    if department is None:
        raise NotFound(text("There is no department with number {number}.", number=department_id))
    return department


def department_values(department: Department) -> dict[str, object]:
    """What can be edited about a department."""
    return {
        "name": department.name,
        "name_en": department.name_en,
        "parent_id": department.parent_id,
        "manager_id": department.manager_id,
    }


def create_role(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    key: str,
    name: str,
    name_en: str = "",
    scope: str = Scope.OWN,
    permissions: Collection[tuple[str, str]] = (),
) -> Role:
    """A new role; its key names it in diagrams and never changes."""
    check_may(by, "accounts", "administer")
    key = key.strip().lower()
    if not rules.ROLE_KEY.fullmatch(key):
        raise Invalid(
            [Fault("key", text("A key has 3 to 60 letters a–z, digits or underscores and begins with a letter."))]
        )
    rules.check_role(name=name, name_en=name_en, scope=scope, permissions=permissions)
    if session.scalar(select(exists().where(Role.key == key))):
        raise Invalid([Fault("key", text("There is already a role {name}.", name=key))])
    role = Role(key=key, name=name.strip(), name_en=name_en.strip(), scope=str(scope), version=1)
    session.add(role)
    session.flush()
    _grant(session, role.id, permissions)
    access_changed(session)
    _note_role(session, by, now, "role.created", role, {}, role_values(session, role))
    return role


def edit_role(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    role_id: int,
    version: int,
    name: str,
    name_en: str,
    scope: str,
    permissions: Collection[tuple[str, str]],
) -> Role:
    """Give the role other permissions or another scope; whoever has it feels it with their next request."""
    check_may(by, "accounts", "administer")
    rules.check_role(name=name, name_en=name_en, scope=scope, permissions=permissions)
    role = find_role(session, role_id, lock=True)
    if role.version != version:
        raise Conflict(
            text("A colleague has changed {name} meanwhile.", name=role.name), current=role_values(session, role)
        )
    before = role_values(session, role)
    role.name, role.name_en, role.scope = name.strip(), name_en.strip(), str(scope)
    role.version += 1
    session.execute(delete(RolePermission).where(RolePermission.role_id == role_id))
    _grant(session, role_id, permissions)
    session.flush()
    old, new = differences(before, role_values(session, role))
    if new:
        access_changed(session)
        check_administrator_left(session)
        _note_role(session, by, now, "role.changed", role, old, new)
    return role


def find_role(session: Session, role_id: int, *, lock: bool = False) -> Role:
    """The role. NotFound if there is none."""
    role = session.get(Role, role_id, with_for_update=lock or None)
    if role is None:
        raise NotFound(text("There is no role with number {number}.", number=role_id))
    return role


def role_values(session: Session, role: Role) -> dict[str, object]:
    """What can be edited about a role."""
    rows = session.execute(
        select(RolePermission.module, RolePermission.action).where(RolePermission.role_id == role.id)
    )
    permissions = sorted(f"{module}.{action}" for module, action in rows)
    return {"name": role.name, "name_en": role.name_en, "scope": role.scope, "permissions": permissions}


def check_administrator_left(session: Session) -> None:
    """Somebody must be able to let people in again. To be asked after `access_changed`, whose row only one holds at a time."""
    left = session.scalar(
        select(func.count())
        .select_from(User)
        .join(UserRole, UserRole.user_id == User.id)
        .join(RolePermission, RolePermission.role_id == UserRole.role_id)
        .where(User.active, RolePermission.module == "accounts", RolePermission.action == "administer")
    )
    if not left:
        raise RuleBroken(text("Then nobody could administer users any more. Give somebody else the permission first."))


def _grant(session: Session, role_id: int, permissions: Iterable[tuple[str, str]]) -> None:
    rows = [{"role_id": role_id, "module": module, "action": action} for module, action in sorted(set(permissions))]
    if rows:
        session.execute(insert(RolePermission), rows)


def _check_department_references(session: Session, parent_id: int | None, manager_id: int | None) -> None:
    if parent_id is not None and session.get(Department, parent_id) is None:
        raise Invalid([Fault("parent_id", text("This department does not exist."))])
    if manager_id is not None and session.get(User, manager_id) is None:
        raise Invalid([Fault("manager_id", text("This user does not exist."))])


def _note_department(
    session: Session,
    by: Actor,
    now: datetime,
    action: str,
    department: Department,
    old: dict[str, object],
    new: dict[str, object],
) -> None:
    write_audit(
        session, at=now, actor_id=by.id, actor_name=by.name, action=action, subject_type="department",
        subject_id=department.id, subject_name=department.name, old=old, new=new,
    )  # fmt: skip


def _note_role(
    session: Session,
    by: Actor,
    now: datetime,
    action: str,
    role: Role,
    old: dict[str, object],
    new: dict[str, object],
) -> None:
    write_audit(
        session, at=now, actor_id=by.id, actor_name=by.name, action=action, subject_type="role", subject_id=role.id,
        subject_name=role.key, old=old, new=new,
    )  # fmt: skip
