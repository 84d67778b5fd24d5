"""the studio"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm.core.db import Id, Json, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "custom_sort",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("described", Json, nullable=False, comment="the content of record.json"),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_custom_sort")),
    )
    op.create_table(
        "scenario",
        sa.Column("id", Id, nullable=False),
        sa.Column("process_key", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("recorded_from_id", Id, nullable=True, comment="the case from which it was recorded"),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", Id, nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", Id, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", Json, nullable=False, comment="as `script.to_json` writes it"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scenario")),
        sa.UniqueConstraint("process_key", "name", name=op.f("uq_scenario_process_key_name")),
    )
    op.create_table(
        "migration_run",
        sa.Column("id", Id, nullable=False),
        sa.Column("process_key", sa.String(length=80), nullable=False),
        sa.Column("to_version_id", Id, nullable=False),
        sa.Column("filters", Json, nullable=False, comment="which cases were meant"),
        sa.Column("mapping", Json, nullable=False, comment="elements that take the places of others"),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="of cases"),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("started_by_id", Id, nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True, comment="when it was stopped or undone"),
        sa.ForeignKeyConstraint(
            ["to_version_id"], ["definition_version.id"], name=op.f("fk_migration_run_to_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_migration_run")),
    )
    op.create_index("ix_migration_run_process", "migration_run", ["process_key", "id"], unique=False)
    op.create_table(
        "process_draft",
        sa.Column("id", Id, nullable=False),
        sa.Column("process_key", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False, comment="as drawn"),
        sa.Column("base_version_id", Id, nullable=True, comment="from which it was made; none for a new process"),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", Id, nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", Id, nullable=True),
        sa.ForeignKeyConstraint(
            ["base_version_id"], ["definition_version.id"], name=op.f("fk_process_draft_base_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_draft")),
        sa.UniqueConstraint("process_key", name=op.f("uq_process_draft_process_key")),
    )
    op.create_table(
        "draft_file",
        sa.Column("draft_id", Id, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False, comment="bytes"),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", Id, nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["process_draft.id"], name=op.f("fk_draft_file_draft_id")),
        sa.PrimaryKeyConstraint("draft_id", "name", name=op.f("pk_draft_file")),
    )
    op.create_table(
        "draft_visit",
        sa.Column("draft_id", Id, autoincrement=False, nullable=False),
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("window", sa.String(length=32), nullable=False),
        sa.Column("file", sa.String(length=200), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["process_draft.id"], name=op.f("fk_draft_visit_draft_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_draft_visit_user_id")),
        sa.PrimaryKeyConstraint("draft_id", "user_id", "window", name=op.f("pk_draft_visit")),
    )
    op.create_index("ix_draft_visit_seen", "draft_visit", ["draft_id", "seen_at"], unique=False)
    op.create_table(
        "import_report",
        sa.Column("draft_id", Id, autoincrement=False, nullable=False),
        sa.Column("origin", Json, nullable=False, comment="a sentence: what the files come from"),
        sa.Column("lines", Json, nullable=False),
        sa.Column("imported_at", UtcDateTime(), nullable=False),
        sa.Column("imported_by_id", Id, nullable=True),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["process_draft.id"], name=op.f("fk_import_report_draft_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("draft_id", name=op.f("pk_import_report")),
    )
    op.create_table(
        "migration_case",
        sa.Column("run_id", Id, autoincrement=False, nullable=False),
        sa.Column("instance_id", Id, autoincrement=False, nullable=False),
        sa.Column("from_version_id", Id, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("reasons", Json, nullable=False, comment="sentences: source and values"),
        sa.Column("version_after", sa.Integer(), nullable=True, comment="of the case, right after its move"),
        sa.Column("at", UtcDateTime(), nullable=True),
        sa.Column("rows_before", Json, nullable=True, comment="of its tasks and timers"),
        sa.Column("state_before", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_migration_case_instance_id")),
        sa.ForeignKeyConstraint(["run_id"], ["migration_run.id"], name=op.f("fk_migration_case_run_id")),
        sa.PrimaryKeyConstraint("run_id", "instance_id", name=op.f("pk_migration_case")),
    )
    op.create_index("ix_migration_case_instance", "migration_case", ["instance_id"], unique=False)
    op.create_index("ix_migration_case_status", "migration_case", ["run_id", "status", "instance_id"], unique=False)
    op.create_table(
        "custom_record",
        sa.Column("sort_key", sa.String(length=80), nullable=False),
        sa.Column("sort_name", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("state_name", sa.String(length=120), nullable=False),
        sa.Column("customer_id", Id, nullable=True),
        sa.Column("values", Json, nullable=False),
        sa.Column("owner_id", Id, nullable=True),
        sa.Column("department_id", Id, nullable=True, comment="of the owner"),
        sa.Column("id", Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", Id, nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", Id, nullable=True),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("title <> ''", name=op.f("ck_custom_record_named")),
        sa.CheckConstraint("updated_at >= created_at", name=op.f("ck_custom_record_changed_after_created")),
        sa.CheckConstraint("version > 0", name=op.f("ck_custom_record_version_positive")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_custom_record_created_by_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_custom_record_customer_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_custom_record_department_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_custom_record_owner_id")),
        sa.ForeignKeyConstraint(["sort_key"], ["custom_sort.key"], name=op.f("fk_custom_record_sort_key")),
        sa.ForeignKeyConstraint(["updated_by_id"], ["user.id"], name=op.f("fk_custom_record_updated_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_record")),
    )
    op.create_index("ix_custom_record_customer", "custom_record", ["customer_id"], unique=False)
    op.create_index("ix_custom_record_sort", "custom_record", ["sort_key", "deleted_at", "id"], unique=False)
    op.create_index("ix_custom_record_updated", "custom_record", ["updated_at", "id"], unique=False)
    op.add_column(
        "definition_version",
        sa.Column(
            "exception",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="why it was published although a scenario failed",
        ),
    )
    op.add_column(
        "definition_version",
        sa.Column("replayed", Json, nullable=True, comment="how the scenarios came out at its publishing"),
    )
    op.add_column(
        "process_definition",
        sa.Column("next_version_id", Id, nullable=True, comment="with which a share of the new cases begins"),
    )
    op.add_column(
        "process_definition",
        sa.Column("next_share", sa.Integer(), server_default="0", nullable=False, comment="percent of the new cases"),
    )
    op.add_column(
        "process_definition",
        sa.Column(
            "next_started", sa.Integer(), server_default="0", nullable=False, comment="cases begun since it has a share"
        ),
    )
    op.add_column(
        "process_definition",
        sa.Column(
            "next_taken", sa.Integer(), server_default="0", nullable=False, comment="how many of these began with it"
        ),
    )
    op.add_column(
        "process_definition",
        sa.Column("previous_version_id", Id, nullable=True, comment="in force before, to be rolled back to"),
    )
    op.add_column(
        "process_instance",
        sa.Column(
            "suspended_at",
            UtcDateTime(),
            nullable=True,
            comment="since when an administrator has it rest: nobody can do its tasks, no timer acts",
        ),
    )
    op.add_column(
        "task",
        sa.Column(
            "suspended",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="its case is suspended; the same as there, read along with the task",
        ),
    )


def downgrade() -> None:
    """Back to the version before."""
    op.drop_column("task", "suspended")
    op.drop_column("process_instance", "suspended_at")
    op.drop_column("process_definition", "previous_version_id")
    op.drop_column("process_definition", "next_taken")
    op.drop_column("process_definition", "next_started")
    op.drop_column("process_definition", "next_share")
    op.drop_column("process_definition", "next_version_id")
    op.drop_column("definition_version", "replayed")
    op.drop_column("definition_version", "exception")
    op.drop_index("ix_custom_record_updated", table_name="custom_record")
    op.drop_index("ix_custom_record_sort", table_name="custom_record")
    op.drop_index("ix_custom_record_customer", table_name="custom_record")
    op.drop_table("custom_record")
    op.drop_index("ix_migration_case_status", table_name="migration_case")
    op.drop_index("ix_migration_case_instance", table_name="migration_case")
    op.drop_table("migration_case")
    op.drop_table("import_report")
    op.drop_index("ix_draft_visit_seen", table_name="draft_visit")
    op.drop_table("draft_visit")
    op.drop_table("draft_file")
    op.drop_table("process_draft")
    op.drop_index("ix_migration_run_process", table_name="migration_run")
    op.drop_table("migration_run")
    op.drop_table("scenario")
    op.drop_table("custom_sort")
