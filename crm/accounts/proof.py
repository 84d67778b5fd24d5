"""User name and password at the door, for the sign-in page and the API alike."""

from __future__ import annotations

from flask import request

from crm.accounts import passwords, signing_in
from crm.accounts.models import User
from crm.accounts.queries import user_named
from crm.core.errors import HeliuError
from crm.core.i18n import text
from crm.web.doors import now, reading_session, writing


class WrongPassword(HeliuError):
    """User name and password do not belong together. It does not say which of them is wrong, nor that an account is disabled."""

    status, code = 401, "wrong-password"

    def __init__(self) -> None:
        super().__init__(text("User name or password is wrong."))


def remote_address() -> str:
    """Where the request comes from, after as many proxies as the configuration trusts."""
    return request.remote_addr or ""


def prove(username: str, password: str) -> User:
    """Whose user name and password these are. WrongPassword, TooManyTries or Busy if they prove nothing."""
    address = remote_address()
    with writing() as session:
        signing_in.count_try(session, username=username, address=address, now=now())
    with reading_session() as session:
        user = user_named(session, username)
    # The check takes a tenth of a second: no transaction may be open meanwhile.
    right = passwords.fits(user.password_hash if user else None, password[: passwords.LONGEST + 1])
    if user is None or not right or not user.active:
        with writing() as session:
            signing_in.note_failure(session, username=username, address=address, now=now())
        raise WrongPassword
    return user
