"""The page of incidents of all cases, and trying them again."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.core.errors import NotFound
from crm.core.i18n import text
from crm.core.numbers import typed_key
from crm.permissions import Actor
from crm.web.doors import current_actor, now, reading_session, requires
from crm.web.languages import shown
from workflows.operate.bulk import Outcome
from workflows.operate.stopped import groups, not_begun, open_count, retry_group

blueprint = Blueprint("operate_incidents", __name__, url_prefix="/operate/incidents")


def waiting_count(actor: Actor) -> int:
    """The badge of the navigation: incidents that wait for somebody."""
    counted: int | None = g.get("open_incidents")
    if counted is None:
        with reading_session() as session:
            counted = g.open_incidents = open_count(session)
    return counted


@blueprint.get("")
@requires("processes", "administer")
def index() -> ResponseReturnValue:
    """Open incidents by process, element and cause; and cases that could not begin by themselves."""
    with reading_session() as session:
        return render_template(
            "operate/incidents.html",
            groups=groups(session, by=current_actor()),
            number=open_count(session),
            missed=not_begun(session, by=current_actor(), now=now()),
        )


@blueprint.post("/retry")
@requires("processes", "administer")
def retry() -> ResponseReturnValue:
    """Try one again, or with `all` every incident of its group. What fails again stays, and a page says why."""
    incident_id = typed_key(request.form.get("incident", ""))
    if incident_id is None:
        raise NotFound
    retried = retry_group(incident_id, by=current_actor(), now=now(), whole="all" in request.form)
    if all(each.reason is None for each in retried):
        flash(shown(text("{count} incidents have been tried again.", count=len(retried))), "good")
        return redirect(url_for("operate_incidents.index"))
    outcomes = [Outcome(each.instance_id, each.title, each.reason) for each in retried]
    return render_template("operate/outcomes.html", outcomes=outcomes, title=text("Try again"))
