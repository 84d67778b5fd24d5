"""The ground of these tests: the delivered processes and a customer."""

from tests.processes.stories import story

__all__ = ["story"]
