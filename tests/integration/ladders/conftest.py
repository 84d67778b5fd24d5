"""Ladders are climbed by stories of processes."""

from tests.processes.stories import story

__all__ = ["story"]
