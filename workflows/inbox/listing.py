"""What the page of a folder shows: its rows, the other folders with their counts, filters, views, and where everything leads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import g, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.i18n import Text, ctext, text
from crm.core.numbers import quoted, typed_key
from crm.customers.models import Customer
from crm.customers.queries import may_see
from crm.permissions import Actor
from crm.web.doors import current_actor, now, reading_session
from crm.web.languages import shown
from crm.web.security import LARGEST_NUMBER
from workflows import library
from workflows.directing import team_of
from workflows.inbox.folders import Filters, Folder, Sort
from workflows.inbox.pages import cursor_values, write_page
from workflows.inbox.places import LIST, place_of, read_filters, read_folder, read_sort
from workflows.inbox.queries import count_team, counts, page
from workflows.inbox.views import address_of, views_of
from workflows.showing import PRIORITY_WORDS, ShownCase, ShownTask, show_cases, show_tasks
from workflows.verbs.queries import unread_copies

FOLDERS: Mapping[Folder, tuple[Text, str]] = {
    Folder.MINE: (ctext("folder", "My tasks"), "user-check"),
    Folder.GROUPS: (ctext("folder", "My groups' tasks"), "users"),
    Folder.OVERDUE: (ctext("folder", "Overdue"), "alert-triangle"),
    Folder.TODAY: (ctext("folder", "Due today"), "clock"),
    Folder.TEAM: (ctext("folder", "My team"), "sitemap"),
    Folder.DELEGATED: (ctext("folder", "Delegated by me"), "user-question"),
    Folder.COPIED: (ctext("folder", "Copied to me"), "copy"),
    Folder.STARTED: (ctext("folder", "Started by me"), "send"),
    Folder.DONE: (ctext("folder", "Done"), "check"),
}
EMPTY: Mapping[Folder, tuple[Text, Text]] = {
    Folder.MINE: (text("Nothing is waiting for you"), text("Whatever comes for you appears here by itself.")),
    Folder.GROUPS: (text("Your groups have no open task"), text("What is offered to your roles appears here.")),
    Folder.OVERDUE: (text("Nothing is overdue"), text("All that waits for you or your groups is still in time.")),
    Folder.TODAY: (text("Nothing is due today"), text("Tasks with today's due date appear here.")),
    Folder.DELEGATED: (text("You have delegated nothing"), text("What you delegate waits here until it comes back.")),
    Folder.COPIED: (
        text("Nothing has been copied to you"),
        text("What colleagues show you for information appears here."),
    ),
    Folder.STARTED: (text("No case of yours is running"), text("Start one with “New case”.")),
    Folder.DONE: (text("You have not completed a task yet"), text("What you complete can be looked up here.")),
    Folder.TEAM: (
        text("Your team has no open task"),
        text("What the people of your departments have, or their groups are offered, appears here."),
    ),
}
# Where to look next when a folder is empty.
LEADS_ON: Mapping[Folder, Sequence[Folder]] = {
    Folder.MINE: (Folder.GROUPS, Folder.OVERDUE),
    Folder.GROUPS: (Folder.MINE, Folder.OVERDUE),
    Folder.OVERDUE: (Folder.TODAY, Folder.MINE, Folder.GROUPS),
    Folder.TODAY: (Folder.OVERDUE, Folder.MINE, Folder.GROUPS),
}
SORTS: Mapping[Sort, Text] = {
    Sort.DUE: text("By due date"),
    Sort.PRIORITY: text("By priority"),
    Sort.NEWEST: text("Newest first"),
}


def folder_page() -> dict[str, Any]:
    """All that `inbox/_folder.html` and the page around it show of the folder that the address names."""
    actor = current_actor()
    folder, sort, filters = read_folder(request.args), read_sort(request.args), read_filters(request.args)
    with reading_session() as session:
        numbers = counts(session, by=actor, now=now())
        late = None
        if folder is Folder.TEAM:
            numbers[Folder.TEAM], late = count_team(session, by=actor, now=now())
        # The navigation shows it too, on the same page.
        g.waiting_count = numbers[Folder.MINE]
        after = cursor_values(request.args.get("after"), folder, sort)
        found = page(session, by=actor, now=now(), folder=folder, filters=filters, sort=sort, after=after)
        if after is not None and not found.rows:
            # The last row of the last page has just been completed: what is left begins at the top.
            after = None
            found = page(session, by=actor, now=now(), folder=folder, filters=filters, sort=sort)
        cases = folder is Folder.STARTED
        shown_rows = (
            show_cases(session, found.rows, by=actor)
            if cases
            else _marked(session, folder, show_tasks(session, found.rows, by=actor, now=now()))
        )
        processes = [
            (published.key, published.translator(actor.locale)(published.definition.name))
            for published in library.all_active(session)
        ]
        customer = _customer_name(session, filters.customer_id, shown_rows, by=actor)
        views = views_of(session, by=actor)
    kept = {name: value for name, value in place_of(request.args).items() if name in LIST}
    place = place_of(request.args) if after is not None else kept
    earlier = place.get("earlier", [])
    return {
        "folder": folder,
        "folder_name": FOLDERS[folder][0],
        "folders": [
            {
                "label": shown(label),
                "url": url_for("inbox.show", folder=each),
                "active": each is folder,
                "count": numbers.get(each, 0),
                "icon": icon,
                "tone": "bad" if each is Folder.OVERDUE and numbers[each] else "neutral",
            }
            for each, (label, icon) in FOLDERS.items()
            if each is not Folder.TEAM or folder is Folder.TEAM or team_of(actor)
        ],
        "views": [
            {
                "id": view.id,
                "label": view.name,
                "url": url_for("inbox.show", **address_of(view)),
                "active": request.args.get("view") == str(view.id),
                "default": view.is_default,
            }
            for view in views
        ],
        "in_bulk": not cases and folder not in (Folder.DONE, Folder.COPIED),
        "cases": cases,
        "rows": _standing_at(typed_key(request.args.get("at", "")), shown_rows),
        "late": late,
        "empty": _empty(folder, numbers),
        "sort": sort,
        "sorts": [(each.value, shown(label)) for each, label in SORTS.items()],
        "processes": processes,
        "priorities": [(str(level), shown(word)) for level, (_, word) in enumerate(PRIORITY_WORDS)],
        "filters": filters,
        "customer": customer,
        "filtered": filters != Filters(),
        "kept": kept,
        "place": place,
        "previous_url": "" if after is None else _url({**kept, "after": earlier[-1:], "earlier": earlier[:-1]}),
        "next_url": _url({**kept, "after": write_page(found), "earlier": [*earlier, *_mark(place)]})
        if found.next
        else "",
        "urls": Addresses.of(folder, place, kept),
        "here": _url(place),
        "total": numbers[folder],
    }


def _empty(folder: Folder, numbers: Mapping[Folder, int]) -> tuple[Text, Text, Sequence[tuple[Text, str]]]:
    """What an empty folder says, and the folders in which something waits, in which it is best looked for."""
    title, words = EMPTY[folder]
    waiting = [each for each in LEADS_ON.get(folder, ()) if numbers.get(each)]
    leads = [
        (text("{folder}: {count}", folder=FOLDERS[each][0], count=numbers[each]), url_for("inbox.show", folder=each))
        for each in waiting
    ]
    return title, words, leads


def _standing_at(row_id: int | None, rows: list[Any]) -> list[Any]:
    """The same rows; the one at which the reader goes on is marked, as if they had walked there by keyboard."""
    return [replace(row, row_class=f"{row.row_class} row-here".strip()) if row.id == row_id else row for row in rows]


def _marked(session: Session, folder: Folder, rows: list[ShownTask]) -> list[ShownTask]:
    """The same rows; copies that their reader has not looked at stand out."""
    if folder is not Folder.COPIED:
        return rows
    unread = unread_copies(session, [row.id for row in rows], by=current_actor())
    return [replace(row, row_class="row-unread") if row.id in unread else row for row in rows]


@dataclass(frozen=True)
class Addresses:
    """Where the rows of a folder lead: the page of a row, the act of claiming it, and what else there is of its customer."""

    row: Callable[[ShownTask | ShownCase], str]
    claim: Callable[[ShownTask | ShownCase], str]
    customer: Callable[[ShownTask | ShownCase], str]

    @classmethod
    def of(cls, folder: Folder, place: Mapping[str, Any], kept: Mapping[str, Any]) -> Addresses:
        """Each is built once and filled in for every row: the same address but for the number."""
        task, claim = _address("inbox.task", "task_id", place), _address("inbox.claim", "task_id", {**place, "stay": 1})
        one = _address("inbox.show", "customer", {**kept, "folder": folder, "view": None}, of="customer_id")
        return cls(_address("cases.show", "instance_id") if folder is Folder.STARTED else task, claim, one)


def _address(
    endpoint: str, name: str, place: Mapping[str, Any] | None = None, *, of: str = "id"
) -> Callable[[ShownTask | ShownCase], str]:
    before, _, after = url_for(endpoint, **{**(place or {}), name: LARGEST_NUMBER}).partition(str(LARGEST_NUMBER))
    return lambda row: f"{before}{getattr(row, of)}{after}"


def _customer_name(
    session: Session, customer_id: int | None, rows: Sequence[ShownTask | ShownCase], *, by: Actor
) -> str | None:
    """The name of the customer by whom the folder is narrowed down; the number alone if this person may not know more."""
    if customer_id is None:
        return None
    listed = next((row.customer for row in rows if row.customer_id == customer_id), None)
    open_to_them = select(Customer.name).where(Customer.id == customer_id, may_see(by))
    return listed or session.scalar(open_to_them) or quoted("K", customer_id)


def _mark(place: Mapping[str, Any]) -> list[str]:
    return [place["after"]] if "after" in place else []


def _url(arguments: Mapping[str, Any]) -> str:
    return url_for("inbox.show", **arguments)
