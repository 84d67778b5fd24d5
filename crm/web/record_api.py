"""Schemas of records for the API, made from the same lists of fields by which operations check.

They declare names and types, so that the description of the API is true and an unknown field is refused by name; lengths,
pick-lists and everything else are checked by the operation alone, and only written into the description here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from marshmallow import ValidationError, fields, validate

from crm.core.fields import Field, Kind
from crm.core.keyset import Order, Page
from crm.web.api import Body, PageQuery, read_cursor, write_cursor

FORMATS = {Kind.EMAIL: "email", Kind.WEBSITE: "uri", Kind.DATE: "date", Kind.MOMENT: "date-time"}
NUMBERS = {Kind.WHOLE, Kind.REFERENCE, Kind.PERSON, Kind.RECORD, Kind.PERCENT}


class Trusted(fields.Field[Any]):
    """A value that is handed on as it came: the operation reads it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, dict | float):
            raise ValidationError("Not a valid string.")
        return value


def _trusted(field: Field) -> fields.Field[Any]:
    kinds: dict[Kind, dict[str, object]] = {
        Kind.WHOLE: {"type": "integer", "minimum": field.least, "maximum": field.most},
        Kind.REFERENCE: {"type": "integer"},
        Kind.PERSON: {"type": "integer", "description": "number of a user"},
        Kind.RECORD: {"type": "integer", "description": f"number of a record: {field.target}"},
        Kind.PERCENT: {"type": "integer", "minimum": 0, "maximum": 100},
        Kind.MONEY: {"type": "string", "format": "decimal", "description": "an amount in the currency of the company"},
        Kind.DECIMAL: {"type": "string", "format": "decimal"},
        Kind.FLAG: {"type": "boolean"},
        Kind.TAGS: {"type": "array", "items": {"type": "string"}},
        Kind.CHOICE: {"type": "string", "enum": [key for key, _ in field.options]}
        if field.options
        else {"type": "string", "description": f"key of the dictionary list {field.category}"},
    }
    shape = kinds.get(field.kind, {"type": "string", "maxLength": field.longest})
    if field.kind in FORMATS:
        shape = {**shape, "format": FORMATS[field.kind]}
    return Trusted(required=False, allow_none=True, metadata=shape)


def body_of(name: str, members: Sequence[Field]) -> type[Body]:
    """What a client sends to create or change a record."""
    made: type[Body] = Body.from_dict({field.name: _trusted(field) for field in members}, name=name)  # type: ignore[assignment]  # it is a subclass
    return made


def query_of(
    name: str, filters: Collection[str], members: Sequence[Field], sorts: Mapping[str, Order], default_sort: str
) -> type[PageQuery]:
    """The query of a list: search words, a filter by each named field, sort order, page."""
    own: dict[str, Any] = {
        field.name: fields.String(metadata={"description": f"only those whose {field.name} is this"})
        for field in members
        if field.name in filters
    }
    own["q"] = fields.String(
        load_default="", validate=validate.Length(max=200), metadata={"description": "words to search for"}
    )
    own["sort"] = fields.String(load_default=default_sort, validate=validate.OneOf(list(sorts)))
    made: type[PageQuery] = PageQuery.from_dict(own, name=name)  # type: ignore[assignment]  # it is a subclass
    return made


def answer_of(name: str, members: Sequence[Field], more: Mapping[str, Any]) -> type[Body]:
    """What a client gets of a record."""
    kinds: dict[Kind, type[fields.Field[Any]]] = {
        **dict.fromkeys(NUMBERS, fields.Integer),
        Kind.FLAG: fields.Boolean,
        Kind.DATE: fields.Date,
        Kind.MOMENT: fields.AwareDateTime,
    }
    shown: dict[str, Any] = {
        field.name: fields.List(fields.String())
        if field.kind is Kind.TAGS
        else kinds.get(field.kind, fields.String)(allow_none=True)
        for field in members
    }
    made: type[Body] = Body.from_dict({"id": fields.Integer(), **more, **shown}, name=name)  # type: ignore[assignment]  # it is a subclass
    return made


def page_schema(name: str, item: type[Body]) -> type[Body]:
    """A page of records and the mark of the next one."""
    members: dict[str, Any] = {"items": fields.List(fields.Nested(item)), "next": fields.String(allow_none=True)}
    made: type[Body] = Body.from_dict(members, name=name)  # type: ignore[assignment]  # it is a subclass
    return made


def place_of(query: Mapping[str, Any], sorts: Mapping[str, Order]) -> list[Any] | None:
    """Where the asked page begins."""
    return read_cursor(query["cursor"], len(sorts[query["sort"]].columns))


def page_answer(page: Page[Any]) -> dict[str, object]:
    """A page as `page_schema` shows it."""
    return {"items": page.rows, "next": write_cursor(*page.next) if page.next else None}


def asked_filters(query: Mapping[str, Any]) -> dict[str, object]:
    """The filters in a query, without search words, order and page."""
    return {name: value for name, value in query.items() if name not in {"q", "sort", "cursor", "limit"}}
