"""What stands in the way of publishing, said with the names that its reader sees in the diagram."""

from __future__ import annotations

import pytest

from workflows import library
from workflows.engine import Bundle
from workflows.studio.findings import findings

ROLES = ("customer_manager", "service_agent", "sales_supervisor")


def faulty(texts: bytes | None = None) -> Bundle:
    """The delivered complaint, in which a role is named that nobody has."""
    files = dict(library.bundle_from_folder(library.PROCESS_FILES / "complaint").files)
    files["complaint.bpmn"] = files["complaint.bpmn"].replace(b'value="service_agent"', b'value="nobody"')
    return Bundle(files | ({"texts.json": texts} if texts is not None else {}))


@pytest.mark.parametrize(("locale", "name"), [("zh_CN", "执行 (carry_out)"), ("en", "Carry out (carry_out)")])
def test_a_finding_names_the_element_in_the_language_of_its_reader(locale: str, name: str) -> None:
    told = [each.message for each in findings(faulty(), roles=ROLES, locale=locale) if each.element == "carry_out"]
    assert told and all(name in message for message in told)


@pytest.mark.parametrize("texts", [b"{", b'{"zh_CN": []}', b'{"zh_CN": {"Carry out": 7}}'])
def test_texts_that_cannot_be_read_keep_no_finding_back(texts: bytes) -> None:
    found = findings(faulty(texts), roles=ROLES, locale="zh_CN")
    assert any("carry_out" in each.message for each in found)
