"""Process stories share their ground; it stands in `stories.py`."""

from tests.processes.stories import story

__all__ = ["story"]
