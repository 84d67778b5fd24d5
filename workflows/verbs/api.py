"""The verbs of a task for programs. Each answers the task as it is afterwards; `If-Match` with the ETag of `GET /tasks/{id}`
makes it refuse a task that has changed since (409)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from marshmallow import Schema

from crm.web.api import ApiBlueprint, version_seen
from crm.web.doors import current_actor, now, reading_session, writing
from workflows import queries
from workflows.doors import stepping
from workflows.inbox.api import FullTaskBody, get_again
from workflows.inbox.bulk import Verb, do_in_bulk
from workflows.verbs import attaching, handing, planning, sending_back, signing, taking_back, telling
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


@dataclass(frozen=True)
class Call:
    """A verb as programs call it: the name of the call, its address, what it does, its operation and its body. `reads` makes
    the arguments of the operation of the body; with `seen` it takes the version that the program saw."""

    name: str
    path: str
    about: str
    run: Callable[..., object]
    body: type[Schema] | None = None
    reads: Callable[[Body], Body] = dict
    seen: bool = True


CALLS = (
    Call(
        "transfer", "transfer", "Hand the task to somebody for good; an offered one is thereby assigned.",
        handing.transfer, TaskPersonBody,
    ),
    Call(
        "delegate", "delegate", "Have somebody work on the task and give it back.", handing.delegate, TaskPersonBody
    ),
    Call("give_back", "return", "Give a delegated task back, or want it back.", handing.give_back, TaskNoteBody),
    Call(
        "add_signer", "add-signer", "Have somebody sign as well: before, after or parallel.",
        signing.add_signer, TaskSignerBody,
    ),
    Call(
        "remove_signer", "remove-signer", "Not wait for a signer any longer.",
        signing.remove_signer, TaskRemoveSignerBody,
    ),
    Call(
        "send_back", "send-back", "Have an earlier step done again, by whoever did it.",
        sending_back.send_back, TaskSendBackBody,
    ),
    Call(
        "withdraw", "withdraw", "Take one's own completion back while nobody has taken up what followed.",
        taking_back.withdraw,
    ),
    Call("urge", "urge", "Ask the holder to hurry; once in four hours.", telling.urge, TaskNoteBody, seen=False),
    Call("copy", "cc", "Show the case to people for information.", telling.copy, TaskCopyBody, seen=False),
    Call(
        "comment", "comment", "Say something at the case; `@user name` tells a colleague.",
        telling.comment, TaskCommentBody, lambda body: {"body": body["text"]}, seen=False,
    ),
    Call(
        "attach", "attach", "Let the task hold files that were sent before.", attaching.attach, TaskAttachBody, seen=False
    ),
    Call(
        "set_priority", "priority", "Say how urgent the task is.", planning.set_priority, TaskPriorityBody,
        lambda body: {"priority": LEVELS.index(body["priority"])},
    ),
    Call(
        "set_due", "due", "Say until when the task should be done; for whoever directs the holder.",
        planning.set_due, TaskDueBody,
    ),
)  # fmt: skip


def _do(verb: Callable[..., object], task_id: int, **values: Any) -> dict[str, Any]:
    """One verb in one unit of work; then the task as it is."""
    with stepping() as session:
        verb(session, by=current_actor(), now=now(), task_id=task_id, **values)
    return get_again(task_id)


def _offer(call: Call) -> None:
    """From now on programs can call the verb."""

    def answer(body: Body, task_id: int) -> dict[str, Any]:
        values = dict(call.reads(body))
        if call.seen:
            values["seen"] = version_seen() if "If-Match" in request.headers else None
        return _do(call.run, task_id, **values)

    def answer_nothing(task_id: int) -> dict[str, Any]:
        return answer({}, task_id)

    # The same decorators as on a function of its own, from the inside out.
    view: Callable[..., dict[str, Any]] = answer if call.body is not None else answer_nothing
    view.__name__, view.__doc__ = call.name, call.about
    answered = api.response(200, FullTaskBody)(view)
    asked = api.arguments(call.body)(answered) if call.body is not None else answered
    api.post(f"/<int:task_id>/{call.path}", endpoint=call.name)(asked)


for each in CALLS:
    _offer(each)


@api.get("/<int:task_id>/send-back")
@api.response(200, TaskTargetsBody)
def list_targets(task_id: int) -> dict[str, Any]:
    """The steps that the case has passed, each with allowed or the reason why the task cannot go back there."""
    actor = current_actor()
    with reading_session() as session:
        task = queries.find_task(session, task_id, by=actor)
        return targets_body(session, task, sending_back.targets(session, task, by=actor), by=actor)


@api.delete("/<int:task_id>/files/<int:file_id>")
@api.response(200, FullTaskBody)
def detach(task_id: int, file_id: int) -> dict[str, Any]:
    """Take a file away that you attached, as long as the task is open."""
    return _do(attaching.detach, task_id, file_id=file_id)


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
