"""Alembic runs this file for each command; `crm.migrations` hands it the connection and the tables."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from crm.core.db import Fixed, Id, Json, UtcDateTime

# Tables that the databases keep for themselves: the full-text index of SQLite.
OWN_TABLES = ("search_entry_fts",)


def spell(kind: str, value: Any, autogen: Any) -> str | Literal[False]:
    """Column types of ours by the names that the rooms use, so that one version file fits both databases."""
    if kind != "type":
        return False
    for name, ours in (("Id", Id), ("Json", Json)):
        if value is ours:
            autogen.imports.add(f"from crm.core.db import {name}")
            return name
    if isinstance(value, UtcDateTime):
        autogen.imports.add("from crm.core.db import UtcDateTime")
        return "UtcDateTime()"
    if isinstance(value, Fixed):
        autogen.imports.add("from crm.core.db import Fixed")
        return f"Fixed({value.places})"
    return False


def is_ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    """Leave out what the database keeps for itself."""
    return not (kind == "table" and name is not None and name.startswith(OWN_TABLES))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes["metadata"],
    render_item=spell,
    include_object=is_ours,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
