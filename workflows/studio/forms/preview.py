"""A form that is still being drawn, as staff will meet it: built and checked by the same code as theirs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

import forms
from crm.core.errors import NotFound
from crm.core.i18n import Text
from crm.permissions import Actor
from forms import BoundForm
from workflows.choices import choice_names
from workflows.engine import Bundle, Problem
from workflows.operations.deploying import problem_text
from workflows.studio.forms.steps import node_of
from workflows.studio.spoken import words_of
from workflows.task_forms import offered_choices, step_rights


@dataclass(frozen=True)
class Preview:
    """The form, or why it cannot be drawn yet."""

    form: BoundForm | None
    # Each with the id of the component, which may be empty.
    problems: tuple[tuple[str, Text], ...] = ()


def preview(
    session: Session,
    bundle: Bundle,
    schema: str,
    *,
    by: Actor,
    now: datetime,
    element: str = "",
    entered: MultiDict[str, Any] | None = None,
) -> Preview:
    """The form of this text as `by` would see it in the step `element`, with what was entered into it."""
    try:
        description = forms.read(schema)
    except forms.FormRefused as refused:
        return Preview(None, _sentences(refused.problems))
    if wrong := forms.check(json.loads(schema), choice_sources=choice_names()):
        return Preview(None, _sentences(wrong))
    try:
        rights = step_rights(node_of(bundle, element)) if element else {}
    except NotFound:
        rights = {}
    form = forms.build(
        description,
        choices=offered_choices(session, description, by=by, now=now, data={}),
        locale=by.locale,
        timezone=by.timezone,
        translate=words_of(bundle, by.locale),
        formdata=entered,
        rights=rights,
        today=now.astimezone(ZoneInfo(by.timezone)).date(),
    )
    form.settle()
    return Preview(form)


def _sentences(problems: Iterable[forms.FormProblem]) -> tuple[tuple[str, Text], ...]:
    found = (Problem(each.element, each.message, dict(each.params)) for each in problems)
    return tuple((each.element or "", problem_text(each)) for each in found)
