"""Moving running cases, for programs: begin a run, see what became of it, move one case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from crm.core.i18n import translate
from crm.permissions import check_may
from crm.web.api import ApiBlueprint, Body
from crm.web.doors import current_actor, now, reading_session, requires, writing
from workflows import library
from workflows.library import LARGEST_NUMBER
from workflows.migrating import operations, queries
from workflows.migrating.judging import Outlook
from workflows.migrating.keeping import sentences_of
from workflows.migrating.models import CaseStatus, RunStatus
from workflows.migrating.moving import judge_case
from workflows.migrating.operations import Chosen, Plan
from workflows.rules import LONGEST_REASON

api = ApiBlueprint("migrations_api", __name__, url_prefix="", description="Moving running cases to another version")
MOST_RESULTS = 1_000


class PlanBody(Body):
    """To which version, what takes the places of what, and why."""

    to = fields.Integer(required=True, validate=validate.Range(1, LARGEST_NUMBER))
    reason = fields.String(required=True, validate=validate.Length(1, LONGEST_REASON))
    mapping = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 200)),
        values=fields.String(validate=validate.Length(1, 200)),
        load_default=dict,
    )


class RunBodyIn(PlanBody):
    versions = fields.List(
        fields.Integer(validate=validate.Range(1, LARGEST_NUMBER)), load_default=list, validate=validate.Length(max=200)
    )
    nodes = fields.List(
        fields.String(validate=validate.Length(1, 200)), load_default=list, validate=validate.Length(max=200)
    )


class CaseResultBody(Body):
    instance_id = fields.Integer()
    title = fields.String()
    from_version = fields.Integer()
    status = fields.String(validate=validate.OneOf([status.value for status in CaseStatus]))
    reasons = fields.List(fields.String())


class RunBody(Body):
    """How far a run has come; `cases` are at most 1,000, those that could not be moved first."""

    id = fields.Integer()
    process = fields.String()
    to = fields.Integer()
    status = fields.String(validate=validate.OneOf([status.value for status in RunStatus]))
    under_way = fields.Boolean()
    number = fields.Integer()
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    mapping = fields.Dict(keys=fields.String(), values=fields.String())
    reason = fields.String()
    started_at = fields.AwareDateTime()
    started_by_id = fields.Integer(allow_none=True)
    cases = fields.List(fields.Nested(CaseResultBody))


class CheckQuery(Body):
    check = fields.Boolean(load_default=False)


class MovedBody(Body):
    """What would become of the case (`check`), or what has."""

    outlook = fields.String(validate=validate.OneOf([outlook.value for outlook in Outlook]))
    moved = fields.Boolean()
    reasons = fields.List(fields.String())
    proposed = fields.Dict(keys=fields.String(), values=fields.String())
    run_id = fields.Integer(allow_none=True)


@api.post("/definitions/<key>/migrations")
@requires("processes", "administer")
@api.arguments(RunBodyIn)
@api.response(202, RunBody)
def begin(body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Move the running cases of a process, in the background; ask for the run to see how far it is."""
    plan = Plan(body["to"], body["reason"], body["mapping"], Chosen(body["versions"], body["nodes"]))
    with writing() as session:
        run = operations.begin(session, by=current_actor(), now=now(), key=key, plan=plan)
    return _run(run.id)


@api.get("/migrations/<int:run_id>")
@api.response(200, RunBody)
def show(run_id: int) -> dict[str, Any]:
    """How far a run has come, and what became of its cases."""
    check_may(current_actor(), "processes", "administer")
    return _run(run_id)


@api.post("/instances/<int:instance_id>/migrate")
@requires("processes", "administer")
@api.arguments(CheckQuery, location="query")
@api.arguments(PlanBody)
@api.response(200, MovedBody)
def migrate(query: Mapping[str, Any], body: Mapping[str, Any], instance_id: int) -> dict[str, Any]:
    """Move one case to another version of its process. With `check` it is only tried on a copy."""
    plan = Plan(body["to"], body["reason"], body["mapping"])
    if query["check"]:
        return _checked(instance_id, plan)
    with writing() as session:
        run, case = operations.move_case(session, by=current_actor(), now=now(), instance_id=instance_id, plan=plan)
    moved = case.status == CaseStatus.MOVED
    return {
        "outlook": Outlook.MOVES if moved else Outlook.STAYS,
        "moved": moved,
        "reasons": _words(case.reasons),
        "proposed": {},
        "run_id": run.id,
    }


def _checked(instance_id: int, plan: Plan) -> dict[str, Any]:
    with reading_session() as session:
        instance = queries.running_case(session, instance_id, by=current_actor())
        version = library.version_of(session, instance.process_key, plan.to)
        new = library.published(session, version.id)
        mapping = operations.read_mapping(plan.mapping, new)
        verdict = judge_case(session, instance, new, now=now(), mapping=mapping)
    locale = current_actor().locale
    return {
        "outlook": verdict.outlook,
        "moved": False,
        "reasons": [translate(each, locale) for each in (*verdict.reasons, *verdict.hints)],
        "proposed": dict(verdict.proposed),
        "run_id": None,
    }


def _words(kept: list[Any]) -> list[str]:
    return [translate(each, current_actor().locale) for each in sentences_of(kept)]


def _run(run_id: int) -> dict[str, Any]:
    with reading_session() as session:
        progress = queries.progress_of(session, run_id, by=current_actor())
        results = queries.results_of(session, run_id, limit=MOST_RESULTS)
    run = progress.run
    names = ("id", "number", "status", "mapping", "reason", "started_at", "started_by_id")
    return {
        **{name: getattr(run, name) for name in names},
        "process": run.process_key,
        "to": progress.to,
        "under_way": progress.is_under_way,
        "counts": {status.value: count for status, count in progress.counts.items()},
        "cases": [
            {
                "instance_id": result.case.instance_id,
                "title": result.title,
                "from_version": result.came_from,
                "status": result.case.status,
                "reasons": _words(result.case.reasons),
            }
            for result in results
        ],
    }
