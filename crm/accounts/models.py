"""Who works here: departments, users, roles with their permissions. How they prove who they are stands in credentials.py."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Id, UtcDateTime
from crm.permissions import Scope


class Department(Base):
    """A node of the department tree; its head is the manager to whom matters escalate."""

    __tablename__ = "department"
    __table_args__ = (CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_its_own_parent"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    parent_id: Mapped[int | None] = mapped_column(Id, ForeignKey("department.id"), index=True)
    # Users point at departments and departments at their head: one of the two must be added after both tables exist.
    manager_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("user.id", use_alter=True, name="fk_department_manager_id")
    )
    position: Mapped[int] = mapped_column(default=0, comment="order among the departments of one parent")
    version: Mapped[int] = mapped_column(default=1)

    def shown_name(self, locale: str) -> str:
        """The name in the reader's language."""
        return self.name if locale.startswith("zh") else self.name_en or self.name


class User(Base):
    """A person with an account. Accounts are disabled, never deleted: records and history point at them."""

    __tablename__ = "user"
    __table_args__ = (
        UniqueConstraint("username"),
        CheckConstraint("username = lower(username)", name="username_lower"),
        CheckConstraint("manager_id IS NULL OR manager_id <> id", name="not_their_own_manager"),
        CheckConstraint("substitute_id IS NULL OR substitute_id <> id", name="not_their_own_substitute"),
        CheckConstraint(
            "substitute_from IS NULL OR substitute_until IS NULL OR substitute_from < substitute_until",
            name="substitute_period",
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    username: Mapped[str] = mapped_column(String(60), comment="lower case; what is typed to sign in")
    name: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80), default="")
    email: Mapped[str] = mapped_column(String(200), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    department_id: Mapped[int | None] = mapped_column(Id, ForeignKey("department.id"), index=True)
    job_title: Mapped[str] = mapped_column(String(80), default="")
    manager_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"), index=True)
    substitute_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"), index=True)
    substitute_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    substitute_until: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="the first moment after the absence")
    locale: Mapped[str] = mapped_column(String(10), default="zh_CN")
    timezone: Mapped[str] = mapped_column(String(60), default="Asia/Shanghai")
    active: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str | None] = mapped_column(String(200), comment="argon2id; none: nobody can sign in with it")
    password_set_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    def shown_name(self, locale: str) -> str:
        """The name in the reader's language."""
        return shown_name(self.name, self.name_en, locale)


class Role(Base):
    """A set of permissions with one data scope. Built-in roles are named in diagrams by their key, which never changes."""

    __tablename__ = "role"
    __table_args__ = (
        UniqueConstraint("key"),
        CheckConstraint(f"scope IN ({', '.join(repr(scope.value) for scope in Scope)})", name="scope_known"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80), default="")
    scope: Mapped[str] = mapped_column(String(30), default=Scope.OWN.value)
    version: Mapped[int] = mapped_column(default=1)

    def shown_name(self, locale: str) -> str:
        """The name in the reader's language."""
        return shown_name(self.name, self.name_en, locale)


class RolePermission(Base):
    """The role gives this permission."""

    __tablename__ = "role_permission"

    role_id: Mapped[int] = mapped_column(Id, ForeignKey("role.id", ondelete="CASCADE"), primary_key=True)
    module: Mapped[str] = mapped_column(String(40), primary_key=True)
    action: Mapped[str] = mapped_column(String(20), primary_key=True)


class UserRole(Base):
    """The user has this role."""

    __tablename__ = "user_role"

    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    role_id: Mapped[int] = mapped_column(Id, ForeignKey("role.id"), primary_key=True, index=True)


class AccessVersion(Base):
    """One row whose number grows with every change of users, roles or departments: whoever kept an `Actor` sees that it is old."""

    __tablename__ = "access_version"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Id, default=0)


def shown_name(name: str, name_en: str, locale: str) -> str:
    """A person's or role's name for a reader: Chinese for Chinese readers, else the English one where there is one."""
    return name if locale.startswith("zh") else name_en or name
