"""The parts of a regular expression, and the program that the matcher in `patterns` runs for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from .errors import FeelError

MAX_PROGRAM = 3_000

CHARACTER, SPLIT, JUMP, SAVE, ASSERT, MATCH = range(6)
Instruction: TypeAlias = tuple[int, Any, int]


@dataclass(frozen=True, slots=True)
class Character:
    """One character that the test accepts."""

    accepts: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Place:
    """A condition on a position, such as the beginning of the text."""

    holds: Callable[[str, int], bool]


@dataclass(frozen=True, slots=True)
class Sequence:
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    options: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Group:
    number: int
    part: Part


@dataclass(frozen=True, slots=True)
class Repeat:
    """`most` is None for any number."""

    part: Part
    least: int
    most: int | None
    greedy: bool


Part: TypeAlias = Character | Place | Sequence | Choice | Group | Repeat


def make_program(part: Part) -> list[Instruction]:
    """The instructions of a whole pattern; FeelError when there would be too many."""
    maker = _Maker()
    maker.add(part)
    maker.emit(MATCH)
    return maker.program


class _Maker:
    def __init__(self) -> None:
        self.program: list[Instruction] = []
        self.work = 0

    def emit(self, operation: int, argument: Any = None, other: int = 0) -> int:
        self.program.append((operation, argument, other))
        return len(self.program) - 1

    def add(self, part: Part) -> None:
        self.work += 1
        if self.work > 2 * MAX_PROGRAM or len(self.program) > MAX_PROGRAM:
            raise FeelError("The pattern is too large")
        if isinstance(part, Character):
            self.emit(CHARACTER, part.accepts)
        elif isinstance(part, Place):
            self.emit(ASSERT, part.holds)
        elif isinstance(part, Sequence):
            for one in part.parts:
                self.add(one)
        elif isinstance(part, Group):
            self.emit(SAVE, 2 * part.number)
            self.add(part.part)
            self.emit(SAVE, 2 * part.number + 1)
        elif isinstance(part, Choice):
            self.choice(part)
        else:
            self.repeat(part)

    def choice(self, part: Choice) -> None:
        ends = []
        for option in part.options[:-1]:
            split = self.emit(SPLIT)
            self.add(option)
            ends.append(self.emit(JUMP))
            self.program[split] = (SPLIT, split + 1, len(self.program))
        self.add(part.options[-1])
        for end in ends:
            self.program[end] = (JUMP, len(self.program), 0)

    def repeat(self, part: Repeat) -> None:
        for _ in range(part.least):
            self.add(part.part)
        if part.most is None:
            split = self.emit(SPLIT)
            self.add(part.part)
            self.emit(JUMP, split)
            self.branch(split, len(self.program), part.greedy)
            return
        splits = []
        for _ in range(part.most - part.least):
            splits.append(self.emit(SPLIT))
            self.add(part.part)
        for split in splits:
            self.branch(split, len(self.program), part.greedy)

    def branch(self, split: int, after: int, greedy: bool) -> None:
        self.program[split] = (SPLIT, split + 1, after) if greedy else (SPLIT, after, split + 1)
