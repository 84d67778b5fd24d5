"""The catalogue's check finds what would leave English on a Chinese page."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Catalog

from tools.translations import extract, problems


def catalogue(**texts: str) -> Catalog:
    made = Catalog(locale="zh_CN")
    for source, chinese in texts.items():
        made.add(source, chinese, [("page.html", 0)])
    return made


def test_a_complete_catalogue_has_no_problems() -> None:
    assert list(problems(catalogue(Save="保存"), catalogue(Save=""))) == []


def test_a_text_that_is_missing_from_the_catalogue_is_found() -> None:
    (problem,) = problems(catalogue(), catalogue(Save=""))
    assert problem.startswith("not in the catalogue: 'Save' (page.html)")


def test_an_empty_translation_is_found() -> None:
    (problem,) = problems(catalogue(Save=""), catalogue(Save=""))
    assert problem.startswith("not translated: 'Save'")


def test_a_doubtful_translation_is_found() -> None:
    made = Catalog(locale="zh_CN")
    made.add("Save", "保存", flags=["fuzzy"])
    assert list(problems(made, catalogue(Save=""))) == ["marked as doubtful: 'Save'"]


def test_a_text_that_nobody_uses_any_more_is_found() -> None:
    (problem,) = problems(catalogue(Save="保存"), catalogue())
    assert problem.startswith("no longer used: 'Save'")


def test_a_translation_that_loses_a_value_is_found() -> None:
    source, chinese = "Task {number} is closed", "任务已关闭"
    (problem,) = problems(catalogue(**{source: chinese}), catalogue(**{source: ""}))
    assert problem.startswith("places differ")


@pytest.fixture(scope="module")
def sources() -> Catalog:
    """All texts of the product: to read every source takes seconds."""
    return extract()


def test_texts_of_templates_and_of_code_are_extracted(sources: Catalog) -> None:
    assert sources.get("Skip to the content") is not None
    assert sources.get("Please sign in.") is not None


def test_statements_of_the_database_are_not_taken_for_texts(sources: Catalog) -> None:
    assert not [message.id for message in sources if str(message.id).startswith(("SELECT ", "SET ", "PRAGMA "))]
