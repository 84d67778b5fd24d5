"""Mail over SMTP: what arrives, how it is protected, which refusals are final."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crm.core.config import ConfigError
from crm.core.due import Hopeless
from crm.core.mail import Letter, Sender, Smtp, is_address
from tests.integration.outbox.post_office import PostOffice, opened, trusting

SENDER = Sender("Heliu CRM <crm@example.com>", "https://crm.example.com")
LETTER = Letter(
    to_address="agent@example.com",
    subject="客户服务请求 SR-17",
    text="请处理：heliu://here/tasks/12\n.\n完\n",
    html='<p><a href="heliu://here/tasks/12">处理</a></p>\n',
    message_id="0123abcd",
    locale="zh_CN",
    created_at=datetime(2026, 3, 11, 2, 0, tzinfo=UTC),
)


def url(office: PostOffice, *, scheme: str = "smtp", login: str = "", host: str = "127.0.0.1", query: str = "") -> str:
    return f"{scheme}://{login}{host}:{office.port}{query}"


def test_a_letter_arrives_whole() -> None:
    with opened(PostOffice()) as office:
        Smtp(url(office), SENDER).send(LETTER)
    (received,) = office.received
    assert (received.sender, received.recipients) == ("crm@example.com", ["agent@example.com"])
    message = received.message
    assert message["From"] == "Heliu CRM <crm@example.com>"
    assert message["To"] == "agent@example.com"
    assert message["Subject"] == "客户服务请求 SR-17"
    assert message["Message-ID"] == "<0123abcd@example.com>"
    assert message["Date"] == "Wed, 11 Mar 2026 02:00:00 +0000"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "zh-CN"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    text, html = (part.get_content() for part in message.iter_parts())
    assert text.replace("\r\n", "\n") == "请处理：https://crm.example.com/tasks/12\n.\n完\n"
    assert html.replace("\r\n", "\n") == '<p><a href="https://crm.example.com/tasks/12">处理</a></p>\n'


def test_the_same_letter_has_the_same_id_each_time() -> None:
    with opened(PostOffice()) as office:
        for _ in range(2):
            Smtp(url(office), SENDER).send(LETTER)
    assert {received.message["Message-ID"] for received in office.received} == {"<0123abcd@example.com>"}


@pytest.mark.parametrize(
    ("office", "scheme"), [(PostOffice(starttls=True), "smtp"), (PostOffice(tls_at_once=True), "smtps")]
)
def test_a_login_goes_over_an_encrypted_line(office: PostOffice, scheme: str) -> None:
    office.password = "p@ss:word"
    with opened(office):
        Smtp(url(office, scheme=scheme, login="crm:p%40ss%3Aword@"), SENDER, trusting()).send(LETTER)
    (received,) = office.received
    assert (received.encrypted, received.login) == (True, "crm")


@pytest.mark.parametrize(
    ("office", "scheme"), [(PostOffice(starttls=True), "smtp"), (PostOffice(tls_at_once=True), "smtps")]
)
def test_a_server_with_an_unknown_certificate_gets_nothing(office: PostOffice, scheme: str) -> None:
    with opened(office), pytest.raises(ssl.SSLCertVerificationError):
        Smtp(url(office, scheme=scheme), SENDER).send(LETTER)
    assert office.received == []


def test_without_encryption_nothing_is_sent_unless_it_is_waived() -> None:
    with opened(PostOffice()) as office:
        with pytest.raises(ConnectionError, match="offers no STARTTLS"):
            Smtp(url(office, query="?tls=on"), SENDER).send(LETTER)
        assert office.received == []
        Smtp(url(office, query="?tls=off"), SENDER).send(LETTER)
    assert len(office.received) == 1


def test_an_address_with_chinese_letters_needs_a_server_that_takes_them() -> None:
    letter = replace(LETTER, to_address="张三@例子.中国")
    with opened(PostOffice(any_letters=True)) as office:
        Smtp(url(office), SENDER).send(letter)
    assert office.received[0].recipients == ["张三@xn--fsqu00a.xn--fiqs8s"]
    with opened(PostOffice()) as office, pytest.raises(smtplib.SMTPNotSupportedError):
        Smtp(url(office), SENDER).send(letter)


def test_a_wrong_password_is_worth_another_try() -> None:
    with (
        opened(PostOffice(starttls=True, password="right")) as office,
        pytest.raises(smtplib.SMTPAuthenticationError),
    ):
        Smtp(url(office, login="crm:wrong@"), SENDER, trusting()).send(LETTER)


@pytest.mark.parametrize(
    ("office", "error"),
    [
        (PostOffice(answers={"agent@example.com": "550 no such mailbox"}), Hopeless),
        (PostOffice(answers={"agent@example.com": "450 mailbox is busy"}), smtplib.SMTPRecipientsRefused),
        (PostOffice(data_answer="554 we do not like it"), Hopeless),
        (PostOffice(data_answer="451 try later"), smtplib.SMTPDataError),
    ],
)
def test_only_a_final_refusal_is_hopeless(office: PostOffice, error: type[Exception]) -> None:
    with opened(office), pytest.raises(error):
        Smtp(url(office), SENDER).send(LETTER)


def test_a_server_that_parts_badly_has_the_letter_all_the_same() -> None:
    with opened(PostOffice(quit_answer="500 I do not know this word")) as office:
        Smtp(url(office), SENDER).send(LETTER)
    assert len(office.received) == 1


def test_a_server_that_is_away_is_worth_another_try() -> None:
    with opened(PostOffice()) as office:
        pass
    with pytest.raises(ConnectionError):
        Smtp(url(office), SENDER).send(LETTER)


@pytest.mark.parametrize("sender", ["", "Heliu CRM", "Heliu <crm@example.com\r\nBcc: a@b.c>", "a@b, c@d"])
def test_a_sender_that_is_no_address_stops_with_the_cure(sender: str) -> None:
    with pytest.raises(ConfigError, match="HELIU_MAIL_FROM must look like"):
        Sender(sender, "https://crm.example.com").message(LETTER)


@pytest.mark.parametrize(
    "address",
    ["a@b.cn", "first.last+tag@sub.example.com", "a@localhost", "info@例子.中国", "张三@例子.中国", "o'neil@b.ie"],
)
def test_an_address_is_taken(address: str) -> None:
    assert is_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "@b.cn",
        "a@",
        "a b@c.cn",
        "a@b.cn\r\nBcc: x@y.cn",
        "a@b.cn\n",
        "a\x00@b.cn",
        "A <a@b.cn>",
        "a@b.cn,c@d.cn",
        "a@b.cn c@d.cn",
        '"a"@b.cn',
        "a..b@c.cn",
        ".a@b.cn",
        "a@-b.cn",
        "a@b..cn",
        "a@[127.0.0.1]",
        "a@b.cn>",
        "x" * 65 + "@b.cn",
        "a@" + "b." * 130 + "cn",
    ],
)
def test_what_is_not_one_plain_address_is_refused(address: str) -> None:
    assert not is_address(address)
