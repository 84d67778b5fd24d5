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

from crm.core.db import Database, unit_of_work
from crm.files.doors import Uploads
from crm.web.doors import database, now, reading_session, writing
from workflows.operations import incidents
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
