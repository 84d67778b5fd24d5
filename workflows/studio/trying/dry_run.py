"""What the page of a trial does with a post: one more act, checked by the same form as staff meet, and where the case then stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from crm.core.db import company_time
from crm.core.errors import Fault, Invalid
from crm.core.i18n import Text, text
from crm.permissions import Actor
from forms import BoundForm
from workflows.kept import restore
from workflows.library import Published
from workflows.models import InstanceStatus, ProcessEvent, ProcessInstance
from workflows.studio.trying import operations
from workflows.studio.trying.forms import filled, filled_task, start_form, task_form
from workflows.studio.trying.going_on import Basis, follow
from workflows.studio.trying.models import Scenario
from workflows.studio.trying.play import Situation, Standing
from workflows.studio.trying.script import MESSAGE, MOST_ACTS, SIGNAL, TASK, TIMER, Act, Script, by_node, from_json
from workflows.studio.trying.writing import as_feel, as_lines, read_context
from workflows.task_forms import FormRefused, Submission, checked_answers

OWN = ("initiator_id", "started_at")


@dataclass
class Trial:
    """A dry run on a page: the script so far, where the case stands, and the form of the task that is looked at.

    `basis` is the scenario from which it goes on, if it does; `why` says what kept that from being followed further, at `halted`.
    """

    basis: Basis | None = None
    script: Script | None = None
    situation: Situation | None = None
    chosen: Standing | None = None
    form: BoundForm | None = None
    faults: dict[str, Any] = field(default_factory=dict)
    entered: Mapping[str, str] = field(default_factory=dict)
    refused: bool = False
    why: Text | None = None
    halted: Act | None = None


def read_script(words: str) -> Script:
    """The script that the page sent back. Raises Invalid."""
    try:
        content = orjson.loads(words)
    except orjson.JSONDecodeError:
        content = None
    if not isinstance(content, dict):
        raise Invalid([Fault("script", text("The course of the trial cannot be read; begin it again."))])
    return from_json(content)


def open_scenario(session: Session, published: Published, basis: Basis, *, by: Actor, now: datetime) -> Trial:
    """A trial that goes on from a scenario: it stands where the draft asks for something that the scenario does not have."""
    trial, script = Trial(basis=basis), basis.script

    def form_of(submission: Submission | None) -> BoundForm | None:
        return start_form(session, published, by=by, now=now, submission=submission)

    form = filled(form_of, _asked(form_of(None), script.start), by=by, checked=True) if script.begin is None else None
    if form is None or not form.faults:
        _follow(session, published, trial, replace(script, acts=()), by, now)
    if trial.situation is None:
        trial.form = form
        further = script.start if form is None else _further(form, script.start)
        payload = {"payload": as_feel(script.payload)} if script.payload is not None else {}
        trial.entered = {"begin": script.begin or "", "start": as_lines(further), **payload}
    return trial


def look_at(
    session: Session, published: Published, script: Script, basis: Basis | None, *, by: Actor, now: datetime
) -> Trial:
    """A trial as it stands, with nothing done."""
    trial = Trial(basis=basis, script=script, situation=operations.run(session, published.definition, script))
    _look(session, published, trial, None, by, now)
    return trial


def go_on(
    session: Session,
    published: Published,
    sent: MultiDict[str, str],
    *,
    by: Actor,
    now: datetime,
    basis: Basis | None = None,
) -> Trial:
    """Do what the page asks, and tell where the case stands then. What does not fit is told at its field."""
    trial = Trial(basis=basis, entered=sent)
    act = sent.get("do", "")
    if act == "begin":
        try:
            trial.script = _begun(session, published, sent, basis, by=by, now=now)
        except FormRefused as refused:
            trial.form, trial.refused = refused.form, True
            return trial
        except Invalid as wrong:
            _refuse(trial, wrong)
            return trial
    else:
        trial.script = read_script(sent.get("script", ""))
    if act == "follow" and basis is not None:
        _follow(session, published, trial, trial.script, by, now)
        return trial
    trial.situation = operations.run(session, published.definition, trial.script)
    try:
        further = _with_act(session, published, trial, act, sent, by=by, now=now)
        if further is not None:
            trial.script, trial.form = further, None
            trial.situation = operations.run(session, published.definition, further)
    except FormRefused as refused:
        trial.form, trial.refused = refused.form, True
        return trial
    except Invalid as wrong:
        _refuse(trial, wrong)
    _look(session, published, trial, sent.get("token", type=int) if act in ("look", "complete") else None, by, now)
    return trial


def suggested_start(session: Session, key: str) -> str:
    """What the newest case of the process began with, to begin a trial like it; nothing where there is none."""
    newest = select(ProcessInstance.id).where(ProcessInstance.process_key == key).order_by(ProcessInstance.id.desc())
    line = session.scalars(
        select(ProcessEvent)
        .where(ProcessEvent.instance_id == newest.limit(1).scalar_subquery(), ProcessEvent.kind == "started")
        .limit(1)
    ).one_or_none()
    known = restore(line.detail.get("data")) if line is not None else {}
    return as_lines({name: value for name, value in known.items() if name not in OWN})


def suggested_answer(session: Session, key: str, node_id: str) -> str:
    """What the operation of a step answered last: in a scenario, else in the newest finished case."""
    for content in session.scalars(select(Scenario.content).where(Scenario.process_key == key).limit(20)):
        for result in from_json(content).operations.get(node_id, ()):
            return as_lines(result or {})
    newest = (
        select(ProcessInstance.id)
        .where(ProcessInstance.process_key == key, ProcessInstance.status == InstanceStatus.COMPLETED)
        .order_by(ProcessInstance.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    for line in session.scalars(select(ProcessEvent).where(ProcessEvent.instance_id == newest).limit(200)):
        for node, result in line.detail.get("called", ()):
            if node == node_id:
                return as_lines(restore(result))
    return ""


def _refuse(trial: Trial, wrong: Invalid) -> None:
    trial.faults, trial.refused = {fault.field: fault.message for fault in wrong.faults}, True


def _asked(form: BoundForm | None, start: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of what a case began with, what the start form asks; the rest came otherwise."""
    return form.visible(start) if form is not None else {}


def _further(form: BoundForm, start: Mapping[str, Any]) -> dict[str, Any]:
    asked = _asked(form, start)
    return {name: value for name, value in start.items() if name not in asked}


def _follow(session: Session, published: Published, trial: Trial, script: Script, by: Actor, now: datetime) -> None:
    """Go on with what the scenario answers, as far as it fits."""
    assert trial.basis is not None  # noqa: S101 -- only called where there is a scenario
    followed = follow(session, published, script, trial.basis, by=by, now=now)
    if followed.situation is None:
        trial.faults = {"start": followed.why}
        return
    trial.script, trial.situation = followed.script, followed.situation
    trial.why, trial.halted = followed.why, followed.act
    _look(session, published, trial, None, by, now)


def _begun(
    session: Session,
    published: Published,
    sent: MultiDict[str, str],
    basis: Basis | None,
    *,
    by: Actor,
    now: datetime,
) -> Script:
    begin = sent.get("begin") or None
    if begin is not None and begin not in published.definition.beginnings:
        raise Invalid([Fault("begin", text("Choose one of the starts of the diagram."))])
    at = company_time(session, now).replace(microsecond=0)
    data = read_context(sent.get("start", ""), "start")
    by_itself = begin is not None and published.definition.beginnings[begin].kind != "none"
    submission = Submission(formdata=sent)
    form = None if by_itself else start_form(session, published, by=by, now=now, submission=submission)
    answers = checked_answers(form, submission) if form is not None else {}
    payload = read_context(sent.get("payload", ""), "payload") if by_itself else None
    own = {"initiator_id": by.id, "started_at": at}
    script = Script(at=at, start={**own, **answers, **data}, begin=begin, payload=payload or None)
    return script if basis is None else basis.answering(replace(script, at=basis.script.at))


def _with_act(
    session: Session,
    published: Published,
    trial: Trial,
    act: str,
    sent: MultiDict[str, str],
    *,
    by: Actor,
    now: datetime,
) -> Script | None:
    """The script with what was just done; None where nothing was."""
    script, situation = trial.script, trial.situation
    if script is None or situation is None:
        return None
    if act == "undo":
        shorter = _without_last(session, published, script, situation)
        return shorter if trial.basis is None else trial.basis.answering(shorter)
    if act == "answer" and situation.asks is not None:
        node, words = situation.asks.node_id, sent.get("result", "")
        result = read_context(words, "result") if words.strip() else None
        results = (*script.operations.get(node, ()), result)
        return replace(script, operations={**script.operations, node: results})
    if situation.asks is not None or situation.stop is not None or len(script.acts) >= MOST_ACTS:
        return None
    if act == "fire" and any(timer.node_id == sent.get("timer") for timer in situation.timers):
        return replace(script, acts=(*script.acts, Act(TIMER, sent["timer"])))
    if act == "hear":
        kind, _, name = sent.get("message", "").partition(":")
        if any((each.kind, each.name) == (kind, name) for each in situation.awaited):
            payload = read_context(sent.get("payload", ""), "payload")
            return replace(script, acts=(*script.acts, Act(SIGNAL if kind == SIGNAL else MESSAGE, name, payload)))
    if act == "complete":
        standing = next((each for each in situation.tasks if each.task.token == sent.get("token", type=int)), None)
        if standing is not None:
            trial.chosen = standing
            answers = _answers(session, published, standing, sent, by=by, now=now)
            node_id = standing.task.node_id
            known = trial.basis.act_at(script.acts, node_id) if trial.basis is not None else None
            act_of = Act(TASK, node_id, answers, standing.which, known.at if known is not None else None)
            return replace(script, acts=(*script.acts, act_of))
    return None


def _answers(
    session: Session, published: Published, standing: Standing, sent: MultiDict[str, str], *, by: Actor, now: datetime
) -> dict[str, Any]:
    if sent.get("by_hand"):
        return read_context(sent.get("answers", ""), "answers")
    submission = Submission(formdata=sent)
    form = task_form(session, published, standing.task, by=by, now=now, submission=submission)
    return checked_answers(form, submission) if form is not None else {}


def _without_last(session: Session, published: Published, script: Script, situation: Situation) -> Script:
    """One act less, and without the answers of operations that nobody asks for any more."""
    pending = situation.asks is not None or situation.stop is not None
    shorter = replace(script, acts=script.acts[: situation.done] if pending else script.acts[:-1])
    called = operations.run(session, published.definition, shorter).called
    return replace(shorter, operations=by_node(called))


def _look(session: Session, published: Published, trial: Trial, token: int | None, by: Actor, now: datetime) -> None:
    """Draw the form of the task that was chosen; without a choice that of the one where a scenario could not be followed further,
    or of the first one, those first for which it has no answers."""
    script, situation = trial.script, trial.situation
    if script is None or situation is None or not situation.tasks or situation.asks is not None:
        trial.chosen = None
        return

    def known(standing: Standing) -> Act | None:
        return trial.basis.act_at(script.acts, standing.task.node_id) if trial.basis is not None else None

    halted = trial.halted.name if trial.halted is not None and trial.halted.kind == TASK else None
    trial.chosen = min(
        situation.tasks,
        key=lambda each: (each.task.token != token, each.task.node_id != halted, known(each) is not None),
    )
    answered, task = known(trial.chosen), trial.chosen.task
    if answered is None:
        trial.form = task_form(session, published, task, by=by, now=now)
    else:
        checked = task.node_id == halted
        values = answered.values or {}
        trial.form = filled_task(session, published, task, values, by=by, now=now, checked=checked)
