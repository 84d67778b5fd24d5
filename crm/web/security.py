"""What every answer says to the browser, who may knock at all, how much may be sent, and where a visitor may be led."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from flask_wtf import CSRFProtect
from werkzeug.datastructures import MultiDict
from werkzeug.routing import IntegerConverter, Map

from crm.core.errors import Fault, Invalid, NotFound
from crm.core.i18n import text
from crm.web.doors import SignInNeeded, ground
from crm.web.login import signed_in_id

BODY_LIMIT = 1024 * 1024
# With one part a field, forms of a few hundred fields pass and floods do not.
FORM_PARTS = 1000
FIELD_LIMIT = 500_000
LARGEST_NUMBER = 2**53

CSP = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'self'",
}
READING = {"GET", "HEAD", "OPTIONS"}
csrf = CSRFProtect()
P = ParamSpec("P")
R = TypeVar("R")


class RecordNumber(IntegerConverter):
    """A number in an address. Larger ones than any record has are unknown addresses, not a fault in the database."""

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:  # noqa: A002 - the library's name
        super().__init__(map, *args, **{"max": LARGEST_NUMBER, **kwargs})


def set_up_security(app: Flask) -> None:
    """Close the doors, check tokens against forged posts, and put the headers on every answer."""
    app.config.update(
        MAX_CONTENT_LENGTH=BODY_LIMIT,
        MAX_FORM_PARTS=FORM_PARTS,
        MAX_FORM_MEMORY_SIZE=FIELD_LIMIT,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.url_map.converters["int"] = RecordNumber
    csrf.init_app(app)
    app.before_request(close_doors)
    app.after_request(add_headers)


def close_doors() -> None:
    """Let nobody in who is not signed in, except at views marked `public`; refuse posts without our token."""
    if fault := request.environ.pop("heliu.fault", None):
        raise fault
    if request.endpoint is None or request.endpoint == "static":
        return
    view = current_app.view_functions[request.endpoint]
    if signed_in_id() is None and not getattr(view, "is_public", False):
        raise SignInNeeded
    for part in (request.view_args or {}).values():
        if isinstance(part, str) and not _is_storable(part):
            raise NotFound
    request.max_content_length = getattr(view, "body_limit", BODY_LIMIT)
    if (words_limit := getattr(view, "words_limit", None)) is not None:
        request.max_form_memory_size = words_limit
    _check_words(request.args)
    if request.method in READING:
        return
    if not _proved_by_token(view):
        csrf.protect()
    _check_words(request.form)


def _check_words(words: MultiDict[str, str]) -> None:
    for field, value in words.items(multi=True):
        check_text(field, "")
        check_text(value, field)


def _proved_by_token(view: object) -> bool:
    # A bearer token is not sent by the browser on its own, so another site cannot use it; nor does a view that takes
    # its own proof (user name and password) trust a cookie.
    return bool(g.get("token_id")) or getattr(view, "takes_own_proof", False)


def draws_diagrams() -> None:
    """This page shows a diagram: the drawing library sets style attributes, which the page must then allow."""
    g.style_attributes = True


def draws_with_styles() -> None:
    """This page holds an editor that puts style elements into it, which the page must then allow."""
    g.style_elements = True


def takes_body(limit: int, *, words: int | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a view that takes uploads: its body may have so many bytes, its fields that are no files together so many as
    `words` where they need more than usual. Stands below the route decorator."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        view.body_limit = limit  # type: ignore[attr-defined]  # a mark on the function, read by `close_doors`
        view.words_limit = words  # type: ignore[attr-defined]  # likewise
        return view

    return decorate


def check_text(value: str, field: str) -> None:
    """Refuse what no database takes: the zero character and halves of characters."""
    if not _is_storable(value):
        raise Invalid([Fault(field, text("This holds characters that cannot be stored."))])


def _is_storable(value: str) -> bool:
    return "\x00" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


def add_headers(response: Response) -> Response:
    """The same headers on every answer, errors and files too."""
    policy = dict(CSP)
    if g.get("style_elements"):
        policy["style-src"] = "'self' 'unsafe-inline'"
    if g.get("style_attributes"):
        policy["style-src-attr"] = "'unsafe-inline'"
    headers = response.headers
    headers["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in policy.items())
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if ground().config.https:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint != "static":
        # Records must not stay behind on a shared computer.
        headers.setdefault("Cache-Control", "no-store")
    return response


def safe_next(target: str | None, default: str) -> str:
    """Where to go after signing in: a path on this site, or the default. `//host`, schemes and backslashes are refused."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return default
    if any(ord(letter) < 33 or letter == "\\" for letter in target):
        return default
    parts = urlsplit(target)
    return default if parts.scheme or parts.netloc else target
