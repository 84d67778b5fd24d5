"""What another version means for the cases that are under way: how many stand where, and what becomes of them."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from crm.core.i18n import Text
from workflows import engine, library
from workflows.engine import Definition
from workflows.migrating.judging import Outlook, Verdict, judge
from workflows.models import DefinitionVersion, InstanceStatus, ProcessInstance
from workflows.standing import cases_at

# So many are looked into, the newest first; of the others only the number is known.
MOST_LOOKED_AT = 1_000


@dataclass(frozen=True)
class Group:
    """The cases of a version that stand at one element and have the same outlook. A case counts at each of its elements.

    `node_id` is an element of the version in which they are; `number` how many they are, `example_id` one of them.
    """

    version: int
    node_id: str
    number: int
    verdict: Outlook
    reasons: tuple[Text, ...]
    example_id: int
    hints: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Impact:
    """`looked_at` of `all` running cases of other versions were tried; `totals` counts them by outlook, each once.

    `needed` names the steps for which another one must be chosen, each with the versions in which they are, `unwatched` the events
    at borders for which another one may be, `proposed` what suggests itself for the former.
    """

    groups: tuple[Group, ...] = ()
    looked_at: int = 0
    all: int = 0
    totals: Mapping[Outlook, int] = field(default_factory=dict)
    needed: Mapping[str, frozenset[int]] = field(default_factory=dict)
    unwatched: Mapping[str, frozenset[int]] = field(default_factory=dict)
    proposed: Mapping[str, str] = field(default_factory=dict)


def impact(
    session: Session,
    key: str,
    new: Definition,
    *,
    now: datetime,
    mapping: Mapping[str, str] | None = None,
    only: int | None = None,
    nodes: Collection[str] = (),
    instance_id: int | None = None,
) -> Impact:
    """Try the running cases of a process on copies. Those that run in a version of the same content are left out; with
    `only` (the id of a version) all that run in another one, with `nodes` all that stand at none of these elements, with
    `instance_id` all others."""
    wanted = cases_meant(key, new, only)
    if nodes:
        wanted = wanted.where(ProcessInstance.id.in_(cases_at(session, key, nodes)))
    if instance_id is not None:
        wanted = wanted.where(ProcessInstance.id == instance_id)
    number = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    newest = wanted.add_columns(ProcessInstance.version_id, ProcessInstance.state)
    rows = session.execute(newest.order_by(ProcessInstance.id.desc()).limit(MOST_LOOKED_AT))
    known: dict[tuple[int, Hashable], Verdict] = {}
    found: dict[tuple[int, str, Outlook], list[int]] = {}
    about: dict[tuple[int, str, Outlook], dict[str, tuple[Text, bool]]] = {}
    totals = dict.fromkeys(Outlook, 0)
    needed: dict[str, set[int]] = {}
    unwatched: dict[str, set[int]] = {}
    proposed: dict[str, str] = {}
    looked_at = 0
    for instance_id, version_id, state in rows:
        old = library.published(session, version_id)
        # Cases that stand alike have the same outlook; only what a trial hints at may depend on their data.
        likeness = (version_id, engine.shape(state))
        verdict = known.get(likeness)
        if verdict is None:
            verdict = known[likeness] = judge(old.definition, new, state, now=now, mapping=mapping)
        looked_at += 1
        totals[verdict.outlook] += 1
        proposed.update(verdict.proposed)
        for element in verdict.needed:
            needed.setdefault(element, set()).add(old.number)
        for element in verdict.unwatched:
            unwatched.setdefault(element, set()).add(old.number)
        for node_id in verdict.nodes:
            place = (old.number, node_id, verdict.outlook)
            found.setdefault(place, []).append(instance_id)
            said = about.setdefault(place, {})
            said.update({str(reason): (reason, True) for reason in verdict.reasons})
            said.update({str(hint): (hint, False) for hint in verdict.hints})
    groups = tuple(
        Group(
            version=place[0],
            node_id=place[1],
            number=len(ids),
            verdict=place[2],
            reasons=tuple(sentence for sentence, is_reason in about[place].values() if is_reason),
            example_id=ids[0],
            hints=tuple(sentence for sentence, is_reason in about[place].values() if not is_reason),
        )
        for place, ids in sorted(found.items())
    )
    must, may = ({element: frozenset(versions) for element, versions in each.items()} for each in (needed, unwatched))
    return Impact(groups, looked_at, number, totals, must, may, proposed)


def cases_meant(key: str, new: Definition, only: int | None) -> Select[int]:
    """The running cases of a process in versions of another content, or in one of them alone."""
    same = select(DefinitionVersion.id).where(
        DefinitionVersion.process_key == key, DefinitionVersion.content_hash == new.bundle.content_hash
    )
    wanted = select(ProcessInstance.id).where(
        ProcessInstance.process_key == key,
        ProcessInstance.status == InstanceStatus.RUNNING,
        ProcessInstance.version_id.not_in(same),
    )
    return wanted if only is None else wanted.where(ProcessInstance.version_id == only)
