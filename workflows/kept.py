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


def for_programs(kept: Any) -> Any:
    """What `keep` stored as the API tells it: amounts as text, like those of records, dates and times in ISO form."""
    if isinstance(kept, dict):
        if values.RESERVED_KEY in kept:
            return kept["value"]
        return {name: for_programs(value) for name, value in kept.items()}
    return [for_programs(value) for value in kept] if isinstance(kept, list) else kept
