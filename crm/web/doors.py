"""What a page or an API call takes in its hand before it calls an operation: a session, the person asking, the time.

`writing` is the only place in a web process that opens a unit of work. Everything is found through the current Flask
application, so that several applications (tests) may live in one process.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import current_app, g
from sqlalchemy.orm import Session

from crm.accounts.actors import KeptActors
from crm.accounts.queries import actor_for
from crm.core.clock import Clock
from crm.core.config import Config
from crm.core.db import Database, reading, unit_of_work
from crm.core.errors import HeliuError, NotFound
from crm.core.i18n import text
from crm.permissions import Actor, check_may
from crm.web.login import signed_in_id

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Ground:
    """What an application stands on; kept in `app.extensions["heliu"]`."""

    config: Config
    database: Database
    clock: Clock
    actors: KeptActors = field(default_factory=KeptActors)


class SignInNeeded(HeliuError):
    """Nobody is signed in, or no longer. Pages lead to the sign-in page, the API answers 401."""

    status, code = 401, "sign-in-needed"

    def __init__(self) -> None:
        super().__init__(text("Please sign in."))


def ground() -> Ground:
    """The ground of the current application."""
    found: Ground = current_app.extensions["heliu"]
    return found


def database() -> Database:
    """The data of the company that this request is for."""
    return ground().database


def now() -> datetime:
    """The time of this request: the same from its first line to its last."""
    if "now" not in g:
        g.now = ground().clock()
    moment: datetime = g.now
    return moment


def writing() -> AbstractContextManager[Session]:
    """A unit of work: leaving normally commits, raising rolls back."""
    return unit_of_work(database())


def reading_session() -> AbstractContextManager[Session]:
    """A session to look things up."""
    return reading(database())


def current_actor() -> Actor:
    """Who is asking, with their permissions as they are now. SignInNeeded if nobody is."""
    actor = visitor()
    if actor is None:
        raise SignInNeeded
    return actor


def visitor() -> Actor | None:
    """Who is asking, or None; for pages that are open to everybody."""
    if "actor" not in g:
        user_id = signed_in_id()
        g.actor = None
        if user_id is not None:
            try:
                g.actor = _actor(user_id)
            except NotFound:
                # Disabled between the look at the session and now.
                g.actor = None
    found: Actor | None = g.actor
    return found


def _actor(user_id: int) -> Actor:
    number: int | None = g.get("access_number")
    if number is None:
        # Signed in a moment ago, in this very request.
        with reading_session() as session:
            return actor_for(session, user_id).at(now())
    return ground().actors.get(database(), user_id, number).at(now())


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view as open to people who are not signed in. All others are closed to them by `crm/web/security.py`."""
    view.is_public = True  # type: ignore[attr-defined]  # a mark on the function, read by `security.close_doors`
    return view


def takes_own_proof(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a public view that trusts no cookie, but only what is in the request itself: it needs no token against forgery."""
    view.takes_own_proof = True  # type: ignore[attr-defined]  # a mark on the function, like `public`
    return view


def requires(module: str, action: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Refuse the view to people without the permission, before its form is read. The operation checks once more."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            check_may(current_actor(), module, action)
            return view(*args, **kwargs)

        return guarded

    return decorate
