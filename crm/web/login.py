"""Who is signed in, told by Flask-Login. What it tells is backed by the session's row or the token's, never by a cookie alone:
a session that was ended elsewhere signs nobody in.
"""

from __future__ import annotations

from flask import Flask, Request, g
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user


class SignedIn(UserMixin):  # type: ignore[misc]  # the library has no types
    """The person of this request, by the number of their account."""

    def __init__(self, user_id: int) -> None:
        self.id = user_id


manager = LoginManager()
# Sessions are rows that are renewed at sign-in and die with the account; a check of the browser's address would only
# sign out people whose telephone changes its network.
manager.session_protection = None


@manager.user_loader  # type: ignore[untyped-decorator]  # the library has no types
def load_from_session(user_id: str) -> SignedIn | None:
    """The session names somebody: believed only while its row is alive and belongs to them."""
    proved: int | None = g.get("user_id")
    return SignedIn(proved) if proved is not None and str(proved) == user_id else None


@manager.request_loader  # type: ignore[untyped-decorator]  # the library has no types
def load_from_request(_request: Request) -> SignedIn | None:
    """A program that proved itself with a token."""
    proved: int | None = g.get("user_id")
    return SignedIn(proved) if proved is not None else None


def set_up_login(app: Flask) -> None:
    """Let requests know who is signed in."""
    manager.init_app(app)


def signed_in_id() -> int | None:
    """The account behind this request, or None for a guest."""
    return int(current_user.id) if current_user and current_user.is_authenticated else None


def sign_in(user_id: int) -> None:
    """From now on this browser belongs to the person, who has proved who they are."""
    login_user(SignedIn(user_id))


def sign_out() -> None:
    """This browser belongs to nobody."""
    logout_user()
