"""A case for paper: the path that it took and where it stands, its steps with who and when, timers, incidents, its history.

Only what the page of the case shows to the same reader. The answers to forms are left out: paper leaves the house.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from crm.core.due import HELD, DueRow
from crm.core.i18n import Text, ctext, text, translate
from crm.permissions import Actor
from workflows import library, queries
from workflows.causes import in_words
from workflows.instances import story
from workflows.instances.story import SYSTEM_NAME, Story
from workflows.library import Published
from workflows.messaging.waiting import awaited_by
from workflows.models import TIMER, Incident, ProcessInstance, Task, TaskStatus
from workflows.papers.figures import FAILED, LIVE, OVERDUE, PATH
from workflows.papers.paper import Paper, Table
from workflows.showing import TASK_WORDS, ShownCase, show_cases, show_tasks

# A case that was sent back a thousand times tells its newest part.
MOST_STEPS = 300
LEGEND: dict[str, Text] = {
    PATH: text("Path taken"),
    LIVE: text("Stands here"),
    OVERDUE: text("Overdue"),
    FAILED: text("Incident"),
}
AWAITED: dict[str, Text] = {"message": text("Message"), "signal": text("Signal")}

Moment = Callable[[datetime | None], str]


def case_paper(session: Session, instance_id: int, *, by: Actor, now: datetime, moment: Moment, said: str) -> Paper:
    """A case that this person may see, in their language; `moment` writes times for them. Raises NotFound."""
    instance = queries.find_instance(session, instance_id, by=by)
    published = library.published(session, instance.version_id)
    told = story.tell(session, instance, published, by=by, now=now)
    shown = show_cases(session, [instance], by=by)[0]
    file, raw = published.definition.bundle.bpmn
    standing = text("Where it stands: {places}", places=shown.waiting_for).in_language(by.locale)
    tables = (
        _steps(session, instance, by=by, now=now, moment=moment),
        _waits(session, instance, published, by=by, moment=moment),
        _incidents(session, instance, published, by=by, moment=moment),
        _history(told, by=by, moment=moment),
    )
    return Paper(
        name=f"case-{instance.id}",
        title=instance.title,
        about=" · ".join([shown.process, _version(shown, by), shown.status_text]),
        told=standing if shown.waiting_for else shown.status_text,
        said=said,
        locale=by.locale,
        file=file,
        raw=raw,
        words=published.translator(by.locale),
        parts=_parts(told),
        legend={part: words.in_language(by.locale) for part, words in LEGEND.items()},
        facts=tuple(_facts(instance, shown, by=by, moment=moment)),
        tables=tuple(table for table in tables if table.rows),
    )


def _version(shown: ShownCase, by: Actor) -> str:
    return text("Version {number}", number=shown.version_number).in_language(by.locale)


def _parts(told: Story) -> dict[str, str]:
    """What the case did, by element; of several the last one counts, as in the diagrams of the pages."""
    groups = ((PATH, told.path), (LIVE, told.live), (OVERDUE, told.overdue), (FAILED, told.failed))
    return {element: part for part, elements in groups for element in elements}


def _facts(instance: ProcessInstance, shown: ShownCase, *, by: Actor, moment: Moment) -> Iterator[tuple[str, str]]:
    facts = (
        (text("Case number"), f"{instance.id}"),
        (text("Process"), f"{shown.process} · {_version(shown, by)}"),
        (ctext("state", "Status"), shown.status_text),
        (text("Customer"), shown.customer),
        (text("Business key"), instance.business_key or ""),
        (text("Started by"), shown.started_by),
        (text("Started"), moment(shown.started_at)),
        (text("Suspended since"), moment(instance.suspended_at)),
        (text("Ended"), moment(shown.ended_at)),
    )
    for name, value in facts:
        if value:
            yield translate(name, by.locale), value


def _steps(session: Session, instance: ProcessInstance, *, by: Actor, now: datetime, moment: Moment) -> Table:
    """Every task that was opened, in its order: by whom and when."""
    rounds = (
        select(Task)
        .where(Task.instance_id == instance.id)
        .options(defer(Task.data), defer(Task.draft), defer(Task.answers))
        .order_by(Task.id.desc())
        .limit(MOST_STEPS)
    )
    rows = []
    for task in show_tasks(session, list(session.scalars(rounds))[::-1], by=by, now=now):
        if task.status == TaskStatus.OPEN:
            who, state = (
                task.assignee or task.role_name,
                LEGEND[OVERDUE] if task.overdue else TASK_WORDS[task.status][0],
            )
        else:
            who, state = task.closed_by or SYSTEM_NAME.in_language(by.locale), TASK_WORDS[task.status][0]
        times = (moment(task.opened_at), moment(task.due), moment(task.closed_at))
        rows.append((task.name, who, *times, translate(state, by.locale)))
    heads = (
        (text("Step"), 0.26),
        (text("Who"), 0.2),
        (text("Begun"), 0.145),
        (text("Due"), 0.145),
        (text("Ended"), 0.145),
        (ctext("state", "Status"), 0.105),
    )
    return _table(text("Steps"), heads, rows, by)


def _waits(session: Session, instance: ProcessInstance, published: Published, *, by: Actor, moment: Moment) -> Table:
    """What the case waits for besides people: timers with their time, messages and signals."""
    rows: list[tuple[str, ...]] = []
    timers = select(DueRow).where(DueRow.kind == TIMER, DueRow.subject_id == instance.id).order_by(DueRow.due_at)
    for row in session.scalars(timers.limit(MOST_STEPS)):
        held = row.payload.get(HELD)
        word = text("Timer held") if held else text("Timer failed") if row.failed_at else text("Timer")
        at = datetime.fromisoformat(held) if held else row.due_at
        name = published.name_of(str(row.payload.get("node", "")), by.locale)
        rows.append((word.in_language(by.locale), name, moment(at)))
    for kind, name in sorted(awaited_by(session, instance.id)):
        rows.append((translate(AWAITED.get(kind, kind), by.locale), name, ""))
    return _table(
        text("Timers and messages"), ((text("Kind"), 0.2), (text("Waits for"), 0.5), (text("Time"), 0.3)), rows, by
    )


def _incidents(
    session: Session, instance: ProcessInstance, published: Published, *, by: Actor, moment: Moment
) -> Table:
    """What stopped the case, settled or not. The cause is told to those who can mend it."""
    rows = []
    wanted = select(Incident).where(Incident.instance_id == instance.id).order_by(Incident.id.desc()).limit(MOST_STEPS)
    for incident in list(session.scalars(wanted))[::-1]:
        cause = text("The administrators have been told.").in_language(by.locale)
        if by.may("processes", "administer"):
            cause = in_words(incident.message, by.locale)
        name = published.name_of(incident.node_id, by.locale) if incident.node_id else ""
        rows.append((moment(incident.at), name, cause, moment(incident.resolved_at)))
    heads = ((text("Time"), 0.15), (text("Step"), 0.25), (text("Cause"), 0.45), (text("Settled"), 0.15))
    return _table(text("Incidents"), heads, rows, by)


def _history(told: Story, *, by: Actor, moment: Moment) -> Table:
    """Everything that happened, the oldest first."""
    rows = [
        (moment(entry.at), entry.who, ": ".join(filter(None, (translate(entry.text, by.locale), entry.detail))))
        for entry in reversed(told.entries)
    ]
    return _table(
        text("History"), ((text("Time"), 0.15), (text("Who"), 0.2), (ctext("history", "What happened"), 0.65)), rows, by
    )


def _table(title: Text, heads: Sequence[tuple[Text, float]], rows: Sequence[tuple[str, ...]], by: Actor) -> Table:
    columns = tuple((translate(name, by.locale), share) for name, share in heads)
    return Table(title.in_language(by.locale), columns, tuple(rows))
