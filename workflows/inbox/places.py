"""Where in the inbox a person is or came from, as the address says it: folder, filters, order, page, view.

A task's address carries it along, so that every act leads back to the same place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from crm.core.numbers import typed_key
from workflows.inbox.folders import MOST_TEXT, Filters, Folder, Sort

LIST = ("folder", "sort", "q", "process", "customer", "priority", "view")
# Marks of earlier pages that an address remembers; further back, “Previous” leads to the first page.
MOST_EARLIER = 20


def place_of(args: MultiDict[str, str]) -> dict[str, Any]:
    """The place as arguments of an address."""
    place: dict[str, Any] = {name: value for name in (*LIST, "after") if (value := args.get(name))}
    earlier = args.getlist("earlier")[-MOST_EARLIER:]
    return {**place, "earlier": earlier} if earlier else place


def read_filters(args: Mapping[str, str]) -> Filters:
    """Filters from a query string; what cannot be meant is left out."""
    customer, priority = args.get("customer", ""), args.get("priority", "")
    return Filters(
        process=args.get("process", "")[:80] or None,
        customer_id=typed_key(customer),
        priority=int(priority) if priority in {"0", "1", "2", "3"} else None,
        text=args.get("q", "").strip()[:MOST_TEXT] or None,
    )


def read_folder(args: Mapping[str, str]) -> Folder:
    """The folder that an address names; a person's own tasks if it names none."""
    return Folder(args["folder"]) if args.get("folder") in set(Folder) else Folder.MINE


def read_sort(args: Mapping[str, str]) -> Sort:
    """The order that an address names; by due date if it names none."""
    return Sort(args["sort"]) if args.get("sort") in set(Sort) else Sort.DUE
