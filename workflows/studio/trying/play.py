"""Plays a script on a definition, from its beginning, in memory: nothing is stored and nothing of the business is called.

Time is that of the script, and what operations answer stands in it. Where an answer is missing the play stops and asks.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from crm.core.i18n import Text, text
from workflows import engine
from workflows.engine import Awaited, Budget, Definition, OpenTask, Passed, Step, Thrown, TimerSet
from workflows.engine.steps import WorkingTime
from workflows.studio.trying.script import MESSAGE, TASK, TIMER, Act, Expected, Script

SECONDS = 10.0
# Of the path, what a course is compared by: the elements, not the arrows between them.
PLACES = ("node", "gateway")


@dataclass(frozen=True)
class Element:
    """An element of the diagram inside a sentence, called as it is drawn; whoever tells the sentence may know it by another
    name."""

    id: str
    drawn: str = ""

    def __str__(self) -> str:
        return self.drawn or self.id


@dataclass(frozen=True)
class Question:
    """A step calls an operation for which the script has no answer; `act` is the number of the act that led there, None for
    the beginning."""

    node_id: str
    operation: str
    parameters: Mapping[str, Any]
    act: int | None = None


@dataclass(frozen=True)
class Stop:
    """Why the play did not go on, and where; `act` is the number of the act that could not be done, None for the beginning."""

    message: Text
    element: str | None
    act: int | None


@dataclass(frozen=True)
class Standing:
    """An open task. `which` is its place among the open ones of its element."""

    task: OpenTask
    which: int


@dataclass(frozen=True)
class Situation:
    """Where the case stands after the acts that could be done, and how it came there.

    `passed` are the marks of the path with the number of the act that led to them (None: the beginning). `called` are the
    operations that ran, with their results. `data` are the final variables of a completed case, otherwise those of its open
    tasks together.
    """

    done: int = 0
    at: datetime | None = None
    tasks: tuple[Standing, ...] = ()
    timers: tuple[TimerSet, ...] = ()
    awaited: tuple[Awaited, ...] = ()
    passed: tuple[tuple[int | None, Passed], ...] = ()
    thrown: tuple[Thrown, ...] = ()
    called: tuple[tuple[str, Mapping[str, Any] | None], ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    completed: bool = False
    asks: Question | None = None
    stop: Stop | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """The elements passed, in order."""
        return tuple(mark.element_id for _, mark in self.passed if mark.kind in PLACES)

    @property
    def live(self) -> tuple[str, ...]:
        """The elements where somebody or something is waited for."""
        return tuple(dict.fromkeys([*(each.task.node_id for each in self.tasks), *(t.node_id for t in self.timers)]))

    def waits_for(self, act: Act) -> bool:
        """Can this act be done here?"""
        if act.kind == TASK:
            return any(each.task.node_id == act.name for each in self.tasks)
        if act.kind == TIMER:
            return any(timer.node_id == act.name for timer in self.timers)
        return any((each.kind, each.name) == (act.kind, act.name) for each in self.awaited)

    def ends(self, definition: Definition) -> tuple[str, ...]:
        """The end events reached, in order."""
        nodes = definition.nodes
        return tuple(node for node in self.path if node in nodes and nodes[node].kind == "endEvent")


# Says of an act what keeps its answers from being given at this open task, if anything does.
Misfit = Callable[[Act, OpenTask], Text | None]


def play(
    definition: Definition,
    script: Script,
    *,
    working_time: WorkingTime | None = None,
    silent: Collection[str] = (),
    seconds: float = SECONDS,
    misfit: Misfit | None = None,
) -> Situation:
    """What comes of the script. `silent` are the operations that never answer anything; `seconds` is the most that the whole
    play may take. Before answers that do not fit (`misfit`) it stops."""
    return _Play(definition, script, working_time, silent, seconds, misfit).run()


def expected_of(definition: Definition, situation: Situation) -> Expected:
    """What came of a play, as what is expected from now on."""
    names = {node: definition.nodes[node].name for node in situation.path if node in definition.nodes}
    return Expected(
        path=situation.path,
        ends=situation.ends(definition),
        completed=situation.completed,
        data=dict(situation.data) if situation.completed else {},
        names={node: name for node, name in names.items() if name},
    )


class _Unanswered(Exception):
    def __init__(self, question: Question) -> None:
        super().__init__(question.node_id)
        self.question = question


class _Answers:
    """Answers the calls of the diagram from the script."""

    def __init__(self, script: Script, working_time: WorkingTime | None, silent: Collection[str]) -> None:
        self._results, self._silent = script.operations, silent
        self._used: Counter[str] = Counter()
        self.called: list[tuple[str, Mapping[str, Any] | None]] = []
        if working_time is not None:
            self.working_time = working_time

    def __call__(self, operation: str, parameters: dict[str, Any], node_id: str) -> Mapping[str, Any] | None:
        results = self._results.get(node_id, ())
        if self._used[node_id] < len(results):
            result = results[self._used[node_id]]
        elif operation in self._silent:
            result = None
        else:
            raise _Unanswered(Question(node_id, operation, parameters))
        self._used[node_id] += 1
        self.called.append((node_id, result))
        return result


class _Play:
    def __init__(
        self,
        definition: Definition,
        script: Script,
        working_time: WorkingTime | None,
        silent: Collection[str],
        seconds: float,
        misfit: Misfit | None,
    ) -> None:
        self.definition, self.script = definition, script
        self.misfit = misfit
        self.call = _Answers(script, working_time, silent)
        self.end = time.monotonic() + seconds
        self.now = script.at
        self.state = b""
        self.done: int | None = None
        self.open: dict[int, OpenTask] = {}
        self.timers: dict[int, TimerSet] = {}
        self.awaited: set[Awaited] = set()
        self.passed: list[tuple[int | None, Passed]] = []
        self.thrown: list[Thrown] = []
        self.completed = False
        self.data: Mapping[str, Any] = {}

    def run(self) -> Situation:
        script = self.script
        begun = self._try(None, lambda: self._start(script))
        if begun is not None:
            return begun
        for number, act in enumerate(script.acts):
            stopped = self._try(number, self._doing(act))
            if stopped is not None:
                return stopped
            self.done = number
        return self._situation()

    def _start(self, script: Script) -> Step | Text:
        return engine.start(
            self.definition,
            script.start,
            call=self.call,
            now=self.now,
            budget=self._budget(),
            at=script.begin,
            payload=script.payload,
        )

    def _doing(self, act: Act) -> Callable[[], Step | Text]:
        return {TASK: lambda: self._complete(act), TIMER: lambda: self._fire(act)}.get(
            act.kind, lambda: self._deliver(act)
        )

    def _try(self, number: int | None, do: Callable[[], Step | Text]) -> Situation | None:
        """One step. Answers where the case stands if it cannot be done."""
        element = None if number is None else self.script.acts[number].name
        if time.monotonic() > self.end:
            return self._situation(stop=Stop(text("The trial takes too long; it was stopped here."), element, number))
        called = len(self.call.called)
        try:
            step = do()
        except _Unanswered as unanswered:
            del self.call.called[called:]
            return self._situation(asks=replace(unanswered.question, act=number))
        except engine.EngineError as refused:
            del self.call.called[called:]
            message = Text(refused.template, dict(refused.params))
            return self._situation(stop=Stop(message, refused.element or element, number))
        if isinstance(step, Text):
            return self._situation(stop=Stop(step, element, number))
        self._take(number, step)
        return None

    def _complete(self, act: Act) -> Step | Text:
        tokens = [token for token, task in sorted(self.open.items()) if task.node_id == act.name]
        if act.which >= len(tokens):
            return text("The step “{step}” is not open here.", step=self._called(act.name))
        if self.misfit is not None and (misfit := self.misfit(act, self.open[tokens[act.which]])) is not None:
            return misfit
        self._pass_time(act.at)
        return engine.complete(
            self.definition,
            self.state,
            tokens[act.which],
            act.values or {},
            call=self.call,
            now=self.now,
            budget=self._budget(),
        )

    def _fire(self, act: Act) -> Step | Text:
        waiting = sorted((timer.due_at, token) for token, timer in self.timers.items() if timer.node_id == act.name)
        if not waiting:
            return text("The timer “{step}” is not set here.", step=self._called(act.name))
        due_at, token = waiting[0]
        self._pass_time(act.at or due_at)
        return engine.fire(self.definition, self.state, token, call=self.call, now=self.now, budget=self._budget())

    def _deliver(self, act: Act) -> Step | Text:
        self._pass_time(act.at)
        return engine.deliver(
            self.definition,
            self.state,
            act.name,
            act.values,
            call=self.call,
            now=self.now,
            budget=self._budget(),
            kind="message" if act.kind == MESSAGE else "signal",
        )

    def _take(self, number: int | None, step: Step) -> None:
        self.state = step.state
        for closed in step.closed:
            self.open.pop(closed.token, None)
        self.open |= {opened.token: opened for opened in step.opened}
        for token in step.cleared_timers:
            self.timers.pop(token, None)
        self.timers |= {timer.token: timer for timer in step.timers}
        self.awaited = (self.awaited - set(step.ceased)) | set(step.listens)
        self.passed += [(number, mark) for mark in step.passed]
        self.thrown += step.thrown
        if step.completed:
            self.completed, self.data = True, step.data
            self.timers, self.awaited = {}, set()

    def _pass_time(self, at: datetime | None) -> None:
        """Time never runs backwards, and stays in the zone of the beginning."""
        if at is not None:
            self.now = max(self.now, at.astimezone(self.script.at.tzinfo))

    def _budget(self) -> Budget:
        left = max(self.end - time.monotonic(), 0.1)
        return replace(Budget(), seconds=min(Budget.seconds, left))

    def _called(self, node_id: str) -> Element:
        node = self.definition.nodes.get(node_id)
        return Element(node_id, node.name if node is not None else "")

    def _situation(self, *, asks: Question | None = None, stop: Stop | None = None) -> Situation:
        data: dict[str, Any] = dict(self.data)
        standing, seen = [], Counter[str]()
        for _, task in sorted(self.open.items()):
            standing.append(Standing(task, seen[task.node_id]))
            seen[task.node_id] += 1
            if not self.completed:
                data |= engine.task_data(self.definition, self.state, task.token)
        return Situation(
            done=0 if self.done is None else self.done + 1,
            at=self.now,
            tasks=tuple(standing),
            timers=tuple(sorted(self.timers.values(), key=lambda timer: timer.due_at)),
            awaited=tuple(sorted(self.awaited)),
            passed=tuple(self.passed),
            thrown=tuple(self.thrown),
            called=tuple(self.call.called),
            data=data,
            completed=self.completed,
            asks=asks,
            stop=stop,
        )
