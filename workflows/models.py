"""What is stored of processes: definitions and their versions, running cases, human tasks, history, incidents.

A case keeps only its live state, compactly; what happened lies in `ProcessEvent`. A task row is written in the same
transaction as the step that opened it, so that the inbox is one indexed query and never wakes the engine. Timers are due
rows (`crm/core/due.py`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false
from sqlalchemy import text as condition
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Id, Json, UtcDateTime

# Stored where a task has no due date: it sorts last, and the inbox can be paged by one ordered index.
NO_DUE_DATE = datetime(9999, 1, 1, tzinfo=UTC)
TIMER = "timer"
RUNG = "rung"


class InstanceStatus(StrEnum):
    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class TaskStatus(StrEnum):
    OPEN = "open"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class VersionSource(StrEnum):
    FILE = "file"
    STUDIO = "studio"


class ProcessDefinition(Base):
    """A process by its key, and the version that new cases begin with."""

    __tablename__ = "process_definition"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    active_version_id: Mapped[int | None] = mapped_column(
        ForeignKey("definition_version.id", use_alter=True, name="fk_process_definition_active_version_id")
    )
    version: Mapped[int] = mapped_column(default=1)
    next_version_id: Mapped[int | None] = mapped_column(Id, comment="with which a share of the new cases begins")
    next_share: Mapped[int] = mapped_column(default=0, server_default="0", comment="percent of the new cases")
    next_started: Mapped[int] = mapped_column(default=0, server_default="0", comment="cases begun since it has a share")
    next_taken: Mapped[int] = mapped_column(default=0, server_default="0", comment="how many of these began with it")
    previous_version_id: Mapped[int | None] = mapped_column(Id, comment="in force before, to be rolled back to")


class DefinitionVersion(Base):
    """An immutable bundle of diagram, decision tables, forms and texts."""

    __tablename__ = "definition_version"
    __table_args__ = (UniqueConstraint("process_key", "number"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    process_key: Mapped[str] = mapped_column(String(80))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(200), comment="as drawn, in the language of the author")
    content_hash: Mapped[str] = mapped_column(String(64), index=True)
    files: Mapped[dict[str, str]] = mapped_column(Json, comment="file name to text (UTF-8)")
    source: Mapped[VersionSource] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(Text, default="")
    deployed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deployed_by_id: Mapped[int | None] = mapped_column(Id)
    exception: Mapped[str] = mapped_column(
        Text, default="", server_default="", comment="why it was published although a scenario failed"
    )
    replayed: Mapped[dict[str, Any] | None] = mapped_column(
        Json, comment="how the scenarios came out at its publishing"
    )


class ProcessInstance(Base):
    """A running or finished case. `version` guards its state against two steps at once."""

    __tablename__ = "process_instance"
    __table_args__ = (
        CheckConstraint("(status = 'running') = (ended_at IS NULL)", name="ended_when_not_running"),
        Index("ix_process_instance_record", "record_type", "record_id"),
        Index("ix_process_instance_customer", "customer_id", "started_at"),
        Index("ix_process_instance_started_by", "started_by_id", "status", "started_at", "id"),
        Index("ix_process_instance_process", "process_key", "status", "started_at", "id"),
        Index(
            "ix_process_instance_business_key",
            "business_key",
            postgresql_where=condition("business_key IS NOT NULL"),
            sqlite_where=condition("business_key IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("definition_version.id"))
    process_key: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(300))
    status: Mapped[InstanceStatus] = mapped_column(String(10))
    record_type: Mapped[str | None] = mapped_column(String(40))
    record_id: Mapped[int | None] = mapped_column(Id)
    customer_id: Mapped[int | None] = mapped_column(Id)
    started_by_id: Mapped[int | None] = mapped_column(Id)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_done_id: Mapped[int | None] = mapped_column(Id, comment="the task whose completion was the last step")
    department_id: Mapped[int | None] = mapped_column(Id, comment="whose calendar counts its working time")
    paused_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="since when its clock stands still, because the customer owes an answer"
    )
    suspended_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="since when an administrator has it rest: nobody can do its tasks, no timer acts"
    )
    business_key: Mapped[str | None] = mapped_column(
        String(120), comment="by which others know the case: an order number of the shop, for instance"
    )
    version: Mapped[int] = mapped_column(default=1)
    # The large ones last: a database that keeps rows in order need not walk through them for the others.
    state: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    state_before: Mapped[bytes | None] = mapped_column(
        LargeBinary, deferred=True, comment="before that completion, so that it can be taken back"
    )

    @property
    def stands_still(self) -> bool:
        """Does its clock stand: for the customer's answer, or because the case is suspended?"""
        return self.paused_at is not None or self.suspended_at is not None


class Task(Base):
    """A step that waits for a person: assigned to one, or offered to a role."""

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint("(status = 'open') = (closed_at IS NULL)", name="closed_when_not_open"),
        CheckConstraint("status <> 'done' OR closed_by_id IS NOT NULL OR by_rule", name="done_by_somebody_or_rule"),
        Index(
            "ix_task_mine",
            "assignee_id",
            "due_at",
            "id",
            postgresql_where=condition("status = 'open' AND assignee_id IS NOT NULL"),
            sqlite_where=condition("status = 'open' AND assignee_id IS NOT NULL"),
        ),
        Index(
            "ix_task_pool",
            "role",
            "due_at",
            "id",
            postgresql_where=condition("status = 'open' AND assignee_id IS NULL"),
            sqlite_where=condition("status = 'open' AND assignee_id IS NULL"),
        ),
        # The other orders of a pool, which may be too long to be sorted when it is looked at.
        Index(
            "ix_task_pool_by_priority",
            "role",
            "priority",
            "due_at",
            "id",
            postgresql_where=condition("status = 'open' AND assignee_id IS NULL"),
            sqlite_where=condition("status = 'open' AND assignee_id IS NULL"),
        ),
        Index(
            "ix_task_pool_by_age",
            "role",
            "id",
            postgresql_where=condition("status = 'open' AND assignee_id IS NULL"),
            sqlite_where=condition("status = 'open' AND assignee_id IS NULL"),
        ),
        Index(
            "ix_task_done",
            "closed_by_id",
            "closed_at",
            "id",
            postgresql_where=condition("status = 'done'"),
            sqlite_where=condition("status = 'done'"),
        ),
        Index(
            "ix_task_delegated",
            "delegated_by_id",
            "due_at",
            "id",
            postgresql_where=condition("status = 'open' AND delegated_by_id IS NOT NULL"),
            sqlite_where=condition("status = 'open' AND delegated_by_id IS NOT NULL"),
        ),
        Index("ix_task_instance", "instance_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    token: Mapped[int] = mapped_column(Id, comment="the engine's name for this step in this case")
    node_id: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(200), comment="as drawn; texts of the version translate it")
    process_key: Mapped[str] = mapped_column(String(80))
    version_id: Mapped[int] = mapped_column(Id)
    title: Mapped[str] = mapped_column(String(300), comment="of the case")
    customer_id: Mapped[int | None] = mapped_column(Id)
    role: Mapped[str | None] = mapped_column(String(60), comment="key of the role that it is offered to")
    assignee_id: Mapped[int | None] = mapped_column(Id)
    priority: Mapped[int] = mapped_column(default=1)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[TaskStatus] = mapped_column(String(10))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by_id: Mapped[int | None] = mapped_column(Id)
    data: Mapped[dict[str, Any]] = mapped_column(Json, comment="what the process knew when the task was opened")
    draft: Mapped[dict[str, Any] | None] = mapped_column(Json, comment="what was entered so far, faulty or not")
    answers: Mapped[dict[str, Any] | None] = mapped_column(Json, comment="with what it was completed")
    excluded_id: Mapped[int | None] = mapped_column(Id, comment="who must not do it: the one who started the case")
    candidate_ids: Mapped[list[int] | None] = mapped_column(
        Json, comment="those of whom any may claim it; the same as task_candidate, read along with the task"
    )
    delegated_by_id: Mapped[int | None] = mapped_column(Id, comment="who handed it to its holder and gets it back")
    on_behalf_of_id: Mapped[int | None] = mapped_column(
        Id, comment="in whose place its holder has it, or a substitute closed it"
    )
    urged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    department_id: Mapped[int | None] = mapped_column(Id, comment="whose calendar counts its working time")
    by_rule: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="completed by its ladder, because nobody did it"
    )
    paused_due_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="when it was due before its clock was stopped; meanwhile it has no due time"
    )
    suspended: Mapped[bool] = mapped_column(
        default=False,
        server_default=false(),
        comment="its case is suspended; the same as there, read along with the task",
    )
    sent_back_from: Mapped[str | None] = mapped_column(String(120), comment="the step that somebody sent back here")
    version: Mapped[int] = mapped_column(default=1)

    @property
    def due(self) -> datetime | None:
        """When it should be done, if anybody said so."""
        return None if self.due_at >= NO_DUE_DATE else self.due_at


class TaskCandidate(Base):
    """One of several named people of whom any may claim a task."""

    __tablename__ = "task_candidate"
    __table_args__ = (Index("ix_task_candidate_user_id", "user_id"),)

    task_id: Mapped[int] = mapped_column(Id, ForeignKey("task.id"), primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id"), primary_key=True, autoincrement=False)


class TaskComment(Base):
    """What somebody said about a task. It is never changed."""

    __tablename__ = "task_comment"
    __table_args__ = (Index("ix_task_comment_instance_id", "instance_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    task_id: Mapped[int] = mapped_column(Id, ForeignKey("task.id"))
    instance_id: Mapped[int] = mapped_column(Id, ForeignKey("process_instance.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id"))
    body: Mapped[str] = mapped_column(Text)
    mentions: Mapped[list[int]] = mapped_column(Json, default=list, comment="ids of the people named in it")


class TaskCopy(Base):
    """A case shown to somebody for information, by way of one of its tasks."""

    __tablename__ = "task_copy"
    __table_args__ = (
        UniqueConstraint("task_id", "user_id"),
        Index("ix_task_copy_user_id", "user_id", "id"),
        Index("ix_task_copy_instance_id", "instance_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    task_id: Mapped[int] = mapped_column(Id, ForeignKey("task.id"))
    instance_id: Mapped[int] = mapped_column(Id, ForeignKey("process_instance.id"))
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id"))
    note: Mapped[str] = mapped_column(Text, default="")
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TaskUrge(Base):
    """Somebody asked the holder of a task to hurry."""

    __tablename__ = "task_urge"
    __table_args__ = (Index("ix_task_urge_task_id", "task_id", "at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    task_id: Mapped[int] = mapped_column(Id, ForeignKey("task.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id"))
    note: Mapped[str] = mapped_column(Text, default="")


class SavedView(Base):
    """A way to look at the inbox that a person keeps: folder, filters and order under a name of theirs."""

    __tablename__ = "saved_view"
    __table_args__ = (
        UniqueConstraint("user_id", "name"),
        CheckConstraint("name <> ''", name="named"),
        Index(
            "uq_saved_view_default",
            "user_id",
            unique=True,
            postgresql_where=condition("is_default"),
            sqlite_where=condition("is_default"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id"))
    name: Mapped[str] = mapped_column(String(60))
    folder: Mapped[str] = mapped_column(String(20))
    filters: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    sort: Mapped[str] = mapped_column(String(20))
    is_default: Mapped[bool] = mapped_column(default=False)


class ProcessEvent(Base):
    """One line of a case's history; never changed. `detail["passed"]` is the path that a step took."""

    __tablename__ = "process_event"
    __table_args__ = (Index("ix_process_event_instance", "instance_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(30))
    node_id: Mapped[str | None] = mapped_column(String(120))
    task_id: Mapped[int | None] = mapped_column(Id)
    actor_id: Mapped[int | None] = mapped_column(Id)
    detail: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class Incident(Base):
    """A fault that stopped a step. The step was rolled back; the incident waits for a retry."""

    __tablename__ = "incident"
    __table_args__ = (
        Index(
            "ix_incident_open",
            "instance_id",
            postgresql_where=condition("resolved_at IS NULL"),
            sqlite_where=condition("resolved_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    node_id: Mapped[str | None] = mapped_column(String(120))
    task_id: Mapped[int | None] = mapped_column(Id, comment="the task whose completion failed")
    actor_id: Mapped[int | None] = mapped_column(Id, comment="who was completing it")
    kind: Mapped[str] = mapped_column(String(20), comment="complete, timer, idle or differs")
    message: Mapped[str] = mapped_column(Text)
    answers: Mapped[dict[str, Any] | None] = mapped_column(Json, comment="what the step was to be completed with")
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_by_id: Mapped[int | None] = mapped_column(Id)
