"""Definitions: which versions there are, which one new cases begin with, and their parsed form.

A version never changes, so its parsed form is kept in memory by content hash and shared by all threads. Files under
`workflows/processes` seed version 1 and, on upgrade, later versions; the studio publishes others to the database.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session, defer

from crm.core.db import Database
from crm.core.errors import NotFound
from crm.core.i18n import catalogue_of, text
from crm.core.prepared import Prepared
from forms import FormDescription, FormRefused
from forms import read as read_form
from workflows.bundle_files import BUNDLED, archive_of
from workflows.engine import Bundle, BundleRefused, Definition, Problem
from workflows.engine import compile as compile_bundle
from workflows.messaging.starts import listen, listen_where_nobody_does, problems_here, stop_listening
from workflows.models import DefinitionVersion, ProcessDefinition, VersionSource

logger = logging.getLogger(__name__)

PROCESS_FILES = Path(__file__).resolve().parent / "processes"
MOST_KEPT = 200
# The column takes no more, and PostgreSQL not even the question.
LARGEST_NUMBER = 2**31 - 1


@dataclass(frozen=True)
class Published:
    """A version ready to run: the parsed diagram and its forms."""

    version_id: int
    number: int
    definition: Definition
    forms: Mapping[str, FormDescription]

    @property
    def key(self) -> str:
        return self.definition.key

    def translator(self, locale: str) -> Callable[[str], str]:
        """Words of this version (names of steps, labels of fields) in a language: its own texts, then the catalogue."""
        own = self.definition.bundle.texts.get(locale, {})
        catalogue = catalogue_of(locale)
        return lambda source: own.get(source) or (str(catalogue.gettext(source)) if source else "")

    def name_of(self, node_id: str, locale: str) -> str:
        """What a step is called."""
        node = self.definition.nodes.get(node_id)
        return self.translator(locale)(node.name or node_id) if node else node_id

    def form(self, key: str | None) -> FormDescription | None:
        return self.forms.get(key) if key else None


class _Kept:
    """The parsed versions of this process, least recently used ones dropped first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[Definition, Mapping[str, FormDescription]]] = OrderedDict()

    def get(self, content_hash: str, files: Callable[[], Bundle]) -> tuple[Definition, Mapping[str, FormDescription]]:
        with self._lock:
            found = self._kept.get(content_hash)
            if found:
                self._kept.move_to_end(content_hash)
                return found
        bundle = files()
        found = (compile_bundle(bundle, stored=True), {key: read_form(schema) for key, schema in bundle.forms.items()})
        with self._lock:
            self._kept[content_hash] = found
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return found


_KEPT = _Kept()
IN_FORCE = (
    ProcessDefinition.active_version_id,
    ProcessDefinition.next_version_id,
    ProcessDefinition.next_share,
    ProcessDefinition.next_started,
    ProcessDefinition.next_taken,
)
ACTIVE = Prepared(select(*IN_FORCE).where(ProcessDefinition.key == bindparam("key")))
ALL_ACTIVE = Prepared(
    select(ProcessDefinition.active_version_id)
    .where(ProcessDefinition.active_version_id.is_not(None))
    .order_by(ProcessDefinition.key)
)
# By database and version: content hash and number. They never change, so they are asked for once.
_HASHES: WeakKeyDictionary[Database, dict[int, tuple[str, int]]] = WeakKeyDictionary()


def published(session: Session, version_id: int) -> Published:
    """A version by its id, parsed. One statement the first time in this process, none later."""
    hashes = _HASHES.setdefault(session.info["database"], {})
    known = hashes.get(version_id)
    if known is None:
        row = session.execute(
            select(DefinitionVersion.content_hash, DefinitionVersion.number).where(DefinitionVersion.id == version_id)
        ).one_or_none()
        if row is None:
            raise NotFound
        known = hashes[version_id] = (row.content_hash, row.number)
    content_hash, number = known
    definition, described = _KEPT.get(content_hash, lambda: bundle_of(session, version_id))
    return Published(version_id, number, definition, described)


def drafted(bundle: Bundle) -> Published:
    """A bundle that is no version yet, ready to run; it is parsed anew at every call. Raises BundleRefused."""
    definition = compile_bundle(bundle)
    described = {}
    for key, schema in bundle.forms.items():
        try:
            described[key] = read_form(schema)
        except FormRefused as refused:
            raise BundleRefused(
                [Problem(p.element, p.message, dict(p.params), file=bundle.form_files[key]) for p in refused.problems]
            ) from None
    return Published(0, 0, definition, described)


def bundle_of(session: Session, version_id: int) -> Bundle:
    """The files of a stored version."""
    files = session.scalar(select(DefinitionVersion.files).where(DefinitionVersion.id == version_id))
    if files is None:
        raise NotFound
    return Bundle({name: content.encode() for name, content in files.items()})


def active(session: Session, key: str) -> Published:
    """The version of this process that is in force."""
    return published(session, _in_force(session, key)[0])


def offered(session: Session, key: str, number: int | None = None) -> Published:
    """The version whose start form is shown: the one that the next case begins with, or the one with this number, as far as
    cases begin with it now. Nothing is counted by that."""
    row = _in_force(session, key)
    return _chosen(session, row, number)[1]


def for_start(
    session: Session, key: str, number: int | None = None, *, suits: Callable[[Definition], bool] | None = None
) -> Published:
    """The version that a case begins with which begins now.

    While a share of the new cases goes to the next version, that one takes exactly so many: after n cases, n · share / 100 of
    them without the fraction. `number` is the version of a start form that was filled in; it is taken as long as cases begin
    with it, and later cases make up for that. So they do for a case that the next version does not suit. One statement; two
    more while a share is set.
    """
    row = _in_force(session, key)
    if row[1] is None:
        return published(session, row[0])
    locked = select(*IN_FORCE).where(ProcessDefinition.key == key).with_for_update()
    row = session.execute(locked).one()
    if row[0] is None:
        raise NotFound(text("There is no process “{key}”.", key=key))
    is_next, chosen = _chosen(session, row, number, suits)
    if row[1] is not None:
        counted = {"next_started": row[3] + 1, "next_taken": row[4] + is_next}
        session.execute(update(ProcessDefinition).where(ProcessDefinition.key == key).values(**counted))
    return chosen


def _in_force(session: Session, key: str) -> Sequence[Any]:
    row = ACTIVE.first(session, {"key": key})
    if row is None or row[0] is None:
        raise NotFound(text("There is no process “{key}”.", key=key))
    return row


def _chosen(
    session: Session, row: Sequence[Any], number: int | None, suits: Callable[[Definition], bool] | None = None
) -> tuple[bool, Published]:
    """Whether it is the next version, and the version itself."""
    active_id, next_id, share, started, taken = row
    in_force = published(session, active_id)
    if next_id is None:
        return False, in_force
    following = published(session, next_id)
    if suits is not None and not suits(following.definition):
        return False, in_force
    is_next = (
        number == following.number
        if number in (in_force.number, following.number)
        else ((started + 1) * share // 100 > taken)
    )
    return is_next, following if is_next else in_force


def all_active(session: Session) -> list[Published]:
    """Every process that can be started, by key."""
    return [published(session, version_id) for (version_id,) in ALL_ACTIVE.rows(session, {})]


def out_of_force(session: Session) -> list[Published]:
    """The newest version of every process of which none is in force, by key."""
    newest = (
        select(func.max(DefinitionVersion.id))
        .join(ProcessDefinition, ProcessDefinition.key == DefinitionVersion.process_key)
        .where(ProcessDefinition.active_version_id.is_(None))
        .group_by(ProcessDefinition.key)
        .order_by(ProcessDefinition.key)
    )
    return [published(session, version_id) for version_id in session.scalars(newest).all()]


def store_version(
    session: Session,
    bundle: Bundle,
    definition: Definition,
    *,
    source: VersionSource,
    now: datetime,
    by_id: int | None,
    note: str = "",
    activate: bool = True,
) -> DefinitionVersion:
    """Keep a checked bundle as the next version of its process."""
    process = session.get(ProcessDefinition, definition.key, with_for_update=True)
    if process is None:
        process = ProcessDefinition(key=definition.key, version=1)
        session.add(process)
        session.flush()
    last = session.scalar(
        select(func.max(DefinitionVersion.number)).where(DefinitionVersion.process_key == definition.key)
    )
    version = DefinitionVersion(
        process_key=definition.key,
        number=(last or 0) + 1,
        name=definition.name[:200],
        content_hash=bundle.content_hash,
        files={name: content.decode() for name, content in bundle.files.items()},
        source=source,
        note=note,
        deployed_at=now,
        deployed_by_id=by_id,
    )
    session.add(version)
    session.flush()
    if activate:
        put_in_force(session, process, version.id, definition, now=now)
    return version


def put_in_force(
    session: Session, process: ProcessDefinition, version_id: int, definition: Definition, *, now: datetime
) -> None:
    """New cases begin with this version of a process whose row is locked, all of them, and its start events listen."""
    if process.active_version_id not in (None, version_id):
        process.previous_version_id = process.active_version_id
    process.active_version_id = version_id
    _take_share(process, None, 0)
    process.version += 1
    session.flush()
    listen(session, definition, version_id, now=now)


def take_out_of_force(session: Session, process: ProcessDefinition) -> None:
    """No case of the process begins any more; those under way go on."""
    process.active_version_id = None
    _take_share(process, None, 0)
    process.version += 1
    session.flush()
    stop_listening(session, process.key)


def share_out(session: Session, process: ProcessDefinition, version_id: int | None, percent: int) -> None:
    """So many of the new cases of a process whose row is locked begin with this version beside the one in force; counting
    begins anew. With no version all begin with the one in force."""
    _take_share(process, version_id, percent)
    process.version += 1
    session.flush()


def _take_share(process: ProcessDefinition, version_id: int | None, percent: int) -> None:
    process.next_version_id, process.next_share = version_id, percent
    process.next_started = process.next_taken = 0


def bundle_from_folder(folder: Path) -> Bundle:
    """The files of a process folder that belong to its bundle."""
    return Bundle({path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name.endswith(BUNDLED)})


def seed_from_files(session: Session, *, now: datetime, place: Path = PROCESS_FILES) -> list[DefinitionVersion]:
    """Store every process folder of a place whose content is not known yet.

    It becomes the active version unless an administrator has published an own one meanwhile, tries one with a share of the
    cases, has taken the process out of force, or lets another process begin with the same message: then it waits in the list.
    """
    stored = []
    for folder in sorted(path for path in place.iterdir() if any(path.glob("*.bpmn"))):
        bundle = bundle_from_folder(folder)
        definition = compile_bundle(bundle)
        known = session.scalars(
            select(DefinitionVersion)
            .where(DefinitionVersion.process_key == definition.key)
            .order_by(DefinitionVersion.number)
        ).all()
        if any(version.content_hash == bundle.content_hash for version in known):
            continue
        process = session.get(ProcessDefinition, definition.key)
        in_force = next((v for v in known if process and v.id == process.active_version_id), None)
        shared = process is not None and process.next_version_id is not None
        stored.append(
            store_version(
                session,
                bundle,
                definition,
                source=VersionSource.FILE,
                now=now,
                by_id=None,
                activate=not shared and _may_come_into_force(session, definition, known, in_force, now=now),
            )
        )
    in_force_now = {each.version_id: each.definition for each in all_active(session)}
    listen_where_nobody_does(session, in_force_now, now=now)
    return stored


def _may_come_into_force(
    session: Session,
    definition: Definition,
    known: Sequence[DefinitionVersion],
    in_force: DefinitionVersion | None,
    *,
    now: datetime,
) -> bool:
    problems = [problem for problem in problems_here(session, definition, now=now) if problem.is_error]
    for problem in problems:
        logger.warning("the delivered version of %s waits in the list: %s", definition.key, problem.text)
    wanted = not known if in_force is None else in_force.source == VersionSource.FILE
    return wanted and not problems


def version_of(session: Session, key: str, number: int) -> DefinitionVersion:
    """A version by process and number."""
    wanted = select(DefinitionVersion).where(DefinitionVersion.process_key == key, DefinitionVersion.number == number)
    found = session.scalars(wanted).one_or_none() if number <= LARGEST_NUMBER else None
    if found is None:
        raise NotFound
    return found


def versions_of(session: Session, key: str) -> Sequence[DefinitionVersion]:
    """All versions of a process, the newest first, without their files."""
    return session.scalars(
        select(DefinitionVersion)
        .where(DefinitionVersion.process_key == key)
        .order_by(DefinitionVersion.number.desc())
        .options(defer(DefinitionVersion.files))
    ).all()


def bundle_archive(session: Session, key: str, number: int) -> bytes:
    """The files of a version in a zip archive, byte for byte as they were published."""
    return archive_of({name: content.encode() for name, content in version_of(session, key, number).files.items()})
