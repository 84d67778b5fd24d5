"""The inbox for programs: folders with counts, a task with its form and actions, and the verbs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from crm.permissions import Actor
from crm.web.api import ApiBlueprint, Body, PageQuery, etag_of
from crm.web.doors import current_actor, now, reading_session, writing
from forms import BoundForm
from workflows import library, queries
from workflows.bodies import AnswersBody, TaskBody, TaskDetailBody, actions_body, form_body, task_body
from workflows.doors import stepping
from workflows.inbox.folders import Filters, Folder, Sort
from workflows.inbox.pages import cursor_values, write_page
from workflows.inbox.queries import counts, page
from workflows.kept import for_programs
from workflows.models import ProcessInstance, Task, TaskStatus
from workflows.operations import tasks
from workflows.showing import show_tasks
from workflows.task_forms import Submission
from workflows.verbs.bodies import TaskAroundBody, around_body
from workflows.verbs.queries import standing_of
from workflows.verbs.rules import actions

api = ApiBlueprint("tasks_api", __name__, url_prefix="/tasks", description="The task inbox")

WAITING = [folder.value for folder in Folder if folder is not Folder.STARTED]


class TasksQuery(PageQuery):
    """Which folder, narrowed down and sorted."""

    folder = fields.String(load_default=Folder.MINE.value, validate=validate.OneOf(WAITING))
    process = fields.String(load_default=None, validate=validate.Length(max=80))
    customer = fields.Integer(load_default=None, validate=validate.Range(1, 2**53))
    priority = fields.Integer(load_default=None, validate=validate.Range(0, 3))
    q = fields.String(load_default=None, validate=validate.Length(max=100))
    sort = fields.String(load_default=Sort.DUE.value, validate=validate.OneOf([sort.value for sort in Sort]))


class TasksBody(Body):
    """A page of a folder, and how many each folder holds."""

    items = fields.List(fields.Nested(TaskBody))
    next = fields.String(allow_none=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())


class FullTaskBody(TaskDetailBody):
    """A task with everything that can be done with it, and all that lies around it."""

    around = fields.Nested(TaskAroundBody)


def count_folders(session: Session, actor: Actor, moment: datetime) -> dict[str, int]:
    """What `GET /me` counts for the inbox."""
    return {folder.value: number for folder, number in counts(session, by=actor, now=moment).items()}


@api.get("")
@api.arguments(TasksQuery, location="query")
@api.response(200, TasksBody)
def list_tasks(query: Mapping[str, Any]) -> dict[str, Any]:
    """A folder of the inbox, a page at a time."""
    actor, folder, sort = current_actor(), Folder(query["folder"]), Sort(query["sort"])
    with reading_session() as session:
        found = page(
            session,
            by=actor,
            now=now(),
            folder=folder,
            filters=Filters(
                process=query["process"],
                customer_id=query["customer"],
                priority=query["priority"],
                text=query["q"],
            ),
            sort=sort,
            after=cursor_values(query["cursor"], folder, sort),
            limit=query["limit"],
        )
        return {
            "items": [task_body(task) for task in show_tasks(session, found.rows, by=actor, now=now())],
            "next": write_page(found) if found.next else None,
            "counts": count_folders(session, actor, now()),
        }


@api.get("/<int:task_id>")
@api.response(200, FullTaskBody)
def get_task(task_id: int) -> tuple[dict[str, Any], dict[str, str]]:
    """A task with its form, its values, and each action with the reason if it is not allowed."""
    body = get_again(task_id)
    return body, etag_of(body["version"])


@api.post("/<int:task_id>/claim")
@api.response(200, FullTaskBody)
def claim(task_id: int) -> dict[str, Any]:
    """The task, offered to a group, becomes mine."""
    with writing() as session:
        tasks.claim(session, by=current_actor(), now=now(), task_id=task_id)
    return get_again(task_id)


@api.post("/<int:task_id>/release")
@api.response(200, FullTaskBody)
def release(task_id: int) -> dict[str, Any]:
    """The task goes back to its group."""
    with writing() as session:
        tasks.release(session, by=current_actor(), now=now(), task_id=task_id)
    return get_again(task_id)


@api.post("/<int:task_id>/save")
@api.arguments(AnswersBody)
@api.response(200, FullTaskBody)
def save(body: Mapping[str, Any], task_id: int) -> dict[str, Any]:
    """Keep a draft of the answers; they may be incomplete."""
    submission = Submission(answers=body["answers"])
    with writing() as session:
        tasks.save_draft(session, by=current_actor(), now=now(), task_id=task_id, submission=submission)
    return get_again(task_id)


@api.post("/<int:task_id>/complete")
@api.arguments(AnswersBody)
@api.response(200, FullTaskBody)
def complete(body: Mapping[str, Any], task_id: int) -> dict[str, Any]:
    """The step is done with these answers; the case runs on."""
    submission = Submission(answers=body["answers"])
    with stepping() as session:
        tasks.complete(session, by=current_actor(), now=now(), task_id=task_id, submission=submission)
    return get_again(task_id)


def get_again(task_id: int) -> dict[str, Any]:
    """The task as it is after a verb."""
    with reading_session() as session:
        return _detail(session, task_id)


def _detail(session: Session, task_id: int) -> dict[str, Any]:
    actor = current_actor()
    task = queries.find_task(session, task_id, by=actor)
    instance = session.get_one(ProcessInstance, task.instance_id)
    form_key = library.published(session, task.version_id).definition.nodes[task.node_id].form_key
    form = tasks.task_form(session, task, by=actor, now=now())
    return {
        **task_body(show_tasks(session, [task], by=actor, now=now())[0]),
        "form": form_body(library.published(session, task.version_id), form_key, form),
        "answers": _answers(task, form),
        "actions": actions_body(
            actions(task, actor, standing_of(session, task, instance, by=actor), now=now()), actor.locale
        ),
        "around": around_body(session, task, by=actor),
        "version": task.version,
    }


def _answers(task: Task, form: BoundForm | None) -> dict[str, Any] | None:
    """With what the task was completed, as far as its form shows it; None while it is open."""
    if task.status != TaskStatus.DONE:
        return None
    return {} if form is None else for_programs(form.visible(task.answers or {}))
