"""Where names are looked up while an expression runs: the context handed in, and what loops and functions add."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from .budget import Run
from .values import Value


class Frame:
    """Names known at one place of an expression, and the frame around it."""

    __slots__ = ("names", "outer", "run")

    def __init__(self, names: Mapping[str, Value], outer: Frame | None, run: Run) -> None:
        self.names = names
        self.outer = outer
        self.run = run


Code: TypeAlias = Callable[[Frame], Value]
