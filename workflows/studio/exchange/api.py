"""For programs: files of other tools, translated, with the report. Nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from crm.core.i18n import translate
from crm.permissions import check_may
from crm.web.api import ApiBlueprint, Body
from crm.web.doors import current_actor, reading_session, requires
from crm.web.security import takes_body
from workflows import bundle_files
from workflows.engine import undeclared
from workflows.operations import deploying
from workflows.studio.api import DiagramProblemBody, FilesBody
from workflows.studio.drafts.rules import LONGEST_KEY
from workflows.studio.exchange.reading import Judged, around, judge
from workflows.studio.exchange.report import Line, Status

api = ApiBlueprint("exchange_api", __name__, url_prefix="/definitions", description="Files of other tools")


class ImportBody(FilesBody):
    """Files as other tools write them, the roles that are meant by groups and lanes of theirs, and the key that the process
    gets, where it shall not keep its own; for several processes the keys by the names of their diagrams."""

    roles = fields.Dict(
        keys=fields.String(validate=validate.Length(max=200)),
        values=fields.String(validate=validate.Length(max=60)),
        load_default=dict,
    )
    key = fields.String(validate=validate.Length(max=LONGEST_KEY), load_default="")
    keys = fields.Dict(
        keys=fields.String(validate=validate.Length(max=300)),
        values=fields.String(validate=validate.Length(max=LONGEST_KEY)),
        load_default=dict,
    )


class ImportLineBody(Body):
    """One thing that was looked at, at which element, and what became of it."""

    file = fields.String()
    element = fields.String(allow_none=True)
    what = fields.String()
    status = fields.String(validate=validate.OneOf([status.value for status in Status]))
    before = fields.String()
    after = fields.String()
    cure = fields.String(allow_none=True)


class ImportedProcessBody(Body):
    """The files as a draft would hold them, the report, and what would stand in the way of publishing them."""

    origin = fields.String()
    key = fields.String(allow_none=True)
    name = fields.String()
    files = fields.Dict(keys=fields.String(), values=fields.String())
    lines = fields.List(fields.Nested(ImportLineBody))
    can_be_published = fields.Boolean()
    problems = fields.List(fields.Nested(DiagramProblemBody))


class ImportedBody(ImportedProcessBody):
    """The process that is to be published first, the others of the upload in their order, what became of each file, and why
    one comes before another."""

    others = fields.List(fields.Nested(ImportedProcessBody))
    uploaded = fields.List(fields.Nested(ImportLineBody))
    order = fields.List(fields.String())


@api.post("/import")
@requires("processes", "administer")
@takes_body(bundle_files.LARGEST_UPLOAD)
@api.arguments(ImportBody)
@api.response(200, ImportedBody)
def take(body: Mapping[str, Any]) -> dict[str, Any]:
    """Translate files of Camunda 7 and 8, Flowable, SpiffArena or any editor of BPMN; nothing is stored."""
    actor = current_actor()
    check_may(actor, "processes", "administer")
    with reading_session() as session:
        surroundings = around(session, body["roles"], body["key"], body["keys"])
    texts = [(name, undeclared(content).encode()) for name, content in body["files"].items()]
    judged = judge(bundle_files.opened(texts), surroundings)
    first, *others = [_process(judged, number, actor.locale) for number in range(len(judged.together.processes))]
    return {
        **first,
        "others": others,
        "uploaded": [_line(line, actor.locale) for line in judged.together.files],
        "order": [translate(why, actor.locale) for why in judged.together.because],
    }


def _process(judged: Judged, number: int, locale: str) -> dict[str, Any]:
    imported = judged.together.processes[number]
    return {
        "origin": translate(imported.origin, locale),
        "key": imported.key,
        "name": imported.name,
        "files": {name: raw.decode() for name, raw in imported.files.items()},
        "lines": [_line(line, locale) for line in imported.lines],
        "can_be_published": judged.can_be_published(number),
        "problems": [
            {
                "element": problem.element,
                "file": problem.file,
                "message": translate(deploying.problem_text(problem), locale),
                "severity": problem.severity,
            }
            for problem in judged.problems[number]
        ],
    }


def _line(line: Line, locale: str) -> dict[str, Any]:
    return {
        "file": line.file,
        "element": line.element,
        "what": translate(line.what, locale),
        "status": line.status.value,
        "before": line.before,
        "after": line.after,
        "cure": translate(line.cure, locale) if line.cure else None,
    }
