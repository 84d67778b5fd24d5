"""Processes and cases for programs: what can be started, starting it, and where a case stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from crm.core.errors import Denied
from crm.core.i18n import translate
from crm.permissions import check_may
from crm.web.api import ApiBlueprint, Body, PageQuery, page_of, read_cursor, write_cursor
from crm.web.doors import current_actor, now, reading_session, writing
from workflows import library, queries
from workflows.bodies import (
    AnswersBody,
    EventsBody,
    EventsQuery,
    FormBody,
    InstanceBody,
    InstanceDetailBody,
    ProcessesBody,
    event_body,
    form_body,
    instance_body,
    task_body,
)
from workflows.doors import stepping
from workflows.instances import story
from workflows.models import InstanceStatus, ProcessInstance
from workflows.operations import cancelling, incidents
from workflows.operations.starting import start_process
from workflows.rules import why_not_cancel, why_not_start
from workflows.showing import show_cases, show_tasks
from workflows.task_forms import Submission, step_form

processes = ApiBlueprint("processes_api", __name__, url_prefix="/processes", description="What can be started")
instances = ApiBlueprint("instances_api", __name__, url_prefix="/instances", description="Running and finished cases")


class InstancesQuery(PageQuery):
    """Which cases."""

    process = fields.String(load_default=None, validate=validate.Length(max=80))
    status = fields.String(load_default=None, validate=validate.OneOf([status.value for status in InstanceStatus]))
    customer = fields.Integer(load_default=None, validate=validate.Range(1, 2**53))
    record_type = fields.String(load_default=None, validate=validate.Length(max=40))
    record_id = fields.Integer(load_default=None, validate=validate.Range(1, 2**53))
    business_key = fields.String(load_default=None, validate=validate.Length(1, 120))


class InstancesBody(Body):
    items = fields.List(fields.Nested(InstanceBody))
    next = fields.String(allow_none=True)


class StartFormBody(FormBody):
    version = fields.Integer()


class StartBody(AnswersBody):
    version = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, library.LARGEST_NUMBER))


class ReasonBody(Body):
    """Why it is done."""

    reason = fields.String(required=True, validate=validate.Length(1, 1000))


class CheckQuery(Body):
    """With `check=1` nothing is done; the answer tells whether it could be."""

    check = fields.Boolean(load_default=False)


class OutcomeBody(Body):
    """The case after the act; or, with `check=1`, whether the act is allowed and why not."""

    allowed = fields.Boolean()
    reason = fields.String(allow_none=True)
    instance = fields.Nested(InstanceDetailBody, allow_none=True)


@processes.get("")
@processes.response(200, ProcessesBody)
def list_processes() -> dict[str, Any]:
    """Every process, with whether I may start it."""
    actor = current_actor()
    items = []
    with reading_session() as session:
        for published in library.all_active(session):
            words = published.translator(actor.locale)
            reason = why_not_start(published.definition, actor)
            items.append(
                {
                    "key": published.key,
                    "name": words(published.definition.name),
                    "documentation": words(published.definition.documentation),
                    "version": published.number,
                    "may_start": reason is None,
                    "why_not": None if reason is None else translate(reason, actor.locale),
                }
            )
    return {"items": items}


@processes.get("/<key>/form")
@processes.response(200, StartFormBody)
def start_form(key: str) -> dict[str, Any]:
    """The start form of a process, with the number of its version: send that along with the answers."""
    actor = current_actor()
    with reading_session() as session:
        published = library.offered(session, key)
        if reason := why_not_start(published.definition, actor):
            raise Denied(reason)
        form_key = published.definition.start_form
        form = step_form(session, published, form_key, by=actor, now=now(), data={}, values={})
        body = form_body(published, form_key, form) or {"fields": [], "values": {}, "schema": {}}
        return {**body, "version": published.number}


@processes.post("/<key>/instances")
@processes.arguments(StartBody)
@processes.response(201, InstanceDetailBody)
def start(body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Start a case with the answers of the start form, of the version that they are for where one is given."""
    submission = Submission(answers=body["answers"])
    with stepping() as session:
        instance = start_process(
            session, by=current_actor(), now=now(), key=key, submission=submission, number=body["version"]
        )
    return _read(instance.id)


@instances.get("")
@instances.arguments(InstancesQuery, location="query")
@instances.response(200, InstancesBody)
def list_instances(query: Mapping[str, Any]) -> dict[str, Any]:
    """Cases, newest first: those that I started, all of them for administrators of processes."""
    actor = current_actor()
    found = select(ProcessInstance)
    if not actor.may("processes", "administer"):
        found = found.where(ProcessInstance.started_by_id == actor.id)
    columns = {
        "process": ProcessInstance.process_key,
        "status": ProcessInstance.status,
        "customer": ProcessInstance.customer_id,
        "record_type": ProcessInstance.record_type,
        "record_id": ProcessInstance.record_id,
        "business_key": ProcessInstance.business_key,
    }
    for name, column in columns.items():
        if query[name] is not None:
            found = found.where(column == query[name])
    mark = read_cursor(query["cursor"], 1)
    if mark is not None:
        found = found.where(tuple_(ProcessInstance.id) < tuple_(mark[0]))
    limit: int = query["limit"]
    with reading_session() as session:
        rows = session.scalars(found.order_by(ProcessInstance.id.desc()).limit(limit + 1)).all()
        page, following = page_of(rows, limit, lambda row: (row.id,))
        cases = show_cases(session, page, by=actor)
    items = [instance_body(case, instance) for case, instance in zip(cases, page, strict=True)]
    return {"items": items, "next": following}


@instances.get("/<int:instance_id>")
@instances.response(200, InstanceDetailBody)
def get_instance(instance_id: int) -> dict[str, Any]:
    """A case: state, position, path, open tasks, incidents."""
    return _read(instance_id)


@instances.get("/<int:instance_id>/events")
@instances.arguments(EventsQuery, location="query")
@instances.response(200, EventsBody)
def events(query: Mapping[str, Any], instance_id: int) -> dict[str, Any]:
    """The history of a case, oldest first."""
    actor, limit = current_actor(), int(query["limit"])
    mark = read_cursor(query["cursor"], 1)
    with reading_session() as session:
        queries.find_instance(session, instance_id, by=actor)
        found = queries.history(session, instance_id, after=mark[0] if mark else 0, limit=limit + 1)
        people = queries.people_in(session, found, locale=actor.locale)
    following = write_cursor(found[limit - 1].id) if len(found) > limit else None
    return {"items": [event_body(event, people) for event in found[:limit]], "next": following}


@instances.post("/<int:instance_id>/cancel")
@instances.arguments(ReasonBody)
@instances.arguments(CheckQuery, location="query")
@instances.response(200, OutcomeBody)
def cancel(body: Mapping[str, Any], query: Mapping[str, Any], instance_id: int) -> dict[str, Any]:
    """End a case before its end."""
    actor = current_actor()
    if query["check"]:
        with reading_session() as session:
            reason = why_not_cancel(queries.find_instance(session, instance_id, by=actor), actor)
        return {
            "allowed": reason is None,
            "reason": translate(reason, actor.locale) if reason else None,
            "instance": None,
        }
    with writing() as session:
        queries.find_instance(session, instance_id, by=actor)
        cancelling.cancel(session, by=actor, now=now(), instance_id=instance_id, reason=body["reason"])
    return {"allowed": True, "reason": None, "instance": _read(instance_id)}


@instances.post("/<int:instance_id>/retry")
@instances.response(200, InstanceDetailBody)
def retry(instance_id: int) -> dict[str, Any]:
    """Try every step again that an incident had stopped."""
    actor = current_actor()
    check_may(actor, "processes", "administer")
    with reading_session() as session:
        queries.find_instance(session, instance_id, by=actor)
        waiting = [incident.id for incident in queries.incidents_of(session, instance_id)]
    for incident_id in waiting:
        with stepping() as session:
            incidents.retry(session, by=actor, now=now(), incident_id=incident_id)
    return _read(instance_id)


def _read(instance_id: int) -> dict[str, Any]:
    with reading_session() as session:
        return _detail(session, instance_id)


def _detail(session: Session, instance_id: int) -> dict[str, Any]:
    actor = current_actor()
    instance = queries.find_instance(session, instance_id, by=actor)
    published = library.published(session, instance.version_id)
    told = story.tell(session, instance, published, by=actor, now=now())
    tasks = show_tasks(session, queries.open_tasks(session, instance_id), by=actor, now=now())
    operates = actor.may("processes", "administer")
    return {
        **instance_body(show_cases(session, [instance], by=actor)[0], instance),
        "position": told.live,
        "path": told.path,
        "tasks": [task_body(task) for task in tasks],
        "incidents": [
            {
                "id": incident.id,
                "at": incident.at,
                "node_id": incident.node_id,
                "kind": incident.kind,
                "message": incident.message if operates else "",
            }
            for incident in told.incidents
        ],
    }
