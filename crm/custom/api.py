"""Custom records in the REST API: to be read. What is done with them is done in their tasks."""

from __future__ import annotations

from marshmallow import fields

from crm.custom.description import CUSTOM
from crm.records.api import record_api

api = record_api(
    CUSTOM,
    calls=("list", "get"),
    answered={
        "sort_name": fields.String(metadata={"description": "its sort, as drawn"}),
        "state_name": fields.String(metadata={"description": "its state, as drawn"}),
        "values": fields.Dict(keys=fields.String(), metadata={"description": "the fields that its process describes"}),
    },
)
