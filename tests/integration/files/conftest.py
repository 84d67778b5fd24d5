"""The ground of process stories, and a file store of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm.core.config import Config
from crm.files.storage import FileStore
from tests.processes.stories import story

__all__ = ["story"]


@pytest.fixture
def store(config: Config) -> FileStore:
    """The store that the application of this test uses, too."""
    return FileStore(config.upload_dir)


def contents_in(store: FileStore) -> list[Path]:
    """Every file that lies anywhere in the store."""
    return [path for path in store.root.rglob("*") if path.is_file()]
