"""The clock is seen at work on cases, so its tests begin as the stories of processes do."""

from tests.processes.stories import story

__all__ = ["story"]
