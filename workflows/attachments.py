"""Files in the forms of steps: a task holds those of its draft and of its answers, a case without a record those of its start.

Whoever may see the task or the case may have them. A business operation that gets files from the diagram attaches them to
its record besides. A form without files costs no statement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from crm.core.errors import NotFound
from crm.files.operations import attach, detach
from crm.files.queries import find_file, show_only
from crm.files.rules import file_ids
from crm.permissions import Actor
from forms import BoundForm, FindFile
from workflows import queries

TASK = "task"
CASE = "case"


def finder(session: Session, by: Actor) -> FindFile:
    """What a form asks about the id of a file that it does not know yet."""

    def find(key: str) -> dict[str, object] | None:
        if not (key.isascii() and key.isdigit() and len(key) < 17):
            return None
        try:
            file = find_file(session, by=by, file_id=int(key))
        except NotFound:
            return None
        return {"id": file.id, "name": file.name}

    return find


def hold_for_task(session: Session, form: BoundForm | None, *, by: Actor, now: datetime, task_id: int) -> Sequence[int]:
    """The task holds exactly the files that stand in its form now. Answers the ids of the new ones."""
    if form is None or not form.has_files:
        return ()
    known, present = form.file_ids
    new, gone = file_ids(list(present - known)), file_ids(list(known - present))
    attach(session, by=by, now=now, record_type=TASK, record_id=task_id, file_ids=new)
    if gone:
        detach(session, record_type=TASK, record_id=task_id, file_ids=gone)
    return new


def hold_for_case(session: Session, form: BoundForm | None, *, by: Actor, now: datetime, instance_id: int) -> None:
    """The case holds the files of its start form."""
    if form is not None and form.has_files:
        _, present = form.file_ids
        held = file_ids(list(present))
        attach(session, by=by, now=now, record_type=CASE, record_id=instance_id, file_ids=held)


def _task_is_open(session: Session, by: Actor, task_id: int) -> bool:
    return _found(partial(queries.find_task, session, task_id, by=by))


def _case_is_open(session: Session, by: Actor, instance_id: int) -> bool:
    return _found(partial(queries.find_instance, session, instance_id, by=by))


def _found(find: Callable[[], object]) -> bool:
    try:
        find()
    except NotFound:
        return False
    return True


show_only(TASK, _task_is_open)
show_only(CASE, _case_is_open)
