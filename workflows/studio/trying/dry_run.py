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
from crm.core.i18n import text
from crm.permissions import Actor
from forms import BoundForm
from workflows.kept import restore
from workflows.library import Published
from workflows.models import InstanceStatus, ProcessEvent, ProcessInstance
from workflows.registry import registry
from workflows.studio.trying import operations
from workflows.studio.trying.models import Scenario
from workflows.studio.trying.play import Situation, Standing
from workflows.studio.trying.script import MESSAGE, MOST_ACTS, SIGNAL, TASK, TIMER, Act, Script, by_node, from_json
from workflows.studio.trying.writing import as_lines, read_context
from workflows.task_forms import FormRefused, Submission, checked_answers, step_form

OWN = ("initiator_id", "started_at")


@dataclass
class Trial:
    """A dry run on a page: the script so far, where the case stands, and the form of the task that is looked at."""

    script: Script | None = None
    situation: Situation | None = None
    chosen: Standing | None = None
    form: BoundForm | None = None
    faults: dict[str, Any] = field(default_factory=dict)
    entered: Mapping[str, str] = field(default_factory=dict)


def read_script(words: str) -> Script:
    """The script that the page sent back. Raises Invalid."""
    try:
        content = orjson.loads(words)
    except orjson.JSONDecodeError:
        content = None
    if not isinstance(content, dict):
        raise Invalid([Fault("script", text("The course of the trial cannot be read; begin it again."))])
    return from_json(content)


def go_on(session: Session, published: Published, sent: MultiDict[str, str], *, by: Actor, now: datetime) -> Trial:
    """Do what the page asks, and tell where the case stands then. What does not fit is told at its field."""
    trial = Trial(entered=sent)
    act = sent.get("do", "")
    if act == "begin":
        try:
            trial.script = _begun(session, published, sent, by=by, now=now)
        except FormRefused as refused:
            trial.form = refused.form
            return trial
        except Invalid as wrong:
            trial.faults = {fault.field: fault.message for fault in wrong.faults}
            return trial
    else:
        trial.script = read_script(sent.get("script", ""))
    trial.situation = operations.run(session, published.definition, trial.script)
    try:
        further = _with_act(session, published, trial, act, sent, by=by, now=now)
        if further is not None:
            trial.script, trial.form = further, None
            trial.situation = operations.run(session, published.definition, further)
    except FormRefused as refused:
        trial.form = refused.form
        return trial
    except Invalid as wrong:
        trial.faults = {fault.field: fault.message for fault in wrong.faults}
    _look(session, published, trial, sent.get("token", type=int) if act in ("look", "complete") else None, by, now)
    return trial


def start_form(
    session: Session, published: Published, *, by: Actor, now: datetime, sent: MultiDict[str, str] | None = None
) -> BoundForm | None:
    """The start form, where its answers are what the case begins with; where they open a record, the case begins with what the
    record tells it."""
    if published.key in registry().openings:
        return None
    submission = Submission(formdata=sent) if sent is not None else None
    form_key = published.definition.start_form
    return step_form(session, published, form_key, by=by, now=now, data={}, values={}, submission=submission)


def task_form(
    session: Session,
    published: Published,
    standing: Standing,
    *,
    by: Actor,
    now: datetime,
    sent: MultiDict[str, str] | None = None,
) -> BoundForm | None:
    """The form of an open task, as whoever does it will see it."""
    task = standing.task
    return step_form(
        session,
        published,
        published.definition.nodes[task.node_id].form_key,
        by=by,
        now=now,
        data=task.data,
        values=task.data,
        submission=Submission(formdata=sent) if sent is not None else None,
        node_id=task.node_id,
    )


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


def _begun(session: Session, published: Published, sent: MultiDict[str, str], *, by: Actor, now: datetime) -> Script:
    begin = sent.get("begin") or None
    if begin is not None and begin not in published.definition.beginnings:
        raise Invalid([Fault("begin", text("Choose one of the starts of the diagram."))])
    at = company_time(session, now).replace(microsecond=0)
    data = read_context(sent.get("start", ""), "start")
    by_itself = begin is not None and published.definition.beginnings[begin].kind != "none"
    form = None if by_itself else start_form(session, published, by=by, now=now, sent=sent)
    answers = checked_answers(form, Submission(formdata=sent)) if form is not None else {}
    payload = read_context(sent.get("payload", ""), "payload") if by_itself else None
    own = {"initiator_id": by.id, "started_at": at}
    return Script(at=at, start={**own, **answers, **data}, begin=begin, payload=payload or None)


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
        return _without_last(session, published, script, situation)
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
            return replace(script, acts=(*script.acts, Act(TASK, standing.task.node_id, answers, standing.which)))
    return None


def _answers(
    session: Session, published: Published, standing: Standing, sent: MultiDict[str, str], *, by: Actor, now: datetime
) -> dict[str, Any]:
    if sent.get("by_hand"):
        return read_context(sent.get("answers", ""), "answers")
    form = task_form(session, published, standing, by=by, now=now, sent=sent)
    return checked_answers(form, Submission(formdata=sent)) if form is not None else {}


def _without_last(session: Session, published: Published, script: Script, situation: Situation) -> Script:
    """One act less, and without the answers of operations that nobody asks for any more."""
    pending = situation.asks is not None or situation.stop is not None
    shorter = replace(script, acts=script.acts[: situation.done] if pending else script.acts[:-1])
    called = operations.run(session, published.definition, shorter).called
    return replace(shorter, operations=by_node(called))


def _look(session: Session, published: Published, trial: Trial, token: int | None, by: Actor, now: datetime) -> None:
    """Draw the form of the task that was chosen, or of the first one."""
    situation = trial.situation
    if situation is None or not situation.tasks or situation.asks is not None:
        trial.chosen = None
        return
    found = [each for each in situation.tasks if each.task.token == token]
    trial.chosen = (found or list(situation.tasks))[0]
    trial.form = task_form(session, published, trial.chosen, by=by, now=now)
