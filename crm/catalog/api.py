"""Products in the REST API."""

from __future__ import annotations

from crm.catalog.description import PRODUCT
from crm.records.api import record_api

api = record_api(PRODUCT)
