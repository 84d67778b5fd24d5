"""Tests of the clock have a table in which handlers leave their effects."""

from __future__ import annotations

import pytest

from crm.core.db import Database
from tests.integration.scheduler import effects


@pytest.fixture(autouse=True)
def effect_table(database: Database) -> None:
    effects.prepare(database)
