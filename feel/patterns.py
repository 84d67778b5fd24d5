"""Regular expressions that cannot be made slow: a matcher whose work is at most text length times pattern length.

It follows all alternatives at once, in order of preference, so that it finds what a backtracking matcher finds (the
leftmost match, greedy unless written otherwise) without ever going back. Look-around and references to earlier
groups cannot be had that way; they are refused with a message. Syntax and classes are those of JavaScript's `u` mode,
as in form-js: \\d and \\w are ASCII.
"""

from __future__ import annotations

from functools import lru_cache

from .budget import Run
from .pattern_parser import BadPattern, PatternParser
from .pattern_program import ASSERT, JUMP, MATCH, SAVE, SPLIT, Instruction, make_program


@lru_cache(maxsize=512)
def compile_pattern(pattern: str, flags: str) -> Pattern | None:
    """The pattern ready to search with; None when it is malformed. FeelError when it is too large or not supported."""
    try:
        parser = PatternParser(pattern, flags)
        return Pattern(make_program(parser.whole()), parser.groups)
    except BadPattern:
        return None


class Pattern:
    """A compiled pattern. Spans are lists of offsets: start and end of the match, then of each group (-1: unused)."""

    def __init__(self, program: list[Instruction], groups: int) -> None:
        self.program = program
        self.slots = 2 * (groups + 1)

    def search(self, text: str, start: int, run: Run) -> list[int] | None:
        """The spans of the first match at or after `start`."""
        program = self.program
        run.spend(8 + len(program) // 16)
        marks = [-1] * len(program)
        threads: list[tuple[int, list[int]]] = []
        best: list[int] | None = None
        empty = [-1] * self.slots
        for at in range(start, len(text) + 1):
            waiting: list[tuple[int, list[int]]] = []
            if best is None:
                threads.append((-1, empty))
            character = text[at : at + 1]
            reached = self._reach(threads, marks, text, at, run)
            for counter, spans in reached:
                operation, argument, _ = program[counter]
                if operation == MATCH:
                    best = [spans[0], at, *spans[2:]]
                    break
                if character and argument(character):
                    waiting.append((counter, spans))
            threads = waiting
            if not threads and best is not None:
                break
        return best

    def _reach(
        self, threads: list[tuple[int, list[int]]], marks: list[int], text: str, at: int, run: Run
    ) -> list[tuple[int, list[int]]]:
        """Where the threads get without reading a character, in order of preference; each place only once."""
        program = self.program
        reached: list[tuple[int, list[int]]] = []
        visited = 0
        for counter, spans in threads:
            if counter < 0:
                spans = [at, *spans[1:]]
            stack = [(counter + 1, spans)]
            while stack:
                counter, spans = stack.pop()
                visited += 1
                if marks[counter] == at:
                    continue
                marks[counter] = at
                operation, argument, other = program[counter]
                if operation == JUMP:
                    stack.append((argument, spans))
                elif operation == SPLIT:
                    stack.append((other, spans))
                    stack.append((argument, spans))
                elif operation == SAVE:
                    spans = list(spans)
                    spans[argument] = at
                    stack.append((counter + 1, spans))
                elif operation == ASSERT:
                    if argument(text, at):
                        stack.append((counter + 1, spans))
                else:
                    reached.append((counter, spans))
        run.spend(1 + visited // 3)
        return reached

    def find_all(self, text: str, run: Run) -> list[list[int]]:
        """All matches from left to right, none overlapping."""
        found = []
        at = 0
        while at <= len(text):
            spans = self.search(text, at, run)
            if spans is None:
                break
            run.make(len(spans))
            found.append(spans)
            at = spans[1] if spans[1] > spans[0] else spans[1] + 1
        return found
