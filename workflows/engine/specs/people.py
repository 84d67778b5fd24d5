"""Tasks of people. One is usually enough; signers can be asked before, after or beside the one who has the task.

Each signer has a token of the step of their own, under the same parent. A token says in `internal_data`: `signer` whom it
is for (missing: whom the diagram names), `then` who comes after it, `among` by what mark those belong together who sign
side by side, `signed` that somebody else has signed already. What one of them answers, the others see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import feel
from workflows.engine.specs.activities import Activity

if TYPE_CHECKING:
    from workflows.engine.diagram import Node
    from workflows.engine.specs.process import ProcessSpec
    from workflows.engine.tokens import Token

MAX_SIGNERS = 50


class HumanTask(Activity):
    """Waits for a person. The expressions say who is asked and until when; they are read when the task opens."""

    def __init__(self, process: ProcessSpec, name: str, node: Node) -> None:
        super().__init__(process, name, node)
        self.manual = True
        self.assignee: feel.Expression | None = None
        self.candidates: feel.Expression | None = None
        self.due: feel.Expression | str | None = None
        self.priority: feel.Expression | None = None

    def _on_complete(self, my_task: Token) -> None:
        if not _others_follow(my_task):
            super()._on_complete(my_task)


def fellows(task: Token) -> list[Token]:
    """The open tokens of those who sign beside `task`, without itself."""
    mark = task.internal_data.get("among")
    if mark is None:
        return []
    return [
        other
        for other in task.workflow.unfinished()
        if other is not task and other.task_spec is task.task_spec and other.internal_data.get("among") == mark
    ]


def _others_follow(task: Token) -> bool:
    """Hand over what was answered. True when somebody else has to sign before the case goes on from here."""
    beside = fellows(task)
    for other in beside:
        other.data = dict(task.data)
        other.internal_data["signed"] = True
    later = task.internal_data.get("then")
    if later:
        _open(task, later[0], then=later[1:], signed=True)
    return bool(later or beside)


def _open(task: Token, signer: Any, **kept: Any) -> Token:
    """A task of the same step for `signer`, in the place of `task` or beside it."""
    other: Token = task.parent._add_child(task.task_spec)
    other.triggered = task.triggered
    other.data = dict(task.data)
    for name in ("round", "among", "signed"):
        if name in task.internal_data:
            other.internal_data[name] = task.internal_data[name]
    said = {"signer": signer, **kept}
    other.internal_data.update({name: value for name, value in said.items() if value})
    other._ready()
    return other


def ask_before(task: Token, signer: int, holder: int | None) -> None:
    """`signer` has the task first; when they are done it comes back to `holder`."""
    later = task.internal_data.get("then", [])
    task.withdraw()
    _open(task, signer, then=[holder, *later])


def ask_after(task: Token, signer: int) -> None:
    """When this task is done, `signer` gets it."""
    task.internal_data["then"] = [signer, *task.internal_data.get("then", [])]


def ask_beside(task: Token, signer: int) -> None:
    """`signer` has to sign as well, in whatever order."""
    task.internal_data.setdefault("among", task.id)
    _open(task, signer)


def may_be_removed(task: Token) -> bool:
    """Does anybody else sign this step, so that its result does not come from nobody?"""
    kept = task.internal_data
    return bool(kept.get("then") or kept.get("signed") or fellows(task))


def remove(task: Token) -> None:
    """Withdraw the task. Whoever comes after it is asked now; where nobody is left, the case goes on."""
    kept = task.internal_data
    later, beside = kept.get("then"), fellows(task)
    task.withdraw()
    if later:
        _open(task, later[0], then=later[1:])
    elif not beside:
        _open(task, None).complete()
