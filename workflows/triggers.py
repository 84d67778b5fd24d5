"""Which business event starts which process, which one ends it, which one it waits for, and which
stops its clock. The table itself stands in the bindings of the processes; this joins it to the events of one
database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from crm.core.events import Listeners
from workflows.operations.cancelling import end_cases_of
from workflows.operations.messages import tell_cases_of
from workflows.operations.pausing import pause_cases_of, resume_cases_of
from workflows.operations.starting import start_case
from workflows.registry import About, CaseStart, Ending, Message, registry


def listen(listeners: Listeners) -> None:
    """From now on the events of this application start the cases that the bindings name."""
    for event_type, build in registry().triggers.items():
        listeners.on(event_type, _starter(build))
    for event_type, ending in registry().endings.items():
        listeners.on(event_type, _ender(ending))
    for event_type, told in registry().messages.items():
        listeners.on(event_type, _messenger(told))
    for event_type, about in registry().pauses.items():
        listeners.on(event_type, _pauser(about))
    for event_type, about in registry().resumes.items():
        listeners.on(event_type, _resumer(about))


@cache
def _starter(build: Callable[[Session, Any], CaseStart]) -> Callable[[Session, Any], None]:
    def start(session: Session, event: Any) -> None:
        start_case(session, build(session, event), by=event.by, now=event.at)

    return start


@cache
def _ender(ending: Ending) -> Callable[[Session, Any], None]:
    def end(session: Session, event: Any) -> None:
        record, reason = ending(event)
        end_cases_of(session, record, by=event.by, now=event.at, reason=reason)

    return end


@cache
def _messenger(told: Callable[[Session, Any], Sequence[Message]]) -> Callable[[Session, Any], None]:
    def bring(session: Session, event: Any) -> None:
        for message in told(session, event):
            tell_cases_of(session, message, by=event.by, now=event.at)

    return bring


@cache
def _pauser(about: About) -> Callable[[Session, Any], None]:
    def pause(session: Session, event: Any) -> None:
        pause_cases_of(session, about(event), by=event.by, now=event.at)

    return pause


@cache
def _resumer(about: About) -> Callable[[Session, Any], None]:
    def resume(session: Session, event: Any) -> None:
        record = about(event)
        resume_cases_of(session, record, by=event.by, now=event.at)
        if follow := registry().resumed.get(record.type):
            follow(session, event.at, record.id)

    return resume
