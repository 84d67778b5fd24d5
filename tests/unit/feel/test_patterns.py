"""The pattern matcher finds what a backtracking matcher finds, on texts and patterns made at random."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feel import FeelError
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


@pytest.mark.parametrize(
    ("pattern", "text", "span"),
    [
        (r"\bcat\b", "a cat sat", (2, 5)),
        (r"\Bat", "a cat", (3, 5)),
        (r"(?<word>a)(?:b)", "xab", (1, 3)),
        (r"\u4e2d\u{6587}\x41", "中文A", (0, 3)),
        (r"\t\n[\t\n\u0041-\u0043]", "\t\nB", (0, 3)),
        (r"[\b]", "a\b", (1, 2)),
        (r"[\]\-^]+", "a]-^b", (1, 4)),
        (r"[^]", "\n", (0, 1)),
        (r"[]", "a", None),
        (r"\p{L}+\P{Letter}", "añ1", (0, 3)),
        (r"\s\S", "\u3000中", (0, 2)),
        (r"a{2,}", "aaa", (0, 3)),
        (r"a{2,3}?", "aaa", (0, 2)),
        (r"a||b", "b", (0, 0)),
        (r"\$\.\/", "$./", (0, 3)),
        (r"$", "ab", (2, 2)),
        (r"\D\W", "a ", (0, 2)),
    ],
)
def test_the_syntax_of_javascript_is_read(pattern: str, text: str, span: tuple[int, int] | None) -> None:
    compiled = compile_pattern(pattern, "")
    assert compiled is not None
    found = compiled.search(text, 0, Run(DEFAULT_BUDGET, None))
    assert (None if found is None else (found[0], found[1])) == span


@pytest.mark.parametrize(
    "pattern",
    ["(", ")", "a)", "[", "[a", "*", "+a", "?", "{2}", "a{", "a{x}", "a{3,2}", "a{1", "a**", "^*", "\\", "\\q", "}", "]",
     "[z-a]", "[\\d-z]", "(?a)", "(?<n", "\\x4", "\\u{110000}", "\\u{zz}", "\\p", "\\p{L", "(?:a"],
)  # fmt: skip
def test_what_is_no_pattern_gives_none(pattern: str) -> None:
    assert compile_pattern(pattern, "") is None


@pytest.mark.parametrize(
    "pattern", ["(?=a)", "(?<!a)", "(a)\\1", "\\k<a>", "\\p{Greek}", "a{1001}", "(" * 40, "a" * 1001]
)
def test_what_cannot_be_kept_fast_is_refused(pattern: str) -> None:
    with pytest.raises(FeelError):
        compile_pattern(pattern, "")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"hello\ sworld", "hello world"),
        (" he ll o[ ]worl d ", "hello world"),
        (r"a\[ b", "a[b"),
        ("a {2} [b c]", "aa "),
    ],
)
def test_blanks_of_a_pattern_do_not_count_where_the_flag_says_so(pattern: str, text: str) -> None:
    compiled = compile_pattern(pattern, "x")
    assert compiled is not None
    assert [tuple(spans[:2]) for spans in compiled.find_all(text, Run(DEFAULT_BUDGET, None))] == [(0, len(text))]
