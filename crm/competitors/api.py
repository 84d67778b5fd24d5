"""Competitors in the REST API."""

from __future__ import annotations

from crm.competitors.description import COMPETITOR
from crm.records.api import record_api

api = record_api(COMPETITOR)
