"""The address by which notices name a task: they are written in the same journey as the task, before its number is known."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from crm.web.doors import current_actor, reading_session
from workflows import queries

blueprint = Blueprint("arriving", __name__)


@blueprint.get("/tasks/at/<int:instance_id>/<int:token>")
def task(instance_id: int, token: int) -> ResponseReturnValue:
    """Lead on to the task's own page. NotFound for whoever may not see it."""
    with reading_session() as session:
        found = queries.find_task_at(session, instance_id, token, by=current_actor())
    return redirect(url_for("inbox.task", task_id=found.id))
