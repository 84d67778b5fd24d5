"""What the bindings of processes about records have in common: who may see the record, and how its facts are drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import render_template
from markupsafe import Markup
from sqlalchemy.orm import Session

from crm.core.errors import NotFound
from crm.permissions import Actor
from workflows.registry import Facts, Visible

# `tell(session, by, record_id)` answers what the template shows. NotFound for who may not see the record.
Tell = Callable[[Session, Actor, int], Mapping[str, Any]]


def visible_if(find: Callable[[Session, Actor, int], object]) -> Visible:
    """A record is visible to whoever `find` finds it for."""

    def may_see(session: Session, by: Actor, record_id: int) -> bool:
        try:
            find(session, by, record_id)
        except NotFound:
            return False
        return True

    return may_see


def drawn(template: str, tell: Tell) -> Facts:
    """The record drawn beside a task; nothing for somebody who may do the task but not see the record."""

    def facts(session: Session, by: Actor, record_id: int) -> Markup:
        try:
            shown = tell(session, by, record_id)
        except NotFound:
            return Markup("")
        return Markup(render_template(template, **shown))  # noqa: S704 -- the template escapes what it shows

    return facts
