"""Who may do what: the one table of modules and actions, and the person at the door.

Roles are data (`crm/accounts`): each gives some of these permissions, with a data scope. An `Actor` is what remains of a
signed-in person inside the operations: no request, no session, only who they are and what they may do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
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
    "interactions": (text("Interactions"), ("view", "create", "edit", "delete")),
    "competitors": (text("Competitors"), ("view", "create", "edit", "delete")),
    "opportunities": (text("Opportunities"), ("view", "create", "edit", "delete", "assign", "approve")),
    "complaints": (text("Complaints"), ("view", "create", "edit", "delete", "assign", "approve")),
    "knowledge": (text("Knowledge base"), ("view", "create", "edit", "delete")),
    "products": (text("Products"), ("view", "create", "edit", "delete")),
    "orders": (text("Orders"), ("view", "create", "edit", "delete")),
    "losses": (text("Customer losses"), ("view", "edit")),
    "custom": (text("Custom records"), ("view", "edit")),
    "processes": (text("Processes"), ("view", "assign", "administer")),
    "messages": (text("Messages to processes"), ("create",)),
    "accounts": (text("Users and roles"), ("view", "administer")),
    "dictionary": (text("Data dictionary"), ("view", "administer")),
    "worktime": (text("Working time"), ("view", "administer")),
    "reminders": (text("Reminders"), ("administer",)),
}

PERMISSIONS = frozenset((module, action) for module, (_, actions) in MODULES.items() for action in actions)


@dataclass(frozen=True)
class StandIn:
    """Somebody for whom a person stands in, from `begins` until before `ends` (either may be open), with their roles."""

    user_id: int
    role_keys: frozenset[str] = frozenset()
    begins: datetime | None = None
    ends: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Is the person away at this moment?"""
        return (self.begins is None or self.begins <= now) and (self.ends is None or now < self.ends)


@dataclass(frozen=True)
class Actor:
    """A person (or the system itself) as the operations know them.

    `stand_ins` are all absences in which this person stands in for somebody, past and coming ones too; `represents` and
    `borrowed_roles` say whose tasks and which groups' tasks are open to them for that reason at the moment (see `at`).
    `in_place_of` is the absent person whose task is being done: what they may do, the actor may do in this step.
    """

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
    stand_ins: tuple[StandIn, ...] = ()
    represents: frozenset[int] = frozenset()
    borrowed_roles: frozenset[str] = frozenset()
    in_place_of: Actor | None = None

    @property
    def group_keys(self) -> frozenset[str]:
        """Keys of the roles whose tasks this person may take: their own and those of the people they stand in for."""
        return self.role_keys | self.borrowed_roles if self.borrowed_roles else self.role_keys

    def at(self, now: datetime) -> Actor:
        """The same person as of this moment: absences that have begun count, those that have ended do not."""
        if not self.stand_ins:
            return self
        away = [absence for absence in self.stand_ins if absence.holds(now)]
        return replace(
            self,
            represents=frozenset(absence.user_id for absence in away),
            borrowed_roles=frozenset().union(*(absence.role_keys for absence in away)),
        )

    def may(self, module: str, action: str) -> bool:
        """Is the action open to this person at all, whatever its scope?"""
        return self.scope(module, action) is not None

    def scope(self, module: str, action: str) -> Scope | None:
        """How far the permission reaches; None if it is not given."""
        if (module, action) not in PERMISSIONS:
            raise LookupError(f"{module}.{action} is not in the table of permissions")
        own = Scope.ALL if self.is_system else self.grants.get((module, action))
        theirs = None if self.in_place_of is None else self.in_place_of.scope(module, action)
        return own if theirs is None else wider(own, theirs)


def wider(one: Scope | None, other: Scope) -> Scope:
    """The wider of two scopes."""
    return other if one is None or WIDTH[other] > WIDTH[one] else one


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
    if actor.in_place_of is not None:
        both = [
            in_scope(person, module, action, owner=owner, department=department)
            for person in (replace(actor, in_place_of=None), actor.in_place_of)
        ]
        return true() if any(clause is true() for clause in both) else or_(*both)
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
    if actor.in_place_of is not None:
        pair = (replace(actor, in_place_of=None), actor.in_place_of)
        return any(reaches(who, module, action, owner_id=owner_id, department_id=department_id) for who in pair)
    scope = actor.scope(module, action)
    if scope is None:
        return False
    if scope is Scope.ALL or (owner_id is not None and owner_id == actor.id):
        return True
    if scope is Scope.DEPARTMENT:
        return department_id is not None and department_id == actor.department_id
    return scope is Scope.DEPARTMENT_AND_BELOW and department_id in actor.departments_below
