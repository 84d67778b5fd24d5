"""Dates, times, and moments: entered in the reader's time zone, kept as date, time, and UTC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

from wtforms.widgets import TextInput

from forms.fields.base import Asking, Entry, FieldType, Spec
from forms.problems import N_, FormProblem, Refusal

SUBTYPES = ("date", "time", "datetime")
STEPS = (1, 5, 10, 15, 30, 60)
# A year outside is a slip of the finger, and no zone can push a moment of these years out of what can be stored.
YEARS = range(1900, 3000)
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
TIME = re.compile(r"\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?")
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?")


class DateEntry(Entry):
    """One control of the browser's own kind; text that is no date stays readable in a plain one."""

    widget = TextInput()


class Moment(FieldType):
    """The three subtypes of form-js's `datetime`."""

    entry = DateEntry
    control: str
    wrong: str

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        self.no_past = spec.get("disallowPassedDates") is True
        self.step = spec.get("timeInterval")

    def parse(self, texts: list[Any], asking: Asking) -> object:
        return self.accept(texts[0] if texts else "", asking)

    def accept(self, value: object, asking: Asking) -> object:
        if value is None or value == "":
            return None
        try:
            found = self.read(value.strip() if isinstance(value, str) else value, asking)
        except Refusal:
            raise
        except (ValueError, OverflowError):
            found = None
        if found is None:
            raise Refusal(self.wrong)
        return found

    def read(self, value: object, asking: Asking) -> object:
        """The value, or None or ValueError when it is none."""
        raise NotImplementedError

    def check_day(self, day: date, asking: Asking) -> None:
        if day.year not in YEARS:
            raise Refusal(
                N_("{label} must lie between the years {first} and {last}."), first=str(YEARS[0]), last=str(YEARS[-1])
            )
        if self.no_past and day < asking.reader.today:
            raise Refusal(N_("{label} must not lie in the past."))

    def check_step(self, at: time) -> None:
        if self.step in STEPS and at.minute % self.step:
            raise Refusal(N_("{label} must be a full step of {step} minutes, such as 09:00."), step=self.step)

    def attributes(self, entry: Any) -> dict[str, object]:
        if entry.data is None and entry.typed:
            return {"type": "text"}
        found: dict[str, object] = {"type": self.control}
        if self.no_past and self.control != "time":
            found["min"] = self.typed(entry.asking.reader.today, entry.asking)
        if self.control != "date" and self.step in STEPS:
            found["step"] = self.step * 60
        return found

    @classmethod
    def problems(cls, spec: Spec, element: str) -> Iterator[FormProblem]:
        yield from super().problems(spec, element)
        if spec.get("subtype", "date") not in SUBTYPES:
            yield FormProblem(element, N_("The subtype must be date, time or datetime"))
        if spec.get("timeInterval") is not None and spec["timeInterval"] not in STEPS:
            yield FormProblem(element, N_("The time step must be 1, 5, 10, 15, 30 or 60 minutes"))


class Day(Moment):
    control = "date"
    wrong = N_("{label} must be a date such as 2026-01-31.")

    def read(self, value: object, asking: Asking) -> date | None:
        if isinstance(value, datetime):
            return value.astimezone(asking.reader.zone).date() if value.tzinfo else value.date()
        if isinstance(value, date):
            return value
        return date.fromisoformat(value) if isinstance(value, str) and DATE.fullmatch(value) else None

    def check(self, value: date, asking: Asking) -> None:
        self.check_day(value, asking)

    def typed(self, value: Any, asking: Asking) -> str:
        return value.isoformat() if isinstance(value, date) else ""


class TimeOfDay(Moment):
    control = "time"
    wrong = N_("{label} must be a time such as 09:30.")

    def read(self, value: object, asking: Asking) -> time | None:
        if isinstance(value, time):
            return value.replace(tzinfo=None)
        return time.fromisoformat(value) if isinstance(value, str) and TIME.fullmatch(value) else None

    def check(self, value: time, asking: Asking) -> None:
        self.check_step(value)

    def typed(self, value: Any, asking: Asking) -> str:
        return value.strftime("%H:%M") if isinstance(value, time) else ""


class PointInTime(Moment):
    control = "datetime-local"
    wrong = N_("{label} must be a date and time such as 2026-01-31 09:30.")

    def read(self, value: object, asking: Asking) -> datetime | None:
        if isinstance(value, str) and MOMENT.fullmatch(value):
            value = datetime.fromisoformat(value)
        if not isinstance(value, datetime):
            return None
        if value.year not in YEARS:
            # Python cannot convert the first and last days of its calendar between zones.
            raise Refusal(
                N_("{label} must lie between the years {first} and {last}."), first=str(YEARS[0]), last=str(YEARS[-1])
            )
        if value.tzinfo is None:
            local = value.replace(tzinfo=asking.reader.zone)
            value = local.astimezone(UTC)
            if value.astimezone(asking.reader.zone).replace(tzinfo=None) != local.replace(tzinfo=None, fold=0):
                raise Refusal(N_("{label} names an hour that the clock skipped that day (summer time)."))
        return value.astimezone(UTC)

    def check(self, value: datetime, asking: Asking) -> None:
        local = value.astimezone(asking.reader.zone)
        self.check_day(local.date(), asking)
        self.check_step(local.timetz())

    def typed(self, value: Any, asking: Asking) -> str:
        if isinstance(value, datetime):
            return value.astimezone(asking.reader.zone).strftime("%Y-%m-%dT%H:%M")
        return value.strftime("%Y-%m-%dT00:00") if isinstance(value, date) else ""

    def recall(self, value: object, asking: Asking) -> tuple[object, object]:
        found, typed = super().recall(value, asking)
        # Stored moments carry their offset, which the control could not show; a draft holds what was typed.
        return found, self.typed(found, asking) if found is not None else typed


def moment_for(spec: Spec) -> type[Moment]:
    """The class for a subtype; an unknown one was refused at publish."""
    subtype = spec.get("subtype")
    return TimeOfDay if subtype == "time" else PointInTime if subtype == "datetime" else Day
