"""What one evaluation may use, and the counter that holds it to that.

Text of bounded length does bounded work unless it repeats something, so only repetition is counted: every turn of a
loop, filter or function call pays for the whole of its body, and library functions pay for the length of what they
read and make.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from .errors import FeelError


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one evaluation; the defaults end the worst expression after a fraction of a second.

    steps: parts of expressions evaluated. depth: levels of expressions inside each other through function calls.
    size: characters of text and elements of lists and contexts made, taken together.
    """

    steps: int = 250_000
    depth: int = 200
    size: int = 1_000_000


DEFAULT_BUDGET = Budget()


class Run:
    """The state of one evaluation: what is left of its budget, and its clock."""

    __slots__ = ("_now", "budget", "depth", "size", "steps")

    def __init__(self, budget: Budget, now: datetime | None) -> None:
        self.budget = budget
        self.steps = budget.steps
        self.size = budget.size
        self.depth = budget.depth
        self._now = now

    @property
    def now(self) -> datetime:
        """The moment of this evaluation, the same however often it is asked; always with a zone."""
        if self._now is None:
            self._now = datetime.now(UTC)
        elif self._now.tzinfo is None:
            self._now = self._now.replace(tzinfo=UTC)
        return self._now

    @property
    def zone(self) -> tzinfo:
        """The zone in which dates and times without one are read when they meet one that has it."""
        return self.now.tzinfo or UTC

    def spend(self, steps: int) -> None:
        """Pay for work; FeelError when nothing is left."""
        self.steps -= steps
        if self.steps < 0:
            raise FeelError("The expression needs more than {limit} steps", limit=self.budget.steps)

    def make(self, size: int) -> None:
        """Pay for text or elements about to be made; to be called before making them."""
        self.size -= size
        if self.size < 0:
            raise FeelError(
                "The expression makes more than {limit} characters and list elements", limit=self.budget.size
            )

    def enter(self, levels: int) -> None:
        """Go down into a function body of that many levels; `leave` comes back."""
        self.depth -= levels
        if self.depth < 0:
            raise FeelError("Functions call each other more than {limit} levels deep", limit=self.budget.depth)

    def leave(self, levels: int) -> None:
        self.depth += levels
