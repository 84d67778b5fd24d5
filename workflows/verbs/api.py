"""The verbs of a task for programs. Each answers the task as it is afterwards; `If-Match` with the ETag of `GET /tasks/{id}`
makes it refuse a task that has changed since (409)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import request

from crm.web.api import ApiBlueprint, version_seen
from crm.web.doors import current_actor, now, reading_session, writing
from workflows import queries
from workflows.doors import stepping
from workflows.inbox.api import FullTaskBody, get_again
from workflows.inbox.bulk import Verb, do_in_bulk
from workflows.verbs import handing, planning, sending_back, signing, taking_back, telling
from workflows.verbs.bodies import (
    LEVELS,
    TaskAttachBody,
    TaskBulkBody,
    TaskCommentBody,
    TaskCopyBody,
    TaskDueBody,
    TaskNoteBody,
    TaskOutcomesBody,
    TaskPersonBody,
    TaskPriorityBody,
    TaskRemoveSignerBody,
    TaskSendBackBody,
    TaskSignerBody,
    TaskTargetsBody,
    outcomes_body,
    targets_body,
)

api = ApiBlueprint("task_verbs_api", __name__, url_prefix="/tasks", description="What can be done with a task")
Body = Mapping[str, Any]


def _seen() -> int | None:
    return version_seen() if "If-Match" in request.headers else None


def _do(verb: Callable[..., object], task_id: int, **values: Any) -> dict[str, Any]:
    """One verb in one unit of work; then the task as it is."""
    with stepping() as session:
        verb(session, by=current_actor(), now=now(), task_id=task_id, **values)
    return get_again(task_id)


@api.post("/<int:task_id>/transfer")
@api.arguments(TaskPersonBody)
@api.response(200, FullTaskBody)
def transfer(body: Body, task_id: int) -> dict[str, Any]:
    """Hand the task to somebody for good; an offered one is thereby assigned."""
    return _do(handing.transfer, task_id, user_id=body["user_id"], note=body["note"], seen=_seen())


@api.post("/<int:task_id>/delegate")
@api.arguments(TaskPersonBody)
@api.response(200, FullTaskBody)
def delegate(body: Body, task_id: int) -> dict[str, Any]:
    """Have somebody work on the task and give it back."""
    return _do(handing.delegate, task_id, user_id=body["user_id"], note=body["note"], seen=_seen())


@api.post("/<int:task_id>/return")
@api.arguments(TaskNoteBody)
@api.response(200, FullTaskBody)
def give_back(body: Body, task_id: int) -> dict[str, Any]:
    """Give a delegated task back, or want it back."""
    return _do(handing.give_back, task_id, note=body["note"], seen=_seen())


@api.post("/<int:task_id>/add-signer")
@api.arguments(TaskSignerBody)
@api.response(200, FullTaskBody)
def add_signer(body: Body, task_id: int) -> dict[str, Any]:
    """Have somebody sign as well: before, after or parallel."""
    given = {name: body[name] for name in ("user_id", "where", "note")}
    return _do(signing.add_signer, task_id, **given, seen=_seen())


@api.post("/<int:task_id>/remove-signer")
@api.arguments(TaskRemoveSignerBody)
@api.response(200, FullTaskBody)
def remove_signer(body: Body, task_id: int) -> dict[str, Any]:
    """Not wait for a signer any longer."""
    return _do(signing.remove_signer, task_id, user_id=body["user_id"], note=body["note"], seen=_seen())


@api.get("/<int:task_id>/send-back")
@api.response(200, TaskTargetsBody)
def list_targets(task_id: int) -> dict[str, Any]:
    """The steps that the case has passed, each with allowed or the reason why the task cannot go back there."""
    actor = current_actor()
    with reading_session() as session:
        task = queries.find_task(session, task_id, by=actor)
        return targets_body(session, task, sending_back.targets(session, task, by=actor), by=actor)


@api.post("/<int:task_id>/send-back")
@api.arguments(TaskSendBackBody)
@api.response(200, FullTaskBody)
def send_back(body: Body, task_id: int) -> dict[str, Any]:
    """Have an earlier step done again, by whoever did it."""
    return _do(sending_back.send_back, task_id, to=body["to"], reason=body["reason"], seen=_seen())


@api.post("/<int:task_id>/withdraw")
@api.response(200, FullTaskBody)
def withdraw(task_id: int) -> dict[str, Any]:
    """Take one's own completion back while nobody has taken up what followed."""
    return _do(taking_back.withdraw, task_id, seen=_seen())


@api.post("/<int:task_id>/urge")
@api.arguments(TaskNoteBody)
@api.response(200, FullTaskBody)
def urge(body: Body, task_id: int) -> dict[str, Any]:
    """Ask the holder to hurry; once in four hours."""
    return _do(telling.urge, task_id, note=body["note"])


@api.post("/<int:task_id>/cc")
@api.arguments(TaskCopyBody)
@api.response(200, FullTaskBody)
def copy(body: Body, task_id: int) -> dict[str, Any]:
    """Show the case to people for information."""
    return _do(telling.copy, task_id, user_ids=body["user_ids"], note=body["note"])


@api.post("/<int:task_id>/comment")
@api.arguments(TaskCommentBody)
@api.response(200, FullTaskBody)
def comment(body: Body, task_id: int) -> dict[str, Any]:
    """Say something at the case; `@user name` tells a colleague."""
    return _do(telling.comment, task_id, body=body["text"])


@api.post("/<int:task_id>/attach")
@api.arguments(TaskAttachBody)
@api.response(200, FullTaskBody)
def attach(body: Body, task_id: int) -> dict[str, Any]:
    """Let the task hold files that were sent before."""
    return _do(telling.attach, task_id, file_ids=body["file_ids"])


@api.post("/<int:task_id>/priority")
@api.arguments(TaskPriorityBody)
@api.response(200, FullTaskBody)
def set_priority(body: Body, task_id: int) -> dict[str, Any]:
    """Say how urgent the task is."""
    return _do(planning.set_priority, task_id, priority=LEVELS.index(body["priority"]), seen=_seen())


@api.post("/<int:task_id>/due")
@api.arguments(TaskDueBody)
@api.response(200, FullTaskBody)
def set_due(body: Body, task_id: int) -> dict[str, Any]:
    """Say until when the task should be done; for whoever directs the holder."""
    return _do(planning.set_due, task_id, due=body["due"], note=body["note"], seen=_seen())


@api.post("/<int:task_id>/read")
@api.response(204)
def read_copy(task_id: int) -> None:
    """A copy of the case was read."""
    with writing() as session:
        telling.read_copy(session, by=current_actor(), now=now(), task_id=task_id)


@api.post("/bulk")
@api.arguments(TaskBulkBody)
@api.response(200, TaskOutcomesBody)
def bulk(body: Body) -> dict[str, Any]:
    """One verb for several tasks, each on its own: what is refused for one stops no other."""
    actor = current_actor()
    given = {"user_id": body["user_id"], "note": body["note"]}
    return outcomes_body(do_in_bulk(Verb(body["verb"]), body["ids"], by=actor, now=now(), **given), locale=actor.locale)
