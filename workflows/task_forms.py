"""The form of a step, with what the reader's language, the process and earlier drafts put into it.

The same form serves a browser's post and an API client's JSON, so both meet the same checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

import forms
from crm.core.errors import Fault, Invalid
from crm.core.i18n import text, translate
from crm.permissions import Actor
from forms import BoundForm, RemoteChoices, Rights, Source
from workflows.attachments import finder
from workflows.choices import choice_source
from workflows.engine.diagram import Node
from workflows.kept import restore
from workflows.library import Published
from workflows.models import Task


@dataclass(frozen=True)
class Submission:
    """What a person sent for a step: a browser's fields or an API client's answers."""

    formdata: MultiDict[str, Any] | None = None
    answers: Mapping[str, Any] | None = None
    store_file: forms.StoreFile | None = None


class FormRefused(Invalid):
    """Answers with faults; `form` redraws what was entered."""

    def __init__(self, form: BoundForm) -> None:
        super().__init__([Fault(fault.path, fault.message) for fault in form.faults])
        # The page is drawn when the step is rolled back: a source that asked its session then would open it again.
        form.settle()
        self.form = form


@contextmanager
def told_in_form(form: BoundForm | None, *, locale: str) -> Iterator[None]:
    """What the business refuses about single answers is told at their fields, as if the form had found it."""
    try:
        yield
    except FormRefused:
        raise
    except Invalid as wrong:
        if form is None:
            raise
        form.refuse([(fault.field, translate(fault.message, locale)) for fault in wrong.faults])
        raise FormRefused(form) from wrong


def step_form(
    session: Session,
    published: Published,
    form_key: str | None,
    *,
    by: Actor,
    now: datetime,
    data: Mapping[str, Any],
    values: Mapping[str, Any],
    submission: Submission | None = None,
    read_only: bool = False,
    node_id: str | None = None,
) -> BoundForm | None:
    """The form of a step as this person meets it; None where the step asks nothing. `node_id` names the step, whose rights
    tighten the form."""
    description = published.form(form_key)
    if description is None:
        return None
    sent = submission or Submission()
    return forms.build(
        description,
        values=values,
        context=data,
        choices=offered_choices(session, description, by=by, now=now, data=data),
        locale=by.locale,
        timezone=by.timezone,
        translate=published.translator(by.locale),
        formdata=sent.formdata,
        answers=sent.answers,
        store_file=sent.store_file,
        find_file=finder(session, by),
        read_only=read_only,
        rights=step_rights(published.definition.nodes.get(node_id or "")),
        today=now.astimezone(ZoneInfo(by.timezone)).date(),
    )


def checked_answers(form: BoundForm | None, submission: Submission) -> dict[str, Any]:
    """The answers of a submitted form. Raises FormRefused with every fault named."""
    if form is None:
        if submission.answers:
            raise Invalid([Fault(str(name), text("This step asks nothing.")) for name in submission.answers])
        return {}
    if not form.validate():
        raise FormRefused(form)
    return form.answers


def entered_again(
    session: Session, published: Published, task: Task, answers: Mapping[str, Any], *, by: Actor, now: datetime
) -> dict[str, Any] | None:
    """Answers that were accepted once, as a draft of the same form; None where the step asks nothing."""
    form_key = published.definition.nodes[task.node_id].form_key
    facts, node_id = facts_of(task), task.node_id
    form = step_form(session, published, form_key, by=by, now=now, data=facts, values=answers, node_id=node_id)
    return None if form is None else form.entered


def facts_of(task: Task) -> dict[str, Any]:
    """What the process knew when the task was opened, with its dates and numbers as such."""
    return restore(task.data)


def step_rights(node: Node | None) -> Rights:
    """What a step hides of its form or only shows, as its properties `hiddenFields` and `readOnlyFields` say."""
    if node is None:
        return {}
    return forms.rights_from(node.extensions.get("hiddenFields", ""), node.extensions.get("readOnlyFields", ""))


def offered_choices(
    session: Session, description: forms.FormDescription, *, by: Actor, now: datetime, data: Mapping[str, Any]
) -> dict[str, Source]:
    """The lists that the fields of a form name, as this person may choose from them."""
    found = ((name, choice_source(name)) for name in description.choice_sources)
    return {name: _asked_once(source(session, by, now, data)) for name, source in found if source is not None}


def _asked_once(source: Source) -> Source:
    if not isinstance(source, RemoteChoices):
        return source
    return replace(source, find=cache(source.find), first=cache(source.first))
