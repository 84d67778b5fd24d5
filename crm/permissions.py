"""Who may do what: the one table of modules and actions, and the person at the door.

Roles are data (`crm/accounts`): each gives some of these permissions, with a data scope. An `Actor` is what remains of a
signed-in person inside the operations: no request, no session, only who they are and what they may do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from crm.core.errors import Denied
from crm.core.i18n import Text, text


class Scope(StrEnum):
    """Whose records a permission reaches. Wider ones come later."""

    OWN = "own"
    DEPARTMENT = "department"
    DEPARTMENT_AND_BELOW = "department_and_below"
    ALL = "all"


WIDTH = {scope: width for width, scope in enumerate(Scope)}

ACTIONS: Mapping[str, Text] = {
    "view": text("View"),
    "create": text("Create"),
    "edit": text("Edit"),
    "delete": text("Delete"),
    "assign": text("Assign"),
    "approve": text("Approve"),
    "export": text("Export"),
    "import": text("Import"),
    "administer": text("Administer"),
}

# Module → its name for people and the actions that exist in it. An action that is not named here cannot be granted or asked for.
MODULES: Mapping[str, tuple[Text, tuple[str, ...]]] = {
    "customers": (text("Customers"), ("view", "create", "edit", "delete", "assign", "export", "import")),
    "contacts": (text("Contacts"), ("view", "create", "edit", "delete", "export", "import")),
    "service": (text("Service requests"), ("view", "create", "edit", "assign", "approve", "export")),
    "processes": (text("Processes"), ("view", "assign", "administer")),
    "accounts": (text("Users and roles"), ("view", "administer")),
    "dictionary": (text("Data dictionary"), ("view", "administer")),
}

PERMISSIONS = frozenset((module, action) for module, (_, actions) in MODULES.items() for action in actions)


@dataclass(frozen=True)
class Actor:
    """A person (or the system itself) as the operations know them."""

    id: int | None
    username: str
    name: str
    name_en: str = ""
    department_id: int | None = None
    departments_below: frozenset[int] = frozenset()
    role_ids: frozenset[int] = frozenset()
    role_keys: frozenset[str] = frozenset()
    grants: Mapping[tuple[str, str], Scope] = field(default_factory=dict, hash=False)
    locale: str = "zh_CN"
    timezone: str = "Asia/Shanghai"
    is_system: bool = False

    def may(self, module: str, action: str) -> bool:
        """Is the action open to this person at all, whatever its scope?"""
        return self.scope(module, action) is not None

    def scope(self, module: str, action: str) -> Scope | None:
        """How far the permission reaches; None if it is not given."""
        if (module, action) not in PERMISSIONS:
            raise LookupError(f"{module}.{action} is not in the table of permissions")
        return Scope.ALL if self.is_system else self.grants.get((module, action))


SYSTEM = Actor(id=None, username="system", name="Heliu", is_system=True)


def check_may(actor: Actor, module: str, action: str) -> None:
    """Refuse unless the permission is given in some scope."""
    if not actor.may(module, action):
        name = MODULES[module][0]
        raise Denied(text("You have no permission for this: {module}, {action}.", module=name, action=ACTIONS[action]))


def in_scope(
    actor: Actor,
    module: str,
    action: str,
    *,
    owner: ColumnElement[Any] | InstrumentedAttribute[Any],
    department: ColumnElement[Any] | InstrumentedAttribute[Any] | None = None,
) -> ColumnElement[bool]:
    """The WHERE clause that keeps a query inside what this person may reach.

    `owner` is the column with the owner's user id, `department` the one with the owner's department id.
    """
    scope = actor.scope(module, action)
    if scope is None:
        return false()
    if scope is Scope.ALL:
        return true()
    own = owner == actor.id
    if scope is Scope.OWN or department is None:
        return own
    if scope is Scope.DEPARTMENT:
        return or_(own, department == actor.department_id) if actor.department_id else own
    return or_(own, department.in_(sorted(actor.departments_below))) if actor.departments_below else own


def reaches(actor: Actor, module: str, action: str, *, owner_id: int | None, department_id: int | None = None) -> bool:
    """The same question for one record that is already at hand."""
    scope = actor.scope(module, action)
    if scope is None:
        return False
    if scope is Scope.ALL or (owner_id is not None and owner_id == actor.id):
        return True
    if scope is Scope.DEPARTMENT:
        return department_id is not None and department_id == actor.department_id
    return scope is Scope.DEPARTMENT_AND_BELOW and department_id in actor.departments_below
