"""What is looked into before a draft is published: the thorough check, the scenarios, and what becomes of running cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from crm.core.db import Database, reading
from crm.core.i18n import Text
from crm.permissions import Actor
from workflows import library
from workflows.engine import Bundle, Definition
from workflows.engine import compile as compile_bundle
from workflows.migrating.impact import Group, Impact, impact
from workflows.migrating.judging import Outlook
from workflows.operations import deploying
from workflows.operations.deploying import Checked
from workflows.studio.drafts import queries
from workflows.studio.trying.replay import Replayed, replay_all


@dataclass(frozen=True)
class Examined:
    """A draft as it was at a revision, and what was found. `definition` is None where it cannot run."""

    revision: int
    checked: Checked
    definition: Definition | None
    replayed: Replayed


@dataclass(frozen=True)
class Standing:
    """Running cases at one step: how many, in which version, and what becomes of them."""

    name: str
    version: int
    number: int
    outlook: Outlook
    reasons: Sequence[Text]
    node_id: str


def examine(place: Database, draft_id: int, *, by: Actor, now: datetime) -> Examined:
    """Check a draft and replay its scenarios. Takes seconds; no transaction is open meanwhile."""
    with reading(place) as session:
        draft = queries.find_draft(session, draft_id, by=by)
        key, revision = draft.process_key, draft.revision
        bundle: Bundle = queries.bundle_of(session, draft_id)
        roles = deploying.role_keys(session)
    return _examined(place, bundle.files, roles, key=key, revision=revision, now=now)


def examine_files(place: Database, files: Mapping[str, bytes], *, now: datetime) -> Examined:
    """The same for files that somebody sends; the diagram says of which process they are."""
    with reading(place) as session:
        roles = deploying.role_keys(session)
    return _examined(place, files, roles, key=None, revision=0, now=now)


def _examined(
    place: Database, files: Mapping[str, bytes], roles: frozenset[str], *, key: str | None, revision: int, now: datetime
) -> Examined:
    checked = deploying.check_files(files, roles=roles)
    if checked.errors:
        return Examined(revision, checked, None, Replayed((), now))
    definition = compile_bundle(checked.bundle)
    with reading(place) as session:
        replayed = replay_all(session, key or definition.key, definition, now=now)
    return Examined(revision, checked, definition, replayed)


def weigh(
    session: Session, key: str, definition: Definition, *, now: datetime, locale: str
) -> tuple[Impact, list[Standing]]:
    """What the version means for the cases that are under way, with the steps by name."""
    found = impact(session, key, definition, now=now)
    return found, [_standing(session, key, group, locale) for group in found.groups]


def _standing(session: Session, key: str, group: Group, locale: str) -> Standing:
    version = library.published(session, library.version_of(session, key, group.version).id)
    reasons = [*group.reasons, *group.hints]
    return Standing(
        version.name_of(group.node_id, locale), group.version, group.number, group.verdict, reasons, group.node_id
    )
