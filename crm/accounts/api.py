"""The API for signing programs in and for looking people up."""

from __future__ import annotations

from crm.web.api import ApiBlueprint

tokens = ApiBlueprint("tokens_api", __name__, url_prefix="")
people = ApiBlueprint("people_api", __name__, url_prefix="/users")
