"""The one place that turns refusals and faults into a page or a problem document (RFC 9457).

Refusals speak to the reader in their language. Faults of ours get an incident number; the log keeps their kind and place,
never the values that were being worked on.
"""

from __future__ import annotations

import errno
import logging
import secrets
import traceback
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, json, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from crm.core.errors import Conflict, HeliuError, Invalid
from crm.core.i18n import Text, text
from crm.web.doors import SignInNeeded, ground
from crm.web.languages import shown

RETRY_SECONDS = 5
SQLITE_FULL = ("database or disk is full", "disk i/o error")
SQLITE_AWAY = ("unable to open database file", "database is locked", "attempt to write a readonly database")
# PostgreSQL: connection lost or refused, server going down or starting, too many connections, deadlock, out of time.
AWAY_STATES = ("08", "57P0", "53300", "40P01", "55P03", "57014", "25P03")

log = logging.getLogger(__name__)

SENTENCES: Mapping[int, Text] = {
    400: text("The request was not understood."),
    404: text("This page or record does not exist, or is not open to you."),
    405: text("This address does not take that kind of request."),
    413: text("What was sent is too large."),
    415: text("This kind of content is not taken here; send JSON."),
    428: text("Say which version you saw: send If-Match with the ETag of the record."),
    429: text("Too many attempts. Please wait a little."),
}
FAULT = text(
    "Something went wrong on our side. Nothing was changed. Please quote number {incident} when you report it."
)
AWAY = text("The database does not answer at the moment. Please try again shortly.")
FULL = text("There is no room left to save this. Nothing was changed. Please tell an administrator.")
TOO_LARGE = text("What was sent is too large: at most {limit} MB are taken here.")
STALE_TOKEN = text("This page was open too long or was copied. Please reload it and try again.")
FIRST = text("A colleague stored the same or changed it a moment ago. Please look at the present state and try again.")


def set_up_errors(app: Flask) -> None:
    """Answer every error of this application."""
    app.register_error_handler(SignInNeeded, answer_sign_in)
    app.register_error_handler(HeliuError, answer_refusal)
    app.register_error_handler(CSRFError, lambda _: answer(400, STALE_TOKEN, code="stale-token"))
    app.register_error_handler(HTTPException, answer_http)
    app.register_error_handler(StaleDataError, lambda _: answer(409, FIRST, code="conflict"))
    app.register_error_handler(IntegrityError, answer_integrity)
    app.register_error_handler(OperationalError, answer_database)
    app.register_error_handler(InterfaceError, answer_database)
    app.register_error_handler(PoolTimeout, lambda _: _away())
    app.register_error_handler(OSError, answer_system)
    app.register_error_handler(Exception, answer_fault)


def answer_sign_in(error: SignInNeeded) -> AnyResponse:
    """Lead a page to the sign-in page and back; tell a program what to send."""
    if for_programs():
        return answer(401, error.message, code=error.code, headers={"WWW-Authenticate": 'Bearer realm="Heliu"'})
    target = request.full_path if request.query_string else request.path
    if request.accept_mimetypes.best == "text/event-stream":
        # A live stream cannot lead anybody to the door; without an answer the browser does not ask again.
        return Response(status=204)
    if request.headers.get("HX-Request"):
        # A part of a page cannot show the sign-in page: the whole page goes there, and back to where it was.
        place = urlsplit(request.headers.get("HX-Current-URL", ""))
        address = url_for("accounts.sign_in", next=place.path + (f"?{place.query}" if place.query else "") or None)
        return Response("", 401, {"HX-Redirect": address})
    return redirect(url_for("accounts.sign_in", next=target if request.method == "GET" and target != "/" else None))


def answer_refusal(error: HeliuError) -> AnyResponse:
    """The sentence of the refusal, with its faults or newer values."""
    faults = [(fault.field, shown(fault.message)) for fault in error.faults] if isinstance(error, Invalid) else []
    current = error.current if isinstance(error, Conflict) else {}
    headers = {"Retry-After": str(seconds)} if (seconds := getattr(error, "retry_after", None)) else {}
    return answer(error.status, error.message, code=error.code, faults=faults, current=current, headers=headers)


def answer_http(error: HTTPException) -> AnyResponse:
    """What Flask, Werkzeug and the API's argument reader refuse."""
    status = error.code or 500
    if error.response is not None or status < 400:
        return error.get_response()
    if status >= 500:
        return answer_fault(error)
    data: Mapping[str, Any] = getattr(error, "data", None) or {}
    headers = dict(data.get("headers") or {})
    if status == 405 and (methods := getattr(error, "valid_methods", None)):
        headers["Allow"] = ", ".join(sorted(methods))
    faults = list(_argument_faults(data.get("messages") or {}))
    message = Invalid(()).message if faults else SENTENCES.get(status) or Text(error.name)
    if status == 413 and (limit := request.max_content_length) and (request.content_length or 0) > limit:
        message = Text(TOO_LARGE.source, {"limit": limit // 1_000_000})
    return answer(status, message, code=error.name.lower().replace(" ", "-"), faults=faults, headers=headers)


def _argument_faults(messages: object, path: str = "", *, top: bool = True) -> Sequence[tuple[str, str]]:
    # webargs nests by place (json, query) and then by field; lists of rows are keyed by their number. A field may have the
    # name of a place.
    from crm.web.api import argument_message

    if isinstance(messages, Mapping):
        found: list[tuple[str, str]] = []
        for name, below in messages.items():
            deeper = "" if top and name in {"json", "query", "form", "path", "files"} else str(name)
            joined = f"{path}.{deeper}" if path and deeper else path or deeper
            found += _argument_faults(below, joined.replace("._schema", "").replace("_schema", "") or "", top=False)
        return found
    if isinstance(messages, list | tuple):
        return [(path, argument_message(str(message))) for message in messages]
    return [(path, argument_message(str(messages)))]


def answer_integrity(error: IntegrityError) -> AnyResponse:
    """A unique value was taken by somebody else between the check and the write; other constraints are faults of ours."""
    state = getattr(error.orig, "sqlstate", None)
    if state == "23505" or "UNIQUE constraint failed" in str(error.orig):
        return answer(409, FIRST, code="conflict")
    return answer_fault(error)


def answer_database(error: DBAPIError) -> AnyResponse:
    """The database is away (503), its disk is full (507), or we asked something wrong (500)."""
    state = str(getattr(error.orig, "sqlstate", None) or "")
    words = str(error.orig).lower()
    if state == "53100" or any(sign in words for sign in SQLITE_FULL):
        log.error("no room left in the database")
        return answer(507, FULL, code="full")
    sqlite = ground().database.is_sqlite
    lost = any(sign in words for sign in SQLITE_AWAY) if sqlite else not state or state.startswith(AWAY_STATES)
    if error.connection_invalidated or lost:
        # Connections of the pool may all be dead: the next request opens a fresh one and recovers by itself.
        ground().database.engine.dispose()
        log.error("the database does not answer: %s %s", type(error.orig).__name__, state)
        return _away()
    return answer_fault(error)


def _away() -> Response:
    return answer(503, AWAY, code="unavailable", headers={"Retry-After": str(RETRY_SECONDS)})


def answer_system(error: OSError) -> AnyResponse:
    """A full disk is told apart from other faults of the machine."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        log.error("no room left on the disk")
        return answer(507, FULL, code="full")
    return answer_fault(error)


def answer_fault(error: BaseException) -> Response:
    """A fault of ours: a number for the reader, kind and place for the log."""
    cause = getattr(error, "original_exception", None) or error
    incident = secrets.token_hex(4)
    places = "".join(traceback.format_tb(cause.__traceback__))
    detail = f": {cause}" if current_app.debug or current_app.testing else ""
    log.error("incident %s: %s%s\n%s", incident, type(cause).__qualname__, detail, places)
    return answer(500, Text(FAULT.source, {"incident": incident}), code="fault", incident=incident)


def answer(
    status: int,
    message: Text,
    *,
    code: str,
    faults: Sequence[tuple[str, str]] = (),
    current: Mapping[str, object] | None = None,
    incident: str = "",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One answer, as a problem document or as a page."""
    if for_programs():
        problem: dict[str, object] = {
            "type": f"urn:heliu:problem:{code}",
            "title": code,
            "status": status,
            "detail": shown(message),
            "errors": [{"field": field, "message": sentence} for field, sentence in faults],
        }
        if current:
            problem["current"] = dict(current)
        if incident:
            problem["incident"] = incident
        response = current_app.response_class(json.dumps(problem), status, mimetype="application/problem+json")
    else:
        words = [shown(message), *(sentence for _, sentence in faults)]
        page = render_template(
            "errors/error.html", code=status, message=" ".join(words), incident=incident, back_url=""
        )
        response = current_app.response_class(page, status)
    response.headers.extend(dict(headers or {}))
    return response


def for_programs() -> bool:
    """Is the answer for a program, or for a script of a page that asks for nothing but JSON?"""
    return request.path.startswith("/api/") or request.accept_mimetypes.to_header() == "application/json"
