"""What diagrams may call and ask for: service operations, choice lists, records and triggers.

Each folder under `workflows/processes` may hold a `bindings.py`; its tables are gathered here once. A service operation is a
plain function `f(step, *, parameter: type, …) -> mapping | None`; its signature is what publishing checks a diagram against.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from markupsafe import Markup
from sqlalchemy.orm import Session

from crm.core.errors import RuleBroken
from crm.core.i18n import Text, text
from crm.permissions import Actor
from forms import Source
from workflows import processes
from workflows.engine import Operation

# What every process may do with a record of its own.
OWN_RECORDS = "workflows.custom"


@dataclass(frozen=True)
class StepContext:
    """Within which step an operation runs: its transaction, who acts, when, and about which record."""

    session: Session
    by: Actor
    now: datetime
    record_type: str | None
    record_id: int | None


@dataclass(frozen=True)
class RecordRef:
    """A business record by type and id."""

    type: str
    id: int


@dataclass(frozen=True)
class CaseStart:
    """What a trigger starts a case with: references and small decisions, never business facts. `business_key` is what
    others call the case by, where they know no record of ours."""

    process_key: str
    title: str
    data: Mapping[str, object]
    record: RecordRef | None = None
    customer_id: int | None = None
    business_key: str | None = None


@dataclass(frozen=True)
class Message:
    """What the running cases of a record are told, by the name under which their diagram waits for it.

    Where none of them waits for it, it begins a case of the process that has a start event for it, if there is one: with
    this title and customer.
    """

    record: RecordRef
    name: str
    payload: Mapping[str, object] = field(default_factory=dict)
    title: str = ""
    customer_id: int | None = None


@dataclass(frozen=True)
class ServiceOperation:
    """An operation by the name that diagrams use, e.g. `service/record_handling`."""

    name: str
    run: Callable[..., Mapping[str, object] | None]
    results: tuple[str, ...] = ()

    @property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        return _parameters(self.run)

    @property
    def described(self) -> Operation:
        """The same as the engine's checks want it."""
        parameters = self.parameters
        required = tuple(name for name, p in parameters.items() if p.default is p.empty)
        return Operation(name=self.name, parameters=tuple(parameters), required=required, results=self.results)

    def call(self, step: StepContext, values: Mapping[str, object]) -> Mapping[str, object] | None:
        """Run with the values of a service task, each brought to the type that the signature asks for."""
        hints = _hints(self.run)
        given = {name: _fit(self.name, name, value, hints[name]) for name, value in values.items() if name in hints}
        for name, parameter in self.parameters.items():
            if given.get(name) is None and parameter.default is not parameter.empty:
                given.pop(name, None)
        return self.run(step, **given)

    def without_value(self, values: Mapping[str, object]) -> tuple[str, ...]:
        """What must be given and has no value among these."""
        return tuple(name for name in self.described.required if values.get(name) is None)


ChoiceSource = Callable[[Session, Actor, datetime, Mapping[str, Any]], Source]
Opening = Callable[[Session, Actor, datetime, Mapping[str, Any]], RecordRef]
Ongoing = Callable[[Session, Sequence[int]], Collection[int]]
Visible = Callable[[Session, Actor, int], bool]
Ending = Callable[[Any], tuple[RecordRef, str]]
About = Callable[[Any], RecordRef]
Resumed = Callable[[Session, datetime, int], None]
GivingUp = Callable[[Session, Actor, datetime, int, str], None]
Facts = Callable[[Session, Actor, int], Markup]
HandingOver = Callable[[Session, Actor, datetime, int, str, int, str], None]
SendingBack = Callable[[Session, Actor, datetime, int, str, str], None]
TakingBack = Callable[[StepContext], None]
Owner = Callable[[Session, int], int | None]


@dataclass(frozen=True)
class Bindings:
    """The tables of one process, or of all of them together.

    `choices` names the lists that select fields of forms may use, `opening` turns the answers of a start form into the
    record whose event starts the case, `triggers` maps an event to the case that it starts, `endings` one after which the case of a record has
    no more purpose, with the reason. Processes of `by_itself` nobody starts by hand, with the reason. An event of `messages` is told to the running cases of the records that the function names. After an event of `pauses` the clock of the record's cases stands still, until one of `resumes`; then `resumed` says by record type what else its cases follow. `giving_up` does to the record what cancelling its case means, `ongoing` tells which of some records are not finished. `visible` says by record type
    who may see a record, and `facts` draws what people should know of it beside a task (as markup).
    `handed_over` does to the record what a new holder of an open step means for it (record, step, user, note), `sent_back` what it
    means that an earlier step is done again (record, step, reason), and `taken_back` undoes an operation, named like it. `owners` tells by
    record type who is responsible for a record, for tasks that are given by that; else its customer's manager is.
    """

    operations: Mapping[str, ServiceOperation] = field(default_factory=dict)
    choices: Mapping[str, ChoiceSource] = field(default_factory=dict)
    openings: Mapping[str, Opening] = field(default_factory=dict)
    triggers: Mapping[type, Callable[[Session, Any], CaseStart]] = field(default_factory=dict)
    endings: Mapping[type, Ending] = field(default_factory=dict)
    by_itself: Mapping[str, Text] = field(default_factory=dict)
    messages: Mapping[type, Callable[[Session, Any], Sequence[Message]]] = field(default_factory=dict)
    pauses: Mapping[type, About] = field(default_factory=dict)
    resumes: Mapping[type, About] = field(default_factory=dict)
    resumed: Mapping[str, Resumed] = field(default_factory=dict)
    giving_up: Mapping[str, GivingUp] = field(default_factory=dict)
    ongoing: Mapping[str, Ongoing] = field(default_factory=dict)
    visible: Mapping[str, Visible] = field(default_factory=dict)
    facts: Mapping[str, Facts] = field(default_factory=dict)
    handed_over: Mapping[str, HandingOver] = field(default_factory=dict)
    sent_back: Mapping[str, SendingBack] = field(default_factory=dict)
    taken_back: Mapping[str, TakingBack] = field(default_factory=dict)
    owners: Mapping[str, Owner] = field(default_factory=dict)


def operations(*functions: tuple[str, Callable[..., Mapping[str, object] | None]]) -> Mapping[str, ServiceOperation]:
    """A table of service operations from (name, function) pairs."""
    return {name: ServiceOperation(name, function) for name, function in functions}


@cache
def registry() -> Bindings:
    """Everything that any process folder binds, and what processes of administrators may do with their records. A name that
    is bound twice stops the program."""
    tables: dict[str, dict[Any, Any]] = {name: {} for name in Bindings.__dataclass_fields__}
    folders = [module.name for module in pkgutil.iter_modules(processes.__path__, processes.__name__ + ".")]
    for place in (*folders, OWN_RECORDS):
        bindings: Bindings = importlib.import_module(place + ".bindings").BINDINGS
        for kind, table in tables.items():
            for name, value in getattr(bindings, kind).items():
                if name in table:
                    raise RuntimeError(f"{place} binds {kind[:-1]} {name!r} a second time")
                table[name] = value
    return Bindings(**tables)


def described_operations() -> Mapping[str, Operation]:
    """All service operations as the engine's checks want them."""
    return {name: operation.described for name, operation in registry().operations.items()}


@cache
def _parameters(function: Callable[..., object]) -> Mapping[str, inspect.Parameter]:
    return {name: p for name, p in inspect.signature(function).parameters.items() if p.kind is p.KEYWORD_ONLY}


@cache
def _hints(function: Callable[..., object]) -> Mapping[str, Any]:
    names = {name for name, p in inspect.signature(function).parameters.items() if p.kind is p.KEYWORD_ONLY}
    return {name: hint for name, hint in get_type_hints(function).items() if name in names}


def _fit(operation: str, name: str, value: object, hint: Any) -> object:
    """A FEEL value as the parameter's type: whole numbers as int, the rest unchanged."""
    kinds = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    if value is None or Any in kinds:
        return value
    if isinstance(value, Decimal) and int in kinds and value == value.to_integral_value():
        return int(value)
    if (
        isinstance(value, str)
        and int in kinds
        and str not in kinds
        and value.isascii()
        and value.isdigit()
        and len(value) < 19
    ):
        return int(value)  # choices of a select field are texts, the ids behind them numbers
    plain = tuple(get_origin(kind) or kind for kind in kinds if isinstance(get_origin(kind) or kind, type))
    if isinstance(value, plain) and not (isinstance(value, bool) and bool not in plain):
        return value
    if isinstance(value, datetime) and date in plain:
        return value.date()
    raise RuleBroken(text("{operation}: the value of “{name}” does not fit.", operation=operation, name=name))
