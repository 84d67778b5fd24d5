"""The columns that every record has, to be mixed into a room's model."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Id, UtcDateTime
from crm.core.numbers import quoted, quoted_in_sql

# For indexes that lists use: deleted rows stay, and are never listed.
LIVING = text("deleted_at IS NULL")


class RecordRow:
    """A record: its key and number, its version, who made and changed it. Deleting keeps the row and hides it everywhere."""

    PREFIX: ClassVar[str]

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @hybrid_property
    def number(self) -> str:
        """The number that people quote. It follows from the key, so it is unique and never changes."""
        return quoted(self.PREFIX, self.id)

    @number.inplace.expression
    @classmethod
    def _number_in_sql(cls) -> ColumnElement[str]:
        return quoted_in_sql(cls.PREFIX, cls.id)


class OwnedRow(RecordRow):
    """A record that somebody looks after. The department is that of the owner, and follows them."""

    owner_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id"))
    department_id: Mapped[int | None] = mapped_column(Id, ForeignKey("department.id"), comment="of the owner")


def record_constraints() -> tuple[CheckConstraint, ...]:
    """What holds for every record, for its `__table_args__`."""
    return (
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint("updated_at >= created_at", name="changed_after_created"),
    )
