"""The envelope of the REST API: where it lives, how programs prove who they are, paging, versions, unknown fields.

Rooms write `api = ApiBlueprint("customers_api", __name__, url_prefix="/customers")` and their schemas on `Body`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask, g, request
from flask_smorest import Api as SmorestApi
from flask_smorest import Blueprint as SmorestBlueprint
from itsdangerous import BadSignature, URLSafeSerializer
from marshmallow import RAISE, Schema, fields, validate
from sqlalchemy import bindparam, select, update
from webargs.flaskparser import FlaskParser

from crm.accounts.actors import access_number
from crm.accounts.credentials import TOUCH, ApiToken, digest
from crm.accounts.models import User
from crm.core.db import unit_of_work
from crm.core.errors import Fault, HeliuError, Invalid
from crm.core.i18n import Text, text
from crm.web.doors import SignInNeeded, ground, now, public
from crm.web.languages import shown
from crm.web.security import check_text

PREFIX = "/api/v1"
ANSWER, PROBLEM = "application/json", "application/problem+json"
PAGE = 30
LARGEST_PAGE = 200
DEEPEST = 40
DESCRIPTION = "api-docs.openapi_json"
T = TypeVar("T")
View = TypeVar("View", bound=Callable[..., Any])

# Marshmallow's sentences that a client can cause, so that they are in our catalogue.
MESSAGES: Mapping[str, Text] = {
    "Unknown field.": text("This field is not known here."),
    "Missing data for required field.": text("This field is required."),
    "Field may not be null.": text("This field may not be empty."),
    "Not a valid string.": text("This must be text."),
    "Not a valid integer.": text("This must be a whole number."),
    "Not a valid number.": text("This must be a number."),
    "Not a valid boolean.": text("This must be true or false."),
    "Not a valid datetime.": text("This must be a date and time such as 2026-03-01T08:30:00Z."),
    "Not a valid date.": text("This must be a date such as 2026-03-01."),
    "Not a valid list.": text("This must be a list."),
    "Not a valid mapping type.": text("This must be an object."),
    "Not a valid email address.": text("This must be an e-mail address."),
    "Invalid input type.": text("This must be a JSON object."),
    "Invalid JSON body.": text("The body is not valid JSON."),
}
BOUNDS: Sequence[tuple[re.Pattern[str], Text]] = (
    (re.compile(r"Longer than maximum length (?P<most>\d+)\."), text("This may have at most {most} characters or entries.")),
    (re.compile(r"Shorter than minimum length (?P<least>\d+)\."), text("This needs at least {least} characters or entries.")),
    (re.compile(r"Length must be between (?P<least>\d+) and (?P<most>\d+)\."), text("This needs {least} to {most} characters or entries.")),
    (re.compile(r"Must be greater than or equal to (?P<least>[^ ]+)\."), text("This must be {least} or more.")),
    (re.compile(r"Must be less than or equal to (?P<most>[^ ]+)\."), text("This must be {most} or less.")),
    (re.compile(r".*Must be greater than or equal to (?P<least>[^ ]+) and less than or equal to (?P<most>[^ ]+)\."), text("This must be {least} to {most}.")),
    (re.compile(r"Must be one of: (?P<choices>.+)\."), text("This must be one of: {choices}.")),
)  # fmt: skip


class VersionNeeded(HeliuError):
    """The client did not say which version it saw."""

    status, code = 428, "version-needed"

    def __init__(self) -> None:
        super().__init__(text("Say which version you saw: send If-Match with the ETag of the record."))


class Body(Schema):
    """Base of what clients send and get: an unknown field is refused by name."""

    class Meta:
        unknown = RAISE


class PageQuery(Body):
    """The query of a list."""

    cursor = fields.String(load_default=None, metadata={"description": "from `next` of the page before"})
    limit = fields.Integer(load_default=PAGE, validate=validate.Range(1, LARGEST_PAGE))


class FieldFault(Body):
    """One wrong field."""

    field = fields.String()
    message = fields.String()


class ProblemDetails(Body):
    """RFC 9457 problem details, as `crm/web/errors.py` writes them."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    errors = fields.List(fields.Nested(FieldFault))
    current = fields.Dict(metadata={"description": "after a conflict: the newer values"})
    incident = fields.String(metadata={"description": "after a fault of ours: the number to quote"})


class Arguments(FlaskParser):
    """Reads bodies and queries; an unknown word in the query is refused like one in the body."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": RAISE, "json": RAISE}  # noqa: RUF012 - the library reads it as a plain attribute

    def load_json(self, req: Any, schema: Any) -> Any:
        """The body as plain values; what no database takes is refused here, before any field is looked at."""
        try:
            body = super().load_json(req, schema)
        except RecursionError:
            raise Invalid([Fault("", text("The body is nested too deeply."))]) from None
        except ValueError:
            # Python refuses to read numbers of more than 4,300 digits.
            raise Invalid([Fault("", text("The body is not valid JSON."))]) from None
        check_json(body)
        return body


class ApiBlueprint(SmorestBlueprint):  # type: ignore[misc]  # the library has no types
    """A room's part of the API, under `/api/v1`."""

    ARGUMENTS_PARSER = Arguments()

    def __init__(self, name: str, import_name: str, *, url_prefix: str = "", description: str = "") -> None:
        super().__init__(name, import_name, url_prefix=PREFIX + url_prefix, description=description)

    if TYPE_CHECKING:
        # The library has no types; these keep those of the views.
        def route(self, rule: str, **options: Any) -> Callable[[View], View]: ...
        def get(self, rule: str, **options: Any) -> Callable[[View], View]: ...
        def post(self, rule: str, **options: Any) -> Callable[[View], View]: ...
        def put(self, rule: str, **options: Any) -> Callable[[View], View]: ...
        def patch(self, rule: str, **options: Any) -> Callable[[View], View]: ...
        def delete(self, rule: str, **options: Any) -> Callable[[View], View]: ...
        def arguments(self, schema: Any, **options: Any) -> Callable[[View], View]: ...
        def response(self, status_code: int, schema: Any = None, **options: Any) -> Callable[[View], View]: ...
        def alt_response(self, status_code: int, **options: Any) -> Callable[[View], View]: ...
        def doc(self, **options: Any) -> Callable[[View], View]: ...


class HeliuApi(SmorestApi):  # type: ignore[misc]  # the library has no types
    """The API as a whole; its errors are answered by `crm/web/errors.py`."""

    ERROR_SCHEMA = ProblemDetails
    DEFAULT_RESPONSE_CONTENT_TYPE = ANSWER

    def _register_error_handlers(self) -> None:
        pass

    def _register_responses(self) -> None:
        """What is refused is described as what it is: a problem document."""
        self.DEFAULT_RESPONSE_CONTENT_TYPE = PROBLEM
        super()._register_responses()
        self.DEFAULT_RESPONSE_CONTENT_TYPE = ANSWER


def set_up_api(app: Flask) -> HeliuApi:
    """Make the API and its description at `/api/v1/openapi.json`."""
    app.config.update(
        API_TITLE="Heliu CRM",
        API_VERSION="v1",
        OPENAPI_VERSION="3.0.3",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # the default provider has it
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.before_request(know_by_token)
    api = HeliuApi(
        app,
        spec_kwargs={
            "info": {"description": "Customers, service, processes and tasks. Get a token at POST /tokens."},
            "security": [{"token": []}],
        },
    )
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    # The description holds no data, and a program reads it before it has a token.
    description: Any = app.view_functions[DESCRIPTION]
    app.view_functions[DESCRIPTION] = public(partial(description))
    return api


_token, _user = ApiToken.__table__.c, User.__table__.c
FIND_TOKEN = (
    select(
        _token.id,
        _token.user_id,
        _token.expires_at,
        _token.last_used_at,
        _user.locale,
        _user.timezone,
        access_number().label("access_number"),
    )
    .join_from(ApiToken.__table__, User.__table__, _user.id == _token.user_id)
    .where(_token.token_hash == bindparam("token_hash"), _user.active)
)


def know_by_token() -> None:
    """Who sent the bearer token? A token that is unknown, old or of a disabled user is refused, not taken for a guest."""
    header = request.headers.get("Authorization", "")
    if not request.path.startswith("/api/") or not header:
        return
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise SignInNeeded
    with ground().database.engine.connect() as connection:
        row = connection.execute(FIND_TOKEN, {"token_hash": digest(token.strip())}).first()
    if row is None or row.expires_at <= now():
        raise SignInNeeded
    g.user_id, g.token_id, g.user_locale, g.user_timezone = row.user_id, row.id, row.locale, row.timezone
    g.access_number = row.access_number or 0
    if row.last_used_at is None or now() - row.last_used_at >= TOUCH:
        with unit_of_work(ground().database) as session:
            session.execute(update(ApiToken).where(ApiToken.id == row.id).values(last_used_at=now()))


def check_json(value: object, path: str = "", depth: int = 0) -> None:
    """Refuse text that cannot be stored, numbers that are none, and what is nested out of reason."""
    if depth > DEEPEST:
        raise Invalid([Fault(path, text("The body is nested too deeply."))])
    if isinstance(value, str):
        check_text(value, path)
    elif isinstance(value, float) and not isfinite(value):
        raise Invalid([Fault(path, text("This must be a number."))])
    elif isinstance(value, dict):
        for key, below in value.items():
            check_text(key, path)
            check_json(below, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list):
        for number, below in enumerate(value):
            check_json(below, f"{path}.{number}", depth + 1)


def argument_message(message: str) -> str:
    """A sentence of the argument reader, in the reader's language."""
    known = MESSAGES.get(message)
    if known is not None:
        return shown(known)
    for pattern, sentence in BOUNDS:
        if found := pattern.fullmatch(message):
            return shown(Text(sentence.source, found.groupdict()))
    return message


def write_cursor(*values: str | int | float | None) -> str:
    """Where the next page begins: the sort values of the last row shown. Signed, so that it cannot be made up."""
    return str(_cursor_signer().dumps(list(values)))


def read_cursor(cursor: str | None, length: int) -> list[Any] | None:
    """The values of `write_cursor`, or None for the first page. Invalid if it is not from us or for another list."""
    if not cursor:
        return None
    try:
        values = _cursor_signer().loads(cursor)
    except BadSignature:
        values = None
    if not isinstance(values, list) or len(values) != length:
        raise Invalid([Fault("cursor", text("This page mark is not valid; begin again without it."))])
    return values


def _cursor_signer() -> URLSafeSerializer:
    return URLSafeSerializer(ground().config.secret_key, salt=f"cursor {request.endpoint}")


def page_of(rows: Sequence[T], limit: int, mark: Any) -> tuple[list[T], str | None]:
    """Part what was fetched with `limit + 1` into this page and the mark of the next; `mark(row)` gives its sort values."""
    shown_rows = list(rows[:limit])
    return shown_rows, write_cursor(*mark(shown_rows[-1])) if len(rows) > limit else None


def etag_of(version: int) -> dict[str, str]:
    """The header that tells a client which version it got."""
    return {"ETag": f'"{version}"'}


def version_seen() -> int:
    """The version that the client saw, from If-Match. 428 without it; what is stale is answered 409 by the operation."""
    header = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not header:
        raise VersionNeeded
    if not (header.isascii() and header.isdigit()) or len(header) > 15:
        raise Invalid([Fault("If-Match", text('This must be the ETag of the record, such as "3".'))])
    return int(header)
