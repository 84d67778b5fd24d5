"""Process stories share their ground; it stands in `stories.py` and the files named after what they are about."""

from tests.processes.opportunities import sale
from tests.processes.stories import story

__all__ = ["sale", "story"]
