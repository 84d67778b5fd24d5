"""Changing a draft: made from a version or from nothing, saved file by file, discarded.

Several people may work at one draft. A conflict is one of a single file: who saves says which revision of it they saw, and is
refused when somebody else has saved it since. The row of the draft is locked first, so that two savings come one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from crm.accounts.queries import names_of, role_names
from crm.core.audit import AuditEntry, write_audit
from crm.core.errors import Conflict, Fault, Invalid, NotFound
from crm.core.i18n import LOCALES, text
from crm.permissions import Actor, check_may
from workflows import library
from workflows.engine import BundleRefused
from workflows.engine.reading import read_diagram
from workflows.models import DefinitionVersion, ProcessDefinition
from workflows.studio.drafts import rules
from workflows.studio.drafts.first import MOST_LANES, Lane, first_files
from workflows.studio.drafts.models import DraftFile, DraftVisit, ProcessDraft
from workflows.studio.drafts.queries import SILENCE, Visit, bundle_of, draft_of, file_of, visits_of

# Larger diagrams are not read again at every saving, only to see what they are called now.
READ_AT_ONCE = 300_000
# What the audit calls a draft.
SUBJECT = "process_draft"


@dataclass(frozen=True)
class Rebased:
    """What became of a draft: files that are now as in the version in force, and files that both sides had changed."""

    taken: tuple[str, ...]
    kept: tuple[str, ...]


def open_draft(session: Session, *, by: Actor, now: datetime, key: str, number: int | None = None) -> ProcessDraft:
    """The draft of a process. Where there is none, it is made from version `number`, else from the one in force, else from
    the newest."""
    check_may(by, "processes", "administer")
    process = session.get(ProcessDefinition, key, with_for_update=True)
    found = draft_of(session, key)
    if found is not None:
        return found
    if process is None:
        raise NotFound(text("There is no process “{key}”.", key=key))
    version = _base(session, process, number)
    files = {name: content.encode() for name, content in version.files.items()}
    draft = _make(session, by=by, now=now, key=key, name=version.name, files=files, base_id=version.id)
    _audit(session, draft, "opened", by=by, now=now, version=version.number)
    return draft


def new_draft(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    key: str,
    name: str,
    files: Mapping[str, bytes] | None = None,
    roles: Sequence[str] = (),
) -> ProcessDraft:
    """A process that does not exist yet: with these files, or with a start, one task and an end, in a pool with a lane for
    each of the `roles` if there are any."""
    check_may(by, "processes", "administer")
    key, name = key.strip(), " ".join(name.split())
    faults = [
        Fault(field, message)
        for field, message in (("key", rules.fault_of_key(key)), ("name", rules.fault_of_name(name)))
        if message is not None
    ]
    if faults:
        raise Invalid(faults)
    same = func.lower(ProcessDefinition.key) == key.lower()
    draft_same = func.lower(ProcessDraft.process_key) == key.lower()
    if session.scalar(select(ProcessDefinition.key).where(same)) or session.scalar(
        select(ProcessDraft.id).where(draft_same)
    ):
        raise Invalid(
            [Fault("key", text("There is a process with the key “{key}” already; choose another key.", key=key))]
        )
    given = files if files is not None else _first_files(session, key, name, by=by, roles=roles)
    draft = _make(session, by=by, now=now, key=key, name=name, files=given, base_id=None)
    _audit(session, draft, "opened", by=by, now=now)
    return draft


def replace_files(
    session: Session, *, by: Actor, now: datetime, draft_id: int, files: Mapping[str, bytes], seen: int
) -> ProcessDraft:
    """Put other files in the place of all that the draft has. `seen` is the revision of the draft."""
    draft = locked_draft(session, draft_id, by=by)
    if draft.revision != seen:
        raise _conflict(session, draft.updated_by_id, draft.updated_at, draft.revision, by=by)
    contents = rules.check_files(files)
    present = {file.name: file for file in session.scalars(select(DraftFile).where(DraftFile.draft_id == draft_id))}
    changed = {name: content for name, content in contents.items() if _differs(present.get(name), content)}
    gone = present.keys() - contents.keys()
    if changed or gone:
        _touch(draft, by=by, now=now)
    for name in gone:
        session.delete(present[name])
    for name, content in changed.items():
        _write(session, draft, present.get(name), name, content, by=by, now=now)
    session.flush()
    return draft


def save_file(session: Session, *, by: Actor, now: datetime, draft_id: int, name: str, content: str, seen: int) -> int:
    """Keep what somebody wrote; answers the new revision of the file. `seen` is the revision they began with, 0 for a new
    file. Conflict when somebody else saved it since; a file that is the same already is no conflict."""
    draft = locked_draft(session, draft_id, by=by)
    rules.check_file_name(name)
    found = session.get(DraftFile, (draft_id, name), populate_existing=True)
    if found is not None and not _differs(found, content):
        return found.revision
    if found is None and seen:
        raise Conflict(text("The draft has no file “{name}” any more.", name=name), {"revision": 0})
    if found is not None and found.revision != seen:
        raise _conflict(session, found.updated_by_id, found.updated_at, found.revision, by=by)
    raw = rules.raw(name, content)
    rules.check_file(name, raw)
    if found is None and name.endswith(".bpmn"):
        raise Invalid([Fault("name", text("A process has exactly one diagram, a .bpmn file."))])
    others = session.execute(
        select(func.count(), func.coalesce(func.sum(DraftFile.size), 0)).where(
            DraftFile.draft_id == draft_id, DraftFile.name != name
        )
    ).one()
    rules.check_sum(others[0] + 1, others[1] + len(raw))
    _touch(draft, by=by, now=now)
    file = _write(session, draft, found, name, content, by=by, now=now)
    session.flush()
    return file.revision


def remove_file(session: Session, *, by: Actor, now: datetime, draft_id: int, name: str, seen: int) -> None:
    """Take a file out of the draft. Conflict when somebody saved it since it was `seen`; the diagram stays."""
    draft = locked_draft(session, draft_id, by=by)
    file = file_of(session, draft_id, name)
    if file.revision != seen:
        raise _conflict(session, file.updated_by_id, file.updated_at, file.revision, by=by)
    if name.endswith(".bpmn"):
        raise Invalid([Fault("name", text("A process has exactly one diagram, a .bpmn file."))])
    session.delete(file)
    _touch(draft, by=by, now=now)
    session.flush()


def rename_file(
    session: Session, *, by: Actor, now: datetime, draft_id: int, name: str, new_name: str, seen: int
) -> int:
    """Call a file otherwise, with the same sort of name; answers its new revision. What refers to it is not changed."""
    draft = locked_draft(session, draft_id, by=by)
    file = file_of(session, draft_id, name)
    if file.revision != seen:
        raise _conflict(session, file.updated_by_id, file.updated_at, file.revision, by=by)
    rules.check_file_name(new_name)
    if rules.sort_of(new_name) != rules.sort_of(name):
        raise Invalid([Fault("name", text("The new name must end like the old one."))])
    if new_name == name:
        return file.revision
    if session.get(DraftFile, (draft_id, new_name)) is not None:
        raise Invalid([Fault("name", text("There is a file “{name}” already; choose another name.", name=new_name))])
    content = file.content
    session.delete(file)
    _touch(draft, by=by, now=now)
    renamed = _write(session, draft, None, new_name, content, by=by, now=now)
    session.flush()
    return renamed.revision


def rebase(session: Session, *, by: Actor, now: datetime, draft_id: int) -> Rebased:
    """Let the draft stand on the version in force: files that the draft has not changed become as they are there; files
    changed on both sides stay as in the draft and are named."""
    draft = locked_draft(session, draft_id, by=by)
    process = session.get(ProcessDefinition, draft.process_key)
    if process is None or process.active_version_id is None:
        raise Invalid([Fault("", text("No version of this process is in force."))])
    mine = bundle_of(session, draft_id).files
    theirs = library.bundle_of(session, process.active_version_id).files
    base = library.bundle_of(session, draft.base_version_id).files if draft.base_version_id is not None else {}
    taken, kept, result = [], [], dict(mine)
    for name in sorted({*mine, *theirs}):
        old, ours, new = base.get(name), mine.get(name), theirs.get(name)
        if new in (old, ours):
            continue
        if ours != old:
            kept.append(name)
            continue
        taken.append(name)
        if new is None:
            result.pop(name, None)
        else:
            result[name] = new
    replace_files(session, by=by, now=now, draft_id=draft_id, files=result, seen=draft.revision)
    draft.base_version_id = process.active_version_id
    _touch(draft, by=by, now=now)
    session.flush()
    return Rebased(tuple(taken), tuple(kept))


def discard_draft(session: Session, *, by: Actor, now: datetime, draft_id: int) -> None:
    """Throw a draft away, whatever was changed in it; the published versions stay."""
    draft = locked_draft(session, draft_id, by=by)
    _audit(session, draft, "discarded", by=by, now=now)
    remove_draft(session, draft)


def remove_draft(session: Session, draft: ProcessDraft) -> None:
    """A draft is over, because it was published or thrown away."""
    session.execute(delete(DraftVisit).where(DraftVisit.draft_id == draft.id))
    session.execute(delete(DraftFile).where(DraftFile.draft_id == draft.id))
    session.delete(draft)
    session.flush()


def note_visit(session: Session, *, by: Actor, now: datetime, draft_id: int, window: str, file: str) -> list[Visit]:
    """A window of `by` has the draft open and looks at `file`; answers who else has it open. `window` is a word of the
    browser's own choice, at most 32 letters."""
    check_may(by, "processes", "administer")
    if session.get(ProcessDraft, draft_id) is None or by.id is None:
        raise NotFound(text("This draft does not exist any more; it was published or discarded."))
    session.execute(delete(DraftVisit).where(DraftVisit.draft_id == draft_id, DraftVisit.seen_at <= now - SILENCE))
    session.merge(
        DraftVisit(draft_id=draft_id, user_id=by.id, window=window[:32], file=file[: rules.LONGEST_NAME], seen_at=now)
    )
    session.flush()
    return visits_of(session, draft_id, by=by, window=window[:32], now=now)


def _base(session: Session, process: ProcessDefinition, number: int | None) -> DefinitionVersion:
    if number is not None:
        return library.version_of(session, process.key, number)
    if process.active_version_id is not None:
        return session.get_one(DefinitionVersion, process.active_version_id)
    newest = (
        select(DefinitionVersion)
        .where(DefinitionVersion.process_key == process.key)
        .order_by(DefinitionVersion.number.desc())
        .limit(1)
    )
    found = session.scalars(newest).one_or_none()
    if found is None:
        raise NotFound
    return found


def _first_files(session: Session, key: str, name: str, *, by: Actor, roles: Sequence[str]) -> dict[str, bytes]:
    """What a process from nothing begins with. Invalid where a role is not there, or where they are too many."""
    known = role_names(session, by.locale)
    if len(roles) > MOST_LANES or not set(roles) <= set(known):
        message = text("Choose roles that exist, at most {limit} of them.", limit=MOST_LANES)
        raise Invalid([Fault("lanes", message)])
    lanes = [Lane(role, {locale: role_names(session, locale)[role] for locale in LOCALES}) for role in roles]
    return first_files(key, name, locale=by.locale, lanes=lanes)


def _make(
    session: Session, *, by: Actor, now: datetime, key: str, name: str, files: Mapping[str, bytes], base_id: int | None
) -> ProcessDraft:
    contents = rules.check_files(files)
    draft = ProcessDraft(
        id=_unused_id(session),
        process_key=key,
        name=name[: rules.LONGEST_NAME],
        base_version_id=base_id,
        revision=1,
        created_at=now,
        created_by_id=by.id,
        updated_at=now,
        updated_by_id=by.id,
    )
    session.add(draft)
    session.flush()
    for file_name, content in contents.items():
        _write(session, draft, None, file_name, content, by=by, now=now)
    session.flush()
    return draft


def _unused_id(session: Session) -> int | None:
    """A number that no draft has ever had; None where the database takes care of that. SQLite gives the number of a row that
    was deleted away again, and a window in which the old draft is still open would save into the new one, which may be of
    another process."""
    if session.get_bind().dialect.name != "sqlite":
        return None
    numbers = select(func.max(AuditEntry.subject_id)).where(AuditEntry.subject_type == SUBJECT)
    return max(session.scalar(numbers) or 0, session.scalar(select(func.max(ProcessDraft.id))) or 0) + 1


def locked_draft(session: Session, draft_id: int, *, by: Actor) -> ProcessDraft:
    """A draft that nobody else changes until the end of the transaction."""
    check_may(by, "processes", "administer")
    draft = session.get(ProcessDraft, draft_id, with_for_update=True, populate_existing=True)
    if draft is None:
        raise NotFound(text("This draft does not exist any more; it was published or discarded."))
    return draft


def _differs(file: DraftFile | None, content: str) -> bool:
    return file is None or file.content != content


def _touch(draft: ProcessDraft, *, by: Actor, now: datetime) -> None:
    draft.revision += 1
    draft.updated_at, draft.updated_by_id = now, by.id


def _write(
    session: Session, draft: ProcessDraft, file: DraftFile | None, name: str, content: str, *, by: Actor, now: datetime
) -> DraftFile:
    if file is None:
        file = DraftFile(draft_id=draft.id, name=name)
        session.add(file)
    file.content, file.size, file.revision = content, len(content.encode()), draft.revision
    file.updated_at, file.updated_by_id = now, by.id
    if name.endswith(".bpmn") and len(content) <= READ_AT_ONCE:
        draft.name = _name_in(name, content) or draft.name
    return file


def _name_in(name: str, content: str) -> str | None:
    """What the process is called in its diagram; None while that cannot be read."""
    try:
        diagram = read_diagram(content.encode(), name)
    except BundleRefused:
        return None
    return diagram.processes[diagram.main].name[: rules.LONGEST_NAME] if diagram.main is not None else None


def _conflict(session: Session, by_id: int | None, at: datetime, revision: int, *, by: Actor) -> Conflict:
    name = names_of(session, {by_id}, by.locale).get(by_id or 0, "?")
    return Conflict(
        text("{name} has saved this meanwhile; what you wrote is not stored yet.", name=name),
        {"name": name, "at": at.isoformat(), "revision": revision},
    )


def _audit(session: Session, draft: ProcessDraft, action: str, *, by: Actor, now: datetime, **values: object) -> None:
    write_audit(
        session,
        at=now,
        actor_id=by.id,
        actor_name=by.name,
        action=f"draft.{action}",
        subject_type=SUBJECT,
        subject_id=draft.id,
        subject_name=draft.name,
        new={"process": draft.process_key, **values},
    )
