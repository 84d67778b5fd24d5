"""A mail server of a few lines, for tests: takes what it is sent, refuses what it is told to, speaks TLS if it has a key."""

from __future__ import annotations

import base64
import email
import email.policy
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

CERTIFICATE = Path(__file__).with_name("localhost.pem")


@dataclass
class Received:
    """An envelope and what was in it."""

    sender: str
    recipients: list[str]
    message: EmailMessage
    encrypted: bool
    login: str | None


@dataclass
class PostOffice:
    """How the server behaves and what it has got. `answers` are codes for RCPT by address, before it takes any."""

    starttls: bool = False
    tls_at_once: bool = False
    any_letters: bool = False
    password: str | None = None
    answers: dict[str, str] = field(default_factory=dict)
    data_answer: str = "250 taken"
    quit_answer: str = "221 bye"
    received: list[Received] = field(default_factory=list)
    port: int = 0


def trusting() -> ssl.SSLContext:
    """What a client needs to trust the test's certificate, and nobody else."""
    return ssl.create_default_context(cafile=str(CERTIFICATE))


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


class _Counter(socketserver.StreamRequestHandler):
    """One conversation."""

    server: _Server

    def handle(self) -> None:
        self.office = self.server.office
        self.encrypted = False
        self.login: str | None = None
        self.sender, self.recipients = "", list[str]()
        if self.office.tls_at_once:
            self._encrypt()
        self._say("220 ready")
        while line := self.rfile.readline().decode("utf-8", "replace").strip():
            verb = line.split(" ")[0].upper()
            if verb == "QUIT":
                self._say(self.office.quit_answer)
                return
            if not self._answer(verb, line):
                return

    def _answer(self, verb: str, line: str) -> bool:
        match verb:
            case "EHLO":
                offers = ["250-here"]
                offers += ["250-STARTTLS"] if self.office.starttls and not self.encrypted else []
                offers += ["250-AUTH PLAIN"] if self.office.password else []
                offers += ["250-SMTPUTF8"] if self.office.any_letters else []
                self._say(*offers, "250 8BITMIME")
            case "STARTTLS":
                self._say("220 go on")
                self._encrypt()
            case "AUTH":
                user, password = base64.b64decode(line.split(" ")[2]).decode().split("\0")[1:]
                self.login = user
                self._say("235 welcome" if password == self.office.password else "535 wrong password")
            case "MAIL":
                self.sender = line.partition("<")[2].partition(">")[0]
                self._say("250 ok")
            case "RCPT":
                address = line.partition("<")[2].partition(">")[0]
                answer = self.office.answers.get(address, "250 ok")
                if answer.startswith("250"):
                    self.recipients.append(address)
                self._say(answer)
            case "DATA":
                self._say("354 go on")
                self._take()
            case _:
                self._say("250 ok")
        return True

    def _take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        message = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        if self.office.data_answer.startswith("250"):
            self.office.received.append(Received(self.sender, self.recipients, message, self.encrypted, self.login))
        self._say(self.office.data_answer)

    def _encrypt(self) -> None:
        self.connection = self.request = _server_context().wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)
        self.encrypted = True

    def finish(self) -> None:
        # After the switch to TLS these are not those that the base class closes.
        for each in (self.rfile, self.wfile, self.connection):
            each.close()

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, office: PostOffice) -> None:
        super().__init__(("127.0.0.1", 0), _Counter)
        self.office = office


@contextmanager
def opened(office: PostOffice) -> Iterator[PostOffice]:
    """The server at work on a free port of this machine."""
    with _Server(office) as server:
        office.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield office
        finally:
            server.shutdown()
            thread.join()
