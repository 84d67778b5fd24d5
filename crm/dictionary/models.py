"""Entries of the pick-lists. Records keep the key, which never changes; names may."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, Id


class DictionaryEntry(Base):
    """One entry of a pick-list. Entries are switched off, never deleted: records point at them."""

    __tablename__ = "dictionary_entry"
    __table_args__ = (
        UniqueConstraint("category", "key"),
        CheckConstraint("position >= 0", name="position_positive"),
        CheckConstraint("name <> '' AND key <> ''", name="named"),
        Index("ix_dictionary_entry_order", "category", "position", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    category: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80), default="")
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)

    def shown_name(self, locale: str) -> str:
        """The name in the reader's language."""
        return name_for(self.name, self.name_en, locale)


def name_for(name: str, name_en: str, locale: str) -> str:
    """A name in the reader's language."""
    return name if locale.startswith("zh") else name_en or name
