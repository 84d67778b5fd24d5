"""The rungs of a ladder: when each comes and what it does. Pure: no database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from crm.core.errors import Fault, Invalid
from crm.core.i18n import Text, text
from crm.worktime.calendar import Calendar

MOST_RUNGS = 8
MOST_MINUTES = 100_000
MOST_PERCENT = 500
MOST_ANSWERS = 50
LONGEST_ANSWER = 2_000


class When(StrEnum):
    """How the moment of a rung is said."""

    SHARE = "share"
    BEFORE = "before"
    AFTER = "after"


class Act(StrEnum):
    """What a rung does, from mild to final."""

    REMIND = "remind"
    URGE = "urge"
    ESCALATE = "escalate"
    TRANSFER = "transfer"
    COMPLETE = "complete"


WHEN_NAMES: Mapping[When, Text] = {
    When.SHARE: text("per cent of the time"),
    When.BEFORE: text("minutes before it is due"),
    When.AFTER: text("minutes after it was due"),
}
ACT_NAMES: Mapping[Act, Text] = {
    Act.REMIND: text("remind the holder"),
    Act.URGE: text("urge the holder"),
    Act.ESCALATE: text("escalate to the superior"),
    Act.TRANSFER: text("hand the task on"),
    Act.COMPLETE: text("complete the task"),
}
# Of these only the last counts when several have come at once: nobody is told twice of one thing.
TELLING = frozenset({Act.REMIND, Act.URGE})


@dataclass(frozen=True)
class Rung:
    """One rung. `amount` is per cent or minutes. `role` names a group to escalate or hand on to instead of the superior;
    `answers` are those with which the task is completed."""

    when: When
    amount: int
    act: Act
    role: str | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)

    def at(self, *, opened_at: datetime, due_at: datetime, calendar: Calendar) -> datetime:
        """The moment of this rung for a task; never before the task was opened."""
        match self.when:
            case When.SHARE:
                return calendar.advance(opened_at, calendar.span(opened_at, due_at) * self.amount / 100)
            case When.BEFORE:
                return max(opened_at, calendar.add(due_at, -self.amount))
            case When.AFTER:
                return calendar.add(due_at, self.amount)

    def kept(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "when": str(self.when),
            "amount": self.amount,
            "act": str(self.act),
            "role": self.role,
            "answers": dict(self.answers),
        }


def as_rung(kept: Mapping[str, Any]) -> Rung:
    """A rung from where it was stored."""
    return Rung(When(kept["when"]), kept["amount"], Act(kept["act"]), kept.get("role"), kept.get("answers") or {})


def to_climb(
    rungs: Sequence[Rung], done: Collection[int], *, opened_at: datetime, due_at: datetime, calendar: Calendar
) -> list[tuple[datetime, int]]:
    """The rungs that are left, by their numbers, in the order of their moments."""
    left = [
        (rung.at(opened_at=opened_at, due_at=due_at, calendar=calendar), number)
        for number, rung in enumerate(rungs)
        if number not in done
    ]
    return sorted(left)


def read_rungs(given: Sequence[Mapping[str, Any]], *, roles: Collection[str], fields: Collection[str]) -> list[Rung]:
    """The rungs that somebody wrote, for a step whose form has these fields. Raises Invalid naming each fault by its place,
    such as `rungs.0.amount`."""
    if len(given) > MOST_RUNGS:
        raise Invalid([Fault("rungs", text("A ladder has at most {most} rungs.", most=MOST_RUNGS))])
    faults: list[Fault] = []
    found = [_read(number, each, roles, fields, faults) for number, each in enumerate(given)]
    finals = [number for number, rung in enumerate(found) if rung is not None and rung.act is Act.COMPLETE]
    if len(finals) > 1:
        faults.append(Fault(f"rungs.{finals[1]}.act", text("A task can be completed by one rung only.")))
    if faults:
        raise Invalid(faults)
    return [rung for rung in found if rung is not None]


def _read(
    number: int, given: Mapping[str, Any], roles: Collection[str], fields: Collection[str], faults: list[Fault]
) -> Rung | None:
    place, before = f"rungs.{number}", len(faults)
    when, act, amount = given.get("when"), given.get("act"), given.get("amount")
    if when not in set(When):
        faults.append(Fault(f"{place}.when", text("Choose one of: {choices}.", choices=", ".join(When))))
    if act not in set(Act):
        faults.append(Fault(f"{place}.act", text("Choose one of: {choices}.", choices=", ".join(Act))))
    least, most = (1, MOST_PERCENT) if when == When.SHARE else (0, MOST_MINUTES)
    if not isinstance(amount, int) or isinstance(amount, bool) or not least <= amount <= most:
        faults.append(
            Fault(f"{place}.amount", text("Write a whole number from {least} to {most}.", least=least, most=most))
        )
    role = given.get("role") or None
    if role is not None and (role not in roles or act not in (Act.ESCALATE, Act.TRANSFER)):
        faults.append(Fault(f"{place}.role", text("Name a role only to escalate or hand on to, one that exists.")))
    answers = given.get("answers") or {}
    if problem := _wrong_answers(answers, act, fields):
        faults.append(Fault(f"{place}.answers", problem))
    if len(faults) > before:
        return None
    return Rung(When(str(when)), int(amount or 0), Act(str(act)), role, dict(answers))


def _wrong_answers(answers: Any, act: Any, fields: Collection[str]) -> Text | None:
    if not isinstance(answers, Mapping) or len(answers) > MOST_ANSWERS:
        return text("Answers are names of fields, each with its value.")
    if answers and act != Act.COMPLETE:
        return text("Only a rung that completes the task has answers.")
    if unknown := [name for name in answers if name not in fields]:
        return text("The form of this step has no field {name}.", name=str(unknown[0])[:80])
    plain = all(isinstance(value, str | int | bool) and len(str(value)) <= LONGEST_ANSWER for value in answers.values())
    return None if plain else text("An answer is a text or a number of at most {most} characters.", most=LONGEST_ANSWER)
