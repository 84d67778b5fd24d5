"""Page marks of the inbox, for pages and programs alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from crm.web.api import read_cursor, write_cursor
from workflows.inbox.folders import NEWEST_FIRST, Folder, Sort
from workflows.inbox.queries import Page

LENGTHS = {Sort.DUE: 2, Sort.PRIORITY: 3, Sort.NEWEST: 1}


def write_page(found: Page) -> str:
    """The mark of the page that follows."""
    return write_cursor(*(value.isoformat() if isinstance(value, datetime) else value for value in found.next or ()))


def cursor_values(mark: str | None, folder: Folder, sort: Sort) -> tuple[Any, ...] | None:
    """The sort values behind a page mark of this folder and order. Invalid when it belongs to another list."""
    # Each row of a folder that is read from the newest back is marked by a time and its number; copies by the number alone.
    newest = 1 if folder is Folder.COPIED else 2
    values = read_cursor(mark, newest if folder in NEWEST_FIRST else LENGTHS[sort])
    if values is None:
        return None
    return tuple(datetime.fromisoformat(value) if isinstance(value, str) else value for value in values)
