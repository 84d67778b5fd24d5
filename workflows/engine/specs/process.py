"""A process as specs: our own start and end around the drawn elements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.specs import WorkflowSpec

from workflows.engine.specs.base import ElementSpec, Way
from workflows.engine.specs.ends import EndJoin

if TYPE_CHECKING:
    from workflows.engine.tokens import Token


class StartSpec(ElementSpec):
    """The root of a process: the token from which all others descend."""

    recorded_as = None
    trigger_specs: tuple[str, ...] = ()
    beginnings: Mapping[str, Way]  # by the id of the start event
    at_once = False  # does it begin at all of them?
    watching: tuple[Way, ...] = ()  # to the events that may start an event sub-process

    def _update_hook(self, my_task: Token) -> bool:
        return True

    def leave(self, my_task: Token) -> tuple[Way, ...]:
        at = my_task.internal_data.pop("at", next(iter(self.beginnings)))
        begin = self.beginnings.values() if self.at_once else (self.beginnings[at],)
        # The events first: they must be waiting before anything happens.
        return (*self.watching, *begin)


class ProcessSpec(BpmnProcessSpec):  # type: ignore[misc]
    """A process or sub-process as specs, with our own start and end around the drawn elements."""

    def __init__(self, name: str, description: str) -> None:
        WorkflowSpec.__init__(self, name=name)
        self.description = description
        self.svg = None
        self.io_specification = None
        self.data_objects: dict[str, Any] = {}
        self.data_stores: dict[str, Any] = {}
        self.correlation_keys: dict[str, Any] = {}
        self.bpmn_start_events: list[Any] = []
        self.start = StartSpec(self, "Start")
        self.end = EndJoin(self, f"{name}.EndJoin")
        ElementSpec(self, "End")
        self.end.ways = (Way(None, "End"),)
