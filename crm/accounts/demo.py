"""The company that every demonstration and test begins with: departments, roles with their permissions, nine people.

Everything goes through the operations. Roles are also what a real installation begins with (`seed_roles`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts import operations, organisation
from crm.accounts.models import Department, Role, User
from crm.accounts.passwords import DEMO_PASSWORD, hash_password
from crm.accounts.rules import UserValues
from crm.permissions import MODULES, PERMISSIONS, SYSTEM, Scope


@dataclass(frozen=True)
class RoleSeed:
    """A role as it comes with the product. Permissions name `module: actions`; `*` means every action of the module."""

    key: str
    name: str
    name_en: str
    scope: Scope
    permissions: Mapping[str, str]


ROLES: tuple[RoleSeed, ...] = (
    RoleSeed("administrator", "系统管理员", "Administrator", Scope.ALL, dict.fromkeys(MODULES, "*")),
    RoleSeed(
        "executive", "高管", "Executive", Scope.ALL,
        {"custom": "view", "customers": "view export", "contacts": "view", "service": "view approve export", "interactions": "view", "competitors": "view", "products": "view", "orders": "view", "losses": "view", "opportunities": "view approve", "complaints": "view approve", "knowledge": "view", "processes": "view", "accounts": "view", "dictionary": "view"},
    ),
    RoleSeed(
        "sales_supervisor", "销售主管", "Sales supervisor", Scope.DEPARTMENT_AND_BELOW,
        {"custom": "*", "customers": "*", "contacts": "*", "service": "*", "interactions": "*", "competitors": "*", "products": "*", "orders": "*", "losses": "*", "opportunities": "*", "complaints": "*", "knowledge": "*", "processes": "view assign", "accounts": "view", "dictionary": "view"},
    ),
    RoleSeed(
        "customer_manager", "客户经理", "Customer manager", Scope.OWN,
        {"custom": "view edit", "customers": "view create edit export", "contacts": "view create edit delete export", "service": "view create edit", "interactions": "*", "competitors": "view create edit", "products": "view", "orders": "*", "losses": "view edit", "opportunities": "view create edit delete", "complaints": "view create", "knowledge": "view", "processes": "view", "dictionary": "view"},
    ),
    RoleSeed(
        "service_agent", "客服专员", "Service agent", Scope.ALL,
        {"custom": "view edit", "customers": "view", "contacts": "view", "service": "view create edit", "interactions": "view create edit", "competitors": "view", "products": "view", "orders": "view", "complaints": "view create edit", "knowledge": "view create edit", "processes": "view", "dictionary": "view"},
    ),
    RoleSeed(
        "marketing_specialist", "市场专员", "Marketing specialist", Scope.DEPARTMENT,
        {"customers": "view create edit", "contacts": "view create edit", "interactions": "view", "competitors": "view create edit", "products": "view create edit", "orders": "view", "opportunities": "view create edit", "knowledge": "view create edit", "processes": "view", "dictionary": "view"},
    ),
    RoleSeed(
        "contract_clerk", "合同部", "Contract clerk", Scope.ALL,
        {"custom": "view edit", "customers": "view", "contacts": "view", "service": "view", "interactions": "view", "products": "view", "orders": "*", "competitors": "view", "opportunities": "view approve", "knowledge": "view", "processes": "view", "dictionary": "view"},
    ),
)  # fmt: skip

# key, name, English name, key of the parent
DEPARTMENTS = (
    ("office", "总经办", "Executive office", None),
    ("sales", "销售部", "Sales", None),
    ("sales_east", "华东销售部", "Sales East China", "sales"),
    ("sales_south", "华南销售部", "Sales South China", "sales"),
    ("service", "客户服务部", "Customer service", None),
    ("marketing", "市场部", "Marketing", None),
    ("contracts", "合同部", "Contracts", None),
    ("it", "信息部", "IT", None),
)


@dataclass(frozen=True)
class PersonSeed:
    """Somebody of the demonstration, with the keys of department, role and manager."""

    username: str
    name: str
    name_en: str
    department: str
    job_title: str
    role: str
    manager: str | None
    phone: str


DEMO_PEOPLE: tuple[PersonSeed, ...] = (
    PersonSeed("executive", "陈国栋", "Chen Guodong", "office", "营销总监", "executive", None, "021-5555 0101"),
    PersonSeed("supervisor", "李明远", "Li Mingyuan", "sales", "销售主管", "sales_supervisor", "executive", "021-5555 0110"),
    PersonSeed("manager1", "王海燕", "Wang Haiyan", "sales_east", "客户经理", "customer_manager", "supervisor", "021-5555 0121"),
    PersonSeed("manager2", "张伟", "Zhang Wei", "sales_south", "客户经理", "customer_manager", "supervisor", "020-5555 0122"),
    PersonSeed("agent1", "刘芳", "Liu Fang", "service", "客服专员", "service_agent", "supervisor", "021-5555 0131"),
    PersonSeed("agent2", "赵磊", "Zhao Lei", "service", "客服专员", "service_agent", "supervisor", "021-5555 0132"),
    PersonSeed("marketing", "周雅琴", "Zhou Yaqin", "marketing", "市场专员", "marketing_specialist", "executive", "021-5555 0141"),
    PersonSeed("contracts", "吴晓东", "Wu Xiaodong", "contracts", "合同专员", "contract_clerk", "executive", "021-5555 0151"),
    PersonSeed("admin", "孙立", "Sun Li", "it", "系统管理员", "administrator", "executive", "021-5555 0161"),
)  # fmt: skip
HEADS = {
    "office": "executive",
    "sales": "supervisor",
    "sales_east": "supervisor",
    "sales_south": "supervisor",
    "service": "supervisor",
    "marketing": "marketing",
    "contracts": "contracts",
    "it": "admin",
}


def permissions_of(seed: RoleSeed) -> frozenset[tuple[str, str]]:
    """The permissions that a seeded role gives, as pairs."""
    named = {
        (module, action)
        for module, actions in seed.permissions.items()
        for action in (MODULES[module][1] if actions == "*" else actions.split())
    }
    unknown = named - PERMISSIONS
    if unknown:
        raise LookupError(f"role {seed.key} gives unknown permissions {sorted(unknown)}")
    return frozenset(named)


def seed_roles(session: Session, now: datetime) -> None:
    """The built-in roles exist; what administrators made of them stays."""
    present = set(session.scalars(select(Role.key)))
    for seed in ROLES:
        if seed.key not in present:
            organisation.create_role(
                session,
                by=SYSTEM,
                now=now,
                key=seed.key,
                name=seed.name,
                name_en=seed.name_en,
                scope=seed.scope.value,
                permissions=permissions_of(seed),
            )


def seed_accounts(session: Session, now: datetime, *, password_hash: str | None = None) -> dict[str, User]:
    """Departments and people of the demonstration, by user name; everybody has its password. Roles are added where missing."""
    seed_roles(session, now)
    roles = {role.key: role for role in session.scalars(select(Role))}
    departments: dict[str, Department] = {}
    for key, name, name_en, parent in DEPARTMENTS:
        departments[key] = organisation.create_department(
            session,
            by=SYSTEM,
            now=now,
            name=name,
            name_en=name_en,
            parent_id=departments[parent].id if parent else None,
        )
    password_hash = password_hash or hash_password(DEMO_PASSWORD)
    people: dict[str, User] = {}
    for seed in DEMO_PEOPLE:
        values = UserValues(
            name=seed.name,
            name_en=seed.name_en,
            email=f"{seed.username}@heliu.example",
            phone=seed.phone,
            department_id=departments[seed.department].id,
            job_title=seed.job_title,
            manager_id=people[seed.manager].id if seed.manager else None,
            role_ids=frozenset({roles[seed.role].id}),
        )
        people[seed.username] = operations.create_user(
            session, by=SYSTEM, now=now, username=seed.username, values=values, password_hash=password_hash
        )
    for key, head in HEADS.items():
        department = departments[key]
        organisation.edit_department(
            session,
            by=SYSTEM,
            now=now,
            department_id=department.id,
            version=department.version,
            name=department.name,
            name_en=department.name_en,
            parent_id=department.parent_id,
            manager_id=people[head].id,
        )
    return people
