"""The write door for steps of a process: like any other unit of work, but a fault of the process leaves an incident.

The step itself is rolled back as a whole; what was answered and what went wrong is then kept in a transaction of its own.
Files that come with a step are kept before it begins.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from flask import request
from sqlalchemy.orm import Session
from werkzeug.datastructures import CombinedMultiDict

from crm.accounts.queries import who_may
from crm.core.db import Database, unit_of_work
from crm.core.i18n import text
from crm.files.doors import Uploads
from crm.notices.operations import notify
from crm.web.doors import database, now, reading_session, writing
from workflows.causes import describe
from workflows.operations import incidents
from workflows.operations.beginning import note_not_begun
from workflows.operations.starting import StartFault
from workflows.operations.tasks import StepFault
from workflows.task_forms import Submission

log = logging.getLogger(__name__)


@contextmanager
def stepping() -> Iterator[Session]:
    """A unit of work for a verb that moves a case, in a page or an API call."""
    try:
        with writing() as session:
            yield session
    except StepFault as fault:
        keep_incident(database(), fault)
        raise


def keep_not_begun(place: Database, fault: StartFault) -> None:
    """Write down that a case could not begin, and tell everybody who may administer processes; once an hour for a process."""
    log.error("no case of %s could begin: %s", fault.published.key, type(fault.cause).__qualname__, exc_info=False)
    with unit_of_work(place) as session:
        note_not_begun(session, fault.published, describe(fault.cause), by=fault.by, now=now())
        notify(
            session,
            to=who_may(session, "processes", "administer"),
            kind="case.incident",
            message=text(
                "No case of “{process}” can begin: the process has a fault", process=fault.published.definition.name
            ),
            link="/operate/incidents",
            now=now(),
            key=f"case.not-begun-{fault.published.key}-{now():%Y%m%d%H}",
        )


def submitted(make_form: Callable[[Session, Submission], object]) -> Submission:
    """What a browser sent for a step.

    With files, the form is made once before the step, by `make_form`, so that only those are kept that this person may
    send here; a step that is refused afterwards does not lose them.
    """
    if not any(upload.filename for upload in request.files.values()):
        return Submission(formdata=request.form)
    uploads = Uploads()
    sent = Submission(formdata=CombinedMultiDict([request.files, request.form]), store_file=uploads.receive)
    with reading_session() as session:
        make_form(session, sent)
    uploads.keep()
    return replace(sent, store_file=uploads.kept)


def keep_incident(place: Database, fault: StepFault) -> None:
    """Write the incident of a rolled-back step."""
    # Kind and place only: the words of a fault may quote what a customer said, and stand in the incident for administrators.
    places = "".join(traceback.format_tb(fault.cause.__traceback__))
    kind = type(fault.cause).__qualname__
    log.error("step %s of case %s failed: %s\n%s", fault.node_id, fault.instance_id, kind, places)
    with unit_of_work(place) as session:
        incidents.keep_fault(session, fault, now=now())
