"""The pattern matcher finds what a backtracking matcher finds, on texts and patterns made at random."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from feel.budget import DEFAULT_BUDGET, Run
from feel.patterns import compile_pattern

ATOMS = st.sampled_from(["a", "b", "c", ".", "[ab]", "[^a]", "\\d", "\\w", "[a-c1]"])
REPEATS = st.sampled_from(["", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}"])


def joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    once = st.builds(lambda part, repeat: f"(?:{part}){repeat}", inner, st.sampled_from(["", "?", "{2}"]))
    group = st.builds(lambda part: f"({part})", inner)
    choice = st.builds(lambda a, b: f"(?:{a}|{b})", inner, inner)
    return st.one_of(once, group, choice, st.builds(lambda a, b: a + b, inner, inner))


PATTERNS = st.recursive(st.builds(lambda atom, repeat: atom + repeat, ATOMS, REPEATS), joined, max_leaves=6)


@settings(deadline=None, max_examples=300)
@given(PATTERNS, st.text("abc1 ", max_size=12), st.sampled_from(["", "^", "$"]))
def test_every_match_is_that_of_a_backtracking_matcher(pattern: str, text: str, edge: str) -> None:
    pattern = edge + pattern if edge == "^" else pattern + edge
    compiled = compile_pattern(pattern, "")
    assert compiled is not None
    ours = [tuple(spans[:2]) for spans in compiled.find_all(text, Run(DEFAULT_BUDGET, None))]
    # Python looks for another, longer match where an empty one ended; JavaScript and the standard go on by one.
    theirs, at, searching = [], 0, re.compile(pattern, re.ASCII)
    while at <= len(text) and (match := searching.search(text, at)):
        theirs.append(match.span())
        at = match.end() + (match.end() == match.start())
    assert ours == theirs


@settings(deadline=None, max_examples=100)
@given(PATTERNS, st.text("abc1", max_size=8))
def test_groups_are_those_of_a_backtracking_matcher(pattern: str, text: str) -> None:
    compiled = compile_pattern(pattern, "")
    assert compiled is not None
    ours = compiled.search(text, 0, Run(DEFAULT_BUDGET, None))
    theirs = re.compile(pattern, re.ASCII).search(text)
    assert (ours is None) is (theirs is None)
    if ours is not None and theirs is not None:
        groups = [theirs.span(number) for number in range((theirs.re.groups or 0) + 1)]
        assert list(zip(ours[::2], ours[1::2], strict=True)) == groups
