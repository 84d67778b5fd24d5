"""A draft becomes a version: for all new cases, or for a share of them.

What takes long comes before, outside of any transaction: the check with its dry run, and the replay of the scenarios. Here it is
only asked whether they let the draft through, and whether the draft is still the one that was checked.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from crm.core.errors import Conflict, Fault, Invalid
from crm.core.i18n import text
from crm.permissions import Actor, check_may
from workflows.engine import compile as compile_bundle
from workflows.models import DefinitionVersion
from workflows.operations import deploying
from workflows.operations.deploying import Checked, DiagramRefused
from workflows.studio.drafts import operations as drafts
from workflows.studio.trying.replay import Replayed

SHORTEST_EXCEPTION = 10
LONGEST_EXCEPTION = 2000


class ScenariosFail(Invalid):
    """Scenarios come out otherwise than expected, and nobody has said why it may go through all the same."""

    def __init__(self, replayed: Replayed) -> None:
        number = len(replayed.failed)
        message = text("Scenarios that fail: {number}. Correct the draft or the scenarios, or say in at least 10 letters why "
                       "it is published all the same.", number=number)  # fmt: skip
        super().__init__([Fault("exception", message)])
        self.replayed = replayed


def publish(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    draft_id: int,
    seen: int,
    checked: Checked,
    replayed: Replayed,
    note: str = "",
    exception: str = "",
    share: int = 100,
) -> DefinitionVersion:
    """The draft at revision `seen`, checked and replayed as it was then, becomes the next version, and is over as a draft.

    With a `share` below 100 percent only so many of the new cases begin with it. Refused: a draft that somebody has changed since
    (Conflict), errors (DiagramRefused), scenarios that fail without a reason to let it through (ScenariosFail; a reason is kept
    with the version and in the audit), and a version that changes nothing (Conflict).
    """
    check_may(by, "processes", "administer")
    draft = drafts.locked_draft(session, draft_id, by=by)
    if draft.revision != seen:
        raise Conflict(text("The draft was changed since you looked at it; look at the differences again."))
    if checked.errors:
        raise DiagramRefused(checked.errors)
    definition = compile_bundle(checked.bundle)
    if definition.key != draft.process_key:
        message = text("The process in the diagram is called {drawn}, but this is the draft of {key}; name it {key} again.",
                       drawn=definition.key, key=draft.process_key)  # fmt: skip
        raise Invalid([Fault(definition.key, message)])
    version = publish_files(
        session, by=by, now=now, checked=checked, replayed=replayed, note=note, exception=exception, share=share
    )
    drafts.remove_draft(session, draft)
    return version


def publish_files(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    checked: Checked,
    replayed: Replayed,
    note: str = "",
    exception: str = "",
    share: int = 100,
) -> DefinitionVersion:
    """Files that were checked and replayed become the next version of their process, wherever they come from. Refused as by
    `publish`; a draft of the process stays as it is."""
    check_may(by, "processes", "administer")
    if checked.errors:
        raise DiagramRefused(checked.errors)
    definition = compile_bundle(checked.bundle)
    reason = exception.strip()[:LONGEST_EXCEPTION] if replayed.failed else ""
    if replayed.failed and len(reason) < SHORTEST_EXCEPTION:
        raise ScenariosFail(replayed)
    version = deploying.deploy(session, by=by, now=now, checked=checked, note=note, share=share)
    version.exception = reason
    version.replayed = replayed.as_json(definition, by.locale)
    if reason:
        held_against = [outcome.name for outcome in replayed.failed]
        deploying.audit_version(session, "let_through", version, by=by, now=now, reason=reason, scenarios=held_against)
    return version
