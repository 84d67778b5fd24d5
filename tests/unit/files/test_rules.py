"""Names and kinds of files, without database and disk."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.errors import Invalid
from crm.files.rules import LONGEST_NAME, clean_name, content_type_of, file_ids
from tests.sample_files import HTML, JPEG, OLE, PDF, PNG, ZIP


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("报价单 2026.pdf", "报价单 2026.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("/absolute/photo.png", "photo.png"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("a\x00b\r\nSet-Cookie: x.pdf", "ab Set-Cookie_ x.pdf"),
        ("gnp\u202etxt.exe", "gnptxt.exe"),
        ('"><img src=x>.png', "___img src=x_.png"),
        (" . hidden . ", "hidden"),
        ("half \ud800 character.pdf", "half _ character.pdf"),
    ],
)
def test_a_name_is_kept_without_what_could_do_harm(given_name: str, kept: str) -> None:
    assert clean_name(given_name) == kept


def test_a_long_name_keeps_its_ending() -> None:
    kept = clean_name("很长的名字" * 100 + ".docx")
    assert len(kept) == LONGEST_NAME
    assert kept.endswith(".docx")


@given(st.text(max_size=400))
def test_no_name_becomes_a_path_or_a_second_header(name: str) -> None:
    kept = clean_name(name)
    assert 0 < len(kept) <= LONGEST_NAME
    assert kept not in {".", ".."}
    assert not set(kept) & set('/\\:"<>\r\n\0')
    assert kept.encode("utf-8").decode() == clean_name(kept)


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("a.png", PNG, "image/png"),
        ("phone.JPG", PNG, "image/png"),
        ("a.jpeg", JPEG, "image/jpeg"),
        ("a.pdf", PDF, "application/pdf"),
        ("a.pdf", b"\xef\xbb\xbf" + PDF, "application/pdf"),
        ("a.xlsx", ZIP, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("a.xls", OLE, "application/vnd.ms-excel"),
        ("a.wps", OLE, "application/octet-stream"),
        ("a.html", HTML, "application/octet-stream"),
        ("a.svg", b"<svg onload='x'>", "application/octet-stream"),
        ("a", PNG, "application/octet-stream"),
        ("a.txt", b"text", "application/octet-stream"),
    ],
)
def test_the_kind_follows_from_ending_and_contents_together(name: str, head: bytes, kind: str) -> None:
    assert content_type_of(name, head) == kind


@pytest.mark.parametrize(
    ("name", "head"), [("a.pdf", HTML), ("a.png", HTML), ("a.docx", b"MZ\x90\x00"), ("a.jpg", PDF)]
)
def test_contents_that_contradict_the_ending_are_refused(name: str, head: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        content_type_of(name, head)
    assert name in str(refused.value.faults[0].message)


def test_files_are_named_by_numbers_digits_or_references_each_once() -> None:
    assert file_ids([3, "4", {"id": 3, "name": "a.pdf"}, {"id": "5"}]) == [3, 4, 5]
    assert file_ids(None) == file_ids([]) == file_ids("") == []


@pytest.mark.parametrize("wrong", ["3", 3, [0], [-1], [True], ["x"], ["²"], [2**60], [{}], [None], list(range(1, 60))])
def test_what_names_no_file_is_refused(wrong: object) -> None:
    with pytest.raises(Invalid):
        file_ids(wrong)
