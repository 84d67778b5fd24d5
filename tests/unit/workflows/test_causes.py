"""A cause that was kept in English is told in Chinese, as far as the catalogue has its sentence."""

from __future__ import annotations

import pytest

from workflows.causes import in_words


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("StepRefused: The step at grow goes too deep.", "grow 处的步骤层次过深。"),
        (
            "StepRefused: The expression a + at check is not FEEL: The expression ends too early (character 4)",
            "check 处的表达式 a + 不是 FEEL：表达式不完整（第 4 个字符）",
        ),
        ("This step is not open any more.", "该步骤已不再待办。"),
        ("ValueError: nobody wrote a sentence for it", "ValueError: nobody wrote a sentence for it"),
        ("", ""),
        ("StepRefused: ", "StepRefused: "),
    ],
)
def test_a_known_sentence_is_translated_with_the_sentences_inside_it(message: str, told: str) -> None:
    assert in_words(message, "zh_CN") == told
    assert in_words(message, "en") == message


def test_values_stay_as_they_are_even_if_they_look_like_places_or_like_the_sentence() -> None:
    told = in_words("StepRefused: The step at {cause} goes too deep.", "zh_CN")
    assert told == "{cause} 处的步骤层次过深。"
    told = in_words("StepRefused: The step at  goes too deep. goes too deep.", "zh_CN")
    assert told.endswith("处的步骤层次过深。")
    hostile = "The step at " * 10_000
    assert in_words(hostile, "zh_CN") == hostile
