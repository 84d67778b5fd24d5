"""A scenario opened as a trial on a draft: its course is followed as far as the draft goes along with it, and what it answers
further on is offered at its steps. The scenario itself stays as it is until somebody keeps the trial in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from crm.core.i18n import Text, text
from crm.permissions import Actor
from workflows.engine import Definition, OpenTask
from workflows.library import Published
from workflows.studio.trying import operations
from workflows.studio.trying.forms import why_misfit
from workflows.studio.trying.play import Situation
from workflows.studio.trying.script import MOST_ACTS, TASK, TIMER, Act, Script, from_json

NOT_NEXT = text("Here the draft asks for something else than the scenario answers next.")


@dataclass(frozen=True)
class Basis:
    """The scenario from which a trial goes on, at its version `seen`."""

    id: int
    name: str
    seen: int
    script: Script

    def left(self, done: Sequence[Act]) -> tuple[Act, ...]:
        """What happens in the scenario and has not happened by these acts yet, in its order."""
        rest = list(self.script.acts)
        for act in done:
            place = next((n for n, each in enumerate(rest) if (each.kind, each.name) == (act.kind, act.name)), None)
            if place is not None:
                del rest[place]
        return tuple(rest)

    def next_on(self, definition: Definition, done: Sequence[Act]) -> Act | None:
        """What happens next in the scenario; steps that this version does not have are passed over."""
        known = (act for act in self.left(done) if act.kind not in (TASK, TIMER) or act.name in definition.nodes)
        return next(known, None)

    def act_at(self, done: Sequence[Act], node_id: str) -> Act | None:
        """How the scenario completes this step next."""
        return next((act for act in self.left(done) if (act.kind, act.name) == (TASK, node_id)), None)

    def answering(self, script: Script) -> Script:
        """The script with the answers of the scenario to calls of operations that have none in it."""
        known = {
            node: (*(given := script.operations.get(node, ())), *results[len(given) :])
            for node, results in self.script.operations.items()
        }
        return replace(script, operations={**script.operations, **known})


@dataclass(frozen=True)
class Followed:
    """How far a scenario could be followed. `why` not further, and at which `act`; the case could not even begin where
    `situation` is None."""

    script: Script
    situation: Situation | None
    why: Text | None = None
    act: Act | None = None


def basis_of(session: Session, key: str, scenario_id: int, *, by: Actor) -> Basis:
    """A scenario of this process, to go on from it. Raises NotFound."""
    found = operations.find_scenario(session, key, scenario_id, by=by)
    return Basis(found.id, found.name, found.version, from_json(found.content))


def follow(
    session: Session, published: Published, script: Script, basis: Basis, *, by: Actor, now: datetime
) -> Followed:
    """Go on from where the script ends with what is left of the scenario. Steps that the draft does not have are passed over."""
    definition = published.definition
    known = [act for act in basis.left(script.acts) if act.kind not in (TASK, TIMER) or act.name in definition.nodes]
    left = known[: MOST_ACTS - len(script.acts)]
    whole = basis.answering(replace(script, acts=(*script.acts, *left), expect=None))

    def misfit(act: Act, task: OpenTask) -> Text | None:
        if not any(act is each for each in left):
            return None
        return why_misfit(session, published, task, act.values or {}, by=by, now=now)

    situation = operations.run(session, definition, whole, misfit=misfit)
    if situation.asks is not None:
        led_there = -1 if situation.asks.act is None else situation.asks.act
        return Followed(replace(whole, acts=whole.acts[: led_there + 1]), situation)
    stop = situation.stop
    if stop is None:
        return Followed(whole, situation)
    if stop.act is None:
        return Followed(whole, None, stop.message)
    before, act = replace(whole, acts=whole.acts[: stop.act]), whole.acts[stop.act]
    situation = operations.run(session, definition, before)
    return Followed(before, situation, stop.message if situation.waits_for(act) else NOT_NEXT, act)
