"""What people are told when a verb concerns them. Nobody hears of what they did themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from crm.activity.operations import Person
from crm.core.i18n import Text, text
from crm.notices.operations import notify
from crm.permissions import Actor
from workflows.models import Task
from workflows.telling import tell_substitute

THE_SYSTEM = text("The system")
# What each kind of notice about tasks (`workflows/telling.py`) says when a verb is its cause.
KINDS: dict[str, Text] = {
    "task.transferred": text("{who} transferred a task to you: {title}"),
    "task.delegated": text("{who} asks for your advice: {title}"),
    "task.returned": text("{who} gave the task back: {title}"),
    "task.signer": text("{who} asks for your signature: {title}"),
    "task.sent_back": text("{who} sent a step back to you: {title}"),
    "task.withdrawn": text("{who} took a task back: {title}"),
    "task.urged": text("{who} urges you: {title}"),
    "task.due_changed": text("{who} changed a task of yours: {title}"),
    "task.mentioned": text("{who} mentions you: {title}"),
    "task.commented": text("{who} comments on your task: {title}"),
    "task.copied": text("{who} shows you a case: {title}"),
}

# What asks somebody to do something, and so whoever stands in for them as well.
FOR_SUBSTITUTES = frozenset(
    {"task.transferred", "task.delegated", "task.returned", "task.signer", "task.sent_back", "task.urged"}
)


def tell(
    session: Session,
    task: Task,
    kind: str,
    *,
    to: Iterable[int | None],
    by: Actor,
    now: datetime,
    occasion: object,
    detail: str = "",
) -> None:
    """Notices of this kind about the task; `occasion` tells one such event of the task from another."""
    others = [user_id for user_id in to if user_id is not None and user_id != by.id]
    if not others:
        return
    message = text(KINDS[kind].source, who=THE_SYSTEM if by.id is None else Person(by.id), title=task.title)
    link, key = f"/tasks/{task.id}", f"{kind}-{task.id}-{occasion}"
    notify(session, to=others, kind=kind, message=message, link=link, now=now, key=key, detail=detail or None)
    if kind in FOR_SUBSTITUTES:
        for user_id in others:
            tell_substitute(session, user_id, message, link=link, by=by, now=now, key=key)
