"""Where a person goes on after an act on a task: the row that follows in their list, and what became of the case.

The list is the one from which they came, as the address of the task remembers it (`places.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from flask import flash
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from crm.accounts.models import User, shown_name
from crm.accounts.queries import role_names
from crm.core.i18n import Text, text
from crm.core.prepared import Prepared
from crm.permissions import Actor
from crm.web.languages import shown
from workflows import library
from workflows.inbox.folders import NEWEST_FIRST, OPEN, Folder, Sort
from workflows.inbox.places import read_filters, read_folder, read_sort
from workflows.inbox.queries import Page, page
from workflows.models import InstanceStatus, ProcessInstance, Task

# Of a case that waits at many places at once, so many are named.
MOST_NAMED = 3
# So many pages are looked through for a task that can be done.
MOST_PAGES = 20
Link = tuple[str, str]

STANDS = Prepared(
    select(
        ProcessInstance.status,
        Task.id,
        Task.version_id,
        Task.node_id,
        Task.assignee_id,
        Task.role,
        User.name,
        User.name_en,
    )
    .select_from(ProcessInstance)
    .outerjoin(Task, (Task.instance_id == ProcessInstance.id) & OPEN)
    .outerjoin(User, User.id == Task.assignee_id)
    .where(ProcessInstance.id == bindparam("instance_id"))
    .order_by(Task.id)
    .limit(MOST_NAMED + 1)
)


@dataclass(frozen=True)
class Whereabouts:
    """Where a case went, in one sentence; `own_id` is a task of it that waits for the reader themselves."""

    words: Text
    own_id: int | None = None


def next_task(session: Session, task: Task, args: Mapping[str, str], *, by: Actor, now: datetime) -> int | None:
    """The task that follows this one in the list of that address, from the top again after the last; None if there is no other
    that can be done: those of suspended cases are passed over.

    The task itself need not be in the list any more. A list of what is over or belongs to others has no next one.
    """
    folder, sort = read_folder(args), read_sort(args)
    if folder in NEWEST_FIRST or folder is Folder.DELEGATED:
        return None
    listed = partial(page, session, by=by, now=now, folder=folder, filters=read_filters(args), sort=sort)
    for after in (_key_of(task, sort), None):
        for row in _rows(listed, after):
            if row.id != task.id and not row.suspended:
                return int(row.id)
    return None


def _rows(listed: Callable[..., Page], after: tuple[Any, ...] | None) -> Iterator[Any]:
    """The rows of a list from that place on, page by page, as far as anybody would look."""
    for _ in range(MOST_PAGES):
        found = listed(after=after)
        yield from found.rows
        if found.next is None:
            return
        after = found.next


def _key_of(task: Task, sort: Sort) -> tuple[Any, ...]:
    """Where the task stands in a list of this order."""
    match sort:
        case Sort.DUE:
            return task.due_at, task.id
        case Sort.PRIORITY:
            return -task.priority, task.due_at, task.id
        case Sort.NEWEST:
            return (task.id,)


def whereabouts(session: Session, instance_id: int, *, by: Actor) -> Whereabouts:
    """Where the case stands now and who holds it."""
    rows = STANDS.rows(session, {"instance_id": instance_id})
    waiting = [row[1:] for row in rows if row[1] is not None]
    if not rows or rows[0][0] != InstanceStatus.RUNNING:
        return Whereabouts(text("The case is finished."))
    if not waiting:
        return Whereabouts(text("The case goes on by itself."))
    roles = role_names(session, by.locale) if any(row[3] is None and row[4] for row in waiting) else {}
    named, own_id = [], None
    for task_id, version_id, node_id, assignee_id, role, name, name_en in waiting[:MOST_NAMED]:
        step = library.published(session, version_id).name_of(node_id, by.locale)
        own_id = own_id or (task_id if assignee_id is not None and assignee_id == by.id else None)
        who = shown_name(name, name_en, by.locale) if name else roles.get(role or "", "")
        named.append(f"{step} ({who})" if who else step)
    further = " …" if len(waiting) > MOST_NAMED else ""
    return Whereabouts(text("It goes on with: {steps}.", steps=" · ".join(named) + further), own_id)


def say(words: str, links: list[Link], tone: str = "good") -> None:
    """Say it on the next page, with links (words, address) behind it."""
    flash([words, *([label, url] for label, url in links)] if links else words, tone)  # type: ignore[arg-type]  # drawn by layouts/_messages.html


def sentence(*parts: Text) -> str:
    """Sentences in the reader's language, one after the other; in Chinese no blank parts them."""
    return " ".join(shown(part) for part in parts).replace("。 ", "。")
