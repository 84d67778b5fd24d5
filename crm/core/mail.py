"""How mail leaves the house: over SMTP, or into a folder where a demo or a test can read it.

What is written, in which language and when stands in crm/core/outbox.py. Headers are set by `EmailMessage`, which refuses
line breaks in them; addresses are checked before they are stored.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.policy import SMTPUTF8 as SMTP_POLICY_UTF8
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from crm.core.config import Config, ConfigError
from crm.core.due import Hopeless

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 15
# Links are stored under this address and get the installation's own when the mail goes out: it may move meanwhile.
HERE = "heliu://here"
LONGEST_ADDRESS = 254
_LOCAL = r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{1,64}}@){_LOCAL}@{_LABEL}(?:\.{_LABEL})*", re.IGNORECASE)
_SENDER = re.compile(r"(?P<name>[^<>\r\n]*)<(?P<address>[^<>]+)>|(?P<plain>[^<>]+)")


def is_address(value: str) -> bool:
    """Is it one plain address: no name, no list, no line break, nothing that could end a header?"""
    return len(value) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(_with_ascii_domain(value)) is not None


def _with_ascii_domain(value: str) -> str:
    """`info@例子.中国` has a domain that mail servers know by its ASCII form only; "" where there is none."""
    local, at, domain = value.rpartition("@")
    try:
        return f"{local}{at}{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return ""


def _header_address(value: str, name: str = "") -> Address:
    local, _, domain = _with_ascii_domain(value).rpartition("@")
    return Address(name, username=local, domain=domain)


@dataclass(frozen=True)
class Letter:
    """A mail as it stands in the outbox, ready to go."""

    to_address: str
    subject: str
    text: str
    html: str
    message_id: str
    locale: str
    created_at: datetime


class Transport(Protocol):
    """Takes a letter away. Raises `Hopeless` if the address will never take it, anything else if it may later."""

    def send(self, letter: Letter) -> None: ...


@dataclass(frozen=True)
class Sender:
    """Who we are to the outside: the From header, and where links in a mail lead."""

    mail_from: str
    base_url: str

    @property
    def address(self) -> Address:
        found = _SENDER.fullmatch(self.mail_from)
        address = (found["plain"] or found["address"]) if found else ""
        if found is None or not is_address(address):
            raise ConfigError("HELIU_MAIL_FROM must look like Heliu CRM <crm@example.com>")
        return _header_address(address, (found["name"] or "").strip().strip('"'))

    def message(self, letter: Letter) -> EmailMessage:
        """The letter as MIME: plain text with HTML beside it. The same letter gives the same Message-ID each time."""
        # Few servers take letters beyond ASCII before the @; only for such an address do headers need that extension.
        message = EmailMessage(policy=SMTP_POLICY if letter.to_address.split("@")[0].isascii() else SMTP_POLICY_UTF8)
        message["From"] = self.address
        message["To"] = _header_address(letter.to_address)
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(letter.created_at)
        message["Message-ID"] = f"<{letter.message_id}@{self.address.domain}>"
        # Keeps holiday notices from answering a machine (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(self._with_links(letter.text), cte="base64")
        message.add_alternative(self._with_links(letter.html), subtype="html", cte="base64")
        # Only now: setting the content clears all Content headers.
        message["Content-Language"] = letter.locale.replace("_", "-")
        return message

    def _with_links(self, body: str) -> str:
        return body.replace(HERE, self.base_url)


@dataclass(frozen=True)
class Smtp:
    """A mail server: `smtp://user:password@host:587` (STARTTLS) or `smtps://…:465` (TLS from the first byte).

    Over smtp:// encryption is demanded unless the server is this very machine or the address ends in `?tls=off`.
    """

    url: str
    sender: Sender
    trust: ssl.SSLContext | None = None

    def send(self, letter: Letter) -> None:
        message = self.sender.message(letter)
        server = self._connect()
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            _hopeless_if_final(*next(iter(refused.recipients.values())))
            raise
        except smtplib.SMTPDataError as refused:
            _hopeless_if_final(refused.smtp_code, refused.smtp_error)
            raise
        finally:
            # What goes wrong in parting must not look like a mail that was not taken: it would be sent twice.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()

    def _connect(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        context = self.trust or ssl.create_default_context()
        server: smtplib.SMTP
        if parts.scheme == "smtps":
            server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(host, parts.port or 587, timeout=TIMEOUT_SECONDS)
        try:
            if parts.scheme == "smtp":
                self._start_tls(server, context)
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
        except BaseException:
            server.close()
            raise
        return server

    def _start_tls(self, server: smtplib.SMTP, context: ssl.SSLContext) -> None:
        parts = urlsplit(self.url)
        wish = parse_qs(parts.query).get("tls", ["off" if _is_this_machine(parts.hostname or "") else "on"])[-1]
        server.ehlo_or_helo_if_needed()
        if server.has_extn("starttls"):
            server.starttls(context=context)
        elif wish != "off":
            raise ConnectionError(
                "the mail server offers no STARTTLS: use smtps://, or add ?tls=off to HELIU_SMTP_URL on a trusted network"
            )


def _hopeless_if_final(code: int, answer: bytes | str) -> None:
    if 500 <= code < 600:
        words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
        raise Hopeless(f"the mail server refused: {code} {words}")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True)
class Folder:
    """Instead of sending, writes each mail as `<message id>.eml`, which every mail program opens."""

    folder: Path
    sender: Sender

    def send(self, letter: Letter) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = self.folder / f".{letter.message_id}.part"
        unfinished.write_bytes(self.sender.message(letter).as_bytes())
        unfinished.replace(self.folder / f"{letter.message_id}.eml")


def transport_for(config: Config) -> Transport:
    """What the configuration asks for. Without a mail server nothing is lost: mail lies in the folder."""
    sender = Sender(config.mail_from, config.base_url)
    sender.address  # noqa: B018 - a wrong one stops the program now, not the first mail later
    if config.smtp_url is not None:
        return Smtp(config.smtp_url, sender)
    if not config.demo:
        logger.warning("HELIU_SMTP_URL is not set: mail is written to %s instead of being sent", config.mail_dir)
    return Folder(config.mail_dir, sender)
