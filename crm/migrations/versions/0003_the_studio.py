"""the studio"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm.core.db import Id, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
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


def downgrade() -> None:
    """Back to the version before."""
    op.drop_index("ix_draft_visit_seen", table_name="draft_visit")
    op.drop_table("draft_visit")
    op.drop_table("draft_file")
    op.drop_table("process_draft")
