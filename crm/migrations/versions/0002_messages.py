"""messages, and start events that listen"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm.core.clock import utc_now
from crm.core.db import Id, Json, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def grant_messages() -> None:
    """Who administers everything may send messages to cases."""
    op.execute(
        "INSERT INTO role_permission (role_id, module, action) "
        "SELECT id, 'messages', 'create' FROM role WHERE key = 'administrator'"
    )


def look_into_cases() -> None:
    """The clock keeps what the cases wait for that are under way: only the engine can tell."""
    if not op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT 1 FROM process_instance WHERE status = 'running')")):
        return
    due_row = sa.table(
        "due_row",
        sa.column("kind", sa.String),
        sa.column("payload", Json),
        sa.column("due_at", UtcDateTime),
        sa.column("created_at", UtcDateTime),
        sa.column("attempts", sa.Integer),
    )
    now = utc_now()
    op.bulk_insert(due_row, [{"kind": "look", "payload": {}, "due_at": now, "created_at": now, "attempts": 0}])


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "said_message",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False, comment="message or signal"),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("content", Json, nullable=False, comment='what came with it, as "payload"'),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_id", Id, nullable=True, comment="whose program, or in whose step; none: the system"),
        sa.Column("from_id", Id, nullable=True, comment="the case that said it"),
        sa.Column("record_type", sa.String(length=40), nullable=True),
        sa.Column("record_id", Id, nullable=True),
        sa.Column("business_key", sa.String(length=120), nullable=True),
        sa.Column("customer_id", Id, nullable=True),
        sa.Column(
            "hops",
            sa.Integer(),
            nullable=False,
            comment="how many cases passed it on before, without waiting for anybody",
        ),
        sa.Column("key", sa.String(length=200), nullable=True, comment="the sender's own: the same key is said once"),
        sa.Column("fingerprint", sa.String(length=64), nullable=True, comment="of what was said under the key"),
        sa.Column("outcome", Json, nullable=True, comment="what the sender was answered"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_said_message")),
        sa.UniqueConstraint("by_id", "key", name=op.f("uq_said_message_by_id_key")),
    )
    op.create_index("ix_said_message_at", "said_message", ["at"], unique=False)
    op.create_table(
        "process_start",
        sa.Column("id", Id, nullable=False),
        sa.Column("process_key", sa.String(length=80), nullable=False),
        sa.Column("version_id", Id, nullable=False),
        sa.Column("node_id", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False, comment="message, signal or timer"),
        sa.Column("name", sa.String(length=120), nullable=True, comment="of the message or signal"),
        sa.ForeignKeyConstraint(["process_key"], ["process_definition.key"], name=op.f("fk_process_start_process_key")),
        sa.ForeignKeyConstraint(["version_id"], ["definition_version.id"], name=op.f("fk_process_start_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_start")),
    )
    op.create_index("ix_process_start_name", "process_start", ["name", "kind"], unique=False)
    op.create_index("ix_process_start_process_key", "process_start", ["process_key"], unique=False)
    op.create_index(
        "uq_process_start_message",
        "process_start",
        ["name"],
        unique=True,
        postgresql_where=sa.text("kind = 'message'"),
        sqlite_where=sa.text("kind = 'message'"),
    )
    op.create_table(
        "case_waiting",
        sa.Column("id", Id, nullable=False),
        sa.Column("instance_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False, comment="message or signal"),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("record_type", sa.String(length=40), nullable=True),
        sa.Column("record_id", Id, nullable=True),
        sa.Column("business_key", sa.String(length=120), nullable=True),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_case_waiting_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_waiting")),
        sa.UniqueConstraint("instance_id", "kind", "name", name=op.f("uq_case_waiting_instance_id_kind_name")),
    )
    op.create_index("ix_case_waiting_business_key", "case_waiting", ["name", "business_key", "record_id"], unique=False)
    op.create_index("ix_case_waiting_name", "case_waiting", ["name", "kind", "id"], unique=False)
    op.create_index("ix_case_waiting_record", "case_waiting", ["record_id", "name"], unique=False)
    op.add_column(
        "process_instance",
        sa.Column(
            "business_key",
            sa.String(length=120),
            nullable=True,
            comment="by which others know the case: an order number of the shop, for instance",
        ),
    )
    op.create_index(
        "ix_process_instance_business_key",
        "process_instance",
        ["business_key"],
        unique=False,
        postgresql_where=sa.text("business_key IS NOT NULL"),
        sqlite_where=sa.text("business_key IS NOT NULL"),
    )
    grant_messages()
    look_into_cases()


def downgrade() -> None:
    """Back to the version before."""
    op.execute("DELETE FROM due_row WHERE kind IN ('look', 'begin', 'said', 'hear')")
    op.execute("DELETE FROM role_permission WHERE module = 'messages'")
    op.drop_index(
        "ix_process_instance_business_key",
        table_name="process_instance",
        postgresql_where=sa.text("business_key IS NOT NULL"),
        sqlite_where=sa.text("business_key IS NOT NULL"),
    )
    op.drop_column("process_instance", "business_key")
    op.drop_index("ix_case_waiting_record", table_name="case_waiting")
    op.drop_index("ix_case_waiting_name", table_name="case_waiting")
    op.drop_index("ix_case_waiting_business_key", table_name="case_waiting")
    op.drop_table("case_waiting")
    op.drop_index(
        "uq_process_start_message",
        table_name="process_start",
        postgresql_where=sa.text("kind = 'message'"),
        sqlite_where=sa.text("kind = 'message'"),
    )
    op.drop_index("ix_process_start_process_key", table_name="process_start")
    op.drop_index("ix_process_start_name", table_name="process_start")
    op.drop_table("process_start")
    op.drop_index("ix_said_message_at", table_name="said_message")
    op.drop_table("said_message")
