"""In which order the processes of an upload are to be published: what begins by a message comes before what sends it."""

from __future__ import annotations

from collections.abc import Sequence

from crm.core.i18n import Text, text
from workflows.studio.exchange.fates import Work

SENT = ("message", "signal")


def in_order(works: Sequence[Work]) -> tuple[list[Work], tuple[Text, ...]]:
    """The processes in their order, and why one must come before another. Circles stay as they were uploaded."""
    hears = [_names(work, begins=True) for work in works]
    sends = [_names(work, begins=False) for work in works]
    before: list[set[int]] = []
    because: list[Text] = []
    for number in range(len(works)):
        first = {other for other in range(len(works)) if other != number and sends[number] & hears[other]}
        before.append(first)
        for other in sorted(first):
            said = next(iter(sorted(sends[number] & hears[other])))[1]
            because.append(
                text(
                    "Publish “{earlier}” before “{later}”, which sends “{name}” to it.",
                    earlier=works[other].imported.key or "",
                    later=works[number].imported.key or "",
                    name=said,
                )
            )
    left, placed = list(range(len(works))), []
    while left:
        free = next((number for number in left if not before[number] & set(left)), left[0])
        left.remove(free)
        placed.append(free)
    return [works[number] for number in placed], tuple(because)


def _names(work: Work, *, begins: bool) -> set[tuple[str, str]]:
    """The messages and signals by which a case begins, or those that are sent."""
    found = set()
    for node in work.drawn.nodes.values():
        is_first = node.kind == "startEvent" and node.process == work.drawn.main
        is_sent = node.kind in ("intermediateThrowEvent", "endEvent", "sendTask")
        if is_first if begins else is_sent:
            found |= {(event.kind, event.name) for event in node.events if event.kind in SENT and event.name}
    return found
