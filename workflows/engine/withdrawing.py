"""Takes the completion of a task back, as long as nobody has gone on from what it led to.

A stored state knows nothing of its past. Whoever wants to take completions back keeps, with each of them, the state
before it and the one after it (the one before the next step is the same). What the completion ended comes back, under new
tokens; what it opened is withdrawn; what others have done elsewhere since stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.util.task import TaskState

from workflows.engine.definition import Definition
from workflows.engine.diagram import Node
from workflows.engine.errors import StepRefused
from workflows.engine.specs.repetition import ForEach
from workflows.engine.stepping import DEFAULT_BUDGET, Resting, finish, look, open_token, resume
from workflows.engine.steps import Budget, Call, Step
from workflows.engine.texts import N_, Phrase
from workflows.engine.tokens import Token
from workflows.engine.workflow import AnyWorkflow, SubWorkflow, Workflow


def check_withdraw(
    definition: Definition,
    before: bytes,
    after: bytes,
    state: bytes,
    token: int,
    passed: Sequence[str],
    *,
    undoable: Collection[str] = (),
) -> Phrase | None:
    """Why the completion of `token` cannot be taken back; None when it can.

    `before` and `after` are the states around the completion, `state` the present one, `passed` the ids of the elements
    that it passed (`Step.passed`), `undoable` the operations that the caller will undo itself. Whether somebody has claimed or begun to fill in what it opened is not known here.
    Raises UnknownToken where `token` was not open before.
    """
    workflow = look(definition, state)
    undoing = _Undoing(look(definition, before), look(definition, after), workflow, token)
    return undoing.why_not(definition, passed, undoable)


def withdraw(
    definition: Definition,
    before: bytes,
    after: bytes,
    state: bytes,
    token: int,
    passed: Sequence[str],
    *,
    call: Call,
    now: datetime,
    budget: Budget = DEFAULT_BUDGET,
    undoable: Collection[str] = (),
) -> Step:
    """The task is open again, with the data it had. See check_withdraw, whose reason this raises as StepRefused.

    `opened` of the step are tasks that were closed by the completion and are open again, under the tokens they had.
    """
    workflow, resting = resume(definition, state, call, now, budget)
    undoing = _Undoing(look(definition, before), look(definition, after), workflow, token)
    reason = undoing.why_not(definition, passed, undoable)
    if reason is not None:
        raise StepRefused(reason.template, reason.params, undoing.task.task_spec.bpmn_id)
    undoing.undo()
    return finish(workflow, resting)


class _Undoing:
    """Three pictures of one case, told apart by their tokens, whose numbers are never used twice."""

    def __init__(self, before: Workflow, after: Workflow, now: Workflow, token: int) -> None:
        self.before, self.after, self.now = before, after, now
        self.task = open_token(before, token, Resting.of(before))
        self._were, self._then, self._are = (
            {token.id: token for token in workflow.all_tokens()} for workflow in (before, after, now)
        )

    def _opened(self) -> Iterator[Token]:
        """What stood in the case after the completion, and not before it."""
        for ident, token in self._then.items():
            if ident not in self._were and not token.is_finished:
                yield token

    def _touched(self) -> Iterator[tuple[Token, Token, Token | None]]:
        """Tokens that stayed, but were changed by the completion: before, after and now."""
        for ident, token in self._were.items():
            then = self._then.get(ident)
            if then is not None and not then.is_finished and not _same(token, then):
                yield token, then, self._are.get(ident)

    # -- may it be?
    def why_not(self, definition: Definition, passed: Sequence[str], undoable: Collection[str]) -> Phrase | None:
        said: dict[str, object] = {"element": self.task.task_spec.bpmn_name or self.task.task_spec.bpmn_id}
        if self.now.completed:
            return Phrase(N_("{element} cannot be taken back: the case has ended."), said)
        for node_id in dict.fromkeys(passed):
            node = definition.nodes.get(node_id)
            if node is not None and (
                _tells(node) or (node.operator is not None and node.operator.name not in undoable)
            ):
                message = N_("{element} cannot be taken back: {done} has been carried out since.")
                return Phrase(message, {**said, "done": node.name or node.id})
        for token in sorted(self._opened(), key=lambda token: not token.task_spec.manual):  # people know tasks by name
            now = self._are.get(token.id)
            if now is None or not _same(now, token):
                message = N_("{element} cannot be taken back: the case has gone on at {done} since.")
                return Phrase(message, {**said, "done": token.task_spec.bpmn_name or token.task_spec.bpmn_id or "?"})
        for was, then, now in self._touched():
            if now is None or not (_same(then, now) or _undo_round(was, then, now, trial=True)):
                message = N_("{element} cannot be taken back: others who share it have gone on since.")
                return Phrase(message, said)
        return None

    # -- let it be
    def undo(self) -> None:
        for token in self._opened():
            self._are[token.id].withdraw()
        for was, then, now in self._touched():
            assert now is not None  # noqa: S101 -- refused above
            if _same(then, now):
                now.data, now.internal_data = dict(was.data), dict(was.internal_data)
            else:
                _undo_round(was, then, now)
        for part in sorted(self.before.everywhere(), key=lambda part: part.depth):
            home = self._home(part)
            for token in part.tasks.values() if home is not None else ():
                if self._is_gone(token):
                    self._bring_back(token, home)
            if home is not None:
                self._hang_as_before(part, home)

    def _is_gone(self, old: Token) -> bool:
        """Was it ended by the completion, or is it a fork of such ones that nobody has needed since?"""
        if old.is_finished:
            return old.id not in self._are
        then = self._then.get(old.id)
        return then is None or then.is_finished

    def _home(self, part: AnyWorkflow) -> Any:
        """The process of today in which a process of before goes on; begun anew where its owner has come back."""
        if part.parent_task_id is None:
            return self.now
        owner = self._are.get(part.parent_task_id)
        if owner is None:
            return None
        home = self.now.subprocesses.get(owner.id)
        if home is None:
            home = SubWorkflow(part.spec, owner.id, self.now, begin=False)
            self.now.subprocesses[owner.id] = home
            owner.task_spec.watch(home, owner)
        return home

    def _hang_as_before(self, part: AnyWorkflow, home: AnyWorkflow) -> None:
        """A fork that has come back has below it again what stood there: joins compare with its data."""
        # By their numbers tokens stand in the order of their birth, so that parents come before their children.
        home.tasks = dict(sorted(home.tasks.items()))
        for token in home.tasks.values():
            old = part.tasks.get(token.id)
            if old is not None and old._parent is not None and old._parent in home.tasks:
                token._parent = old._parent
            token._children = []
        for token in home.tasks.values():
            if token._parent is not None:
                home.tasks[token._parent]._children.append(token.id)

    def _bring_back(self, old: Token, home: AnyWorkflow) -> None:
        token = self._are.get(old.id)
        if token is None:
            parent = next((self._are[above.id] for above in old.ancestors() if above.id in self._are), None)
            token = Token(home, old.task_spec, parent, ident=old.id)
            if parent is None:
                home.task_tree = token
        token.triggered, token.data = old.triggered, dict(old.data)
        token.internal_data = dict(old.internal_data)
        token._set_state(old._state)
        token.last_state_change = old.last_state_change  # whose change of a variable counts, is a matter of order
        if old._state == TaskState.WAITING and isinstance(old.task_spec, CatchingEvent):
            self.now.event_manager.add_task(token)
        self._are[old.id] = token


def _same(one: Token, other: Token) -> bool:
    return one._state == other._state and one.data == other.data and one.internal_data == other.internal_data


def _tells(node: Node) -> bool:
    """Does it tell the world something that cannot be unsaid?"""
    thrown = node.kind in ("intermediateThrowEvent", "endEvent", "sendTask")
    return thrown and any(event.kind in ("message", "signal") for event in node.events)


def _undo_round(was: Token, then: Token, now: Token, *, trial: bool = False) -> bool:
    """Take one part back out of a step done by several, of whom others have done theirs since. False where that fails."""
    spec = was.task_spec
    if not isinstance(spec, ForEach) or spec.sequential or now.is_finished:
        return False
    old, new, kept = was.internal_data, then.internal_data, now.internal_data
    if old["changes"] != new["changes"] or old["total"] != new["total"]:
        return False
    if not trial:
        for name in ("ended", "agreed"):
            kept[name] -= new[name] - old[name]
        kept["results"] = {
            key: said for key, said in kept["results"].items() if (key in new["results"]) <= (key in old["results"])
        }
        spec.show_results(now)
    return True
