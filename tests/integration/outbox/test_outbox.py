"""The outbox: mail belongs to the transaction that causes it, speaks the reader's language, and goes out once."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.config import Config, ConfigError
from crm.core.db import Database, reading, unit_of_work
from crm.core.due import DueRow, Hopeless
from crm.core.errors import Invalid, NotFound
from crm.core.i18n import text
from crm.core.letters import EMAILS, link, write
from crm.core.mail import Folder, Letter, Sender, Smtp, transport_for
from crm.core.outbox import OutboxMessage, forget_old_mail, resend, send_mail
from scheduler.jobs import MAIL_BACK_OFF, Jobs, add_mail
from scheduler.sweep import Swept, tick
from tests.conftest import MovableClock

HERE = Path(__file__).parent
SENDER = Sender("Heliu CRM <crm@example.com>", "https://crm.example.com")


class Pigeon:
    """Carries letters to a list; on bad days it does not."""

    def __init__(self) -> None:
        self.carried: list[Letter] = []
        self.trouble: Exception | None = None

    def send(self, letter: Letter) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.carried.append(letter)


def ask(session: Session, now: datetime, *, to: str | None = "agent@example.com", key: str | None = None) -> int | None:
    return send_mail(
        session,
        to_address=to,
        template="trial",
        locale="zh_CN",
        values={"asked_by": "王芳", "asked_at": now},
        now=now,
        key=key,
    )


def mailing(pigeon: Pigeon) -> Jobs:
    jobs = Jobs()
    add_mail(jobs, pigeon)
    return jobs


def stored(name: str, template: str, locale: str, timezone: str, values: dict[str, object]) -> tuple[str, str]:
    """What is written now, and what stands in the file."""
    words = write(template, locale=locale, timezone=timezone, values=values, folder=HERE / "emails")
    return f"{words.subject}\n==\n{words.text}==\n{words.html}", (HERE / "expected" / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_the_test_mail_reads_as_stored(locale: str) -> None:
    values: dict[str, object] = {"asked_by": "王芳 <b>", "asked_at": datetime(2026, 3, 11, 2, 0, tzinfo=UTC)}
    written, expected = stored(f"trial.{locale}", "trial", locale, "Asia/Shanghai", values)
    assert written == expected


@pytest.mark.parametrize(("locale", "timezone"), [("zh_CN", "Asia/Shanghai"), ("en", "America/New_York")])
def test_times_sentences_and_links_are_the_readers_and_values_are_escaped(locale: str, timezone: str) -> None:
    values: dict[str, object] = {
        "number": "SR-17",
        "summary": "Printer <script>alert(1)</script>\nis on fire & smokes",
        "why": text("This mail is not among those that could not be sent."),
        "due_at": datetime(2026, 3, 11, 2, 0, tzinfo=UTC),
        "on": date(2026, 3, 1),
    }
    written, expected = stored(f"notice.{locale}", "notice", locale, timezone, values)
    assert written == expected


def test_a_value_cannot_break_out_of_the_subject() -> None:
    values: dict[str, object] = {
        "number": "SR-17\r\nBcc: spy@example.com",
        "summary": "x\x00\u2028y" + "z" * 500,
        "why": "",
        "due_at": datetime(2026, 3, 11, tzinfo=UTC),
        "on": date(2026, 3, 1),
    }
    words = write("notice", locale="en", timezone="Asia/Shanghai", values=values, folder=HERE / "emails")
    assert words.subject.startswith("Asked for by: SR-17 Bcc: spy@example.com x yzzz")
    assert len(words.subject) == 200
    message = SENDER.message(
        Letter("a@b.cn", words.subject, words.text, words.html, "1", "en", datetime(2026, 3, 11, tzinfo=UTC))
    )
    parsed = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert parsed["Bcc"] is None
    assert parsed["Subject"] == words.subject


def test_a_subject_with_a_line_break_is_refused_by_the_message_itself() -> None:
    letter = Letter("a@b.cn", "Hello\r\nBcc: spy@example.com", "", "", "1", "en", datetime(2026, 3, 11, tzinfo=UTC))
    with pytest.raises(ValueError, match="linefeed"):
        SENDER.message(letter)


@pytest.mark.parametrize("path", ["https://evil.example", "//evil.example", "/\\evil.example", "tasks/1", ""])
def test_a_link_in_a_mail_leads_nowhere_else(path: str) -> None:
    with pytest.raises(ValueError, match="is a path of ours"):
        link(path)


def test_mail_is_written_only_in_languages_that_we_speak() -> None:
    with pytest.raises(ValueError, match="mail is written in zh_CN or en"):
        write("trial", locale="../../etc", timezone="Asia/Shanghai", values={})


def test_mail_goes_out_once_after_the_commit(database: Database, clock: MovableClock) -> None:
    pigeon = Pigeon()
    with unit_of_work(database) as session:
        number = ask(session, clock())
    clock.move(seconds=5)
    assert tick(database, mailing(pigeon), clock) == Swept(done=1)
    assert tick(database, mailing(pigeon), clock) == Swept()
    assert [letter.to_address for letter in pigeon.carried] == ["agent@example.com"]
    with reading(database) as session:
        message = session.get_one(OutboxMessage, number)
        assert message.sent_at == clock()
        assert message.created_at == clock() - timedelta(seconds=5)
        assert session.scalars(select(DueRow)).all() == []


def test_a_rollback_takes_its_mail_along(database: Database, clock: MovableClock) -> None:
    def fail() -> None:
        with unit_of_work(database) as session:
            ask(session, clock())
            raise RuntimeError("the verb was refused")

    with pytest.raises(RuntimeError):
        fail()
    pigeon = Pigeon()
    assert tick(database, mailing(pigeon), clock) == Swept()
    with reading(database) as session:
        assert session.scalars(select(OutboxMessage)).all() == []


def test_the_same_key_is_one_mail(database: Database, clock: MovableClock) -> None:
    with unit_of_work(database) as session:
        first = ask(session, clock(), key="request 17 is late")
        assert ask(session, clock(), key="request 17 is late") is None
    with unit_of_work(database) as session:
        assert ask(session, clock(), key="request 17 is late") is None
        assert ask(session, clock(), key="request 18 is late") is not None
    pigeon = Pigeon()
    assert first is not None
    assert tick(database, mailing(pigeon), clock) == Swept(done=2)


@pytest.mark.parametrize("address", ["a@b.cn\r\nBcc: spy@example.com", "a@b.cn, c@d.cn", "nobody"])
def test_an_address_that_could_end_a_header_is_refused(database: Database, clock: MovableClock, address: str) -> None:
    with pytest.raises(Invalid) as refused, unit_of_work(database) as session:
        ask(session, clock(), to=address)
    assert refused.value.faults[0].field == "to_address"
    with reading(database) as session:
        assert session.scalars(select(OutboxMessage)).all() == []


@pytest.mark.parametrize("address", [None, ""])
def test_who_has_no_address_gets_no_mail(database: Database, clock: MovableClock, address: str | None) -> None:
    with unit_of_work(database) as session:
        assert ask(session, clock(), to=address) is None
        assert session.scalars(select(DueRow)).all() == []


def test_while_the_mail_server_is_away_mail_waits_for_more_than_a_day(database: Database, clock: MovableClock) -> None:
    pigeon = Pigeon()
    pigeon.trouble = ConnectionRefusedError("no answer")
    with unit_of_work(database) as session:
        number = ask(session, clock())
    begin = clock()
    for distance in MAIL_BACK_OFF:
        assert tick(database, mailing(pigeon), clock) == Swept(failed=1)
        clock.set(clock() + distance)
    assert clock() - begin > timedelta(days=1)
    pigeon.trouble = None
    assert tick(database, mailing(pigeon), clock) == Swept(done=1)
    with reading(database) as session:
        assert session.get_one(OutboxMessage, number).sent_at == clock()


def test_a_mail_whose_fate_is_unknown_goes_out_again_under_the_same_id(database: Database, clock: MovableClock) -> None:
    class LosesTheLine(Pigeon):
        def send(self, letter: Letter) -> None:
            super().send(letter)
            if len(self.carried) == 1:
                raise ConnectionResetError("after the server had taken it")

    pigeon = LosesTheLine()
    with unit_of_work(database) as session:
        ask(session, clock())
    assert tick(database, mailing(pigeon), clock) == Swept(failed=1)
    clock.move(minutes=1)
    assert tick(database, mailing(pigeon), clock) == Swept(done=1)
    first, second = pigeon.carried
    assert first.message_id == second.message_id


def test_a_mail_that_was_given_up_says_why_and_can_be_sent_again(database: Database, clock: MovableClock) -> None:
    pigeon = Pigeon()
    pigeon.trouble = Hopeless("the mail server refused: 550 no such mailbox")
    with unit_of_work(database) as session:
        number = ask(session, clock())
    assert number is not None
    assert tick(database, mailing(pigeon), clock) == Swept(failed=1)
    with reading(database) as session:
        message = session.get_one(OutboxMessage, number)
        assert message.failed_at == clock()
        assert message.error == "the mail server refused: 550 no such mailbox"
    pigeon.trouble = None
    with unit_of_work(database) as session:
        resend(session, number, now=clock())
    assert tick(database, mailing(pigeon), clock) == Swept(done=1)
    with pytest.raises(NotFound), unit_of_work(database) as session:
        resend(session, number, now=clock())


def test_mail_that_ended_long_ago_is_forgotten(database: Database, clock: MovableClock) -> None:
    pigeon = Pigeon()
    with unit_of_work(database) as session:
        ask(session, clock())
    tick(database, mailing(pigeon), clock)
    pigeon.trouble = Hopeless("never")
    with unit_of_work(database) as session:
        ask(session, clock())
    tick(database, mailing(pigeon), clock)
    clock.move(days=90)
    with unit_of_work(database) as session:
        kept = ask(session, clock())
        assert forget_old_mail(session, clock()) == 0
    clock.move(seconds=1)
    with unit_of_work(database) as session:
        assert forget_old_mail(session, clock()) == 2
        assert session.scalars(select(OutboxMessage.id)).all() == [kept]
        assert [row.subject_id for row in session.scalars(select(DueRow))] == [kept]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_without_a_mail_server_mail_lies_in_the_folder(
    database: Database, clock: MovableClock, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    transport = transport_for(config)
    assert "HELIU_SMTP_URL is not set" in caplog.text
    assert isinstance(transport, Folder)
    jobs = Jobs()
    add_mail(jobs, transport)
    with unit_of_work(database) as session:
        ask(session, clock())
    assert tick(database, jobs, clock) == Swept(done=1)
    (written,) = config.mail_dir.iterdir()
    assert written.suffix == ".eml"
    message = email.message_from_bytes(written.read_bytes(), policy=email.policy.default)
    assert message["To"] == "agent@example.com"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_with_a_mail_server_mail_goes_there(config: Config) -> None:
    assert isinstance(transport_for(config.with_(smtp_url="smtps://mail.example.com")), Smtp)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_wrong_sender_stops_the_program_at_its_start(config: Config) -> None:
    with pytest.raises(ConfigError, match="HELIU_MAIL_FROM"):
        transport_for(config.with_(mail_from="nobody"))


@pytest.mark.parametrize("subject", sorted(EMAILS.glob("*.subject.jinja")), ids=lambda path: path.name.split(".")[0])
def test_every_mail_has_subject_text_and_html(subject: Path) -> None:
    name = subject.name.removesuffix(".subject.jinja")
    parts = {path.name.removeprefix(f"{name}.") for path in EMAILS.glob(f"{name}.*")}
    assert parts == {"subject.jinja", "txt.jinja", "html.jinja"}
