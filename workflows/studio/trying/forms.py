"""The forms of a trial, as staff will meet them: empty, as sent, or filled with what a scenario answered once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.core.i18n import Text, text, translate
from crm.permissions import Actor
from forms import BoundForm
from forms.plain import for_json
from workflows.engine import OpenTask
from workflows.library import Published
from workflows.registry import registry
from workflows.task_forms import Submission, step_form

NOT_ASKED = text("“{name}” is not asked here any more; what the scenario answers is left out.")


def start_form(
    session: Session, published: Published, *, by: Actor, now: datetime, submission: Submission | None = None
) -> BoundForm | None:
    """The start form, where its answers are what the case begins with; where they open a record, the case begins with what the
    record tells it."""
    if published.key in registry().openings:
        return None
    form_key = published.definition.start_form
    return step_form(session, published, form_key, by=by, now=now, data={}, values={}, submission=submission)


def task_form(
    session: Session,
    published: Published,
    task: OpenTask,
    *,
    by: Actor,
    now: datetime,
    submission: Submission | None = None,
) -> BoundForm | None:
    """The form of an open task, as whoever does it will see it."""
    return step_form(
        session,
        published,
        published.definition.nodes[task.node_id].form_key,
        by=by,
        now=now,
        data=task.data,
        values=task.data,
        submission=submission,
        node_id=task.node_id,
    )


def filled(
    form_of: Callable[[Submission | None], BoundForm | None], answers: Mapping[str, Any], *, by: Actor, checked: bool
) -> BoundForm | None:
    """A form with these answers in it; `checked` also says at its fields what is wrong about them by now, and names those that
    are not asked any more."""
    blank = form_of(None)
    if blank is None:
        return None
    asked = blank.visible(answers)
    form = form_of(Submission(answers=for_json(asked)))
    if form is not None and checked:
        form.validate()
        gone = [name for name in answers if name not in asked]
        form.refuse([(name, translate(text(NOT_ASKED.source, name=name), by.locale)) for name in gone])
    return form


def why_misfit(
    session: Session, published: Published, task: OpenTask, answers: Mapping[str, Any], *, by: Actor, now: datetime
) -> Text | None:
    """What keeps answers that fitted once from being given at this step now."""
    form = filled_task(session, published, task, answers, by=by, now=now, checked=True)
    step = published.name_of(task.node_id, by.locale)
    if form is None:
        asks_nothing = text("“{step}” asks nothing any more, but the scenario has answers for it.", step=step)
        return asks_nothing if answers else None
    return text("What the scenario answers no longer fits the form of “{step}”.", step=step) if form.faults else None


def filled_task(
    session: Session,
    published: Published,
    task: OpenTask,
    answers: Mapping[str, Any],
    *,
    by: Actor,
    now: datetime,
    checked: bool,
) -> BoundForm | None:
    """The form of an open task with these answers in it, see `filled`."""

    def form_of(submission: Submission | None) -> BoundForm | None:
        return task_form(session, published, task, by=by, now=now, submission=submission)

    return filled(form_of, answers, by=by, checked=checked)
