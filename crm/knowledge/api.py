"""Articles in the REST API."""

from __future__ import annotations

from crm.knowledge.description import ARTICLE
from crm.records.api import record_api

api = record_api(ARTICLE)
