"""Sessions of browsers. Guests carry theirs in a signed cookie, so that looking at the sign-in page stores nothing; whoever
has signed in has a row, so that signing out, being disabled or changing roles ends it wherever the cookie was copied to.

A request of a signed-in person costs one statement to open and none to close, but for a touch of `last_seen_at` once a
minute and for changed data.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from flask import Flask, Request, Response, g, session
from flask.sessions import SecureCookieSession, SessionInterface
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import SQLAlchemyError

from crm.accounts.actors import access_number
from crm.accounts.credentials import IDLE, LONGEST, TOUCH, WebSession, digest
from crm.accounts.models import User
from crm.core.db import reading, unit_of_work
from crm.core.prepared import Prepared
from crm.web.doors import Ground
from crm.web.login import sign_in, sign_out

GUEST_SECONDS = 24 * 3600
GUEST_PREFIX = "guest."
WITHOUT_SESSION = ("/static/", "/healthz", "/readyz", "/metrics")

log = logging.getLogger(__name__)

_row, _user = WebSession.__table__.c, User.__table__.c
# In terms of tables, not of classes: it runs with every request.
FIND = Prepared(
    select(
        _row.id,
        _row.user_id,
        _row.data,
        _row.created_at,
        _row.last_seen_at,
        _user.locale,
        _user.timezone,
        access_number().label("access_number"),
    )
    .join_from(WebSession.__table__, User.__table__, _user.id == _row.user_id)
    .where(_row.token_hash == bindparam("token_hash", type_=_row.token_hash.type), _user.active)
)


class BrowserSession(SecureCookieSession):
    """What Flask calls `session`. `row_id` is set for people who are signed in."""

    row_id: int | None = None
    user_id: int | None = None
    last_seen_at: datetime | None = None
    new_token: str | None = None
    ended: bool = False
    left_alone: bool = False


class Sessions(SessionInterface):
    """Opens and closes sessions for Flask."""

    def __init__(self, app: Flask, ground: Ground) -> None:
        self.ground = ground
        self.cookie = "__Host-heliu" if ground.config.https else "heliu"
        self.signer = URLSafeTimedSerializer(ground.config.secret_key, salt="heliu guest session")

    def open_session(self, app: Flask, request: Request) -> BrowserSession:
        found = BrowserSession()
        cookie = request.cookies.get(self.cookie, "")
        by_token = request.path.startswith("/api/") and "Authorization" in request.headers
        if by_token or request.path.startswith(WITHOUT_SESSION):
            found.left_alone = True
            return found
        if not cookie:
            return found
        if cookie.startswith(GUEST_PREFIX):
            return self._guest(cookie)
        try:
            self._fill(found, cookie)
        except SQLAlchemyError as error:
            # Raised from here it would miss the error pages; `security.close_doors` raises it again.
            request.environ["heliu.fault"] = error
            found.left_alone = True
        found.modified = found.accessed = False
        return found

    def _guest(self, cookie: str) -> BrowserSession:
        try:
            kept = self.signer.loads(cookie.removeprefix(GUEST_PREFIX), max_age=GUEST_SECONDS)
        except BadSignature:
            return BrowserSession()
        return BrowserSession(kept)

    def _fill(self, found: BrowserSession, cookie: str) -> None:
        now = self.ground.clock()
        with reading(self.ground.database) as db:
            row = FIND.first(db, {"token_hash": digest(cookie)})
        if row is None:
            return
        row_id, user_id, data, created_at, last_seen_at, locale, timezone, number = row
        if now - last_seen_at > IDLE or now - created_at > LONGEST:
            return
        found.update(data)
        found.row_id, found.user_id, found.last_seen_at = row_id, user_id, last_seen_at
        g.user_id, g.user_locale, g.user_timezone = user_id, locale, timezone
        g.access_number = number or 0

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        kept: BrowserSession = session
        if kept.accessed:
            response.vary.add("Cookie")
        if kept.left_alone:
            # Its cookie was not looked at, or could not be: the browser keeps it, and is signed in again afterwards.
            return
        if kept.new_token is not None:
            self._set_cookie(response, kept.new_token)
        elif kept.ended:
            response.delete_cookie(self.cookie, secure=self.ground.config.https, httponly=True, samesite="Lax")
        elif kept.row_id is None:
            if kept.modified:
                self._set_cookie(response, GUEST_PREFIX + str(self.signer.dumps(dict(kept))))
            return
        self._store(kept)

    def _store(self, kept: BrowserSession) -> None:
        now = self.ground.clock()
        values: dict[str, object] = {}
        if kept.modified:
            values["data"] = dict(kept)
        if kept.last_seen_at is not None and now - kept.last_seen_at >= TOUCH:
            values["last_seen_at"] = now
        if not values or kept.row_id is None or kept.ended:
            return
        try:
            with unit_of_work(self.ground.database) as db:
                db.execute(update(WebSession).where(WebSession.id == kept.row_id).values(**values))
        except SQLAlchemyError:
            # The answer is already made; losing a notice or a touch is no reason to lose the answer too.
            log.warning("session %s could not be stored", kept.row_id, exc_info=True)

    def _set_cookie(self, response: Response, value: str) -> None:
        response.set_cookie(
            self.cookie, value, secure=self.ground.config.https, httponly=True, samesite="Lax", path="/"
        )


def enter(token: str, row_id: int, user_id: int) -> None:
    """The person has proved who they are: from this answer on the browser carries the new session and nothing of the old."""
    current = _current()
    current.clear()
    current.row_id, current.user_id, current.new_token = row_id, user_id, token
    current.last_seen_at = None
    g.user_id = user_id
    g.pop("access_number", None)
    g.pop("actor", None)
    sign_in(user_id)


def leave() -> None:
    """Forget the session in this browser; its row is deleted by the operation."""
    sign_out()
    current = _current()
    current.clear()
    current.ended = True
    g.pop("user_id", None)
    g.pop("actor", None)


def session_row_id() -> int | None:
    """The row of this browser's session, if it is signed in."""
    return _current().row_id


def _current() -> BrowserSession:
    current: Any = session
    found: BrowserSession = current._get_current_object()
    return found
