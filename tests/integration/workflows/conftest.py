"""The same ground as process stories have, and a clock and a program for those that hear from outside."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from crm.core.config import Config
from crm.core.db import Database
from tests.conftest import MovableClock, Program, program_of
from tests.integration.workflows.listening import clockwork
from tests.processes.stories import story

__all__ = ["story"]


@pytest.fixture
def run(database: Database, config: Config, clock: MovableClock) -> Callable[[], int]:
    """Do everything that is due by now."""
    return clockwork(database, config, clock)


@pytest.fixture
def shop(app: Flask) -> Program:
    """A program that may send messages."""
    return program_of(app, "admin")
