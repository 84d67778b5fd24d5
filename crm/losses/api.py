"""Warnings in the REST API: to be read. What is done with them is done in their tasks."""

from __future__ import annotations

from crm.losses.description import LOSS
from crm.records.api import record_api

api = record_api(LOSS, calls=("list", "get"))
