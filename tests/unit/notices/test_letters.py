"""The mails about notices, compared with stored text."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from crm.core.i18n import text
from crm.core.letters import write

EXPECTED = Path(__file__).with_name("expected")
LINE = {"message": "SR-000035 <b>& more</b>", "at": datetime(2026, 3, 10, 23, 5, tzinfo=UTC), "path": "/notices/3"}
DIGEST = {
    "count": 3,
    "more": 1,
    "groups": [
        {"name": text("Service requests"), "lines": [LINE]},
        {"name": text("Reminders"), "lines": [{**LINE, "message": "Visit today: 恒力机械", "path": "/interactions/7"}]},
    ],
}
NOTICE = {
    "message": "李明远 urges you: SR-000035",
    "detail": "Please <i>hurry</i>\nThe customer waits",
    "path": "/tasks/35",
}


@pytest.mark.parametrize(("template", "values"), [("notice", NOTICE), ("notices_digest", DIGEST)])
def test_the_mail_reads_as_it_was_written_down(template: str, values: dict[str, object]) -> None:
    words = write(template, locale="en", timezone="Asia/Shanghai", values=values)
    written = f"{words.subject}\n==\n{words.text}==\n{words.html}"
    assert written == (EXPECTED / f"{template}.en.txt").read_text("utf-8")


def test_a_digest_of_one_says_one() -> None:
    words = write("notices_digest", locale="en", timezone="UTC", values={**DIGEST, "count": 1, "more": 0})
    assert words.subject == "One notice for you"
    assert "more" not in words.text.replace("& more", "")
