"""What a step was answered with, for the history: each field of its form that holds something else than before, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

import forms
from crm.permissions import Actor
from forms.nodes import FieldNode, every
from workflows.choices import choice_source
from workflows.kept import restore
from workflows.library import Published
from workflows.models import Task
from workflows.task_forms import facts_of, step_rights

Change = tuple[str, str, str]
LONGEST = 300


class Answers:
    """Tells the answers of several tasks of a case to one reader; the lists behind its choices are asked for once."""

    def __init__(self, session: Session, published: Published, *, by: Actor, now: datetime) -> None:
        self._session, self._published, self._by, self._now = session, published, by, now
        self._choices: dict[str, forms.Source] = {}

    def of(self, task: Task) -> Sequence[Change]:
        """Label, earlier value and answer of each field that was answered anew."""
        node = self._published.definition.nodes.get(task.node_id)
        description = self._published.form(node.form_key) if node is not None else None
        if description is None or not task.answers:
            return ()
        facts, rights = facts_of(task), step_rights(node)
        before = self._shown(description, facts, facts, rights)
        after = self._shown(description, {**facts, **restore(task.answers)}, facts, rights)
        return [
            (label, before.get(path, ("", ""))[1][:LONGEST], words[:LONGEST])
            for path, (label, words) in after.items()
            if words and words != before.get(path, ("", ""))[1]
        ]

    def _shown(
        self,
        description: forms.FormDescription,
        values: Mapping[str, Any],
        facts: Mapping[str, Any],
        rights: forms.Rights,
    ) -> dict[str, tuple[str, str]]:
        by, published = self._by, self._published
        form = forms.build(
            description,
            values=values,
            context=facts,
            choices=self._known(description, facts),
            locale=by.locale,
            timezone=by.timezone,
            translate=published.translator(by.locale),
            read_only=True,
            rights=rights,
            today=self._now.astimezone(ZoneInfo(by.timezone)).date(),
        )
        fields = (each for each in every(form.root) if isinstance(each, FieldNode) and not each.hidden)
        return {each.path: (each.name, each.entry.shown) for each in fields}

    def _known(self, description: forms.FormDescription, facts: Mapping[str, Any]) -> dict[str, forms.Source]:
        for name in description.choice_sources - self._choices.keys():
            if (source := choice_source(name)) is not None:
                self._choices[name] = source(self._session, self._by, self._now, facts)
        return self._choices
