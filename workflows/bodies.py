"""What programs see of processes, cases and tasks: the bodies of the API, shared by its parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from crm.core.i18n import Text, translate
from crm.web.api import Body, PageQuery
from forms import BoundForm
from forms.rights import right_of
from workflows.kept import for_programs
from workflows.library import Published
from workflows.models import ProcessEvent, ProcessInstance
from workflows.showing import ShownCase, ShownTask


class ProcessBody(Body):
    """A process as it is offered."""

    key = fields.String()
    name = fields.String()
    documentation = fields.String()
    version = fields.Integer(metadata={"description": "number of the version that new cases begin with"})
    may_start = fields.Boolean()
    why_not = fields.String(allow_none=True)


class ProcessesBody(Body):
    items = fields.List(fields.Nested(ProcessBody))


class ChoiceBody(Body):
    value = fields.String()
    label = fields.String()


class FieldBody(Body):
    """A field of a form: its name in `answers`, and what may stand there."""

    path = fields.String()
    type = fields.String()
    label = fields.String()
    help = fields.String()
    required = fields.Boolean()
    read_only = fields.Boolean()
    hidden = fields.Boolean(metadata={"description": "with the present values; conditions may show it"})
    choices = fields.List(fields.Nested(ChoiceBody), allow_none=True)


class FormBody(Body):
    """A form with the values that it begins with."""

    fields_ = fields.List(fields.Nested(FieldBody), data_key="fields", attribute="fields")
    values = fields.Dict()
    schema_ = fields.Dict(data_key="schema", attribute="schema", metadata={"description": "the form-js schema"})


class AnswersBody(Body):
    """The answers of a form, by field."""

    answers = fields.Dict(keys=fields.String(), load_default=dict)


class TaskBody(Body):
    """A task."""

    id = fields.Integer()
    instance_id = fields.Integer()
    node_id = fields.String()
    name = fields.String()
    title = fields.String()
    process_key = fields.String()
    process = fields.String()
    customer_id = fields.Integer(allow_none=True)
    customer = fields.String()
    role = fields.String(allow_none=True)
    assignee_id = fields.Integer(allow_none=True)
    assignee = fields.String()
    priority = fields.String()
    due = fields.AwareDateTime(allow_none=True)
    overdue = fields.Boolean()
    paused = fields.Boolean(metadata={"description": "its clock stands still, because the customer owes an answer"})
    suspended = fields.Boolean(metadata={"description": "its case is suspended: nobody can do anything with it now"})
    working_minutes_left = fields.Integer(
        allow_none=True, metadata={"description": "working time until it is due, negative when overdue"}
    )
    status = fields.String()
    opened_at = fields.AwareDateTime()
    closed_at = fields.AwareDateTime(allow_none=True)
    closed_by = fields.String()
    in_place_of = fields.String(metadata={"description": "the absent person whom a substitute stands in for"})


class ActionBody(Body):
    """May it be done, and if not, why not."""

    allowed = fields.Boolean()
    reason = fields.String(allow_none=True)


class TaskDetailBody(TaskBody):
    """A task with its form and everything that can be done with it."""

    form = fields.Nested(FormBody, allow_none=True)
    answers = fields.Dict(
        allow_none=True,
        metadata={"description": "with what it was completed; amounts as text, dates and times in ISO form"},
    )
    version = fields.Integer(metadata={"description": "as in the ETag"})
    actions = fields.Dict(keys=fields.String(), values=fields.Nested(ActionBody))


class InstanceBody(Body):
    """A case."""

    id = fields.Integer()
    title = fields.String()
    process_key = fields.String()
    process = fields.String()
    version_number = fields.Integer()
    customer_id = fields.Integer(allow_none=True)
    customer = fields.String()
    record_type = fields.String(allow_none=True)
    record_id = fields.Integer(allow_none=True)
    business_key = fields.String(allow_none=True)
    status = fields.String()
    started_at = fields.AwareDateTime()
    started_by = fields.String()
    ended_at = fields.AwareDateTime(allow_none=True)
    waiting_for = fields.String()


class IncidentBody(Body):
    id = fields.Integer()
    at = fields.AwareDateTime()
    node_id = fields.String(allow_none=True)
    kind = fields.String()
    message = fields.String()


class InstanceDetailBody(InstanceBody):
    """A case with where it stands, how it came there, and what it waits for."""

    position = fields.List(fields.String(), metadata={"description": "elements where it stands"})
    path = fields.List(
        fields.String(), metadata={"description": "elements that it passed, in order of their first passing"}
    )
    tasks = fields.List(fields.Nested(TaskBody))
    incidents = fields.List(fields.Nested(IncidentBody))


# Of a line of history, what only a recording needs.
NOT_TOLD = ("data", "called", "payload")


class EventBody(Body):
    """A line of history. `detail.passed` is the path of the step: kind, element, and what decided."""

    id = fields.Integer()
    at = fields.AwareDateTime()
    kind = fields.String()
    node_id = fields.String(allow_none=True)
    task_id = fields.Integer(allow_none=True)
    actor_id = fields.Integer(allow_none=True)
    actor = fields.String()
    detail = fields.Dict()


class EventsBody(Body):
    items = fields.List(fields.Nested(EventBody))
    next = fields.String(allow_none=True)


class EventsQuery(PageQuery):
    """Which part of a history."""


def task_body(task: ShownTask) -> dict[str, Any]:
    """A task as the API shows it."""
    return {name: getattr(task, name) for name in TaskBody().fields}


def instance_body(case: ShownCase, instance: ProcessInstance) -> dict[str, Any]:
    """A case as the API shows it."""
    own = {name: getattr(instance, name) for name in ("record_type", "record_id", "business_key")}
    return {**{name: getattr(case, name) for name in InstanceBody().fields if name not in own}, **own}


def form_body(published: Published, form_key: str | None, form: BoundForm | None) -> dict[str, Any] | None:
    """A form as the API shows it: fields with labels and choices in the reader's language."""
    if form is None or form_key is None:
        return None
    described = []
    for field in form.description.fields:
        right = right_of(field.path, form.rights)
        if right == "hide":
            continue
        node = form.field(field.path)
        options = getattr(getattr(node, "entry", None), "options", None)
        described.append(
            {
                "path": field.path,
                "type": field.type,
                "label": form.reader.words(field.label),
                "help": form.reader.words(field.help),
                "required": field.required,
                "read_only": field.read_only or right == "read",
                "hidden": bool(getattr(node, "hidden", False)),
                "choices": [{"value": option.key, "label": option.label} for option in options] if options else None,
            }
        )
    schema = form.without_hidden(published.definition.bundle.forms[form_key])
    return {"fields": described, "values": form.visible(form.entered), "schema": schema}


def actions_body(actions: Mapping[str, Text | None], locale: str) -> dict[str, dict[str, object]]:
    """Each verb with whether it is allowed, or the reason why not."""
    return {
        verb: {"allowed": reason is None, "reason": None if reason is None else translate(reason, locale)}
        for verb, reason in actions.items()
    }


def event_body(event: ProcessEvent, people: Mapping[int, str]) -> dict[str, Any]:
    """A line of history as the API shows it; what went in and out of its step is not told, for it may be closed to the reader."""
    names = ("id", "at", "kind", "node_id", "task_id", "actor_id")
    detail = for_programs({name: value for name, value in event.detail.items() if name not in NOT_TOLD})
    actor = people.get(event.actor_id or 0, "")
    return {**{name: getattr(event, name) for name in names}, "detail": detail, "actor": actor}
