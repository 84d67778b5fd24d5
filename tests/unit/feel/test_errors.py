"""A text that cannot be read is refused with the place and the cause, in words that can be translated."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import feel


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("amount >", 8, "ends too early"),
        ("", 0, "ends too early"),
        ("(1 + 2", 6, "ends where “)” is expected"),
        ("1 2", 2, "“2” has no meaning here"),
        ("a + * b", 4, "“*” has no meaning here"),
        ('"open', 0, "not closed"),
        ("1 /* x", 2, "not closed"),
        ("“a”", 0, 'Write “"”'),
        ("count（a）", 5, "Write “(”"),
        ("a ＝ 1", 2, "full-width"),
        ("a && b", 2, "Write “and” instead of “&&”"),
        ("a <> b", 2, "Write “!=” instead of “<>”"),
        ("!a", 0, "Write “not(…)” instead of “!”"),
        ("a # b", 2, "“#” has no meaning"),
        ("if a then b", 11, "“else” is expected"),
        ("for x return x", 6, "“in” is expected before “return”"),
        ("a.", 2, "ends where a name is expected"),
        ("a.(b)", 2, "A name is expected before “(”"),
        ("cuont(a)", 0, "no function “cuont”"),
        ("1 + substring()", 4, "“substring” takes other arguments: substring(string, start position, length?)"),
        ('substring(text: "a", start position: 1)', 0, "“substring” takes other arguments"),
        ("1 instance of nubmer", 14, "no type “nubmer”"),
        ("{a: 1, a: 2}", 7, "two entries named “a”"),
        ("function(a, a) a", 12, "two parameters named “a”"),
        ("function(a) external {}", 12, "External functions"),
        ("1e99999", 0, "too large"),
        ("= = 1", 2, "“=” has no meaning"),
        ("a and and b", 6, "“and” has no meaning"),
        ("[1, 2", 5, "ends where “]” is expected"),
        ("amount > 1000 andstatus", 14, "“andstatus” has no meaning"),
    ],
)
def test_an_error_names_position_and_cause(text: str, position: int, words: str) -> None:
    with pytest.raises(feel.FeelError) as caught:
        feel.parse(text)
    assert words in str(caught.value)
    assert caught.value.position == position
    assert caught.value.template.format(**caught.value.params) in str(caught.value)


def test_a_cell_is_refused_like_an_expression() -> None:
    with pytest.raises(feel.FeelError, match="ends too early") as caught:
        feel.parse_unary_tests("> ")
    assert caught.value.position == 2


def test_a_pattern_that_needs_going_back_is_refused_and_not_misread() -> None:
    for pattern in ("(?=a)b", "(?!a)b", "(?<=a)b", "(a)\\\\1"):
        with pytest.raises(feel.FeelError, match="not supported"):
            feel.evaluate(f'matches("ab", "{pattern}")')


def test_every_message_of_the_package_can_be_translated() -> None:
    package = Path(feel.__file__).parent
    source = "\n".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    raised = set(re.findall(r'FeelError\(\s*(?:"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\')', source))
    assert not re.search(r'FeelError\(\s*f"', source), "a text put together here has no translation"
    templates = {double or single for double, single in raised}
    assert len(templates) > 20
    for template in templates:
        assert re.sub(r"\{[a-z]+\}", "", json.dumps(template)).count("{") == 0
