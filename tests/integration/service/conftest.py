"""The room by itself: no process listens, so that its own verbs are seen alone. Processes are tested in tests/processes."""

from __future__ import annotations

import pytest

from crm.core.db import Database
from crm.core.events import Listeners


@pytest.fixture
def database(database: Database) -> Database:
    """A database whose events nobody hears, unless an application is made on it."""
    database.listeners = Listeners()
    return database
