"""Files in other encodings become UTF-8 or are refused by name; those in UTF-8 are not touched."""

from __future__ import annotations

import json

import pytest

from workflows.engine import BundleRefused, in_utf8, undeclared
from workflows.engine.safe_xml import read_xml

DRAWN = '<?xml version="1.0" encoding="{}"?>\r\n<definitions name="报修 — 流程"/>\r\n'


@pytest.mark.parametrize("encoding", ["UTF-8", "utf-8", "UTF8"])
def test_a_file_in_utf8_passes_byte_for_byte(encoding: str) -> None:
    raw = DRAWN.format(encoding).encode()
    assert in_utf8("x.bpmn", raw) is raw
    marked = b"\xef\xbb\xbf" + raw
    assert in_utf8("x.bpmn", marked) is marked


def test_a_file_without_a_declaration_is_utf8() -> None:
    raw = '<definitions name="报修"/>'.encode()
    assert in_utf8("x.bpmn", raw) is raw


@pytest.mark.parametrize("encoding", ["GB18030", "gbk", "gb2312", "UTF-16", "utf-16-le", "UTF-16BE", "utf-32", "Big5"])
def test_other_encodings_become_utf8_and_read_the_same(encoding: str) -> None:
    drawn = f'<?xml version="1.0" encoding="{encoding}"?>\r\n<definitions name="保王 - 流程"/>\r\n'
    got = in_utf8("x.bpmn", drawn.encode(encoding))
    assert got.decode() == drawn.replace(encoding, "UTF-8")
    assert read_xml(got, "x.bpmn").get("name") == "保王 - 流程"


def test_signs_beyond_the_old_standard_are_read_from_a_file_that_names_it() -> None:
    raw = '<?xml version="1.0" encoding="GB2312"?><definitions name="朱镕基€"/>'.encode("gb18030")
    assert read_xml(in_utf8("x.bpmn", raw), "x.bpmn").get("name") == "朱镕基€"


def test_a_form_in_utf16_becomes_utf8() -> None:
    form = {"type": "default", "components": [], "id": "备注"}
    raw = json.dumps(form, ensure_ascii=False).encode("utf-16")
    assert json.loads(in_utf8("a.form.json", raw).decode()) == form


@pytest.mark.parametrize("encoding", ["rot13", "zlib", "unicode_escape", "utf-7", "idna", "klingon", "punycode"])
def test_what_is_no_encoding_of_text_is_refused_with_the_cure(encoding: str) -> None:
    with pytest.raises(BundleRefused) as refused:
        in_utf8("x.bpmn", DRAWN.format(encoding).encode())
    assert "save it as UTF-8" in str(refused.value)
    assert encoding in str(refused.value)


@pytest.mark.parametrize("said", ["UTF-8", "us-ascii"])
def test_a_file_that_is_not_what_it_says_is_refused_by_name(said: str) -> None:
    with pytest.raises(BundleRefused) as refused:
        in_utf8("报修.bpmn", DRAWN.format(said).encode("gb18030"))
    assert refused.value.problems[0].file == "报修.bpmn"


def test_a_declaration_that_lies_beside_the_mark_of_utf8_is_corrected() -> None:
    raw = b"\xef\xbb\xbf" + DRAWN.format("GB18030").encode()
    assert read_xml(in_utf8("x.bpmn", raw), "x.bpmn").get("name") == "报修 — 流程"


def test_a_text_that_was_read_already_keeps_all_but_its_declared_encoding() -> None:
    assert undeclared(DRAWN.format("GB18030")) == DRAWN.format("UTF-8")
    assert undeclared(DRAWN.format("utf-8")) == DRAWN.format("utf-8")
