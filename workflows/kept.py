"""Process data in JSON columns: dates, decimals and durations travel as tagged text and come back as themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from workflows.engine import values


def keep(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data as a JSON column takes it."""
    kept: dict[str, Any] = orjson.loads(values.to_json(dict(data)))
    return kept


def restore(kept: Mapping[str, Any] | None) -> dict[str, Any]:
    """The data that `keep` stored."""
    data: dict[str, Any] = values.restore(dict(kept or {}))
    return data
