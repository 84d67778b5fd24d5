"""The write door for steps of a process: like any other unit of work, but a fault of the process leaves an incident.

The step itself is rolled back as a whole; what was answered and what went wrong is then kept in a transaction of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from crm.core.db import Database, unit_of_work
from crm.web.doors import database, now, writing
from workflows.operations import incidents
from workflows.operations.tasks import StepFault

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


def keep_incident(place: Database, fault: StepFault) -> None:
    """Write the incident of a rolled-back step."""
    log.error("step %s of case %s failed", fault.node_id, fault.instance_id, exc_info=fault.cause)
    with unit_of_work(place) as session:
        incidents.keep_fault(session, fault, now=now())
