"""The only road to addresses that people name: to machines outside of our own network, once, within seconds, a few bytes.

Whoever may name an address could otherwise let this server knock at doors that are closed to them. So the name is looked up
once, every address that it has is judged, the connection goes to one of those very addresses (a second look-up could answer
something else), redirections are not followed, proxies of the environment are not used, and one clock bounds the whole
journey, however slowly the other side drips.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Timer
from time import monotonic
from typing import Any
from urllib.parse import SplitResult, urlsplit

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

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
PORTS = {"http": 80, "https": 443}
# Below this number machines offer mail, shells and databases, but no webhooks.
FIRST_FREE_PORT = 1024
SECONDS = 10.0
MOST_ADDRESSES = 3
MOST_ANSWER_BYTES = 64 * 1024
# Addresses that carry an IPv4 address in them: NAT64, and the two old tunnels.
NAT64 = ipaddress.ip_network("64:ff9b::/96")
NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")
IPV4_COMPATIBLE = ipaddress.ip_network("::/96")


def is_outside(address: IpAddress) -> bool:
    """May something be sent there? Only to public machines; whatever an address wraps is judged as well."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id or address in NAT64_LOCAL or address.is_site_local:
            return False
        inner = _wrapped(address)
        if inner is not None:
            return is_outside(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _wrapped(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in NAT64 or address in IPV4_COMPATIBLE:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def look_up(host: str, port: int) -> Sequence[str]:
    """All addresses of a name, as the system knows them; also for odd spellings such as 0x7f.1 or 2130706433."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


@dataclass(frozen=True)
class Road:
    """How messages leave the house. Tests give other addresses, rules and clocks."""

    resolve: Resolve = look_up
    may_reach: Callable[[IpAddress], bool] = is_outside
    seconds: float = SECONDS
    trust: ssl.SSLContext | None = None

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post once. RoadFault for anything but an answer between 200 and 299."""
        parts = check_url(url)
        host, port = str(parts.hostname), parts.port or PORTS[parts.scheme]
        until = monotonic() + self.seconds
        try:
            with self._reached(host, port, until) as reached, _ended_at(reached, until):
                answer = self._exchange(reached, parts, port, body, headers)
            if monotonic() >= until:
                # An answer that was cut off looks like a short one.
                raise TimeoutError
        except TimeoutError:
            raise RoadFault(SILENT, f"{self.seconds:g}") from None
        except ssl.SSLCertVerificationError:
            raise RoadFault(UNTRUSTED, host) from None
        except (OSError, http.client.HTTPException, ValueError):
            if monotonic() >= until:
                raise RoadFault(SILENT, f"{self.seconds:g}") from None
            raise RoadFault(UNREACHABLE, host) from None
        if 300 <= answer.status < 400:
            raise RoadFault(REDIRECTED, answer.status)
        if not 200 <= answer.status < 300:
            raise RoadFault(REFUSED, answer.status)
        return answer

    def addresses(self, host: str, port: int) -> list[IpAddress]:
        """All addresses of the name. RoadFault if it has none, or if a single one of them lies inside."""
        try:
            found = [ipaddress.ip_address(each) for each in self.resolve(host, port)]
        except (OSError, UnicodeError, ValueError):
            found = []
        if not found:
            raise RoadFault(UNKNOWN_HOST, host)
        if not all(self.may_reach(address) for address in found):
            raise RoadFault(INSIDE, host)
        return found

    @contextmanager
    def _reached(self, host: str, port: int, until: float) -> Iterator[socket.socket]:
        """A connection to one of the addresses that were judged."""
        last: OSError | None = None
        for address in self.addresses(host, port)[:MOST_ADDRESSES]:
            left = until - monotonic()
            if left <= 0:
                raise TimeoutError
            try:
                reached = socket.create_connection((str(address), port), timeout=left)
            except OSError as error:
                last = error
                continue
            with reached:
                # A public address of this very machine leads inside as well.
                if self.may_reach is is_outside and reached.getsockname()[0] == reached.getpeername()[0]:
                    raise RoadFault(INSIDE, host)
                yield reached
            return
        raise last or OSError("no address")

    def _exchange(
        self, reached: socket.socket, parts: SplitResult, port: int, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        host = str(parts.hostname)
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(host, port)
            trust = self.trust or ssl.create_default_context()
            connection.sock = trust.wrap_socket(reached, server_hostname=host)
        else:
            connection = http.client.HTTPConnection(host, port)
            connection.sock = reached
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request("POST", path, body=body, headers=dict(headers))
            response = connection.getresponse()
            return Answer(response.status, response.read(MOST_ANSWER_BYTES))
        finally:
            connection.close()


@contextmanager
def _ended_at(reached: socket.socket, until: float) -> Iterator[None]:
    """Cut the connection at the moment when the time is over: time-outs of sockets begin anew with every byte."""
    # A descriptor of its own: TLS takes the socket over, and the number of a closed one may be another's soon.
    copy = reached.dup()

    def cut() -> None:
        with suppress(OSError):
            copy.shutdown(socket.SHUT_RDWR)

    watch = Timer(max(until - monotonic(), 0), cut)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
        watch.join()
        copy.close()


def check_url(url: str) -> SplitResult:
    """The parts of an address that something may be sent to, before any name is looked up."""
    try:
        parts = urlsplit(url)
        port: Any = parts.port
    except ValueError:
        raise RoadFault(BAD_ADDRESS, url[:80]) from None
    bad = (
        parts.scheme not in PORTS
        or not parts.hostname
        or parts.username is not None
        or parts.password is not None
        or parts.fragment
        or any(ord(sign) <= 32 or ord(sign) > 126 or sign == "\\" for sign in url)
        or "%" in (parts.hostname or "")
    )
    if bad or (port is not None and port not in PORTS.values() and port < FIRST_FREE_PORT):
        raise RoadFault(BAD_ADDRESS, f"{parts.scheme}://{parts.hostname}"[:80] if parts.scheme else url[:80])
    return parts
