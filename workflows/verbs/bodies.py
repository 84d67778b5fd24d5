"""What programs send to the verbs of a task, and what they see of signers, comments and copies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from crm.accounts.queries import names_of
from crm.core.fields import LARGEST_ID
from crm.core.i18n import translate
from crm.files.queries import files_of
from crm.permissions import Actor
from crm.web.api import Body
from workflows import library
from workflows.attachments import TASK
from workflows.inbox.bulk import MOST_TASKS, Outcome, Verb
from workflows.models import Task
from workflows.verbs.attaching import MOST_FILES
from workflows.verbs.queries import comments_of, copies_of, signing_now
from workflows.verbs.rules import MOST_COMMENT, MOST_NOTE, MOST_PEOPLE
from workflows.verbs.sending_back import BackTo
from workflows.verbs.signing import WHERE

PERSON = validate.Range(1, LARGEST_ID)
LEVELS = ("low", "normal", "high", "urgent")


class TaskNoteBody(Body):
    """A word to those whom it concerns."""

    note = fields.String(load_default="", validate=validate.Length(max=MOST_NOTE))


class TaskPersonBody(TaskNoteBody):
    """To whom."""

    user_id = fields.Integer(required=True, validate=PERSON)


class TaskSignerBody(TaskPersonBody):
    """Who signs as well, and when."""

    where = fields.String(required=True, validate=validate.OneOf(WHERE))


class TaskRemoveSignerBody(TaskNoteBody):
    """Without `user_id` whoever has this very task; with it, somebody who would come after them."""

    user_id = fields.Integer(load_default=None, allow_none=True, validate=PERSON)


class TaskSendBackBody(Body):
    """Which step is done again, and why."""

    to = fields.String(required=True, validate=validate.Length(max=120))
    reason = fields.String(required=True, validate=validate.Length(min=1, max=MOST_NOTE))


class TaskCopyBody(TaskNoteBody):
    """To whom the case is shown."""

    user_ids = fields.List(fields.Integer(validate=PERSON), required=True, validate=validate.Length(1, MOST_PEOPLE))


class TaskCommentBody(Body):
    """What is said; `@user name` mentions a colleague."""

    text = fields.String(required=True, validate=validate.Length(min=1, max=MOST_COMMENT))


class TaskAttachBody(Body):
    """Numbers of files that were sent to `POST /files` before."""

    file_ids = fields.List(fields.Integer(validate=PERSON), required=True, validate=validate.Length(1, MOST_FILES))


class TaskPriorityBody(Body):
    priority = fields.String(required=True, validate=validate.OneOf(LEVELS))


class TaskDueBody(TaskNoteBody):
    """Until when; null for no due date."""

    due = fields.AwareDateTime(required=True, allow_none=True)


class TaskBulkBody(TaskNoteBody):
    """One verb for several tasks. `user_id` for `transfer`; the others take none."""

    verb = fields.String(required=True, validate=validate.OneOf([verb.value for verb in Verb]))
    ids = fields.List(fields.Integer(validate=PERSON), required=True, validate=validate.Length(1, MOST_TASKS))
    user_id = fields.Integer(load_default=None, allow_none=True, validate=PERSON)


class TaskOutcomeBody(Body):
    """What became of one task; `reason` where it was refused."""

    task_id = fields.Integer()
    title = fields.String()
    done = fields.Boolean()
    reason = fields.String(allow_none=True)


class TaskOutcomesBody(Body):
    items = fields.List(fields.Nested(TaskOutcomeBody))
    done = fields.Integer()
    refused = fields.Integer()


class TaskTargetBody(Body):
    """A step to which the task may be sent back, or why not."""

    node_id = fields.String()
    name = fields.String()
    done_by_id = fields.Integer(allow_none=True)
    done_by = fields.String()
    allowed = fields.Boolean()
    reason = fields.String(allow_none=True)


class TaskTargetsBody(Body):
    items = fields.List(fields.Nested(TaskTargetBody))


class TaskSaidBody(Body):
    """A comment, or a copy with its note."""

    id = fields.Integer()
    at = fields.AwareDateTime()
    by_id = fields.Integer()
    by = fields.String()
    text = fields.String()


class TaskCopiedBody(TaskSaidBody):
    user_id = fields.Integer()
    user = fields.String()
    read_at = fields.AwareDateTime(allow_none=True)


class TaskSigningBody(Body):
    """Who has the step at the same time."""

    task_id = fields.Integer()
    user_id = fields.Integer(allow_none=True)
    user = fields.String()


class TaskFileBody(Body):
    id = fields.Integer()
    name = fields.String()
    size = fields.Integer(metadata={"description": "bytes"})


class TaskAroundBody(Body):
    """What lies around a task: who signs, what was said, who got a copy, which files it holds."""

    signers = fields.List(fields.Nested(TaskSigningBody))
    comments = fields.List(fields.Nested(TaskSaidBody))
    copies = fields.List(fields.Nested(TaskCopiedBody))
    files = fields.List(fields.Nested(TaskFileBody))
    delegated_by_id = fields.Integer(allow_none=True)
    delegated_by = fields.String()
    sent_back_from = fields.String(allow_none=True)
    urged_at = fields.AwareDateTime(allow_none=True)


def around_body(session: Session, task: Task, *, by: Actor) -> dict[str, Any]:
    """What lies around a task that the reader may see."""
    comments, copies = comments_of(session, task.instance_id), copies_of(session, task.instance_id)
    signing = signing_now(session, task)
    ids = {task.delegated_by_id, *(each.assignee_id for each in signing), *(said.by_id for said in comments)}
    ids |= {copy.user_id for copy in copies} | {copy.by_id for copy in copies}
    people = names_of(session, ids, by.locale)
    return {
        "signers": [
            {"task_id": each.id, "user_id": each.assignee_id, "user": people.get(each.assignee_id or 0, "")}
            for each in signing
        ],
        "comments": [
            {"id": said.id, "at": said.at, "by_id": said.by_id, "by": people.get(said.by_id, ""), "text": said.body}
            for said in comments
        ],
        "copies": [
            {
                "id": copy.id,
                "at": copy.at,
                "by_id": copy.by_id,
                "by": people.get(copy.by_id, ""),
                "text": copy.note,
                "user_id": copy.user_id,
                "user": people.get(copy.user_id, ""),
                "read_at": copy.read_at,
            }
            for copy in copies
        ],
        "files": [
            {"id": file.id, "name": file.name, "size": file.size}
            for file in files_of(session, record_type=TASK, record_id=task.id)
        ],
        "delegated_by_id": task.delegated_by_id,
        "delegated_by": people.get(task.delegated_by_id or 0, ""),
        "sent_back_from": task.sent_back_from,
        "urged_at": task.urged_at,
    }


def targets_body(session: Session, task: Task, targets: list[BackTo], *, by: Actor) -> dict[str, Any]:
    """Where a task may be sent back, in the reader's language."""
    published = library.published(session, task.version_id)
    people: Mapping[int, str] = names_of(session, {target.done_by_id for target in targets}, by.locale)
    return {
        "items": [
            {
                "node_id": target.node_id,
                "name": published.name_of(target.node_id, by.locale),
                "done_by_id": target.done_by_id,
                "done_by": people.get(target.done_by_id or 0, ""),
                "allowed": target.reason is None,
                "reason": None if target.reason is None else translate(target.reason, by.locale),
            }
            for target in targets
        ]
    }


def outcomes_body(outcomes: list[Outcome], *, locale: str) -> dict[str, Any]:
    """What became of each task."""
    done = sum(outcome.reason is None for outcome in outcomes)
    return {
        "items": [
            {
                "task_id": outcome.task_id,
                "title": outcome.title,
                "done": outcome.reason is None,
                "reason": None if outcome.reason is None else translate(outcome.reason, locale),
            }
            for outcome in outcomes
        ],
        "done": done,
        "refused": len(outcomes) - done,
    }
