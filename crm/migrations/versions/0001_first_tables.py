"""first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from crm.core.db import Fixed, Id, Json, UtcDateTime
from crm.core.search import create_sqlite_index

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# What counts the inbox when tasks change.
TRIGGERS = {
    "sqlite": (
        """CREATE TRIGGER IF NOT EXISTS task_pool_added AFTER INSERT ON task
WHEN new.status = 'open' AND new.assignee_id IS NULL AND new.role IS NOT NULL
BEGIN INSERT INTO task_pool_line (role, day, number) VALUES (new.role, substr(new.due_at, 1, 10), 1); END""",
        """CREATE TRIGGER IF NOT EXISTS task_pool_left AFTER UPDATE OF status, assignee_id, role, due_at ON task
WHEN old.status = 'open' AND old.assignee_id IS NULL AND old.role IS NOT NULL
AND NOT (new.status = 'open' AND new.assignee_id IS NULL AND new.role IS old.role AND new.due_at = old.due_at)
BEGIN INSERT INTO task_pool_line (role, day, number) VALUES (old.role, substr(old.due_at, 1, 10), -1); END""",
        """CREATE TRIGGER IF NOT EXISTS task_pool_joined AFTER UPDATE OF status, assignee_id, role, due_at ON task
WHEN new.status = 'open' AND new.assignee_id IS NULL AND new.role IS NOT NULL
AND NOT (old.status = 'open' AND old.assignee_id IS NULL AND old.role IS new.role AND old.due_at = new.due_at)
BEGIN INSERT INTO task_pool_line (role, day, number) VALUES (new.role, substr(new.due_at, 1, 10), 1); END""",
        """CREATE TRIGGER IF NOT EXISTS task_pool_removed AFTER DELETE ON task
WHEN old.status = 'open' AND old.assignee_id IS NULL AND old.role IS NOT NULL
BEGIN INSERT INTO task_pool_line (role, day, number) VALUES (old.role, substr(old.due_at, 1, 10), -1); END""",
        """CREATE TRIGGER IF NOT EXISTS task_done_changed AFTER UPDATE OF status, closed_by_id, closed_at ON task
WHEN old.status = 'done' BEGIN
UPDATE task_done_tally SET number = number - 1 WHERE user_id = old.closed_by_id AND until >= old.closed_at;
UPDATE task_done_tally SET number = number + 1
WHERE new.status = 'done' AND user_id = new.closed_by_id AND until >= new.closed_at; END""",
        """CREATE TRIGGER IF NOT EXISTS task_done_removed AFTER DELETE ON task WHEN old.status = 'done'
BEGIN UPDATE task_done_tally SET number = number - 1 WHERE user_id = old.closed_by_id AND until >= old.closed_at; END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION count_task_pool() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN
IF TG_OP = 'UPDATE' AND NEW.status = OLD.status AND NEW.assignee_id IS NOT DISTINCT FROM OLD.assignee_id
AND NEW.role IS NOT DISTINCT FROM OLD.role AND NEW.due_at = OLD.due_at THEN
RETURN NULL;
END IF;
IF TG_OP <> 'INSERT' AND OLD.status = 'open' AND OLD.assignee_id IS NULL AND OLD.role IS NOT NULL THEN
INSERT INTO task_pool_line (role, day, number) VALUES (OLD.role, (OLD.due_at AT TIME ZONE 'UTC')::date, -1);
END IF;
IF TG_OP <> 'DELETE' AND NEW.status = 'open' AND NEW.assignee_id IS NULL AND NEW.role IS NOT NULL THEN
INSERT INTO task_pool_line (role, day, number) VALUES (NEW.role, (NEW.due_at AT TIME ZONE 'UTC')::date, 1);
END IF;
RETURN NULL; END $body$""",
        """CREATE OR REPLACE TRIGGER task_pool_added AFTER INSERT ON task FOR EACH ROW
WHEN (NEW.status = 'open' AND NEW.assignee_id IS NULL AND NEW.role IS NOT NULL)
EXECUTE FUNCTION count_task_pool()""",
        """CREATE OR REPLACE TRIGGER task_pool_changed AFTER UPDATE OF status, assignee_id, role, due_at ON task FOR EACH ROW
WHEN (OLD.assignee_id IS NULL OR NEW.assignee_id IS NULL) EXECUTE FUNCTION count_task_pool()""",
        """CREATE OR REPLACE TRIGGER task_pool_removed AFTER DELETE ON task FOR EACH ROW
WHEN (OLD.status = 'open' AND OLD.assignee_id IS NULL AND OLD.role IS NOT NULL)
EXECUTE FUNCTION count_task_pool()""",
        """CREATE OR REPLACE FUNCTION count_task_done() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN
UPDATE task_done_tally SET number = number - 1 WHERE user_id = OLD.closed_by_id AND until >= OLD.closed_at;
IF TG_OP = 'UPDATE' AND NEW.status = 'done' THEN
UPDATE task_done_tally SET number = number + 1 WHERE user_id = NEW.closed_by_id AND until >= NEW.closed_at;
END IF;
RETURN NULL; END $body$""",
        """CREATE OR REPLACE TRIGGER task_done_changed AFTER UPDATE OF status, closed_by_id, closed_at ON task FOR EACH ROW
WHEN (OLD.status = 'done') EXECUTE FUNCTION count_task_done()""",
        """CREATE OR REPLACE TRIGGER task_done_removed AFTER DELETE ON task FOR EACH ROW
WHEN (OLD.status = 'done') EXECUTE FUNCTION count_task_done()""",
    ),
}


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "access_version",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("number", Id, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_access_version_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_version")),
    )
    op.create_table(
        "assignee_turn",
        sa.Column("process_key", sa.String(length=80), nullable=False),
        sa.Column("node_id", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=60), nullable=False),
        sa.Column("last_id", Id, nullable=True, comment="the user who was chosen last"),
        sa.PrimaryKeyConstraint("process_key", "node_id", "role", name=op.f("pk_assignee_turn")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_id", Id, nullable=True, comment="none: the system, or somebody who is not signed in"),
        sa.Column("actor_name", sa.String(length=120), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", Id, nullable=True),
        sa.Column("subject_name", sa.String(length=200), nullable=False),
        sa.Column("old", Json, nullable=False),
        sa.Column("new", Json, nullable=False),
        sa.Column("address", sa.String(length=64), nullable=True, comment="network address, for sign-ins"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_actor", "audit_entry", ["actor_id", "at"], unique=False)
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"], unique=False)
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject_type", "subject_id", "at"], unique=False)
    op.create_table(
        "definition_version",
        sa.Column("id", Id, nullable=False),
        sa.Column("process_key", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False, comment="as drawn, in the language of the author"),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("files", Json, nullable=False, comment="file name to text (UTF-8)"),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("deployed_at", UtcDateTime(), nullable=False),
        sa.Column("deployed_by_id", Id, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_definition_version")),
        sa.UniqueConstraint("process_key", "number", name=op.f("uq_definition_version_process_key_number")),
    )
    op.create_index(op.f("ix_definition_version_content_hash"), "definition_version", ["content_hash"], unique=False)
    op.create_table(
        "department",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("parent_id", Id, nullable=True),
        sa.Column("manager_id", Id, nullable=True),
        sa.Column("position", sa.Integer(), nullable=False, comment="order among the departments of one parent"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("parent_id IS NULL OR parent_id <> id", name=op.f("ck_department_not_its_own_parent")),
        sa.ForeignKeyConstraint(["manager_id"], ["user.id"], name="fk_department_manager_id", use_alter=True),
        sa.ForeignKeyConstraint(["parent_id"], ["department.id"], name=op.f("fk_department_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department")),
    )
    op.create_index(op.f("ix_department_parent_id"), "department", ["parent_id"], unique=False)
    op.create_table(
        "dictionary_entry",
        sa.Column("id", Id, nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("name <> '' AND key <> ''", name=op.f("ck_dictionary_entry_named")),
        sa.CheckConstraint("position >= 0", name=op.f("ck_dictionary_entry_position_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dictionary_entry")),
        sa.UniqueConstraint("category", "key", name=op.f("uq_dictionary_entry_category_key")),
    )
    op.create_index("ix_dictionary_entry_order", "dictionary_entry", ["category", "position", "id"], unique=False)
    op.create_table(
        "due_row",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="names the handler in scheduler/jobs.py"),
        sa.Column("subject_id", Id, nullable=True, comment="the row it is about, by kind"),
        sa.Column("ref", Id, nullable=True, comment="what in it, e.g. the engine's token of a timer"),
        sa.Column("payload", Json, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True, comment="what must stand here only once"),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=80), nullable=True),
        sa.Column(
            "lease_until",
            UtcDateTime(),
            nullable=True,
            comment="nobody else takes it up before: the worker's time, or the wait after a failure",
        ),
        sa.Column("failed_at", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_due_row")),
        sa.UniqueConstraint("key", name=op.f("uq_due_row_key")),
    )
    op.create_index("ix_due_row_subject", "due_row", ["kind", "subject_id", "ref"], unique=False)
    op.create_index(
        "ix_due_row_tried",
        "due_row",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("failed_at IS NULL AND attempts > 0"),
        sqlite_where=sa.text("failed_at IS NULL AND attempts > 0"),
    )
    op.create_index(
        "ix_due_row_waiting",
        "due_row",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("failed_at IS NULL"),
        sqlite_where=sa.text("failed_at IS NULL"),
    )
    op.create_table(
        "failed_sign_in",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("username", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_sign_in")),
    )
    op.create_index("ix_failed_sign_in_address", "failed_sign_in", ["address", "at"], unique=False)
    op.create_index("ix_failed_sign_in_username", "failed_sign_in", ["username", "at"], unique=False)
    op.create_table(
        "outbox_message",
        sa.Column("id", Id, nullable=False),
        sa.Column("to_address", sa.String(length=254), nullable=False),
        sa.Column(
            "to_user_id", Id, nullable=True, comment="the reader, if one of ours; no key, the mail outlives them"
        ),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("template", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=400), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True, comment="the same key is mailed once"),
        sa.Column("message_id", sa.String(length=40), nullable=False, comment="left part of the Message-ID"),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("failed_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_message_key")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_message_id")),
    )
    op.create_index(
        "ix_outbox_message_ended", "outbox_message", [sa.literal_column("coalesce(sent_at, failed_at)")], unique=False
    )
    op.create_index("ix_outbox_message_to_user_id", "outbox_message", ["to_user_id", "created_at"], unique=False)
    op.create_table(
        "process_definition",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("active_version_id", Id, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["active_version_id"],
            ["definition_version.id"],
            name="fk_process_definition_active_version_id",
            use_alter=True,
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_process_definition")),
    )
    op.create_table(
        "reminder_rule",
        sa.Column("kind", sa.String(length=40), nullable=False, comment="names an entry of crm/reminders/kinds.py"),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("span", sa.Integer(), nullable=False, comment="days or hours before or after, by kind"),
        sa.Column(
            "hour", sa.Integer(), nullable=False, comment="of the company's clock; for rules that look once a day"
        ),
        sa.Column("whom", Json, nullable=False, comment="owner, holder, manager"),
        sa.Column("workdays_only", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("looked_on", sa.Date(), nullable=True, comment="the last day on which it looked"),
        sa.Column("looked_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_reminder_rule_hour_of_a_day")),
        sa.CheckConstraint("span >= 0", name=op.f("ck_reminder_rule_span_not_negative")),
        sa.CheckConstraint("version > 0", name=op.f("ck_reminder_rule_version_positive")),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_reminder_rule")),
    )
    op.create_table(
        "role",
        sa.Column("id", Id, nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("scope", sa.String(length=30), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "scope IN ('own', 'department', 'department_and_below', 'all')", name=op.f("ck_role_scope_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role")),
        sa.UniqueConstraint("key", name=op.f("uq_role_key")),
    )
    op.create_table(
        "scheduler_heartbeat",
        sa.Column("worker", sa.String(length=80), nullable=False, comment="machine, process, random part"),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("worker", name=op.f("pk_scheduler_heartbeat")),
    )
    op.create_table(
        "search_entry",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("subject_id", Id, nullable=False),
        sa.Column("words", sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entry")),
        sa.UniqueConstraint("kind", "subject_id", name=op.f("uq_search_entry_kind_subject_id")),
    )
    op.create_table(
        "task_done_tally",
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_task_done_tally")),
    )
    op.create_table(
        "task_ladder",
        sa.Column("id", Id, nullable=False),
        sa.Column("process_key", sa.String(length=80), nullable=False),
        sa.Column("node_id", sa.String(length=120), nullable=False),
        sa.Column("rungs", Json, nullable=False, comment="see workflows/ladders/rungs.py"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_ladder")),
        sa.UniqueConstraint("process_key", "node_id", name=op.f("uq_task_ladder_process_key_node_id")),
    )
    op.create_table(
        "task_pool_line",
        sa.Column("id", Id, nullable=False),
        sa.Column("role", sa.String(length=60), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="tasks that came, below zero: that went"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_pool_line")),
    )
    op.create_index("ix_task_pool_line_role", "task_pool_line", ["role", "day", "number"], unique=False)
    op.create_table(
        "work_calendar",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("week", Json, nullable=False, comment="intervals of minutes, for Monday to Sunday"),
        sa.Column(
            "make_up",
            Json,
            nullable=False,
            comment="hours of a weekend day that makes up for a holiday; none: those of Monday",
        ),
        sa.Column(
            "chinese_holidays",
            sa.Boolean(),
            nullable=False,
            comment="public holidays and make-up working days of China apply",
        ),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_calendar")),
        sa.UniqueConstraint("name", name=op.f("uq_work_calendar_name")),
    )
    op.create_index(
        "uq_work_calendar_default",
        "work_calendar",
        ["is_default"],
        unique=True,
        postgresql_where=sa.text("is_default"),
        sqlite_where=sa.text("is_default"),
    )
    op.create_table(
        "worktime_stamp",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("value", Id, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_worktime_stamp_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worktime_stamp")),
    )
    op.create_table(
        "calendar_exception",
        sa.Column("id", Id, nullable=False),
        sa.Column("calendar_id", Id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hours", Json, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["work_calendar.id"], name=op.f("fk_calendar_exception_calendar_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_exception")),
        sa.UniqueConstraint("calendar_id", "day", name=op.f("uq_calendar_exception_calendar_id_day")),
    )
    op.create_table(
        "department_calendar",
        sa.Column("department_id", Id, nullable=False),
        sa.Column("calendar_id", Id, nullable=False),
        sa.ForeignKeyConstraint(["calendar_id"], ["work_calendar.id"], name=op.f("fk_department_calendar_calendar_id")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_department_calendar_department_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("department_id", name=op.f("pk_department_calendar")),
    )
    op.create_index(op.f("ix_department_calendar_calendar_id"), "department_calendar", ["calendar_id"], unique=False)
    op.create_table(
        "process_instance",
        sa.Column("id", Id, nullable=False),
        sa.Column("version_id", Id, nullable=False),
        sa.Column("process_key", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("record_type", sa.String(length=40), nullable=True),
        sa.Column("record_id", Id, nullable=True),
        sa.Column("customer_id", Id, nullable=True),
        sa.Column("started_by_id", Id, nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("last_done_id", Id, nullable=True, comment="the task whose completion was the last step"),
        sa.Column("department_id", Id, nullable=True, comment="whose calendar counts its working time"),
        sa.Column(
            "paused_at",
            UtcDateTime(),
            nullable=True,
            comment="since when its clock stands still, because the customer owes an answer",
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column(
            "state_before",
            sa.LargeBinary(),
            nullable=True,
            comment="before that completion, so that it can be taken back",
        ),
        sa.CheckConstraint(
            "(status = 'running') = (ended_at IS NULL)", name=op.f("ck_process_instance_ended_when_not_running")
        ),
        sa.ForeignKeyConstraint(["version_id"], ["definition_version.id"], name=op.f("fk_process_instance_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_instance")),
    )
    op.create_index("ix_process_instance_customer", "process_instance", ["customer_id", "started_at"], unique=False)
    op.create_index(
        "ix_process_instance_process", "process_instance", ["process_key", "status", "started_at", "id"], unique=False
    )
    op.create_index("ix_process_instance_record", "process_instance", ["record_type", "record_id"], unique=False)
    op.create_index(
        "ix_process_instance_started_by",
        "process_instance",
        ["started_by_id", "status", "started_at", "id"],
        unique=False,
    )
    op.create_table(
        "role_permission",
        sa.Column("role_id", Id, nullable=False),
        sa.Column("module", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["role.id"], name=op.f("fk_role_permission_role_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("role_id", "module", "action", name=op.f("pk_role_permission")),
    )
    op.create_table(
        "user",
        sa.Column("id", Id, nullable=False),
        sa.Column("username", sa.String(length=60), nullable=False, comment="lower case; what is typed to sign in"),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("department_id", Id, nullable=True),
        sa.Column("job_title", sa.String(length=80), nullable=False),
        sa.Column("manager_id", Id, nullable=True),
        sa.Column("substitute_id", Id, nullable=True),
        sa.Column("substitute_from", UtcDateTime(), nullable=True),
        sa.Column("substitute_until", UtcDateTime(), nullable=True, comment="the first moment after the absence"),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column(
            "password_hash", sa.String(length=200), nullable=True, comment="argon2id; none: nobody can sign in with it"
        ),
        sa.Column("password_set_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("manager_id IS NULL OR manager_id <> id", name=op.f("ck_user_not_their_own_manager")),
        sa.CheckConstraint(
            "substitute_from IS NULL OR substitute_until IS NULL OR substitute_from < substitute_until",
            name=op.f("ck_user_substitute_period"),
        ),
        sa.CheckConstraint(
            "substitute_id IS NULL OR substitute_id <> id", name=op.f("ck_user_not_their_own_substitute")
        ),
        sa.CheckConstraint("username = lower(username)", name=op.f("ck_user_username_lower")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_user_department_id")),
        sa.ForeignKeyConstraint(["manager_id"], ["user.id"], name=op.f("fk_user_manager_id")),
        sa.ForeignKeyConstraint(["substitute_id"], ["user.id"], name=op.f("fk_user_substitute_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("username", name=op.f("uq_user_username")),
    )
    op.create_index(op.f("ix_user_department_id"), "user", ["department_id"], unique=False)
    op.create_index(op.f("ix_user_manager_id"), "user", ["manager_id"], unique=False)
    op.create_index(op.f("ix_user_substitute_id"), "user", ["substitute_id"], unique=False)
    op.create_table(
        "api_token",
        sa.Column("id", Id, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_api_token_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index(op.f("ix_api_token_user_id"), "api_token", ["user_id"], unique=False)
    op.create_table(
        "article",
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", Id, nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", Id, nullable=True),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("title <> '' AND body <> ''", name=op.f("ck_article_says_something")),
        sa.CheckConstraint("updated_at >= created_at", name=op.f("ck_article_changed_after_created")),
        sa.CheckConstraint("version > 0", name=op.f("ck_article_version_positive")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_article_created_by_id")),
        sa.ForeignKeyConstraint(["updated_by_id"], ["user.id"], name=op.f("fk_article_updated_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article")),
    )
    op.create_index(
        "ix_article_by_time",
        "article",
        ["updated_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "competitor",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "sort_key",
            sa.String(length=1000),
            nullable=False,
            comment="orders Chinese names by sound; equal for like names",
        ),
        sa.Column("products", sa.Text(), nullable=True),
        sa.Column("strengths", sa.Text(), nullable=True),
        sa.Column("weaknesses", sa.Text(), nullable=True),
        sa.Column("website", sa.String(length=200), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", Id, nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", Id, nullable=True),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_competitor_named")),
        sa.CheckConstraint("updated_at >= created_at", name=op.f("ck_competitor_changed_after_created")),
        sa.CheckConstraint("version > 0", name=op.f("ck_competitor_version_positive")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_competitor_created_by_id")),
        sa.ForeignKeyConstraint(["updated_by_id"], ["user.id"], name=op.f("fk_competitor_updated_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_competitor")),
    )
    op.create_index(
        "uq_competitor_name",
        "competitor",
        ["sort_key"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "customer",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "sort_key",
            sa.String(length=1000),
            nullable=False,
            comment="orders Chinese names by sound; equal for like names",
        ),
        sa.Column("type", sa.String(length=40), nullable=True),
        sa.Column("industry", sa.String(length=40), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=True),
        sa.Column("region", sa.String(length=40), nullable=True),
        sa.Column("address", sa.String(length=300), nullable=True),
        sa.Column("postcode", sa.String(length=20), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("phone_key", sa.String(length=40), nullable=True, comment="digits of the telephone number"),
        sa.Column("fax", sa.String(length=40), nullable=True),
        sa.Column("website", sa.String(length=200), nullable=True),
        sa.Column("grade", sa.String(length=40), nullable=True),
        sa.Column("satisfaction", sa.Integer(), nullable=True),
        sa.Column("credit", sa.Integer(), nullable=True),
        sa.Column("stage", sa.String(length=40), nullable=True),
        sa.Column("tags", Json, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("owner_id", Id, nullable=True),
        sa.Column("department_id", Id, nullable=True, comment="of the owner"),
        sa.Column("id", Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", Id, nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", Id, nullable=True),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_customer_named")),
        sa.CheckConstraint("credit BETWEEN 1 AND 5", name=op.f("ck_customer_credit_one_to_five")),
        sa.CheckConstraint("satisfaction BETWEEN 1 AND 5", name=op.f("ck_customer_satisfaction_one_to_five")),
        sa.CheckConstraint("updated_at >= created_at", name=op.f("ck_customer_changed_after_created")),
        sa.CheckConstraint("version > 0", name=op.f("ck_customer_version_positive")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_customer_created_by_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_customer_department_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_customer_owner_id")),
        sa.ForeignKeyConstraint(["updated_by_id"], ["user.id"], name=op.f("fk_customer_updated_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
    )
    op.create_index(
        "ix_customer_by_change",
        "customer",
        ["updated_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_customer_by_name",
        "customer",
        ["sort_key", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index("ix_customer_department_id", "customer", ["department_id", "sort_key"], unique=False)
    op.create_index("ix_customer_owner_id", "customer", ["owner_id", "sort_key"], unique=False)
    op.create_index(
        "ix_customer_phone_key",
        "customer",
        ["phone_key"],
        unique=False,
        postgresql_where=sa.text("phone_key IS NOT NULL"),
    )
    op.create_table(
        "incident",
        sa.Column("id", Id, nullable=False),
        sa.Column("instance_id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("node_id", sa.String(length=120), nullable=True),
        sa.Column("task_id", Id, nullable=True, comment="the task whose completion failed"),
        sa.Column("actor_id", Id, nullable=True, comment="who was completing it"),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="complete, timer, idle or differs"),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("answers", Json, nullable=True, comment="what the step was to be completed with"),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("resolved_by_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_incident_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index(
        "ix_incident_open",
        "incident",
        ["instance_id"],
        unique=False,
        postgresql_where=sa.text("resolved_at IS NULL"),
        sqlite_where=sa.text("resolved_at IS NULL"),
    )
    op.create_table(
        "notice",
        sa.Column("id", Id, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="names an entry of crm/notices/kinds.py"),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("values", Json, nullable=False),
        sa.Column("detail", sa.Text(), nullable=True, comment="what somebody wrote, in their own words"),
        sa.Column("link", sa.String(length=200), nullable=True, comment="path of the page where something can be done"),
        sa.Column("record_type", sa.String(length=30), nullable=True, comment="what it is about"),
        sa.Column("record_id", Id, nullable=True),
        sa.Column("key", sa.String(length=200), nullable=False, comment="the same key is told to the same person once"),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("read_at IS NULL OR read_at >= at", name=op.f("ck_notice_read_after_told")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_notice_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_notice_user_id_key")),
    )
    op.create_index("ix_notice_at", "notice", ["at"], unique=False)
    op.create_index(
        "ix_notice_unread",
        "notice",
        ["user_id", "id"],
        unique=False,
        postgresql_where=sa.text("read_at IS NULL"),
        sqlite_where=sa.text("read_at IS NULL"),
    )
    op.create_index("ix_notice_user_id", "notice", ["user_id", "id"], unique=False)
    op.create_table(
        "notice_choice",
        sa.Column("user_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("road", sa.String(length=40), nullable=False, comment="mail, or robot: and its number"),
        sa.Column(
            "choice",
            sa.String(length=10),
            nullable=False,
            comment="for mail now, digest or off; for a robot now or off",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_notice_choice_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "kind", "road", name=op.f("pk_notice_choice")),
    )
    op.create_table(
        "notice_robot",
        sa.Column("id", Id, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column(
            "address",
            sa.String(length=500),
            nullable=False,
            comment="the whole address of the webhook, or the robot's token",
        ),
        sa.Column(
            "secret", sa.String(length=200), nullable=False, comment="with which messages are signed; empty: none"
        ),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("tried_at", UtcDateTime(), nullable=True, comment="when its owner last sent a trial"),
        sa.Column("sent_at", UtcDateTime(), nullable=True, comment="when it last took something"),
        sa.Column("fault", sa.String(length=300), nullable=True, comment="why it last took nothing after three tries"),
        sa.Column("failed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('wecom', 'dingtalk', 'feishu', 'webhook')", name=op.f("ck_notice_robot_kind_known")
        ),
        sa.CheckConstraint("name <> ''", name=op.f("ck_notice_robot_named")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_notice_robot_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_robot")),
    )
    op.create_index("ix_notice_robot_user_id", "notice_robot", ["user_id"], unique=False)
    op.create_table(
        "notice_setting",
        sa.Column("user_id", Id, nullable=False),
        sa.Column("digest_hour", sa.Integer(), nullable=False, comment="on the person's own clock"),
        sa.CheckConstraint("digest_hour BETWEEN 0 AND 23", name=op.f("ck_notice_setting_hour_of_a_day")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_notice_setting_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_notice_setting")),
    )
    op.create_table(
        "password_link",
        sa.Column("id", Id, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_password_link_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_link_token_hash")),
    )
    op.create_index(op.f("ix_password_link_user_id"), "password_link", ["user_id"], unique=False)
    op.create_table(
        "process_event",
        sa.Column("id", Id, nullable=False),
        sa.Column("instance_id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("node_id", sa.String(length=120), nullable=True),
        sa.Column("task_id", Id, nullable=True),
        sa.Column("actor_id", Id, nullable=True),
        sa.Column("detail", Json, nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_process_event_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_event")),
    )
    op.create_index("ix_process_event_instance", "process_event", ["instance_id", "id"], unique=False)
    op.create_table(
        "product",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "sort_key",
            sa.String(length=1000),
            nullable=False,
            comment="orders Chinese names by sound; equal for like names",
        ),
        sa.Column("model", sa.String(length=80), nullable=False, comment="type designation; empty if there is none"),
        sa.Column("category", sa.String(length=40), nullable=True),
        sa.Column("unit", sa.String(length=40), nullable=True),
        sa.Column("price", Fixed(2), nullable=False),
        sa.Column("on_sale", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", Id, nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", Id, nullable=True),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_product_named")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_product_price_not_negative")),
        sa.CheckConstraint("updated_at >= created_at", name=op.f("ck_product_changed_after_created")),
        sa.CheckConstraint("version > 0", name=op.f("ck_product_version_positive")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_product_created_by_id")),
        sa.ForeignKeyConstraint(["updated_by_id"], ["user.id"], name=op.f("fk_product_updated_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
    )
    op.create_index(
        "ix_product_by_price",
        "product",
        ["price", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_product_name",
        "product",
        ["sort_key", "model"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "reminder_told",
        sa.Column("user_id", Id, nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False, comment="kind and occasion"),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_reminder_told_user_id")),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_reminder_told")),
    )
    op.create_index("ix_reminder_told_at", "reminder_told", ["at"], unique=False)
    op.create_table(
        "saved_view",
        sa.Column("id", Id, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("folder", sa.String(length=20), nullable=False),
        sa.Column("filters", Json, nullable=False),
        sa.Column("sort", sa.String(length=20), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_saved_view_named")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_saved_view_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_saved_view_user_id_name")),
    )
    op.create_index(
        "uq_saved_view_default",
        "saved_view",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
        sqlite_where=sa.text("is_default"),
    )
    op.create_table(
        "stored_file",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "content_type",
            sa.String(length=100),
            nullable=False,
            comment="by what is inside, not by what the client said",
        ),
        sa.Column("size", Id, nullable=False, comment="bytes"),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uploaded_by_id", Id, nullable=True, comment="none: the system"),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_stored_file_named")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_stored_file_hashed")),
        sa.CheckConstraint("size > 0", name=op.f("ck_stored_file_not_empty")),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["user.id"], name=op.f("fk_stored_file_uploaded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
    )
    op.create_index("ix_stored_file_at", "stored_file", ["at"], unique=False)
    op.create_index("ix_stored_file_sha256", "stored_file", ["sha256"], unique=False)
    op.create_index("ix_stored_file_uploaded_by_id", "stored_file", ["uploaded_by_id", "at"], unique=False)
    op.create_table(
        "task",
        sa.Column("id", Id, nullable=False),
        sa.Column("instance_id", Id, nullable=False),
        sa.Column("token", Id, nullable=False, comment="the engine's name for this step in this case"),
        sa.Column("node_id", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False, comment="as drawn; texts of the version translate it"),
        sa.Column("process_key", sa.String(length=80), nullable=False),
        sa.Column("version_id", Id, nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False, comment="of the case"),
        sa.Column("customer_id", Id, nullable=True),
        sa.Column("role", sa.String(length=60), nullable=True, comment="key of the role that it is offered to"),
        sa.Column("assignee_id", Id, nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by_id", Id, nullable=True),
        sa.Column("data", Json, nullable=False, comment="what the process knew when the task was opened"),
        sa.Column("draft", Json, nullable=True, comment="what was entered so far, faulty or not"),
        sa.Column("answers", Json, nullable=True, comment="with what it was completed"),
        sa.Column("excluded_id", Id, nullable=True, comment="who must not do it: the one who started the case"),
        sa.Column(
            "candidate_ids",
            Json,
            nullable=True,
            comment="those of whom any may claim it; the same as task_candidate, read along with the task",
        ),
        sa.Column("delegated_by_id", Id, nullable=True, comment="who handed it to its holder and gets it back"),
        sa.Column(
            "on_behalf_of_id", Id, nullable=True, comment="in whose place its holder has it, or a substitute closed it"
        ),
        sa.Column("urged_at", UtcDateTime(), nullable=True),
        sa.Column("department_id", Id, nullable=True, comment="whose calendar counts its working time"),
        sa.Column(
            "by_rule",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="completed by its ladder, because nobody did it",
        ),
        sa.Column(
            "paused_due_at",
            UtcDateTime(),
            nullable=True,
            comment="when it was due before its clock was stopped; meanwhile it has no due time",
        ),
        sa.Column(
            "sent_back_from", sa.String(length=120), nullable=True, comment="the step that somebody sent back here"
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(status = 'open') = (closed_at IS NULL)", name=op.f("ck_task_closed_when_not_open")),
        sa.CheckConstraint(
            "status <> 'done' OR closed_by_id IS NOT NULL OR by_rule", name=op.f("ck_task_done_by_somebody_or_rule")
        ),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_task_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(
        "ix_task_delegated",
        "task",
        ["delegated_by_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'open' AND delegated_by_id IS NOT NULL"),
        sqlite_where=sa.text("status = 'open' AND delegated_by_id IS NOT NULL"),
    )
    op.create_index(
        "ix_task_done",
        "task",
        ["closed_by_id", "closed_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'done'"),
        sqlite_where=sa.text("status = 'done'"),
    )
    op.create_index("ix_task_instance", "task", ["instance_id"], unique=False)
    op.create_index(
        "ix_task_mine",
        "task",
        ["assignee_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'open' AND assignee_id IS NOT NULL"),
        sqlite_where=sa.text("status = 'open' AND assignee_id IS NOT NULL"),
    )
    op.create_index(
        "ix_task_pool",
        "task",
        ["role", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'open' AND assignee_id IS NULL"),
        sqlite_where=sa.text("status = 'open' AND assignee_id IS NULL"),
    )
    op.create_index(
        "ix_task_pool_by_age",
        "task",
        ["role", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'open' AND assignee_id IS NULL"),
        sqlite_where=sa.text("status = 'open' AND assignee_id IS NULL"),
    )
    op.create_index(
        "ix_task_pool_by_priority",
        "task",
        ["role", "priority", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'open' AND assignee_id IS NULL"),
        sqlite_where=sa.text("status = 'open' AND assignee_id IS NULL"),
    )
    op.create_table(
        "timeline_entry",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_id", Id, nullable=True, comment="none: the system"),
        sa.Column("record_type", sa.String(length=30), nullable=False),
        sa.Column("record_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=True, comment="whose timeline shows it too"),
        sa.Column(
            "kind", sa.String(length=40), nullable=False, comment="stable word, e.g. service.assigned; chooses the mark"
        ),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("values", Json, nullable=False),
        sa.Column("detail", sa.Text(), nullable=True, comment="what somebody wrote, in their own words"),
        sa.Column("link", sa.String(length=200), nullable=True, comment="path of the page about it"),
        sa.ForeignKeyConstraint(["actor_id"], ["user.id"], name=op.f("fk_timeline_entry_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timeline_entry")),
    )
    op.create_index("ix_timeline_entry_customer", "timeline_entry", ["customer_id", "at", "id"], unique=False)
    op.create_index(
        "ix_timeline_entry_record", "timeline_entry", ["record_type", "record_id", "at", "id"], unique=False
    )
    op.create_table(
        "user_role",
        sa.Column("user_id", Id, nullable=False),
        sa.Column("role_id", Id, nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["role.id"], name=op.f("fk_user_role_role_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_user_role_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "role_id", name=op.f("pk_user_role")),
    )
    op.create_index(op.f("ix_user_role_role_id"), "user_role", ["role_id"], unique=False)
    op.create_table(
        "web_session",
        sa.Column("id", Id, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_web_session_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_web_session_token_hash")),
    )
    op.create_index(op.f("ix_web_session_last_seen_at"), "web_session", ["last_seen_at"], unique=False)
    op.create_index(op.f("ix_web_session_user_id"), "web_session", ["user_id"], unique=False)
    op.create_table(
        "contact",
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("sort_key", sa.String(length=700), nullable=False),
        sa.Column("sex", sa.String(length=40), nullable=True),
        sa.Column("department", sa.String(length=80), nullable=True),
        sa.Column("position", sa.String(length=80), nullable=True),
        sa.Column("buying_role", sa.String(length=40), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("mobile", sa.String(length=40), nullable=True),
        sa.Column("email", sa.String(length=200), nullable=True),
        sa.Column("birthday", sa.Date(), nullable=True),
        sa.Column("preferences", sa.String(length=500), nullable=True),
        sa.Column("closeness", sa.String(length=40), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", Id, nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", Id, nullable=True),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_contact_named")),
        sa.CheckConstraint("NOT is_primary OR deleted_at IS NULL", name=op.f("ck_contact_primary_lives")),
        sa.CheckConstraint("updated_at >= created_at", name=op.f("ck_contact_changed_after_created")),
        sa.CheckConstraint("version > 0", name=op.f("ck_contact_version_positive")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_contact_created_by_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_contact_customer_id")),
        sa.ForeignKeyConstraint(["updated_by_id"], ["user.id"], name=op.f("fk_contact_updated_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    op.create_index(
        "ix_contact_by_name",
        "contact",
        ["sort_key", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index("ix_contact_customer_id", "contact", ["customer_id", "sort_key"], unique=False)
    op.create_index(
        "uq_contact_primary",
        "contact",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("is_primary"),
        sqlite_where=sa.text("is_primary"),
    )
    op.create_table(
        "file_use",
        sa.Column("file_id", Id, autoincrement=False, nullable=False),
        sa.Column("record_type", sa.String(length=30), nullable=False),
        sa.Column("record_id", Id, autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_file_use_by_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_file_use_file_id")),
        sa.PrimaryKeyConstraint("file_id", "record_type", "record_id", name=op.f("pk_file_use")),
    )
    op.create_index("ix_file_use_record", "file_use", ["record_type", "record_id"], unique=False)
    op.create_table(
        "notice_delivery",
        sa.Column("id", Id, nullable=False),
        sa.Column("notice_id", Id, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("road", sa.String(length=40), nullable=False, comment="digest, or robot: and its number"),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column(
            "error", sa.String(length=300), nullable=True, comment="a word of crm/notices/faults.py and its detail"
        ),
        sa.CheckConstraint(
            "status IN ('waiting', 'sent', 'dropped', 'failed')", name=op.f("ck_notice_delivery_status_known")
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_notice_delivery_notice_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_notice_delivery_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_delivery")),
        sa.UniqueConstraint("notice_id", "road", name=op.f("uq_notice_delivery_notice_id_road")),
    )
    op.create_index(
        "ix_notice_delivery_waiting",
        "notice_delivery",
        ["user_id", "road"],
        unique=False,
        postgresql_where=sa.text("status = 'waiting'"),
        sqlite_where=sa.text("status = 'waiting'"),
    )
    op.create_table(
        "task_candidate",
        sa.Column("task_id", Id, autoincrement=False, nullable=False),
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_candidate_task_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_task_candidate_user_id")),
        sa.PrimaryKeyConstraint("task_id", "user_id", name=op.f("pk_task_candidate")),
    )
    op.create_index("ix_task_candidate_user_id", "task_candidate", ["user_id"], unique=False)
    op.create_table(
        "task_comment",
        sa.Column("id", Id, nullable=False),
        sa.Column("task_id", Id, nullable=False),
        sa.Column("instance_id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_id", Id, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("mentions", Json, nullable=False, comment="ids of the people named in it"),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_task_comment_by_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_task_comment_instance_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_comment_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_comment")),
    )
    op.create_index("ix_task_comment_instance_id", "task_comment", ["instance_id", "id"], unique=False)
    op.create_table(
        "task_copy",
        sa.Column("id", Id, nullable=False),
        sa.Column("task_id", Id, nullable=False),
        sa.Column("instance_id", Id, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_id", Id, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_task_copy_by_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_task_copy_instance_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_copy_task_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_task_copy_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_copy")),
        sa.UniqueConstraint("task_id", "user_id", name=op.f("uq_task_copy_task_id_user_id")),
    )
    op.create_index("ix_task_copy_instance_id", "task_copy", ["instance_id", "user_id"], unique=False)
    op.create_index("ix_task_copy_user_id", "task_copy", ["user_id", "id"], unique=False)
    op.create_table(
        "task_urge",
        sa.Column("id", Id, nullable=False),
        sa.Column("task_id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_id", Id, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_task_urge_by_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_urge_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_urge")),
    )
    op.create_index("ix_task_urge_task_id", "task_urge", ["task_id", "at"], unique=False)
    op.create_table(
        "complaint",
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("contact_id", Id, nullable=True),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=True),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=True, comment="what the customer wants, in their words"),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True, comment="by when a proposal should stand"),
        sa.Column("position", sa.Text(), nullable=True, comment="how the company sees it"),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("compensation", Fixed(2), nullable=True),
        sa.Column("proposed_by_id", Id, nullable=True),
        sa.Column("proposed_at", UtcDateTime(), nullable=True),
        sa.Column("approved_by_id", Id, nullable=True, comment="none: no approval was needed"),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.Column("done", sa.Text(), nullable=True, comment="what was done of the decision"),
        sa.Column("done_by_id", Id, nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("satisfaction", sa.Integer(), nullable=True),
        sa.Column("customer_words", sa.Text(), nullable=True),
        sa.Column("rounds", sa.Integer(), nullable=False, comment="how often it was reopened"),
        sa.Column("article_id", Id, nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", Id, nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", Id, nullable=True),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "(status IN ('closed', 'cancelled')) = (closed_at IS NOT NULL)", name=op.f("ck_complaint_closed_has_time")
        ),
        sa.CheckConstraint("severity IN ('minor', 'serious', 'critical')", name=op.f("ck_complaint_severity_known")),
        sa.CheckConstraint(
            "status <> 'closed' OR satisfaction IS NOT NULL", name=op.f("ck_complaint_closed_has_satisfaction")
        ),
        sa.CheckConstraint(
            "status IN ('registered', 'cancelled') OR (decision IS NOT NULL AND position IS NOT NULL)",
            name=op.f("ck_complaint_proposed_has_decision"),
        ),
        sa.CheckConstraint(
            "status IN ('registered', 'proposed', 'approved', 'carried_out', 'closed', 'cancelled')",
            name=op.f("ck_complaint_status_known"),
        ),
        sa.CheckConstraint("subject <> '' AND content <> ''", name=op.f("ck_complaint_said_what")),
        sa.CheckConstraint("compensation >= 0", name=op.f("ck_complaint_compensation_not_negative")),
        sa.CheckConstraint("rounds BETWEEN 0 AND 1", name=op.f("ck_complaint_reopened_once")),
        sa.CheckConstraint("satisfaction BETWEEN 1 AND 5", name=op.f("ck_complaint_satisfaction_one_to_five")),
        sa.CheckConstraint("updated_at >= created_at", name=op.f("ck_complaint_changed_after_created")),
        sa.CheckConstraint("version > 0", name=op.f("ck_complaint_version_positive")),
        sa.ForeignKeyConstraint(["approved_by_id"], ["user.id"], name=op.f("fk_complaint_approved_by_id")),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_complaint_article_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_complaint_contact_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_complaint_created_by_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_complaint_customer_id")),
        sa.ForeignKeyConstraint(["done_by_id"], ["user.id"], name=op.f("fk_complaint_done_by_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["user.id"], name=op.f("fk_complaint_proposed_by_id")),
        sa.ForeignKeyConstraint(["updated_by_id"], ["user.id"], name=op.f("fk_complaint_updated_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
    )
    op.create_index(
        "ix_complaint_by_time",
        "complaint",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_complaint_contact_id",
        "complaint",
        ["contact_id"],
        unique=False,
        postgresql_where=sa.text("contact_id IS NOT NULL"),
    )
    op.create_index("ix_complaint_customer_id", "complaint", ["customer_id", "id"], unique=False)
    op.create_index(
        "ix_complaint_due",
        "complaint",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status NOT IN ('closed', 'cancelled')"),
        sqlite_where=sa.text("status NOT IN ('closed', 'cancelled')"),
    )
    op.create_table(
        "interaction",
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("contact_id", Id, nullable=True),
        sa.Column("held_at", UtcDateTime(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column(
            "direction", sa.String(length=10), nullable=False, comment="out: we turned to them; in: they turned to us"
        ),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("person_id", Id, nullable=True, comment="who of us it was"),
        sa.Column("next_visit", sa.Date(), nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", Id, nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", Id, nullable=True),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("direction IN ('out', 'in')", name=op.f("ck_interaction_direction_known")),
        sa.CheckConstraint("subject <> ''", name=op.f("ck_interaction_named")),
        sa.CheckConstraint("updated_at >= created_at", name=op.f("ck_interaction_changed_after_created")),
        sa.CheckConstraint("version > 0", name=op.f("ck_interaction_version_positive")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_interaction_contact_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_interaction_created_by_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_interaction_customer_id")),
        sa.ForeignKeyConstraint(["person_id"], ["user.id"], name=op.f("fk_interaction_person_id")),
        sa.ForeignKeyConstraint(["updated_by_id"], ["user.id"], name=op.f("fk_interaction_updated_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interaction")),
    )
    op.create_index(
        "ix_interaction_by_time",
        "interaction",
        ["held_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index("ix_interaction_contact_id", "interaction", ["contact_id", "held_at"], unique=False)
    op.create_index("ix_interaction_customer_id", "interaction", ["customer_id", "held_at", "id"], unique=False)
    op.create_index(
        "ix_interaction_next_visit",
        "interaction",
        ["next_visit"],
        unique=False,
        postgresql_where=sa.text("next_visit IS NOT NULL AND deleted_at IS NULL"),
        sqlite_where=sa.text("next_visit IS NOT NULL AND deleted_at IS NULL"),
    )
    op.create_table(
        "opportunity",
        sa.Column("summary", sa.String(length=120), nullable=False),
        sa.Column("customer_id", Id, nullable=True),
        sa.Column(
            "customer_name",
            sa.String(length=120),
            nullable=False,
            comment="of the customer, or of somebody who may become one",
        ),
        sa.Column("contact_id", Id, nullable=True, comment="once it is won"),
        sa.Column("contact_name", sa.String(length=80), nullable=True),
        sa.Column("contact_phone", sa.String(length=40), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=True),
        sa.Column("expected_amount", Fixed(2), nullable=False),
        sa.Column("chance", sa.Integer(), nullable=False, comment="percent"),
        sa.Column("expected_close_on", sa.Date(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("approval_level", sa.String(length=20), nullable=True),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.Column("assigned_at", UtcDateTime(), nullable=True),
        sa.Column("assigned_by_id", Id, nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("failure_reason", sa.String(length=40), nullable=True),
        sa.Column("competitor_id", Id, nullable=True, comment="against whom it was won or lost"),
        sa.Column("closing_words", sa.Text(), nullable=True),
        sa.Column("owner_id", Id, nullable=True),
        sa.Column("department_id", Id, nullable=True, comment="of the owner"),
        sa.Column("id", Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", Id, nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", Id, nullable=True),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "(status IN ('won', 'lost', 'given_up')) = (closed_at IS NOT NULL)",
            name=op.f("ck_opportunity_closed_has_time"),
        ),
        sa.CheckConstraint(
            "status <> 'lost' OR failure_reason IS NOT NULL", name=op.f("ck_opportunity_lost_has_reason")
        ),
        sa.CheckConstraint("status <> 'won' OR customer_id IS NOT NULL", name=op.f("ck_opportunity_won_has_customer")),
        sa.CheckConstraint(
            "status IN ('submitted', 'rejected', 'approved', 'developing', 'won', 'lost', 'given_up')",
            name=op.f("ck_opportunity_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('developing', 'won', 'lost') OR (owner_id IS NOT NULL AND assigned_at IS NOT NULL)",
            name=op.f("ck_opportunity_developed_by_somebody"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('submitted', 'rejected', 'approved') OR owner_id IS NULL",
            name=op.f("ck_opportunity_not_assigned"),
        ),
        sa.CheckConstraint("summary <> '' AND customer_name <> ''", name=op.f("ck_opportunity_named")),
        sa.CheckConstraint("chance BETWEEN 0 AND 100", name=op.f("ck_opportunity_chance_in_percent")),
        sa.CheckConstraint("expected_amount >= 0", name=op.f("ck_opportunity_amount_not_negative")),
        sa.CheckConstraint("updated_at >= created_at", name=op.f("ck_opportunity_changed_after_created")),
        sa.CheckConstraint("version > 0", name=op.f("ck_opportunity_version_positive")),
        sa.ForeignKeyConstraint(["assigned_by_id"], ["user.id"], name=op.f("fk_opportunity_assigned_by_id")),
        sa.ForeignKeyConstraint(["competitor_id"], ["competitor.id"], name=op.f("fk_opportunity_competitor_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_opportunity_contact_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_opportunity_created_by_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_opportunity_customer_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_opportunity_department_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_opportunity_owner_id")),
        sa.ForeignKeyConstraint(["updated_by_id"], ["user.id"], name=op.f("fk_opportunity_updated_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opportunity")),
    )
    op.create_index(
        "ix_opportunity_by_amount",
        "opportunity",
        ["expected_amount", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_opportunity_by_close",
        "opportunity",
        ["expected_close_on", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_opportunity_by_time",
        "opportunity",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_opportunity_competitor_id",
        "opportunity",
        ["competitor_id"],
        unique=False,
        postgresql_where=sa.text("competitor_id IS NOT NULL"),
    )
    op.create_index("ix_opportunity_created_by_id", "opportunity", ["created_by_id", "created_at"], unique=False)
    op.create_index(
        "ix_opportunity_customer_id",
        "opportunity",
        ["customer_id"],
        unique=False,
        postgresql_where=sa.text("customer_id IS NOT NULL"),
    )
    op.create_index("ix_opportunity_department_id", "opportunity", ["department_id", "created_at"], unique=False)
    op.create_index("ix_opportunity_owner_id", "opportunity", ["owner_id", "created_at"], unique=False)
    op.create_index(
        "ix_opportunity_status",
        "opportunity",
        ["status", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "sales_order",
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("contact_id", Id, nullable=True),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=True, comment="the customer's own number for it"),
        sa.Column("ordered_on", sa.Date(), nullable=False),
        sa.Column("person_id", Id, nullable=True, comment="who of us sold it"),
        sa.Column("address", sa.String(length=300), nullable=True, comment="where it is delivered to"),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("amount", Fixed(2), nullable=False),
        sa.Column("delivered_on", sa.Date(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", Id, nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", Id, nullable=True),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "(status = 'cancelled') = (cancel_reason IS NOT NULL)", name=op.f("ck_sales_order_cancelled_has_reason")
        ),
        sa.CheckConstraint(
            "(status = 'delivered') = (delivered_on IS NOT NULL)", name=op.f("ck_sales_order_delivered_has_day")
        ),
        sa.CheckConstraint("status IN ('placed', 'delivered', 'cancelled')", name=op.f("ck_sales_order_status_known")),
        sa.CheckConstraint("subject <> ''", name=op.f("ck_sales_order_named")),
        sa.CheckConstraint("delivered_on >= ordered_on", name=op.f("ck_sales_order_delivered_after_ordered")),
        sa.CheckConstraint("updated_at >= created_at", name=op.f("ck_sales_order_changed_after_created")),
        sa.CheckConstraint("version > 0", name=op.f("ck_sales_order_version_positive")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_sales_order_contact_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_sales_order_created_by_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_sales_order_customer_id")),
        sa.ForeignKeyConstraint(["person_id"], ["user.id"], name=op.f("fk_sales_order_person_id")),
        sa.ForeignKeyConstraint(["updated_by_id"], ["user.id"], name=op.f("fk_sales_order_updated_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_order")),
    )
    op.create_index(
        "ix_sales_order_by_amount",
        "sales_order",
        ["amount", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_sales_order_by_day",
        "sales_order",
        ["ordered_on", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_sales_order_contact_id",
        "sales_order",
        ["contact_id"],
        unique=False,
        postgresql_where=sa.text("contact_id IS NOT NULL"),
    )
    op.create_index(
        "ix_sales_order_customer_id",
        "sales_order",
        ["customer_id", "ordered_on"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL AND status <> 'cancelled'"),
        sqlite_where=sa.text("deleted_at IS NULL AND status <> 'cancelled'"),
    )
    op.create_table(
        "service_request",
        sa.Column("id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("contact_id", Id, nullable=True),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("summary", sa.String(length=200), nullable=False),
        sa.Column("request", sa.Text(), nullable=False, comment="what the customer asks for, at most 4,000 characters"),
        sa.Column("channel", sa.String(length=40), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False, comment="0 low, 1 normal, 2 high, 3 urgent"),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("opened_by_id", Id, nullable=True),
        sa.Column("assigned_at", UtcDateTime(), nullable=True),
        sa.Column("assigned_by_id", Id, nullable=True),
        sa.Column("assigned_to_id", Id, nullable=True),
        sa.Column("assignment_note", sa.Text(), nullable=True),
        sa.Column("sla_minutes", sa.Integer(), nullable=False, comment="time allowed for a round, from its beginning"),
        sa.Column(
            "remind_minutes", sa.Integer(), nullable=False, comment="how long before the due time the reminder goes out"
        ),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("calendar_id", Id, nullable=True, comment="the business calendar by which its time is counted"),
        sa.Column(
            "waiting_since",
            UtcDateTime(),
            nullable=True,
            comment="since when the customer owes an answer and the clock stands still",
        ),
        sa.Column("waiting_for", sa.Text(), nullable=True, comment="what the customer was last asked"),
        sa.Column(
            "waited_minutes", sa.Integer(), nullable=False, comment="working time for which the clock stood still"
        ),
        sa.Column("remind_at", UtcDateTime(), nullable=False),
        sa.Column("reminded_at", UtcDateTime(), nullable=True),
        sa.Column("escalated_at", UtcDateTime(), nullable=True),
        sa.Column("handling", sa.Text(), nullable=True),
        sa.Column("handled_at", UtcDateTime(), nullable=True),
        sa.Column("handled_by_id", Id, nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("satisfaction", sa.Integer(), nullable=True),
        sa.Column("customer_words", sa.Text(), nullable=True),
        sa.Column("fed_back_at", UtcDateTime(), nullable=True),
        sa.Column("fed_back_by_id", Id, nullable=True),
        sa.Column("archive_note", sa.Text(), nullable=True),
        sa.Column("archived_at", UtcDateTime(), nullable=True),
        sa.Column("archived_by_id", Id, nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("cancelled_at", UtcDateTime(), nullable=True),
        sa.Column("cancelled_by_id", Id, nullable=True),
        sa.Column("rounds", sa.Integer(), nullable=False, comment="how often it went back to handling"),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status = 'archived') = (archived_at IS NOT NULL)", name=op.f("ck_service_request_archived_has_time")
        ),
        sa.CheckConstraint(
            "(status = 'cancelled') = (cancelled_at IS NOT NULL)", name=op.f("ck_service_request_cancelled_has_time")
        ),
        sa.CheckConstraint(
            "status <> 'archived' OR satisfaction >= 3", name=op.f("ck_service_request_archived_is_satisfied")
        ),
        sa.CheckConstraint(
            "status IN ('opened', 'assigned', 'handled', 'fed_back') OR status IN ('archived', 'cancelled')",
            name=op.f("ck_service_request_status_known"),
        ),
        sa.CheckConstraint(
            "status IN ('opened', 'cancelled') OR (assigned_to_id IS NOT NULL AND assigned_at IS NOT NULL)",
            name=op.f("ck_service_request_assigned_has_assignee"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('fed_back', 'archived') OR (result IS NOT NULL AND satisfaction IS NOT NULL AND fed_back_at IS NOT NULL)",
            name=op.f("ck_service_request_fed_back_has_result"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('handled', 'fed_back', 'archived') OR (handling IS NOT NULL AND handled_at IS NOT NULL)",
            name=op.f("ck_service_request_handled_has_handling"),
        ),
        sa.CheckConstraint("summary <> '' AND request <> ''", name=op.f("ck_service_request_said_what")),
        sa.CheckConstraint("due_at >= opened_at", name=op.f("ck_service_request_due_after_opening")),
        sa.CheckConstraint("priority BETWEEN 0 AND 3", name=op.f("ck_service_request_priority_zero_to_three")),
        sa.CheckConstraint("remind_at <= due_at", name=op.f("ck_service_request_reminder_before_due")),
        sa.CheckConstraint("rounds >= 0", name=op.f("ck_service_request_rounds_counted")),
        sa.CheckConstraint("satisfaction BETWEEN 1 AND 5", name=op.f("ck_service_request_satisfaction_one_to_five")),
        sa.CheckConstraint("version > 0", name=op.f("ck_service_request_version_positive")),
        sa.CheckConstraint(
            "waiting_since IS NULL OR waiting_for IS NOT NULL", name=op.f("ck_service_request_waits_for_something")
        ),
        sa.ForeignKeyConstraint(["archived_by_id"], ["user.id"], name=op.f("fk_service_request_archived_by_id")),
        sa.ForeignKeyConstraint(["assigned_by_id"], ["user.id"], name=op.f("fk_service_request_assigned_by_id")),
        sa.ForeignKeyConstraint(["assigned_to_id"], ["user.id"], name=op.f("fk_service_request_assigned_to_id")),
        sa.ForeignKeyConstraint(["cancelled_by_id"], ["user.id"], name=op.f("fk_service_request_cancelled_by_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_service_request_contact_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_service_request_customer_id")),
        sa.ForeignKeyConstraint(["fed_back_by_id"], ["user.id"], name=op.f("fk_service_request_fed_back_by_id")),
        sa.ForeignKeyConstraint(["handled_by_id"], ["user.id"], name=op.f("fk_service_request_handled_by_id")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["user.id"], name=op.f("fk_service_request_opened_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_request")),
    )
    op.create_index("ix_service_request_assigned_to_id", "service_request", ["assigned_to_id", "status"], unique=False)
    op.create_index(
        "ix_service_request_contact_id",
        "service_request",
        ["contact_id"],
        unique=False,
        postgresql_where=sa.text("contact_id IS NOT NULL"),
    )
    op.create_index("ix_service_request_customer_id", "service_request", ["customer_id", "id"], unique=False)
    op.create_index(
        "ix_service_request_due",
        "service_request",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('opened', 'assigned', 'handled', 'fed_back')"),
        sqlite_where=sa.text("status IN ('opened', 'assigned', 'handled', 'fed_back')"),
    )
    op.create_index("ix_service_request_opened_by_id", "service_request", ["opened_by_id", "id"], unique=False)
    op.create_table(
        "customer_loss",
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("months", sa.Integer(), nullable=False, comment="without an order, as the rule stood then"),
        sa.Column("last_order_on", sa.Date(), nullable=True, comment="none: never since they are a customer"),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True, comment="when it is looked at again"),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("order_id", Id, nullable=True, comment="the order that ended it"),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", Id, nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", Id, nullable=True),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "(status IN ('warned', 'delayed')) = (ended_at IS NULL)", name=op.f("ck_customer_loss_ended_when_over")
        ),
        sa.CheckConstraint(
            "status <> 'averted' OR order_id IS NOT NULL", name=op.f("ck_customer_loss_averted_by_an_order")
        ),
        sa.CheckConstraint(
            "status <> 'delayed' OR review_on IS NOT NULL", name=op.f("ck_customer_loss_delayed_has_review")
        ),
        sa.CheckConstraint("status <> 'lost' OR reason IS NOT NULL", name=op.f("ck_customer_loss_lost_has_reason")),
        sa.CheckConstraint(
            "status IN ('warned', 'delayed', 'lost', 'averted', 'dismissed')",
            name=op.f("ck_customer_loss_status_known"),
        ),
        sa.CheckConstraint("months > 0", name=op.f("ck_customer_loss_months_above_zero")),
        sa.CheckConstraint("updated_at >= created_at", name=op.f("ck_customer_loss_changed_after_created")),
        sa.CheckConstraint("version > 0", name=op.f("ck_customer_loss_version_positive")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_customer_loss_created_by_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_customer_loss_customer_id")),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_customer_loss_order_id")),
        sa.ForeignKeyConstraint(["updated_by_id"], ["user.id"], name=op.f("fk_customer_loss_updated_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_loss")),
    )
    op.create_index(
        "ix_customer_loss_by_time",
        "customer_loss",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index("ix_customer_loss_customer_id", "customer_loss", ["customer_id", "id"], unique=False)
    op.create_index(
        "uq_customer_loss_ongoing",
        "customer_loss",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('warned', 'delayed')"),
        sqlite_where=sa.text("status IN ('warned', 'delayed')"),
    )
    op.create_table(
        "opportunity_assignment",
        sa.Column("id", Id, nullable=False),
        sa.Column("opportunity_id", Id, nullable=False),
        sa.Column("manager_id", Id, nullable=False),
        sa.Column("assigned_at", UtcDateTime(), nullable=False),
        sa.Column("assigned_by_id", Id, nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("ended_at >= assigned_at", name=op.f("ck_opportunity_assignment_ended_after_assigned")),
        sa.ForeignKeyConstraint(["assigned_by_id"], ["user.id"], name=op.f("fk_opportunity_assignment_assigned_by_id")),
        sa.ForeignKeyConstraint(["manager_id"], ["user.id"], name=op.f("fk_opportunity_assignment_manager_id")),
        sa.ForeignKeyConstraint(
            ["opportunity_id"], ["opportunity.id"], name=op.f("fk_opportunity_assignment_opportunity_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opportunity_assignment")),
    )
    op.create_index(
        "ix_opportunity_assignment_opportunity_id", "opportunity_assignment", ["opportunity_id", "id"], unique=False
    )
    op.create_table(
        "order_line",
        sa.Column("order_id", Id, nullable=False),
        sa.Column("product_id", Id, nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("quantity", Fixed(3), nullable=False),
        sa.Column("price", Fixed(2), nullable=False, comment="of one"),
        sa.Column("amount", Fixed(2), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", Id, nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", Id, nullable=True),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("description <> ''", name=op.f("ck_order_line_named")),
        sa.CheckConstraint("price >= 0 AND amount >= 0", name=op.f("ck_order_line_price_not_negative")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_line_quantity_above_zero")),
        sa.CheckConstraint("updated_at >= created_at", name=op.f("ck_order_line_changed_after_created")),
        sa.CheckConstraint("version > 0", name=op.f("ck_order_line_version_positive")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_order_line_created_by_id")),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_order_line_order_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_order_line_product_id")),
        sa.ForeignKeyConstraint(["updated_by_id"], ["user.id"], name=op.f("fk_order_line_updated_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
    )
    op.create_index(
        "ix_order_line_order_id",
        "order_line",
        ["order_id", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_order_line_product_id",
        "order_line",
        ["product_id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "plan_item",
        sa.Column("opportunity_id", Id, nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("done_by_id", Id, nullable=True),
        sa.Column(
            "reminded_on", sa.Date(), nullable=True, comment="the planned day of which its manager has been reminded"
        ),
        sa.Column("id", Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", Id, nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", Id, nullable=True),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("subject <> ''", name=op.f("ck_plan_item_named")),
        sa.CheckConstraint("(done_at IS NULL) = (result IS NULL)", name=op.f("ck_plan_item_done_has_result")),
        sa.CheckConstraint("updated_at >= created_at", name=op.f("ck_plan_item_changed_after_created")),
        sa.CheckConstraint("version > 0", name=op.f("ck_plan_item_version_positive")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_plan_item_created_by_id")),
        sa.ForeignKeyConstraint(["done_by_id"], ["user.id"], name=op.f("fk_plan_item_done_by_id")),
        sa.ForeignKeyConstraint(["opportunity_id"], ["opportunity.id"], name=op.f("fk_plan_item_opportunity_id")),
        sa.ForeignKeyConstraint(["updated_by_id"], ["user.id"], name=op.f("fk_plan_item_updated_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_item")),
    )
    op.create_index(
        "ix_plan_item_by_day",
        "plan_item",
        ["planned_on", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_plan_item_open",
        "plan_item",
        ["opportunity_id"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL AND deleted_at IS NULL"),
        sqlite_where=sa.text("done_at IS NULL AND deleted_at IS NULL"),
    )
    op.create_index("ix_plan_item_opportunity_id", "plan_item", ["opportunity_id", "planned_on"], unique=False)
    op.create_table(
        "loss_measure",
        sa.Column("id", Id, nullable=False),
        sa.Column("loss_id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_id", Id, nullable=True),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.CheckConstraint("measure <> ''", name=op.f("ck_loss_measure_said_what")),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_loss_measure_by_id")),
        sa.ForeignKeyConstraint(["loss_id"], ["customer_loss.id"], name=op.f("fk_loss_measure_loss_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loss_measure")),
    )
    op.create_index("ix_loss_measure_loss_id", "loss_measure", ["loss_id", "id"], unique=False)
    # Keys that point at each other in a ring, and the search index, which each database keeps in its own way.
    if op.get_bind().dialect.name == "postgresql":
        op.create_foreign_key("fk_department_manager_id", "department", "user", ["manager_id"], ["id"])
        op.create_foreign_key(
            "fk_process_definition_active_version_id",
            "process_definition",
            "definition_version",
            ["active_version_id"],
            ["id"],
        )
        op.create_index("ix_search_entry_words", "search_entry", ["words"], unique=False, postgresql_using="gin")
    else:
        create_sqlite_index(op.get_bind())
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Back to the version before."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION count_task_pool, count_task_done CASCADE")
        op.drop_constraint("fk_department_manager_id", "department", type_="foreignkey")
        op.drop_constraint("fk_process_definition_active_version_id", "process_definition", type_="foreignkey")
    else:
        op.execute("DROP TABLE search_entry_fts")
    op.drop_index("ix_loss_measure_loss_id", table_name="loss_measure")
    op.drop_table("loss_measure")
    op.drop_index("ix_plan_item_opportunity_id", table_name="plan_item")
    op.drop_index(
        "ix_plan_item_open",
        table_name="plan_item",
        postgresql_where=sa.text("done_at IS NULL AND deleted_at IS NULL"),
        sqlite_where=sa.text("done_at IS NULL AND deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_plan_item_by_day",
        table_name="plan_item",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("plan_item")
    op.drop_index(
        "ix_order_line_product_id",
        table_name="order_line",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_order_line_order_id",
        table_name="order_line",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("order_line")
    op.drop_index("ix_opportunity_assignment_opportunity_id", table_name="opportunity_assignment")
    op.drop_table("opportunity_assignment")
    op.drop_index(
        "uq_customer_loss_ongoing",
        table_name="customer_loss",
        postgresql_where=sa.text("status IN ('warned', 'delayed')"),
        sqlite_where=sa.text("status IN ('warned', 'delayed')"),
    )
    op.drop_index("ix_customer_loss_customer_id", table_name="customer_loss")
    op.drop_index(
        "ix_customer_loss_by_time",
        table_name="customer_loss",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("customer_loss")
    op.drop_index("ix_service_request_opened_by_id", table_name="service_request")
    op.drop_index(
        "ix_service_request_due",
        table_name="service_request",
        postgresql_where=sa.text("status IN ('opened', 'assigned', 'handled', 'fed_back')"),
        sqlite_where=sa.text("status IN ('opened', 'assigned', 'handled', 'fed_back')"),
    )
    op.drop_index("ix_service_request_customer_id", table_name="service_request")
    op.drop_index(
        "ix_service_request_contact_id",
        table_name="service_request",
        postgresql_where=sa.text("contact_id IS NOT NULL"),
    )
    op.drop_index("ix_service_request_assigned_to_id", table_name="service_request")
    op.drop_table("service_request")
    op.drop_index(
        "ix_sales_order_customer_id",
        table_name="sales_order",
        postgresql_where=sa.text("deleted_at IS NULL AND status <> 'cancelled'"),
        sqlite_where=sa.text("deleted_at IS NULL AND status <> 'cancelled'"),
    )
    op.drop_index(
        "ix_sales_order_contact_id", table_name="sales_order", postgresql_where=sa.text("contact_id IS NOT NULL")
    )
    op.drop_index(
        "ix_sales_order_by_day",
        table_name="sales_order",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_sales_order_by_amount",
        table_name="sales_order",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("sales_order")
    op.drop_index(
        "ix_opportunity_status",
        table_name="opportunity",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index("ix_opportunity_owner_id", table_name="opportunity")
    op.drop_index("ix_opportunity_department_id", table_name="opportunity")
    op.drop_index(
        "ix_opportunity_customer_id", table_name="opportunity", postgresql_where=sa.text("customer_id IS NOT NULL")
    )
    op.drop_index("ix_opportunity_created_by_id", table_name="opportunity")
    op.drop_index(
        "ix_opportunity_competitor_id", table_name="opportunity", postgresql_where=sa.text("competitor_id IS NOT NULL")
    )
    op.drop_index(
        "ix_opportunity_by_time",
        table_name="opportunity",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_opportunity_by_close",
        table_name="opportunity",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_opportunity_by_amount",
        table_name="opportunity",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("opportunity")
    op.drop_index(
        "ix_interaction_next_visit",
        table_name="interaction",
        postgresql_where=sa.text("next_visit IS NOT NULL AND deleted_at IS NULL"),
        sqlite_where=sa.text("next_visit IS NOT NULL AND deleted_at IS NULL"),
    )
    op.drop_index("ix_interaction_customer_id", table_name="interaction")
    op.drop_index("ix_interaction_contact_id", table_name="interaction")
    op.drop_index(
        "ix_interaction_by_time",
        table_name="interaction",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("interaction")
    op.drop_index(
        "ix_complaint_due",
        table_name="complaint",
        postgresql_where=sa.text("status NOT IN ('closed', 'cancelled')"),
        sqlite_where=sa.text("status NOT IN ('closed', 'cancelled')"),
    )
    op.drop_index("ix_complaint_customer_id", table_name="complaint")
    op.drop_index("ix_complaint_contact_id", table_name="complaint", postgresql_where=sa.text("contact_id IS NOT NULL"))
    op.drop_index(
        "ix_complaint_by_time",
        table_name="complaint",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("complaint")
    op.drop_index("ix_task_urge_task_id", table_name="task_urge")
    op.drop_table("task_urge")
    op.drop_index("ix_task_copy_user_id", table_name="task_copy")
    op.drop_index("ix_task_copy_instance_id", table_name="task_copy")
    op.drop_table("task_copy")
    op.drop_index("ix_task_comment_instance_id", table_name="task_comment")
    op.drop_table("task_comment")
    op.drop_index("ix_task_candidate_user_id", table_name="task_candidate")
    op.drop_table("task_candidate")
    op.drop_index(
        "ix_notice_delivery_waiting",
        table_name="notice_delivery",
        postgresql_where=sa.text("status = 'waiting'"),
        sqlite_where=sa.text("status = 'waiting'"),
    )
    op.drop_table("notice_delivery")
    op.drop_index("ix_file_use_record", table_name="file_use")
    op.drop_table("file_use")
    op.drop_index(
        "uq_contact_primary",
        table_name="contact",
        postgresql_where=sa.text("is_primary"),
        sqlite_where=sa.text("is_primary"),
    )
    op.drop_index("ix_contact_customer_id", table_name="contact")
    op.drop_index(
        "ix_contact_by_name",
        table_name="contact",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("contact")
    op.drop_index(op.f("ix_web_session_user_id"), table_name="web_session")
    op.drop_index(op.f("ix_web_session_last_seen_at"), table_name="web_session")
    op.drop_table("web_session")
    op.drop_index(op.f("ix_user_role_role_id"), table_name="user_role")
    op.drop_table("user_role")
    op.drop_index("ix_timeline_entry_record", table_name="timeline_entry")
    op.drop_index("ix_timeline_entry_customer", table_name="timeline_entry")
    op.drop_table("timeline_entry")
    op.drop_index(
        "ix_task_pool_by_priority",
        table_name="task",
        postgresql_where=sa.text("status = 'open' AND assignee_id IS NULL"),
        sqlite_where=sa.text("status = 'open' AND assignee_id IS NULL"),
    )
    op.drop_index(
        "ix_task_pool_by_age",
        table_name="task",
        postgresql_where=sa.text("status = 'open' AND assignee_id IS NULL"),
        sqlite_where=sa.text("status = 'open' AND assignee_id IS NULL"),
    )
    op.drop_index(
        "ix_task_pool",
        table_name="task",
        postgresql_where=sa.text("status = 'open' AND assignee_id IS NULL"),
        sqlite_where=sa.text("status = 'open' AND assignee_id IS NULL"),
    )
    op.drop_index(
        "ix_task_mine",
        table_name="task",
        postgresql_where=sa.text("status = 'open' AND assignee_id IS NOT NULL"),
        sqlite_where=sa.text("status = 'open' AND assignee_id IS NOT NULL"),
    )
    op.drop_index("ix_task_instance", table_name="task")
    op.drop_index(
        "ix_task_done",
        table_name="task",
        postgresql_where=sa.text("status = 'done'"),
        sqlite_where=sa.text("status = 'done'"),
    )
    op.drop_index(
        "ix_task_delegated",
        table_name="task",
        postgresql_where=sa.text("status = 'open' AND delegated_by_id IS NOT NULL"),
        sqlite_where=sa.text("status = 'open' AND delegated_by_id IS NOT NULL"),
    )
    op.drop_table("task")
    op.drop_index("ix_stored_file_uploaded_by_id", table_name="stored_file")
    op.drop_index("ix_stored_file_sha256", table_name="stored_file")
    op.drop_index("ix_stored_file_at", table_name="stored_file")
    op.drop_table("stored_file")
    op.drop_index(
        "uq_saved_view_default",
        table_name="saved_view",
        postgresql_where=sa.text("is_default"),
        sqlite_where=sa.text("is_default"),
    )
    op.drop_table("saved_view")
    op.drop_index("ix_reminder_told_at", table_name="reminder_told")
    op.drop_table("reminder_told")
    op.drop_index(
        "uq_product_name",
        table_name="product",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_product_by_price",
        table_name="product",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("product")
    op.drop_index("ix_process_event_instance", table_name="process_event")
    op.drop_table("process_event")
    op.drop_index(op.f("ix_password_link_user_id"), table_name="password_link")
    op.drop_table("password_link")
    op.drop_table("notice_setting")
    op.drop_index("ix_notice_robot_user_id", table_name="notice_robot")
    op.drop_table("notice_robot")
    op.drop_table("notice_choice")
    op.drop_index("ix_notice_user_id", table_name="notice")
    op.drop_index(
        "ix_notice_unread",
        table_name="notice",
        postgresql_where=sa.text("read_at IS NULL"),
        sqlite_where=sa.text("read_at IS NULL"),
    )
    op.drop_index("ix_notice_at", table_name="notice")
    op.drop_table("notice")
    op.drop_index(
        "ix_incident_open",
        table_name="incident",
        postgresql_where=sa.text("resolved_at IS NULL"),
        sqlite_where=sa.text("resolved_at IS NULL"),
    )
    op.drop_table("incident")
    op.drop_index("ix_customer_phone_key", table_name="customer", postgresql_where=sa.text("phone_key IS NOT NULL"))
    op.drop_index("ix_customer_owner_id", table_name="customer")
    op.drop_index("ix_customer_department_id", table_name="customer")
    op.drop_index(
        "ix_customer_by_name",
        table_name="customer",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_customer_by_change",
        table_name="customer",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("customer")
    op.drop_index(
        "uq_competitor_name",
        table_name="competitor",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("competitor")
    op.drop_index(
        "ix_article_by_time",
        table_name="article",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("article")
    op.drop_index(op.f("ix_api_token_user_id"), table_name="api_token")
    op.drop_table("api_token")
    op.drop_index(op.f("ix_user_substitute_id"), table_name="user")
    op.drop_index(op.f("ix_user_manager_id"), table_name="user")
    op.drop_index(op.f("ix_user_department_id"), table_name="user")
    op.drop_table("user")
    op.drop_table("role_permission")
    op.drop_index("ix_process_instance_started_by", table_name="process_instance")
    op.drop_index("ix_process_instance_record", table_name="process_instance")
    op.drop_index("ix_process_instance_process", table_name="process_instance")
    op.drop_index("ix_process_instance_customer", table_name="process_instance")
    op.drop_table("process_instance")
    op.drop_index(op.f("ix_department_calendar_calendar_id"), table_name="department_calendar")
    op.drop_table("department_calendar")
    op.drop_table("calendar_exception")
    op.drop_table("worktime_stamp")
    op.drop_index(
        "uq_work_calendar_default",
        table_name="work_calendar",
        postgresql_where=sa.text("is_default"),
        sqlite_where=sa.text("is_default"),
    )
    op.drop_table("work_calendar")
    op.drop_index("ix_task_pool_line_role", table_name="task_pool_line")
    op.drop_table("task_pool_line")
    op.drop_table("task_ladder")
    op.drop_table("task_done_tally")
    op.drop_table("search_entry")
    op.drop_table("scheduler_heartbeat")
    op.drop_table("role")
    op.drop_table("reminder_rule")
    op.drop_table("process_definition")
    op.drop_index("ix_outbox_message_to_user_id", table_name="outbox_message")
    op.drop_index("ix_outbox_message_ended", table_name="outbox_message")
    op.drop_table("outbox_message")
    op.drop_index("ix_failed_sign_in_username", table_name="failed_sign_in")
    op.drop_index("ix_failed_sign_in_address", table_name="failed_sign_in")
    op.drop_table("failed_sign_in")
    op.drop_index(
        "ix_due_row_waiting",
        table_name="due_row",
        postgresql_where=sa.text("failed_at IS NULL"),
        sqlite_where=sa.text("failed_at IS NULL"),
    )
    op.drop_index(
        "ix_due_row_tried",
        table_name="due_row",
        postgresql_where=sa.text("failed_at IS NULL AND attempts > 0"),
        sqlite_where=sa.text("failed_at IS NULL AND attempts > 0"),
    )
    op.drop_index("ix_due_row_subject", table_name="due_row")
    op.drop_table("due_row")
    op.drop_index("ix_dictionary_entry_order", table_name="dictionary_entry")
    op.drop_table("dictionary_entry")
    op.drop_index(op.f("ix_department_parent_id"), table_name="department")
    op.drop_table("department")
    op.drop_index(op.f("ix_definition_version_content_hash"), table_name="definition_version")
    op.drop_table("definition_version")
    op.drop_index("ix_audit_entry_subject", table_name="audit_entry")
    op.drop_index("ix_audit_entry_at", table_name="audit_entry")
    op.drop_index("ix_audit_entry_actor", table_name="audit_entry")
    op.drop_table("audit_entry")
    op.drop_table("assignee_turn")
    op.drop_table("access_version")
