"""The road to addresses that people name: what it refuses before a byte is sent, and how it ends when the other side lies."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from crm.notices.faults import (
    BAD_ADDRESS,
    INSIDE,
    REDIRECTED,
    REFUSED,
    SILENT,
    UNKNOWN_HOST,
    UNREACHABLE,
    UNTRUSTED,
    RoadFault,
)
from crm.notices.outside import IpAddress, Road, check_url, is_outside, look_up
from tests.integration.outbox.post_office import CERTIFICATE

INSIDE_ADDRESSES = (
    "127.0.0.1",
    "127.8.9.1",
    "0.0.0.0",  # noqa: S104 - an address that must be refused
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "192.0.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:0:7f00:1::1",
)
OUTSIDE_ADDRESSES = ("93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "64:ff9b::8.8.8.8")


@pytest.mark.parametrize("address", INSIDE_ADDRESSES)
def test_addresses_of_our_own_network_are_inside(address: str) -> None:
    assert not is_outside(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE_ADDRESSES)
def test_public_addresses_are_outside(address: str) -> None:
    assert is_outside(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "127.1", "0x7f.1", "0177.0.0.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "0"],
)
def test_this_machine_is_refused_however_it_is_spelt(host: str) -> None:
    with pytest.raises(RoadFault) as refused:
        Road().post(f"http://{host}:8000/hook", b"{}", {})
    assert refused.value.code == INSIDE


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.0.0.8", "::1", "::ffff:10.0.0.8"])
def test_a_name_that_points_inside_is_refused(address: str) -> None:
    with pytest.raises(RoadFault) as refused:
        Road(resolve=lambda _host, _port: [address]).post("https://hooks.example.com/x", b"{}", {})
    assert refused.value.code == INSIDE


def test_one_address_inside_among_public_ones_is_enough_to_refuse() -> None:
    road = Road(resolve=lambda _host, _port: ["93.184.216.34", "10.0.0.8"])
    with pytest.raises(RoadFault) as refused:
        road.addresses("hooks.example.com", 443)
    assert refused.value.code == INSIDE


def test_a_name_that_answers_otherwise_the_second_time_is_asked_only_once() -> None:
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) > 1 else ["127.0.0.2"]

    with pytest.raises(RoadFault):
        # Nobody listens there: what counts is that nothing looks the name up anew.
        Road(resolve=rebinding, may_reach=lambda address: str(address) == "127.0.0.2", seconds=2).post(
            "http://hooks.example.com:20001/x", b"{}", {}
        )
    assert asked == ["hooks.example.com"]


def test_an_unknown_name_is_said_to_be_unknown() -> None:
    def nowhere(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(RoadFault) as refused:
        Road(resolve=nowhere).post("https://nowhere.example/x", b"{}", {})
    assert refused.value.code == UNKNOWN_HOST


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/x",
        "file:///etc/passwd",
        "gopher://example.com/",
        "//example.com/x",
        "example.com/x",
        "http:///x",
        "http://user:secret@example.com/x",
        "http://user@127.0.0.1/x",
        "https://example.com\\@127.0.0.1/x",
        "https://example.com/x y",
        "https://example.com/x\r\nHost: inside",
        "https://example.com:22/x",
        "https://example.com:99999/x",
        "https://example.com/x#part",
        "https://例子.中国/x",
        "http://[::1%25eth0]/x",
    ],
)
def test_what_is_no_plain_web_address_is_refused_before_anything_is_looked_up(url: str) -> None:
    with pytest.raises(RoadFault) as refused:
        check_url(url)
    assert refused.value.code == BAD_ADDRESS


def test_names_are_looked_up_with_all_their_addresses() -> None:
    assert set(look_up("localhost", 80)) <= {"127.0.0.1", "::1"}


# --- with a machine that answers. It stands on this one, so these roads may reach it and nothing else.


def _only_here(address: IpAddress) -> bool:
    return str(address) == "127.0.0.1"


def road_here(seconds: float = 20) -> Road:
    return Road(may_reach=_only_here, seconds=seconds)


@contextmanager
def machine(answer: Callable[[socket.socket], None], *, reads: bool = True) -> Iterator[tuple[str, list[bytes]]]:
    """A server that takes one connection, reads a request and then does as it likes. Its address, and what it got."""
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            try:
                visitor, _ = door.accept()
            except OSError:
                return
            with visitor:
                try:
                    if reads:
                        got.append(_request(visitor))
                    answer(visitor)
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}/hook?to=me", got
        door.close()
        thread.join(timeout=30)


def _request(visitor: socket.socket) -> bytes:
    whole = b""
    while b"\r\n\r\n" not in whole:
        part = visitor.recv(4096)
        if not part:
            raise ConnectionError
        whole += part
    head, _, body = whole.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += visitor.recv(4096)
    return head + b"\r\n\r\n" + body


def _says(words: bytes) -> Callable[[socket.socket], None]:
    return lambda visitor: visitor.sendall(words)


def test_a_message_arrives_with_its_headers_and_the_answer_comes_back() -> None:
    with machine(_says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as (url, got):
        answer = road_here().post(url, b'{"a": 1}', {"Content-Type": "application/json"})
    assert (answer.status, answer.body) == (200, b"ok")
    assert got[0].startswith(b"POST /hook?to=me HTTP/1.1\r\nHost: 127.0.0.1:")
    assert got[0].endswith(b'{"a": 1}')


def test_redirections_are_not_followed() -> None:
    said = b"HTTP/1.1 307 Go\r\nLocation: http://169.254.169.254/latest\r\nContent-Length: 0\r\n\r\n"
    with machine(_says(said)) as (url, got), pytest.raises(RoadFault) as refused:
        road_here().post(url, b"{}", {})
    assert (refused.value.code, refused.value.detail, refused.value.is_final) == (REDIRECTED, "307", True)
    assert len(got) == 1


def test_a_refusal_names_the_status_and_may_be_tried_again() -> None:
    with (
        machine(_says(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")) as (url, _),
        pytest.raises(RoadFault) as refused,
    ):
        road_here().post(url, b"{}", {})
    assert (refused.value.code, refused.value.detail, refused.value.is_final) == (REFUSED, "500", False)


def test_a_machine_that_drips_its_answer_is_left_when_the_time_is_over() -> None:
    over = threading.Event()

    def drip(visitor: socket.socket) -> None:
        visitor.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not over.wait(0.05):
            visitor.sendall(b"x")

    with machine(drip) as (url, _):
        with pytest.raises(RoadFault) as refused:
            road_here(seconds=0.5).post(url, b"{}", {})
        over.set()
    assert refused.value.code == SILENT


def test_a_machine_that_says_nothing_is_left_when_the_time_is_over() -> None:
    over = threading.Event()

    def silent(_visitor: socket.socket) -> None:
        over.wait(30)

    with machine(silent) as (url, _):
        with pytest.raises(RoadFault) as refused:
            road_here(seconds=0.5).post(url, b"{}", {})
        over.set()
    assert refused.value.code == SILENT


def test_of_an_endless_answer_only_the_beginning_is_read() -> None:
    def flood(visitor: socket.socket) -> None:
        visitor.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            visitor.sendall(b"x" * 65536)

    with machine(flood) as (url, _):
        assert len(road_here().post(url, b"{}", {}).body) == 64 * 1024


def test_a_machine_that_speaks_something_else_is_not_reached() -> None:
    with machine(_says(b"220 mail.example.com ESMTP\r\n")) as (url, _), pytest.raises(RoadFault) as refused:
        road_here().post(url, b"{}", {})
    assert refused.value.code == UNREACHABLE


def test_nobody_there_is_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with pytest.raises(RoadFault) as refused:
        road_here().post(f"http://127.0.0.1:{port}/", b"{}", {})
    assert refused.value.code == UNREACHABLE


def _with_tls(visitor: socket.socket) -> None:
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(CERTIFICATE)
    with trust.wrap_socket(visitor, server_side=True) as safe:
        _request(safe)
        safe.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nsafe")


def test_a_secure_address_is_asked_for_its_own_name_and_trusted_by_its_certificate() -> None:
    trust = ssl.create_default_context(cafile=str(CERTIFICATE))
    with machine(_with_tls, reads=False) as (url, _):
        road = Road(may_reach=_only_here, resolve=lambda _host, _port: ["127.0.0.1"], trust=trust, seconds=20)
        answer = road.post(url.replace("http://127.0.0.1", "https://localhost"), b"{}", {})
    assert answer.body == b"safe"


def test_a_secure_address_whose_certificate_is_not_trusted_gets_nothing() -> None:
    with machine(_with_tls, reads=False) as (url, _), pytest.raises(RoadFault) as refused:
        road_here().post(url.replace("http:", "https:"), b"secret words", {})
    assert refused.value.code == UNTRUSTED
