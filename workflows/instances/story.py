"""A case told for people: the steps ahead and behind, the path on the diagram, and its history in sentences."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from babel.dates import format_timedelta
from sqlalchemy.orm import Session

from crm.accounts.queries import names_of
from crm.core.i18n import Text, text
from crm.permissions import Actor
from workflows import queries
from workflows.assigning.reasons import from_json
from workflows.causes import in_words
from workflows.engine import Definition
from workflows.instances.answering import Answers, Change
from workflows.instances.sentences import people_of, sentence
from workflows.library import Published
from workflows.messaging.waiting import awaited_by
from workflows.models import Incident, InstanceStatus, ProcessEvent, ProcessInstance, Task, TaskStatus
from workflows.registry import registry

SYSTEM_NAME = text("Heliu (automatic)")
# What a rung of a step's ladder did.
RUNG_LINES: Mapping[object, Text] = {
    "remind": text("reminded of “{step}”"),
    "urge": text("urged “{step}”"),
    "escalate": text("escalated “{step}”"),
    "transfer": text("handed “{step}” on, because nobody did it"),
    "complete": text("decided “{step}” by rule, because nobody did it"),
}
CATCHING = ("intermediateCatchEvent", "receiveTask")
NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class Entry:
    """A line of history, as the timeline component draws it."""

    at: datetime
    who: str
    text: Text
    icon: str
    tone: str = "neutral"
    detail: str = ""
    url: str = ""
    changes: Sequence[tuple[str, str, str]] = ()
    planned: bool = False


@dataclass(frozen=True)
class Story:
    """Everything that the page of a case shows of its course."""

    steps: Sequence[Mapping[str, object]]
    path: Sequence[str]
    live: Sequence[str]
    overdue: Sequence[str]
    failed: Sequence[str]
    labels: Mapping[str, str]
    entries: Sequence[Entry]
    xml: str
    incidents: Sequence[Incident] = field(default_factory=tuple)
    causes: Mapping[int, str] = field(default_factory=dict)


def tell(session: Session, instance: ProcessInstance, published: Published, *, by: Actor, now: datetime) -> Story:
    """The course of a case in the reader's language, from rows alone."""
    events = queries.newest_history(session, instance.id)
    reads = _may_read(session, instance, by)
    tasks = queries.tasks_of(session, instance.id, answered=reads)
    incidents = queries.incidents_of(session, instance.id)
    people = queries.people_in(session, [*events, *tasks, *incidents], locale=by.locale)
    people |= names_of(session, {named for event in events for named in people_of(event)} - people.keys(), by.locale)
    open_now = [task for task in tasks if task.status == TaskStatus.OPEN]
    done = {task.id: task for task in tasks if task.status == TaskStatus.DONE}
    answers = Answers(session, published, by=by, now=now) if reads else None
    return Story(
        steps=_steps(instance, published, tasks, people, locale=by.locale),
        path=list(dict.fromkeys(element for _, element, *_ in queries.path_of(events))),
        live=list(
            dict.fromkeys([*(task.node_id for task in open_now), *_waiting_events(session, instance, published)])
        ),
        overdue=[task.node_id for task in open_now if task.due_at < now],
        failed=[incident.node_id for incident in incidents if incident.node_id],
        labels=labels(published, by.locale),
        entries=[
            entry
            for event in reversed(events)
            for entry in _entries(event, published, people, by, done.get(event.task_id or 0), answers)
        ],
        xml=published.definition.bundle.bpmn[1].decode(),
        incidents=incidents,
        causes={incident.id: in_words(incident.message, by.locale) for incident in incidents},
    )


def _waiting_events(session: Session, instance: ProcessInstance, published: Published) -> list[str]:
    """The events in the flow whose time, message or signal the case waits for; those at the edge of a task show where the
    task is."""
    nodes = published.definition.nodes
    timers, awaited = queries.timers_of(session, instance.id), awaited_by(session, instance.id)
    hearing = [node.id for node in nodes.values() if any((each.kind, each.name) in awaited for each in node.events)]
    return [node_id for node_id in (*timers, *hearing) if node_id in nodes and nodes[node_id].kind in CATCHING]


def labels(published: Published, locale: str) -> dict[str, str]:
    """What every named element of the diagram is called, by element id; pool and lanes included."""
    words = published.translator(locale)
    definition = published.definition
    named = [
        *((node.id, node.name) for node in definition.nodes.values()),
        *((flow.id, flow.name) for flow in definition.flows.values()),
        *((lane.id, lane.name) for lane in definition.lanes),
        *definition.participants.items(),
    ]
    return {id_: words(name) for id_, name in named if name}


def user_steps(definition: Definition) -> list[str]:
    """The user tasks in the order in which the flow reaches them; those of a sub-process where it stands."""
    begins = [
        node.id for node in definition.nodes.values() if node.kind == "startEvent" and node.process == definition.key
    ]
    return [
        node_id
        for node_id in _reached(definition, begins)
        if definition.nodes[node_id].kind in ("userTask", "manualTask")
    ]


def _reached(definition: Definition, begins: Iterable[str]) -> list[str]:
    """The nodes that a case can come to from these ones, which are among them, in the order in which it does."""
    nodes = definition.nodes
    beside: dict[str, list[str]] = {}
    for node in nodes.values():
        if node.attached_to:
            beside.setdefault(node.attached_to, []).append(node.id)
        elif node.kind == "startEvent":
            beside.setdefault(node.process, []).append(node.id)
    reached: dict[str, None] = {}
    waiting = deque(begins)
    while waiting:
        node_id = waiting.popleft()
        if node_id in reached or node_id not in nodes:
            continue
        reached[node_id] = None
        node = nodes[node_id]
        waiting.extend(beside.get(node_id, ()))
        waiting.extend(definition.flows[flow].target for flow in node.outgoing)
        if node.process in nodes:
            # A sub-process is left by its own flows.
            waiting.append(node.process)
    return list(reached)


def _steps(
    instance: ProcessInstance, published: Published, tasks: Sequence[Task], people: Mapping[int, str], *, locale: str
) -> list[dict[str, object]]:
    newest = {task.node_id: task for task in tasks}
    reopened: datetime | None = None
    steps: list[dict[str, object]] = []
    standing = [task.node_id for task in tasks if task.status == TaskStatus.OPEN]
    ahead = set(_reached(published.definition, standing))
    for node_id in user_steps(published.definition):
        task = newest.get(node_id)
        if task is None:
            # Where nobody is asked at the moment everything may still come.
            comes = instance.status == InstanceStatus.RUNNING and (node_id in ahead or not standing)
            state, note = ("ahead" if comes else "skipped"), ""
        elif task.status == TaskStatus.OPEN:
            state, note = "live", people.get(task.assignee_id or 0, "")
            reopened = max(reopened, task.opened_at) if reopened else task.opened_at
        elif task.status == TaskStatus.DONE and reopened and task.closed_at and task.closed_at <= reopened:
            # Done in an earlier round; the case has gone back to a step before it.
            state, note = "ahead", ""
        elif task.status == TaskStatus.DONE:
            state, note = "done", people.get(task.closed_by_id or 0, "")
        else:
            state, note = "skipped", ""
        steps.append({"label": published.name_of(node_id, locale), "state": state, "note": note})
    return steps


def _may_read(session: Session, instance: ProcessInstance, by: Actor) -> bool:
    """May this person read what the steps of others were answered with? Who may see the record may."""
    visible = registry().visible.get(instance.record_type or "")
    return visible is None or instance.record_id is None or visible(session, by, instance.record_id)


def _entries(
    event: ProcessEvent,
    published: Published,
    people: Mapping[int, str],
    by: Actor,
    task: Task | None,
    answers: Answers | None,
) -> list[Entry]:
    """A line for the event itself, above it (newest first) one for each decision on its way. `task` is the finished one that
    it names; what it was answered with is told where `answers` are open to the reader."""
    locale = by.locale
    who = people.get(event.actor_id or 0) or SYSTEM_NAME.in_language(locale)
    if absent := people.get(event.detail.get("in_place_of", 0)):
        who = text("{person} for {absent}", person=who, absent=absent).in_language(locale)
    name = published.name_of(event.node_id, locale) if event.node_id else ""
    entries = [_decision(event, entry, published, locale) for entry in event.detail.get("passed", ()) if len(entry) > 2]
    lines: dict[str, tuple[Text, str, str]] = {
        "started": _beginning(event.detail, name),
        "completed": (text("completed “{step}”", step=name), "check", "good"),
        "claimed": (text("claimed “{step}”", step=name), "hand-grab", "neutral"),
        "released": (text("gave “{step}” back to the group", step=name), "arrow-back-up", "neutral"),
        "message": (
            text("told the case: “{message}”", message=event.detail.get("message", "")),
            "mail-opened",
            "accent",
        ),
        "timer": (text("timer “{step}” was due", step=name), "clock", "warn"),
        "cancelled": (text("cancelled the case"), "ban", "bad"),
        "incident": (text("“{step}” could not be carried out", step=name), "alert-triangle", "bad"),
        "retried": (text("had “{step}” tried again", step=name), "refresh", "neutral"),
        "paused": (text("stopped the clock until the customer answers"), "clock-pause", "info"),
        "resumed": (text("let the clock run again"), "clock-play", "info"),
        "rung": (
            text(RUNG_LINES.get(event.detail.get("act"), RUNG_LINES["remind"]).source, step=name),
            "bell-ringing",
            "warn",
        ),
    }
    target = published.name_of(event.detail["to"], locale) if event.detail.get("to") else ""
    words, icon, tone = lines.get(event.kind) or sentence(event, step=name, target=target, people=people, by=by)
    detail = str(event.detail.get("reason", ""))
    if event.detail.get("late_seconds"):
        minutes = event.detail["late_seconds"] // 60
        detail = text("caught up {minutes} minutes late", minutes=minutes).in_language(locale)
    changes: Sequence[Change] = ()
    if event.kind == "completed" and task is not None and task.closed_at is not None:
        words = text("{what} after {time}", what=words, time=_distance(task.closed_at - task.opened_at, locale))
        changes = answers.of(task) if answers is not None else ()
    own = Entry(at=event.at, who=who, text=words, icon=icon, tone=tone, detail=detail, changes=changes)
    given = [_given(event, entry, published, people, locale) for entry in event.detail.get("assigned", ())]
    return [*given, *reversed([entry for entry in entries if entry]), own]


def _distance(time: timedelta, locale: str) -> str:
    """How long a step lay there, in the reader's language."""
    return str(format_timedelta(time, granularity="minute", threshold=1.5, locale=locale))


def _given(
    event: ProcessEvent, entry: Mapping[str, Any], published: Published, people: Mapping[int, str], locale: str
) -> Entry:
    """To whom a step went by its rule, and why just to them."""
    step, person = published.name_of(entry["node"], locale), people.get(entry["user_id"] or 0)
    line = text("offered “{step}” to several people", step=step)
    if person is not None:
        line = text("gave “{step}” to {person}", step=step, person=person)
    return Entry(
        at=event.at,
        who=SYSTEM_NAME.in_language(locale),
        text=line,
        icon="user-check",
        detail=from_json(entry["reason"]).in_language(locale),
    )


def _beginning(detail: Mapping[str, Any], name: str) -> tuple[Text, str, str]:
    """How the case began: by somebody, or by itself at the start event of this name."""
    if detail.get("begun_by") == "timer":
        return text("began the case: it was time for “{step}”", step=name), "clock-play", "accent"
    if detail.get("begun_by") == "message":
        return text("began the case by the message “{message}”", message=detail["message"]), "mail-opened", "accent"
    if detail.get("begun_by") == "signal":
        return text("began the case by the signal “{message}”", message=detail["message"]), "speakerphone", "accent"
    return text("started the case"), "player-play", "accent"


def _decision(event: ProcessEvent, entry: Sequence[Any], published: Published, locale: str) -> Entry | None:
    """Why the flow went where it went: the condition and its values, or the rule of a table and its result."""
    kind, element, detail = entry
    who = SYSTEM_NAME.in_language(locale)
    words = published.translator(locale)
    if kind == "gateway":
        if not detail.get("conditions"):
            return None
        ways = [published.definition.flows.get(flow) for flow in detail.get("taken", ())]
        answer = " / ".join(words(way.name) or published.name_of(way.target, locale) for way in ways if way)
        why = "; ".join(_reason(condition, words) for condition in detail["conditions"])
        line = text("decided “{question}”: {answer}", question=published.name_of(element, locale), answer=answer)
        return Entry(at=event.at, who=who, text=line, icon="arrows-split", detail=why)
    if kind == "decision":
        inputs, outputs = _values(detail.get("inputs"), words), _values(detail.get("outputs"), words)
        line = text("applied the table “{table}”", table=published.name_of(element, locale))
        return Entry(at=event.at, who=who, text=line, icon="table", detail=f"{inputs} → {outputs}")
    return None


def _values(values: Any, words: Callable[[str], str]) -> str:
    if isinstance(values, dict) and "typename" not in values:
        return ", ".join(f"{words(name)} = {_plain(value, words)}" for name, value in values.items())
    return _plain(values, words)


def _reason(condition: Mapping[str, Any], words: Callable[[str], str]) -> str:
    """A condition with the values that it met, e.g. `satisfaction < 3 (satisfaction = 2) ✓`, as far as the process has words for them."""
    said = NAME.sub(lambda name: words(name[0]), condition["condition"])
    return f"{said} ({_values(condition.get('values', {}), words)}) {'✓' if condition.get('result') else '✗'}"


def _plain(value: Any, words: Callable[[str], str]) -> str:
    """A value for people; keys of pick-lists and roles are named where the texts of the process name them."""
    kept = value["value"] if isinstance(value, dict) and "typename" in value else value
    if kept is None or isinstance(kept, bool):
        return {None: "–", True: "✓", False: "✗"}[kept]
    return words(kept) if isinstance(kept, str) and kept else str(kept)
