"""Passwords: how they are kept (argon2id), which are refused, and how many are checked at the same time."""

from __future__ import annotations

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from crm.core.errors import Fault, HeliuError, Invalid
from crm.core.i18n import Text, text

SHORTEST = 12
LONGEST = 128
DEMO_PASSWORD = "heliu-demo"  # noqa: S105 - printed at every start of the demonstration
# 32 MiB and three rounds take 50 to 100 ms on a small server.
hasher = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)
# Each check holds 32 MiB and a whole core: a burst of sign-ins must not starve the other requests.
_places = BoundedSemaphore(2)
WAIT_SECONDS = 5.0

# The words that long passwords are most often made of; whole passwords of 12 and more letters from public lists.
COMMON_WORDS = """123456789012 1234567890123 12345678901234 123456123456 123123123123 111111111111 000000000000 987654321098
    password1234 password12345 password123456 passwordpassword mypassword123 qwertyuiop12 qwertyuiop123 qwertyuiopas
    qwerty123456 qwerty12345678 1qaz2wsx3edc 1q2w3e4r5t6y 1q2w3e4r5t6y7u qazwsxedcrfv zxcvbnmasdfg asdfghjkl123 abcdefghijkl
    abcd12345678 abc123456789 aa1234567890 a12345678901 iloveyou1234 iloveyouforever letmein12345 welcome12345 welcome123456
    administrator administrator1 admin1234567 admin12345678 adminadmin123 changeme1234 changemenow1 woaini1314520 woaini520520
    woaini123456 5201314520131 520131452013 147258369147 159357159357 football1234 basketball12 sunshine1234 princess1234
    superman1234 dragon123456 monkey123456 trustno1trustno1 correcthorsebatterystaple heliuheliu12 heliucrm1234 heliu1234567"""
COMMON = frozenset(COMMON_WORDS.split())


class Busy(HeliuError):
    """Too many people are signing in at this moment."""

    status, code, retry_after = 429, "busy", 3

    def __init__(self) -> None:
        super().__init__(text("Many people are signing in at the moment. Please try again in a few seconds."))


def hash_password(password: str) -> str:
    """What is stored of a password."""
    with _Place():
        return hasher.hash(password)


def fits(password_hash: str | None, password: str) -> bool:
    """Is it the right password? It takes the same time whether there is such a user or not. Busy if too many ask at once."""
    with _Place():
        try:
            return hasher.verify(password_hash or _nobody(), password) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


def check_password(password: str, *, username: str, demo: bool = False) -> None:
    """Refuse what is too short, too common or the user's own name. In the demonstration only the length counts."""
    fault: Text | None = None
    least = 8 if demo else SHORTEST
    if len(password) < least:
        fault = text("The password needs at least {least} characters.", least=least)
    elif len(password) > LONGEST:
        fault = text("The password may have at most {most} characters.", most=LONGEST)
    elif not demo and (password.lower() in COMMON or len(set(password)) < 5):
        fault = text("This password is too common: it would be guessed. Please choose another.")
    elif not demo and len(username) > 3 and username in password.lower():
        fault = text("The password may not contain your user name.")
    if fault is not None:
        raise Invalid([Fault("password", fault)])


class _Place:
    """One of the few places where a password is worked on."""

    def __enter__(self) -> None:
        if not _places.acquire(timeout=WAIT_SECONDS):
            raise Busy

    def __exit__(self, *_: object) -> None:
        _places.release()


_nobodys_hash: dict[int, str] = {}


def _nobody() -> str:
    # Made by the hasher in use, so that it costs as much as a real one.
    if id(hasher) not in _nobodys_hash:
        _nobodys_hash[id(hasher)] = hasher.hash("nobody has this password")
    return _nobodys_hash[id(hasher)]
