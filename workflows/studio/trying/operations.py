"""Keeping scenarios: recorded, changed, told to expect another outcome, and deleted. Each is audited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.core.audit import write_audit
from crm.core.errors import Conflict, Fault, Invalid, NotFound, RuleBroken
from crm.core.i18n import Text, text
from crm.permissions import Actor, check_may
from crm.worktime.kept import calendar_of
from workflows.engine import Definition
from workflows.models import ProcessDefinition
from workflows.studio.drafts.models import ProcessDraft
from workflows.studio.drafts.operations import locked_draft
from workflows.studio.trying.models import Scenario
from workflows.studio.trying.play import Misfit, Situation, expected_of, play
from workflows.studio.trying.replay import silent_operations
from workflows.studio.trying.script import Script, by_node, to_json

MOST_SCENARIOS = 500
LONGEST_NAME, LONGEST_ABOUT = 200, 2_000
SHORTEST_REASON, LONGEST_REASON = 3, 1_000


@dataclass(frozen=True)
class SeenDraft:
    """A draft at the revision at which somebody saw what comes of a course on it."""

    id: int
    revision: int


def scenarios_of(session: Session, key: str, *, by: Actor) -> Sequence[Scenario]:
    """The scenarios of a process, by name. NotFound when there is no such process."""
    check_may(by, "processes", "administer")
    check_process(session, key)
    wanted = select(Scenario).where(Scenario.process_key == key).order_by(Scenario.name, Scenario.id)
    return session.scalars(wanted).all()


def find_scenario(session: Session, key: str, scenario_id: int, *, by: Actor) -> Scenario:
    """A scenario of this process."""
    check_may(by, "processes", "administer")
    found = session.get(Scenario, scenario_id)
    if found is None or found.process_key != key:
        raise NotFound(text("This scenario does not exist any more."))
    return found


def run(session: Session, definition: Definition, script: Script, *, misfit: Misfit | None = None) -> Situation:
    """Play a script by the company's working hours."""
    hours = calendar_of(session, None).after_days
    return play(definition, script, working_time=hours, silent=silent_operations(), misfit=misfit)


def keep_scenario(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    definition: Definition,
    name: str,
    about: str,
    script: Script,
    recorded_from_id: int | None = None,
    draft: SeenDraft | None = None,
) -> Scenario:
    """A course as a new scenario of its process. What comes of it on this definition is expected from now on; refused where it
    cannot be played to its last step, and where the `draft` that the definition was read from has changed since (Conflict)."""
    check_may(by, "processes", "administer")
    if draft is not None:
        _check_unchanged(session, draft, by=by)
    check_process(session, definition.key)
    name, about = _words(name, about)
    number = session.scalar(select(func.count()).where(Scenario.process_key == definition.key)) or 0
    if number >= MOST_SCENARIOS:
        raise RuleBroken(text("A process has at most {most} scenarios.", most=MOST_SCENARIOS))
    _check_name(session, definition.key, name, None)
    scenario = Scenario(
        process_key=definition.key,
        name=name,
        about=about,
        recorded_from_id=recorded_from_id,
        created_at=now,
        created_by_id=by.id,
        updated_at=now,
        updated_by_id=by.id,
        version=1,
        content=to_json(_expecting(session, definition, script)),
    )
    session.add(scenario)
    session.flush()
    _audit(session, scenario, "kept", by=by, now=now)
    return scenario


def change_scenario(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    key: str,
    scenario_id: int,
    seen: int,
    name: str,
    about: str,
    script: Script,
) -> Scenario:
    """Other words, or other values on its way. What is expected stays."""
    scenario = _locked(session, key, scenario_id, seen, by=by)
    name, about = _words(name, about)
    _check_name(session, key, name, scenario.id)
    scenario.name, scenario.about, scenario.content = name, about, to_json(script)
    _changed(session, scenario, "changed", by=by, now=now)
    return scenario


def accept_outcome(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    key: str,
    scenario_id: int,
    seen: int,
    definition: Definition,
    script: Script,
    reason: str,
) -> Scenario:
    """From now on what comes of it on this definition is expected. The reason stands in the audit."""
    scenario = _locked(session, key, scenario_id, seen, by=by)
    reason = _reason(reason)
    scenario.content = to_json(_expecting(session, definition, script))
    _changed(session, scenario, "accepted", by=by, now=now, reason=reason)
    return scenario


def replace_course(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    scenario_id: int,
    seen: int,
    draft: SeenDraft,
    definition: Definition,
    script: Script,
    reason: str,
) -> Scenario:
    """The scenario takes this course from now on: with what it begins, what is answered, and what comes of it on this definition.
    Its words stay. Conflict where it, or the draft that the definition was read from, has changed since it was seen."""
    key = _check_unchanged(session, draft, by=by)
    scenario = _locked(session, key, scenario_id, seen, by=by)
    reason = _reason(reason)
    situation = _played(session, definition, script)
    # What operations answered on the way from before, and nobody calls any more, goes.
    script = replace(script, operations=by_node(situation.called))
    scenario.content = to_json(script.expecting(expected_of(definition, situation)))
    _changed(session, scenario, "replaced", by=by, now=now, reason=reason)
    return scenario


def delete_scenario(session: Session, *, by: Actor, now: datetime, key: str, scenario_id: int) -> None:
    """The scenario is gone; the audit keeps its name."""
    scenario = find_scenario(session, key, scenario_id, by=by)
    _audit(session, scenario, "deleted", by=by, now=now)
    session.delete(scenario)
    session.flush()


def check_process(session: Session, key: str) -> None:
    """NotFound unless there is a process of this key, or a draft of one."""
    drafted = select(ProcessDraft.id).where(ProcessDraft.process_key == key)
    if session.get(ProcessDefinition, key) is None and session.scalar(drafted) is None:
        raise NotFound(text("There is no process “{key}”.", key=key))


def why_unfinished(situation: Situation) -> Text | None:
    """What keeps a course from being played to its last step."""
    if situation.asks is not None:
        operation, step = situation.asks.operation, situation.asks.node_id
        return text("“{step}” calls {operation}; say first what it answers.", step=step, operation=operation)
    return situation.stop.message if situation.stop is not None else None


def _expecting(session: Session, definition: Definition, script: Script) -> Script:
    return script.expecting(expected_of(definition, _played(session, definition, script)))


def _played(session: Session, definition: Definition, script: Script) -> Situation:
    situation = run(session, definition, script)
    if reason := why_unfinished(situation):
        raise RuleBroken(reason)
    return situation


def _reason(reason: str) -> str:
    reason = " ".join(reason.replace("\0", " ").split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        needs = text("This needs {least} to {most} characters or entries.", least=SHORTEST_REASON, most=LONGEST_REASON)
        raise Invalid([Fault("reason", needs)])
    return reason


def _check_unchanged(session: Session, draft: SeenDraft, *, by: Actor) -> str:
    """The process of the draft. Raises Conflict."""
    found = locked_draft(session, draft.id, by=by)
    if found.revision != draft.revision:
        raise Conflict(text("The draft was changed since you looked at this course; look at it again."))
    return found.process_key


def _locked(session: Session, key: str, scenario_id: int, seen: int, *, by: Actor) -> Scenario:
    find_scenario(session, key, scenario_id, by=by)
    scenario = session.get(Scenario, scenario_id, with_for_update=True, populate_existing=True)
    if scenario is None:
        raise NotFound(text("This scenario does not exist any more."))
    if scenario.version != seen:
        raise Conflict(text("Somebody has changed this scenario meanwhile. Please look again."))
    return scenario


def _changed(
    session: Session, scenario: Scenario, action: str, *, by: Actor, now: datetime, reason: str | None = None
) -> None:
    scenario.version += 1
    scenario.updated_at, scenario.updated_by_id = now, by.id
    session.flush()
    _audit(session, scenario, action, by=by, now=now, reason=reason)


def _words(name: str, about: str) -> tuple[str, str]:
    name, about = " ".join(name.replace("\0", " ").split()), about.replace("\0", " ").strip()
    faults = []
    if not 0 < len(name) <= LONGEST_NAME:
        needs = text("This needs {least} to {most} characters or entries.", least=1, most=LONGEST_NAME)
        faults.append(Fault("name", needs))
    if len(about) > LONGEST_ABOUT:
        faults.append(Fault("about", text("The text is too long.")))
    if faults:
        raise Invalid(faults)
    return name, about


def _check_name(session: Session, key: str, name: str, own_id: int | None) -> None:
    same = select(Scenario.id).where(Scenario.process_key == key, Scenario.name == name)
    if session.scalar(same) not in (None, own_id):
        raise Invalid([Fault("name", text("There is a scenario with this name already."))])


def _audit(
    session: Session, scenario: Scenario, action: str, *, by: Actor, now: datetime, reason: str | None = None
) -> None:
    write_audit(
        session,
        at=now,
        actor_id=by.id,
        actor_name=by.name,
        action=f"scenario.{action}",
        subject_type="scenario",
        subject_id=scenario.id,
        subject_name=scenario.name,
        new={"process": scenario.process_key, **({"reason": reason} if reason else {})},
    )
