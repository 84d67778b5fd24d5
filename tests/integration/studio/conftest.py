"""Drafts of the delivered processes, and cases of them."""

from tests.processes.conftest import sale
from tests.processes.stories import story

__all__ = ["sale", "story"]
