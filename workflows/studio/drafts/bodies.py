"""What scripts of the studio's pages send: a JSON object whose members have the types that the view names."""

from __future__ import annotations

from typing import Any

from flask import request

from crm.core.errors import Fault, Invalid
from crm.core.i18n import text


def read_body(**members: type) -> dict[str, Any]:
    """The members of the request's JSON object, each of its type. What is missing is empty (0, "", false); anything else that
    does not fit is refused by name."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Invalid([Fault("", text("This must be a JSON object."))])
    found = {}
    for name, kind in members.items():
        value = body.get(name, kind())
        if type(value) is not kind or (isinstance(value, int) and not 0 <= value < 2**53):
            raise Invalid([Fault(name, text("This does not fit here: {name}.", name=name))])
        found[name] = value
    return found
