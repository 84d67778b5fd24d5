"""Small processes that begin, wait and speak, and the clock that carries what they say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from app import jobs
from crm.core.config import Config
from crm.core.db import Database, reading
from crm.core.due import DueRow
from scheduler.sweep import tick
from tests.conftest import MovableClock
from tests.processes.small import bundle, user_task
from workflows.engine import Bundle
from workflows.kept import restore
from workflows.messaging.models import BEGIN, Waiting
from workflows.models import ProcessEvent, ProcessInstance, Task

CATCH, THROW = "intermediateCatchEvent", "intermediateThrowEvent"
PAYLOAD = (
    "<bpmn:extensionElements><spiffworkflow:messagePayload>{payload}</spiffworkflow:messagePayload>"
    "</bpmn:extensionElements>"
)


def timer(text: str, kind: str = "timeCycle") -> str:
    return f"<bpmn:timerEventDefinition><bpmn:{kind}>{text}</bpmn:{kind}></bpmn:timerEventDefinition>"


def message(payload: str = "") -> str:
    """The message that is called like its element."""
    return f"<bpmn:messageEventDefinition>{PAYLOAD.format(payload=payload) if payload else ''}</bpmn:messageEventDefinition>"


def signal(payload: str = "") -> str:
    """The signal that is called like its element."""
    return (
        f"<bpmn:signalEventDefinition>{PAYLOAD.format(payload=payload) if payload else ''}</bpmn:signalEventDefinition>"
    )


def event(tag: str, ident: str, body: str = "", *, name: str = "", **more: str) -> str:
    given = "".join(f' {key}="{value}"' for key, value in more.items())
    return f'<bpmn:{tag} id="{ident}" name="{name or ident}"{given}>{body}</bpmn:{tag}>'


def flow(source: str, target: str) -> str:
    return f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}" />'


def process(key: str, *starts: str, steps: Sequence[str] = ()) -> Bundle:
    """Each start event leads to the same steps, which follow each other: one task, if none are given."""
    steps = steps or [user_task("look")]
    ids = [step.split('id="')[1].split('"')[0] for step in (*steps, 'id="finish"')]
    begins = [start.split('id="')[1].split('"')[0] for start in starts]
    flows = [flow(a, b) for a, b in pairwise(ids)] + [flow(begin, ids[0]) for begin in begins]
    return bundle(key, "".join((*starts, *steps, '<bpmn:endEvent id="finish" />', *flows)))


def waits(key: str = "waiter", name: str = "paid", body: str = "") -> Bundle:
    """A process that is begun by the message `order`, and then waits."""
    begin = event("startEvent", "order", message())
    return process(key, begin, steps=[event(CATCH, "wait", body or message(), name=name), user_task("ship")])


def cases(database: Database, key: str) -> list[ProcessInstance]:
    with reading(database) as session:
        wanted = select(ProcessInstance).where(ProcessInstance.process_key == key).order_by(ProcessInstance.id)
        return list(session.scalars(wanted))


def waiting(database: Database) -> list[tuple[int, str, str]]:
    with reading(database) as session:
        return [(w.instance_id, w.kind, w.name) for w in session.scalars(select(Waiting).order_by(Waiting.id))]


def data_of(database: Database, instance_id: int, node_id: str) -> dict[str, Any]:
    with reading(database) as session:
        wanted = select(Task.data).where(Task.instance_id == instance_id, Task.node_id == node_id)
        return restore(session.scalars(wanted).one())


def set_starts(database: Database) -> list[DueRow]:
    """What the clock is to begin."""
    with reading(database) as session:
        return list(session.scalars(select(DueRow).where(DueRow.kind == BEGIN).order_by(DueRow.due_at, DueRow.id)))


def told(database: Database, instance_id: int, kind: str = "message") -> list[ProcessEvent]:
    """Lines of history."""
    with reading(database) as session:
        wanted = select(ProcessEvent).where(ProcessEvent.instance_id == instance_id, ProcessEvent.kind == kind)
        return list(session.scalars(wanted.order_by(ProcessEvent.id)))


def clockwork(database: Database, config: Config, clock: MovableClock) -> Callable[[], int]:
    """Do everything that is due by now. Answers how much was done."""
    table = jobs(config)

    def run() -> int:
        done = 0
        # A sweep ends after some seconds, whatever is left.
        while (swept := tick(database, table, clock)).done:
            assert swept.failed == 0
            done += swept.done
        return done

    return run
