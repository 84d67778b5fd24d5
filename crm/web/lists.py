"""What list pages share: the place in the list, the addresses of the next and previous page, of other sort orders."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from crm.core.keyset import Mark, Order, Page
from crm.web.api import read_cursor, write_cursor

PAGE = 30
LONGEST_QUERY = 200


@dataclass(frozen=True)
class ListAddress:
    """Where the reader is in a list, from the address of the page."""

    query: str
    filters: Mapping[str, str]
    sort: str
    place: list[object] | None
    backwards: bool

    def url(self, **changes: object) -> str:
        """The same list, changed so: another sort, another filter; the place is forgotten."""
        kept: dict[str, object] = {"q": self.query, **self.filters, "sort": self.sort}
        return _address({**kept, **changes})

    def pages(self, page: Page[Any]) -> dict[str, str]:
        """The addresses behind and before the rows shown, empty where there is nothing."""
        return {
            "previous_url": self._at("back", page.previous) if page.previous else "",
            "next_url": self._at("on", page.next) if page.next else "",
        }

    def _at(self, direction: str, mark: Mark) -> str:
        return self.url(cursor=write_cursor(direction, *mark))


def list_address(filters: Collection[str], sorts: Mapping[str, Order], default_sort: str) -> ListAddress:
    """Read the address of the present page. An unknown sort is the usual one."""
    sort = request.args.get("sort", default_sort)
    sort = sort if sort in sorts else default_sort
    values = read_cursor(request.args.get("cursor"), 1 + len(sorts[sort].columns))
    return ListAddress(
        query=request.args.get("q", "").strip()[:LONGEST_QUERY],
        filters={name: value for name in filters if (value := request.args.get(name, "").strip())},
        sort=sort,
        place=values[1:] if values else None,
        backwards=values is not None and values[0] == "back",
    )


def sort_column(address: ListAddress, name: str) -> dict[str, str]:
    """For a column heading: the address that sorts by it (the other way round the second time), and how it is sorted."""
    turned = f"-{name}" if address.sort == name else name
    sorted_by = {name: "asc", f"-{name}": "desc"}.get(address.sort, "")
    return {"sort_url": address.url(sort=turned), "sorted": sorted_by}


def _address(values: Mapping[str, object]) -> str:
    endpoint = request.endpoint or ""
    named: dict[str, Any] = {name: value for name, value in values.items() if value not in (None, "")}
    return url_for(endpoint, **(request.view_args or {}), **named)
