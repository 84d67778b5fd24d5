"""Interactions in the REST API."""

from __future__ import annotations

from crm.interactions.description import INTERACTION
from crm.records.api import record_api

api = record_api(INTERACTION)
