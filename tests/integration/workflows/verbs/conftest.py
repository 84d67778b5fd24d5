"""The same ground as process stories have."""

from tests.processes.stories import story

__all__ = ["story"]
