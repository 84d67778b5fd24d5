"""What people are told about tasks: the sorts of notices, and the one about a task that a step opens for somebody.

The verbs of a task tell their own with `notify`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.activity.sentences import Person, Spoken
from crm.core.i18n import LOCALES, Text, text
from crm.notices.kinds import CONVERSATION, TASKS, NoticeKind, add_kinds
from crm.notices.leading import add_way
from crm.notices.models import Mailing
from crm.notices.operations import notify
from crm.permissions import Actor
from workflows.assigning.people import standing_in
from workflows.library import Published
from workflows.models import ProcessInstance, Task
from workflows.queries import task_at

add_kinds(
    NoticeKind("task.assigned", text("A task is mine"), TASKS, Mailing.NOW, icon="user-check"),
    NoticeKind("task.stood_in", text("A task of somebody for whom I stand in"), TASKS, Mailing.NOW, icon="user-shield"),
    NoticeKind("task.offered", text("A task is offered to me by name"), TASKS, icon="hand-grab"),
    NoticeKind("task.transferred", text("A task was transferred to me"), TASKS, Mailing.NOW, icon="user-share"),
    NoticeKind("task.delegated", text("My advice is asked for"), TASKS, Mailing.NOW, icon="user-question"),
    NoticeKind("task.returned", text("The advice that I asked for is there"), TASKS, icon="arrow-back-up"),
    NoticeKind("task.signer", text("I was added as a signer"), TASKS, Mailing.NOW, icon="user-plus"),
    NoticeKind("task.sent_back", text("A step was sent back"), TASKS, Mailing.NOW, icon="arrow-back-up", tone="warn"),
    NoticeKind("task.withdrawn", text("A task was taken back from me"), TASKS, icon="user-minus", tone="neutral"),
    NoticeKind("task.urged", text("Somebody urges me"), TASKS, Mailing.NOW, icon="bell-ringing", tone="warn"),
    NoticeKind("task.due_changed", text("Due date or priority of my task was changed"), TASKS, icon="calendar-due"),
    NoticeKind("task.mentioned", text("Somebody mentions me"), CONVERSATION, Mailing.NOW, icon="at"),
    NoticeKind("task.commented", text("Somebody comments on my task"), CONVERSATION, icon="message-circle"),
    NoticeKind("task.copied", text("Something was copied to me"), CONVERSATION, icon="copy", tone="neutral"),
)


# The number of a task that has just been opened is not waited for: such a link names its place in the case.
AT = "/tasks/at/"


def page_of(session: Session, link: str) -> str | None:
    """The page of the task at such a place."""
    instance_id, _, token = link.removeprefix(AT).partition("/")
    if not (instance_id.isdecimal() and token.isdecimal()):
        return None
    found = task_at(session, int(instance_id), int(token))
    return None if found is None else f"/tasks/{found}"


add_way(AT, page_of)


def tell_opened(
    session: Session,
    instance: ProcessInstance,
    published: Published,
    opened: Iterable[dict[str, Any]],
    *,
    by: Actor,
    now: datetime,
    away: Collection[int] = (),
) -> None:
    """Whoever has a task from this moment on is told, and to whom it is offered by name, unless they brought it about
    themselves; and whoever stands in for a holder who is `away`. `opened` are rows of tasks."""
    about = None
    if instance.record_type is not None and instance.record_id is not None:
        about = (instance.record_type, instance.record_id)
    for row in opened:
        holder, offered = row["assignee_id"], row.get("candidate_ids") or ()
        to = [person for person in ([holder] if holder is not None else offered) if person != by.id]
        message = text("{task}: {case}", task=spoken(published, row["name"]), case=instance.title)
        link, key = f"{AT}{instance.id}/{row['token']}", f"task-{instance.id}-{row['token']}"
        if to:
            notify(
                session,
                to=to,
                kind="task.offered" if holder is None else "task.assigned",
                message=message,
                link=link,
                now=now,
                key=key,
                about=about,
                joins=True,
            )
        if holder in away:
            tell_substitute(session, holder, message, link=link, by=by, now=now, key=key, about=about)


def tell_given_back(session: Session, task: Task, *, by: Actor, now: datetime) -> None:
    """Who has a task that somebody gave back hears of it, or to whom it is offered by name."""
    message = text("{who} gave a task back: {title}", who=Person(by.id), title=task.title)
    link, key = f"/tasks/{task.id}", f"given-back-{task.id}-{task.version}"
    if task.assignee_id is not None:
        notify(session, to=[task.assignee_id], kind="task.assigned", message=message, link=link, now=now, key=key)
        tell_substitute(session, task.assignee_id, message, link=link, by=by, now=now, key=key)
    else:
        notify(session, to=task.candidate_ids or (), kind="task.offered", message=message, link=link, now=now, key=key)


def tell_substitute(
    session: Session,
    absent_id: int,
    message: Text,
    *,
    link: str,
    by: Actor,
    now: datetime,
    key: str,
    about: tuple[str, int] | None = None,
    told: Collection[int] = (),
) -> None:
    """Whoever stands in for this person at the moment hears what they are told; nobody where they are there, or where it is
    one of those who were `told` already. What has brought it about (`key`) is told once."""
    chain = standing_in(session, session.get_one(User, absent_id), now)
    if not chain or chain[-1].id == by.id or chain[-1].id in told:
        return
    said = text("In the place of {who}: {message}", who=Person(absent_id), message=message)
    notify(
        session,
        to=[chain[-1].id],
        kind="task.stood_in",
        message=said,
        link=link,
        now=now,
        key=f"in-place-{key}",
        about=about,
    )


def spoken(published: Published, words: str) -> Spoken:
    """A name from the diagram in every language of the version."""
    return Spoken({locale: published.translator(locale)(words) for locale in LOCALES})
