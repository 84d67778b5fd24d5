"""What the page that plans a move shows: what becomes of the cases, and what may take the places of steps that are gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.db import company_time
from crm.core.errors import NotFound
from crm.core.i18n import Text
from workflows import library
from workflows.library import Published
from workflows.migrating.impact import Impact, cases_meant, impact
from workflows.migrating.judging import Outlook, candidates
from workflows.models import DefinitionVersion, ProcessDefinition, ProcessInstance
from workflows.standing import Place, places


@dataclass(frozen=True)
class Spot:
    """Cases of a version at one step, by name."""

    version: int
    node_id: str
    name: str
    number: int
    outlook: Outlook
    said: Sequence[Text]


@dataclass(frozen=True)
class Gap:
    """A step that is gone; `choices` are (id, name) of those that may take its place, `chosen` the one that does so far. Without a
    choice its cases stay, or, where it only `watches` at the border of another, it watches no more."""

    element: str
    name: str
    versions: Sequence[int]
    choices: Sequence[tuple[str, str]]
    chosen: str
    watches: bool


@dataclass(frozen=True)
class Step:
    """An element at which cases stand, `stopped` of them by an incident; `chosen` if only those at such are meant."""

    node_id: str
    name: str
    number: int
    stopped: int
    chosen: bool


@dataclass(frozen=True)
class Sketch:
    """A move as it is being planned. `steps` are those where the cases stand from which one may choose."""

    process: str
    new: Published
    numbers: Sequence[int]
    found: Impact
    spots: Sequence[Spot]
    gaps: Sequence[Gap]
    steps: Sequence[Step]
    drawn: Published | None


def sketch(
    session: Session,
    key: str,
    *,
    to: int | None,
    origin: int | None,
    nodes: Collection[str],
    instance_id: int | None,
    mapping: Mapping[str, str],
    now: datetime,
    locale: str,
) -> Sketch:
    """Try the move on copies. `to` None means the version in force, or the newest; `origin` None all other versions; no
    `nodes` the cases at any step."""
    process = session.get(ProcessDefinition, key)
    versions = library.versions_of(session, key)
    if process is None or not versions:
        raise NotFound
    by_number = {version.number: version for version in versions}
    aim = next((each for each in versions if each.id == process.active_version_id), versions[0])
    if to is not None:
        aim = by_number.get(to) or _missing()
    if instance_id is not None:
        stands_in = session.scalar(select(ProcessInstance.version_id).where(ProcessInstance.id == instance_id))
        origin = next((each.number for each in versions if each.id == stands_in), 0)
    only = None if origin is None else (by_number.get(origin) or _missing())
    new = library.published(session, aim.id)
    only_id = None if only is None else only.id
    found = impact(
        session,
        key,
        new.definition,
        now=company_time(session, now),
        mapping=mapping,
        only=only_id,
        nodes=nodes,
        instance_id=instance_id,
    )
    known = {number: library.published(session, version.id) for number, version in by_number.items()}
    standing = {group.version for group in found.groups}
    return Sketch(
        new.translator(locale)(new.definition.name),
        new,
        list(by_number),
        found,
        [
            Spot(
                group.version,
                group.node_id,
                known[group.version].name_of(group.node_id, locale),
                group.number,
                group.verdict,
                [*group.reasons, *group.hints],
            )
            for group in found.groups
        ],
        _gaps(found, known, new, mapping, locale),
        _steps(places(session, key, cases_meant(key, new.definition, only_id)), known, nodes, locale),
        known[standing.pop()] if len(standing) == 1 else None,
    )


def _gaps(
    found: Impact, known: Mapping[int, Published], new: Published, mapping: Mapping[str, str], locale: str
) -> list[Gap]:
    gaps = []
    for element, versions in {
        **{name: frozenset[int]() for name in mapping},
        **found.unwatched,
        **found.needed,
    }.items():
        old = (
            known[max(versions)]
            if versions
            else next((each for each in known.values() if element in each.definition.nodes), None)
        )
        if old is None:
            continue
        choices = [
            (ident, f"{new.name_of(ident, locale)} ({ident})")
            for ident in candidates(old.definition, new.definition, element)
        ]
        chosen = mapping.get(element) or found.proposed.get(element, "")
        watches = old.definition.nodes[element].attached_to is not None
        gaps.append(Gap(element, old.name_of(element, locale), sorted(versions), choices, chosen, watches))
    return gaps


def _steps(
    occupied: Sequence[Place], known: Mapping[int, Published], nodes: Collection[str], locale: str
) -> list[Step]:
    """By name, called as in the newest version in which cases stand there."""
    by_id = {version.version_id: version for version in known.values()}
    numbers: Counter[str] = Counter(dict.fromkeys(nodes, 0))
    stopped: Counter[str] = Counter()
    called: dict[str, Published] = {}
    for place in occupied:
        numbers[place.node_id] += place.cases
        stopped[place.node_id] += place.stopped
        if place.node_id not in called or called[place.node_id].number < by_id[place.version_id].number:
            called[place.node_id] = by_id[place.version_id]
    steps = [
        Step(
            node_id,
            called[node_id].name_of(node_id, locale) if node_id in called else node_id,
            number,
            stopped[node_id],
            node_id in nodes,
        )
        for node_id, number in numbers.items()
    ]
    return sorted(steps, key=lambda step: (step.name, step.node_id))


def _missing() -> DefinitionVersion:
    raise NotFound
