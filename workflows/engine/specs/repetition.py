"""Elements done several times: for each of many (side by side or one after the other), or while a condition holds.

The drawn element's token holds the count and the results; each round is a child of it. Written anew because the
library's own stops for ever at a None item, forgets its children on a freshly parsed spec and fails in its second
round without an output item (3.2.0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.util.task import TaskState

import feel
from workflows.engine.errors import StepRefused
from workflows.engine.specs.activities import Activity
from workflows.engine.specs.countersign import Countersign
from workflows.engine.texts import N_

if TYPE_CHECKING:
    from workflows.engine.diagram import Node
    from workflows.engine.specs.process import ProcessSpec
    from workflows.engine.tokens import Token

MAX_ROUNDS = 1_000


class Repeated(Activity, LoopTask):  # type: ignore[misc]
    """Base: opens rounds and hears when one of them ends."""

    condition: feel.Expression | None = None

    def __init__(self, process: ProcessSpec, node: Node, child: str) -> None:
        super().__init__(process, node.id, node)
        self.task_spec = child

    def open_round(
        self, my_task: Token, item: str | None = None, value: Any = None, index: int = 0, signer: int | None = None
    ) -> None:
        child = my_task._add_child(my_task.workflow.spec.task_specs[self.task_spec])
        child.triggered = True
        child.internal_data["round"] = index
        if signer is not None:
            child.internal_data["signer"] = signer
        if item is not None:
            child.data[item] = value
        child.task_spec._update(child)

    def merge_child(self, workflow: Any, child: Token) -> None:
        raise NotImplementedError

    def refuse(self, message: str, **params: object) -> StepRefused:
        return StepRefused(message, {"element": self.bpmn_id, **params}, self.bpmn_id)


class StandardLoop(Repeated):
    """Repeats while its condition holds, and never more often than its maximum."""

    maximum: int = MAX_ROUNDS
    test_before = False

    def _update_hook(self, my_task: Token) -> bool:
        super()._update_hook(my_task)
        my_task.internal_data["rounds"] = 0
        if self.test_before and self._is_over(my_task):
            return True
        my_task._set_state(TaskState.STARTED)
        self.open_round(my_task)
        return False

    def _is_over(self, my_task: Token) -> bool:
        if my_task.internal_data["rounds"] >= self.maximum:
            return True
        return self.condition is not None and (
            my_task.workflow.script_engine.evaluate(my_task, self.condition) is not True
        )

    def merge_child(self, workflow: Any, child: Token) -> None:
        my_task = child.parent
        my_task.data = dict(child.data)
        my_task.internal_data["rounds"] += 1
        if self._is_over(my_task):
            my_task._ready()
        else:
            self.open_round(my_task, index=my_task.internal_data["rounds"])


class ForEach(Repeated):
    """Once for each item of a list, or a number of times."""

    collection: feel.Expression | None = None
    cardinality: feel.Expression | None = None
    item: str | None = None
    output: str | None = None
    output_item: str | None = None
    countersign: Countersign | None = None
    sequential = False

    def _update_hook(self, my_task: Token) -> bool:
        super()._update_hook(my_task)
        items = self._items(my_task)
        total = len(items)
        my_task.internal_data.update(
            total=total, opened=0, ended=0, removed=0, agreed=0, results={}, changes={}, edits=[]
        )
        self.show_results(my_task)
        if total == 0:
            return True
        my_task._set_state(TaskState.STARTED)
        for _ in range(1 if self.sequential else total):
            self._open_next(my_task, items)
            if my_task._state != TaskState.STARTED:  # the first rounds ended by themselves and were enough
                break
        return False

    def add_round(self, my_task: Token, item: Any, place: int | None = None, signer: int | None = None) -> None:
        """One item more than the diagram's list has: at `place` among them, counted from 0, else as the last one.

        `signer` is the user whose round it is, whomever the diagram would name.
        """
        kept = my_task.internal_data
        self._limit(kept["total"] + 1)
        last = len(self._items(my_task))
        kept["edits"] = [*kept["edits"], [last if place is None else place, item, signer]]
        kept["total"] += 1
        if not self.sequential:
            self._open_next(my_task, self._items(my_task))

    def add_round_before(self, my_task: Token, child: Token, signer: int) -> None:
        """In turn only: `signer` has a round now, and that of `child` opens anew after it."""
        child.cancel()
        my_task.internal_data["opened"] -= 1
        self.add_round(my_task, signer, my_task.internal_data["opened"], signer)
        self._open_next(my_task, self._items(my_task))

    def remove_round(self, my_task: Token, child: Token) -> None:
        """Withdraw an open round. The last one stays: without any there would be no result."""
        kept = my_task.internal_data
        self._check_not_last(my_task)
        for other in my_task.children:
            if not other.is_finished and other.internal_data["round"] == child.internal_data["round"]:
                other.cancel()
        kept["total"] -= 1
        kept["removed"] += 1
        self._go_on(my_task, child)

    def drop_waiting(self, my_task: Token, item: Any) -> bool:
        """In turn only: leave out the next round for `item` that has not begun. False when there is none."""
        kept = my_task.internal_data
        items = self._items(my_task)
        place = next((at for at in range(kept["opened"], len(items)) if items[at] == item), None)
        if place is None:
            return False
        kept["edits"] = [*kept["edits"], [place]]
        kept["total"] -= 1
        return True

    def waiting_items(self, my_task: Token) -> list[Any]:
        """The items whose rounds have not begun."""
        return self._items(my_task)[my_task.internal_data["opened"] :]

    def _check_not_last(self, my_task: Token) -> None:
        if my_task.internal_data["total"] <= 1:
            raise self.refuse(N_("The last round of {element} cannot be removed."))

    def _items(self, my_task: Token) -> list[Any]:
        return _edited(list(self._listed(my_task)), my_task, 1)

    def _listed(self, my_task: Token) -> list[Any]:
        engine = my_task.workflow.script_engine
        if self.cardinality is not None:
            count = engine.evaluate(my_task, self.cardinality)
            if type(count) is not int or count < 0:
                raise self.refuse(
                    N_("The number of rounds at {element} must be a whole number, not {value}."), value=count
                )
            self._limit(count)
            return list(range(count))
        items = engine.evaluate(my_task, self.collection or "null")
        if not isinstance(items, list):
            raise self.refuse(N_("What {element} is repeated for must be a list; check {text}."), text=self._text())
        self._limit(len(items))
        if any(item is None for item in items):
            raise self.refuse(N_("The list for {element} contains an empty item; check {text}."), text=self._text())
        return items

    def _text(self) -> str:
        return self.collection.text if self.collection is not None else ""

    def _limit(self, count: int) -> None:
        if count > MAX_ROUNDS:
            raise self.refuse(N_("{element} would be repeated more than {limit} times."), limit=MAX_ROUNDS)

    def _open_next(self, my_task: Token, items: list[Any]) -> None:
        kept = my_task.internal_data
        index = kept["opened"]
        kept["opened"] = index + 1
        if index >= len(items):
            raise self.refuse(N_("The list for {element} became shorter while it was worked on."))
        asked = _edited([None] * len(items), my_task, 2)[index] if kept["edits"] else None
        self.open_round(my_task, self.item, items[index], index, asked)

    def show_results(self, my_task: Token) -> None:
        if self.output is not None:
            results = my_task.internal_data["results"]
            my_task.data[self.output] = [results[key] for key in sorted(results, key=int)]

    def merge_child(self, workflow: Any, child: Token) -> None:
        my_task = child.parent
        kept = my_task.internal_data
        kept["ended"] += 1
        kept["agreed"] += self._agrees(child)
        if self.output is not None and self.output_item is not None:
            kept["results"][str(child.internal_data["round"])] = child.data.get(self.output_item)
        else:
            self._keep_changes(my_task, child)
        self._go_on(my_task, child)

    def _agrees(self, child: Token) -> bool:
        agree = None if self.countersign is None else self.countersign.agree
        return agree is None or child.workflow.script_engine.evaluate(child, agree) is True

    def _keep_changes(self, my_task: Token, child: Token) -> None:
        # Only what this round changed: what it merely saw when it opened may be old by now. Rounds side by side all
        # began with the data of this token, so that it stays as it is until the last of them has ended.
        changed = {
            name: value
            for name, value in child.data.items()
            if name != self.item and (name not in my_task.data or my_task.data[name] != value)
        }
        if self.sequential:
            my_task.data = {**my_task.data, **changed}
        else:
            my_task.internal_data["changes"] = {**my_task.internal_data["changes"], **changed}

    def _go_on(self, my_task: Token, child: Token) -> None:
        kept = my_task.internal_data
        is_over = kept["ended"] == kept["total"]
        if self.condition is not None:
            self.show_results(my_task)
        outcome = None
        if self.countersign is not None:
            outcome = self.countersign.outcome(total=kept["total"], ended=kept["ended"], agreed=kept["agreed"])
        if is_over or outcome is not None or self._is_enough(my_task, child):
            self._end(my_task, outcome)
        elif self.sequential:
            # The list is not kept beside the data, where it already is: it is read anew for each round.
            self._open_next(my_task, self._items(my_task))

    def _end(self, my_task: Token, outcome: bool | None) -> None:
        my_task.cancel_children()
        my_task.data = {**my_task.data, **my_task.internal_data["changes"]}
        self.show_results(my_task)
        if self.countersign is not None and self.countersign.result is not None:
            my_task.data[self.countersign.result] = outcome is True
        my_task._ready()

    def _is_enough(self, my_task: Token, child: Token) -> bool:
        if self.condition is None:
            return False
        kept = my_task.internal_data
        seen = {
            **child.data,
            "numberOfInstances": kept["total"],
            "numberOfCompletedInstances": kept["ended"],
            "numberOfActiveInstances": kept["opened"] - kept["ended"] - kept["removed"],
        }
        if self.output is not None:
            seen[self.output] = my_task.data[self.output]
        engine = my_task.workflow.script_engine
        return engine.environment.evaluate(self.condition, seen, element=self.bpmn_id) is True


def _edited(listed: list[Any], my_task: Token, part: int) -> list[Any]:
    """The list with what was added and left out while it was worked on: [place, item, signer] adds, [place] leaves out."""
    for edit in my_task.internal_data.get("edits", ()):
        place = edit[0]
        listed[place : place + (len(edit) == 1)] = edit[part : part + 1]
    return listed
