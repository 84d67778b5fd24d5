"""What lies where in a process: which steps are passed on every way to another one, which belong to a split's branches.

Pure reading of the drawing. Whoever moves a token needs it to know which other tokens lose their sense by that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workflows.engine.diagram import Process

SPLIT_KINDS = frozenset({"parallelGateway", "inclusiveGateway", "startEvent"})

_Graph = Mapping[str, tuple[str, ...]]


class Regions:
    """One process. A boundary event counts as following the element at whose border it stands."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self._flows: _Graph = {
            node.id: tuple(process.flows[flow].target for flow in node.outgoing) for node in process.nodes.values()
        }
        borders: dict[str, list[str]] = {}
        for node in process.nodes.values():
            if node.attached_to:
                borders.setdefault(node.attached_to, []).append(node.id)
        self._ways: _Graph = {ident: (*after, *borders.get(ident, ())) for ident, after in self._flows.items()}
        self._starts = [node.id for node in process.beginnings()]
        self._dominators = _dominators(self._ways, self._starts)
        self._joins: dict[str, str | None] = {}
        self._branches: dict[str, dict[str, frozenset[str]]] = {}

    def splits(self) -> Iterable[str]:
        """Elements that several tokens leave at once."""
        for node in self.process.nodes.values():
            if node.kind in SPLIT_KINDS and len(node.outgoing) > 1:
                yield node.id

    def join_of(self, split: str) -> str | None:
        """Where all branches of the split come together for the first time; None where they never do."""
        if split not in self._joins:
            self._joins[split] = self._join(split)
        return self._joins[split]

    def _join(self, split: str) -> str | None:
        targets = self._flows[split]
        common = set.intersection(*(_reached(self._flows, [target], {split}) for target in targets))
        first = next((node for node in _in_order(self._flows, list(targets), {split}) if node in common), None)
        # The others must come after it on every way, or it is only one of several places where some branches meet.
        if first is None or (_reached(self._flows, targets, {split, first}) & common) - {first, split}:
            return None
        return first

    def branches(self, split: str, node: str) -> frozenset[str]:
        """The flows out of the split in whose branches `node` stands, before they come together. Empty: in none."""
        if split not in self._branches:
            self._branches[split] = self._branches_of(split)
        return self._branches[split].get(node, frozenset())

    def _branches_of(self, split: str) -> dict[str, frozenset[str]]:
        join = self.join_of(split)
        border = {split} if join is None else {split, join}
        found: dict[str, set[str]] = {}
        for flow in self.process.nodes[split].outgoing:
            for node in _reached(self._ways, [self.process.flows[flow].target], border) - border:
                if split in self._dominators.get(node, ()):
                    found.setdefault(node, set()).add(flow)
        return {node: frozenset(flows) for node, flows in found.items()}

    def beginnings(self, node: str) -> frozenset[str]:
        """Where a token may have begun its way to `node`."""
        return frozenset(start for start in self._starts if node in _reached(self._ways, [start], set()))

    def beside(self, node: str) -> tuple[str, ...]:
        """The events at borders that started the branch of `node` without interrupting anything."""
        nodes = self.process.nodes
        above = self._dominators.get(node, ())
        return tuple(e for e in above if nodes[e].kind == "boundaryEvent" and not nodes[e].interrupting)


def _reached(graph: _Graph, begin: Iterable[str], without: set[str]) -> set[str]:
    """What can be reached from `begin`, itself included, without going on from anything in `without`."""
    found: set[str] = set()
    stack = list(begin)
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            if node not in without:
                stack.extend(graph.get(node, ()))
    return found


def _dominators(graph: _Graph, first: list[str]) -> dict[str, frozenset[str]]:
    """Node -> what lies on every way from `first` to it, itself included."""
    order = _in_order(graph, first, set())
    before: dict[str, list[str]] = {node: [] for node in order}
    for node in order:
        for target in graph.get(node, ()):
            before[target].append(node)
    above = {node: frozenset({node}) for node in first}
    changed = True
    while changed:
        changed = False
        for node in order:
            if node in first:
                continue
            found = frozenset.intersection(*(above[source] for source in before[node] if source in above)) | {node}
            if found != above.get(node):
                above[node] = found
                changed = True
    return above


def _in_order(graph: _Graph, begin: list[str], border: set[str]) -> list[str]:
    """What can be reached, each node before its followers but for loops: few rounds are enough then."""
    done: list[str] = []
    seen: set[str] = set()
    stack = [(node, False) for node in reversed(begin)]
    while stack:
        node, is_left = stack.pop()
        if is_left:
            done.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            if node not in border:
                stack.extend((target, False) for target in graph.get(node, ()))
    return done[::-1]
