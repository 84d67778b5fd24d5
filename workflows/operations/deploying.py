"""Publishing a version: check first, outside of any transaction, then store.

Checking parses untrusted files and runs them dry in a process of its own, which takes a while; the database must not be kept
waiting meanwhile. `check_files` answers with what it found; `deploy` takes only what has been checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import forms
from crm.accounts.models import Role
from crm.core.audit import write_audit
from crm.core.errors import Conflict, Fault, Invalid, NotFound
from crm.core.i18n import Text, text
from crm.permissions import Actor, check_may
from workflows import bundle_files, library
from workflows.assigning import naming
from workflows.choices import choice_names
from workflows.custom.checking import record_problems
from workflows.engine import Bundle, BundleRefused, Definition, Phrase, Problem, check_limited, in_utf8
from workflows.engine import compile as compile_bundle
from workflows.messaging import starts
from workflows.models import DefinitionVersion, ProcessDefinition, VersionSource
from workflows.registry import described_operations


@dataclass(frozen=True)
class Checked:
    """A bundle and what was found in it. Only a bundle without errors can be deployed."""

    bundle: Bundle
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity != "error")


class DiagramRefused(Invalid):
    """The bundle cannot run; each fault names element (or file) and cure."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(
            [Fault(problem.element or problem.file or "", problem_text(problem)) for problem in problems],
            text("The process cannot be published as it stands."),
        )
        self.problems = tuple(problems)


def problem_text(problem: Problem) -> Text:
    """What the engine's check found, as a sentence that can be translated."""
    return Text(problem.message, {name: _sentence(value) for name, value in problem.params.items()})


def _sentence(value: object) -> object:
    """A cause inside of a sentence is a sentence too."""
    if isinstance(value, Phrase | forms.Cause):
        return Text(value.template, {name: _sentence(inner) for name, inner in value.params.items()})
    return value


def role_keys(session: Session) -> frozenset[str]:
    """The roles that a diagram may name."""
    return frozenset(session.scalars(select(Role.key)))


def check_files(files: Mapping[str, bytes], *, roles: frozenset[str]) -> Checked:
    """Check an untrusted bundle: answers within seconds, whatever it holds. Needs no database."""
    if (
        len(files) > bundle_files.MOST_FILES
        or sum(len(content) for content in files.values()) > bundle_files.MOST_BYTES
    ):
        raise Invalid(
            [Fault("files", text("The files are too many or too large: at most 200 files and 4 MB together."))]
        )
    try:
        bundle = Bundle({name: in_utf8(name, content) for name, content in files.items()})
    except BundleRefused as refused:
        return Checked(Bundle(dict(files)), refused.problems)
    found = check_limited(bundle, operations=described_operations(), roles=roles, check_form=check_form)
    return Checked(bundle, (*record_problems(bundle), *found))


def check_form(schema: dict[str, Any]) -> list[tuple[str | None, str, dict[str, Any]]]:
    """The faults of a form, as the engine's check reports them."""
    return [
        (problem.element, problem.message, dict(problem.params))
        for problem in forms.check(schema, choice_sources=choice_names())
    ]


def deploy(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    checked: Checked,
    note: str = "",
    activate: bool = True,
    share: int = 100,
) -> DefinitionVersion:
    """The checked bundle becomes the next version; new cases begin with it, running ones keep theirs.

    With a `share` below 100 percent only so many of the new cases do, beside the version in force; where none is in force,
    all of them. Refused: without the permission, with errors, and a version that changes nothing.
    """
    check_may(by, "processes", "administer")
    if checked.errors:
        raise DiagramRefused(checked.errors)
    if not 1 <= share <= 100:
        raise Invalid([Fault("share", text("The share is a whole number of percent, from 1 to 100."))])
    definition = compile_bundle(checked.bundle)
    if activate:
        check_here(session, definition, now=now)
    process = session.get(ProcessDefinition, definition.key, with_for_update=True, populate_existing=True)
    begun_with = [] if process is None else [process.active_version_id, process.next_version_id]
    for version_id in filter(None, begun_with):
        known = session.get_one(DefinitionVersion, version_id)
        if known.content_hash == checked.bundle.content_hash:
            raise Conflict(text("This changes nothing: version {number} is the same.", number=known.number))
    shared = share < 100 and activate and process is not None and process.active_version_id is not None
    version = library.store_version(
        session,
        checked.bundle,
        definition,
        source=VersionSource.STUDIO,
        now=now,
        by_id=by.id,
        note=note[:2000],
        activate=activate and not shared,
    )
    if shared and process is not None:
        library.share_out(session, process, version.id, share)
    _audit(session, by=by, now=now, action="published", version=version, share=share if activate else 0)
    return version


def activate(session: Session, *, by: Actor, now: datetime, key: str, number: int) -> DefinitionVersion:
    """New cases begin with this version from now on, an older one or one that waited."""
    check_may(by, "processes", "administer")
    version = library.version_of(session, key, number)
    process = session.get(ProcessDefinition, key, with_for_update=True)
    if process is None:
        raise NotFound
    if process.active_version_id == version.id:
        raise Conflict(text("Version {number} is in force already.", number=number))
    definition = library.published(session, version.id).definition
    check_here(session, definition, now=now)
    library.put_in_force(session, process, version.id, definition, now=now)
    _audit(session, by=by, now=now, action="activated", version=version)
    return version


def suspend(session: Session, *, by: Actor, now: datetime, key: str) -> DefinitionVersion:
    """No case of the process begins any more, by whomever or whatever; those under way go on. Putting a version in force
    ends this."""
    check_may(by, "processes", "administer")
    process = session.get(ProcessDefinition, key, with_for_update=True)
    if process is None:
        raise NotFound
    if process.active_version_id is None:
        raise Conflict(text("No version of this process is in force."))
    version = session.get_one(DefinitionVersion, process.active_version_id)
    library.take_out_of_force(session, process)
    _audit(session, by=by, now=now, action="suspended", version=version)
    return version


def problems_here(session: Session, checked: Checked, *, now: datetime) -> list[Problem]:
    """What else stands in the way here and now: another process that begins with the same message, a time that is over,
    somebody named who does not work here."""
    if checked.errors:
        return []
    return _here(session, compile_bundle(checked.bundle), now=now)


def _here(session: Session, definition: Definition, *, now: datetime) -> list[Problem]:
    return [*starts.problems_here(session, definition, now=now), *naming.problems_here(session, definition)]


def check_here(session: Session, definition: Definition, *, now: datetime) -> None:
    """Raises DiagramRefused where a version cannot come into force in this database, at this time."""
    errors = [problem for problem in _here(session, definition, now=now) if problem.is_error]
    if errors:
        raise DiagramRefused(errors)


def _audit(
    session: Session, *, by: Actor, now: datetime, action: str, version: DefinitionVersion, **values: object
) -> None:
    audit_version(session, action, version, by=by, now=now, hash=version.content_hash, **values)


def audit_version(
    session: Session, action: str, version: DefinitionVersion, *, by: Actor, now: datetime, **values: object
) -> None:
    """Note what was done with a version."""
    write_audit(
        session,
        at=now,
        actor_id=by.id,
        actor_name=by.name,
        action=f"definition.{action}",
        subject_type="definition",
        subject_id=version.id,
        subject_name=version.name,
        new={"process": version.process_key, "number": version.number, **values},
    )
