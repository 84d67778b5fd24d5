"""The map of a process: its diagram with what stands where, and the same as a table and as CSV."""

from __future__ import annotations

import csv
import io

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.accounts.queries import colleagues, department_names
from crm.core.i18n import text
from crm.core.numbers import typed_key
from crm.web.doors import current_actor, now, reading_session, requires
from crm.web.languages import shown
from crm.web.security import draws_diagrams
from workflows import library
from workflows.instances import story
from workflows.operate.filters import versions_of
from workflows.operate.map import Spot, spots

blueprint = Blueprint("operate_map", __name__, url_prefix="/operate")
# A spreadsheet takes what begins so for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@blueprint.get("/<key>/map")
@requires("processes", "administer")
def show(key: str) -> ResponseReturnValue:
    """Open tasks, timers and incidents on the diagram of a version; where the newest is meant unless another is named."""
    actor = current_actor()
    draws_diagrams()
    department_id, holder_id = typed_key(request.args.get("department", "")), typed_key(request.args.get("holder", ""))
    with reading_session() as session:
        numbers = versions_of(session, key)
        asked = typed_key(request.args.get("version", ""))
        number = asked if asked is not None else numbers[0] if numbers else 0
        published = library.published(session, library.version_of(session, key, number).id)
        found = spots(session, published, by=actor, now=now(), department_id=department_id, holder_id=holder_id)
        if request.args.get("as") == "csv":
            return _as_csv(key, number, found)
        return render_template(
            "operate/map.html",
            key=key,
            name=published.translator(actor.locale)(published.definition.name),
            number=number,
            numbers=numbers,
            spots=found,
            badges={spot.node_id: _badge(spot) for spot in found},
            links={
                spot.node_id: url_for("operate.index", process=key, version=number, node=spot.node_id) for spot in found
            },
            failed=[spot.node_id for spot in found if spot.incidents],
            labels=story.labels(published, actor.locale),
            xml=published.definition.bundle.bpmn[1].decode(),
            departments=department_names(session, actor.locale),
            people=colleagues(session, locale=actor.locale),
            department=department_id,
            holder=holder_id,
        )


def _badge(spot: Spot) -> dict[str, str]:
    """The figure at an element: how many stand there, in the tone of their waiting time; an incident is the loudest."""
    words = text(
        "{name}: {tasks} tasks, {timers} timers, {hearing} waiting for messages, {incidents} incidents; half of the tasks wait longer than {hours} working hours",
        name=spot.name,
        tasks=spot.tasks,
        timers=spot.timers,
        hearing=spot.hearing,
        incidents=spot.incidents,
        hours=spot.hours,
    )
    number = spot.tasks + spot.timers + spot.hearing or spot.incidents
    return {"text": str(number), "tone": "bad" if spot.incidents else spot.tone, "title": shown(words)}


def _as_csv(key: str, number: int, found: list[Spot]) -> Response:
    out = io.StringIO()
    rows = csv.writer(out)
    heads = (
        text("Element"),
        text("Step"),
        text("Tasks"),
        text("Timers"),
        text("Messages"),
        text("Incidents"),
        text("Working hours"),
    )
    rows.writerow([shown(head) for head in heads])
    for spot in found:
        numbers = [spot.tasks, spot.timers, spot.hearing, spot.incidents, spot.hours]
        rows.writerow([_safe(spot.node_id), _safe(spot.name), *numbers])
    answer = Response("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="map-v{number}.csv"'
    return answer


def _safe(words: str) -> str:
    return f"'{words}" if words.startswith(FORMULA) else words
