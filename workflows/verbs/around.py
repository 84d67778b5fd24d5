"""What lies around a task on its page: the menu of its verbs, who signs, what was said, files, and why it came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from crm.accounts.queries import names_of
from crm.core.i18n import Text
from crm.files.queries import files_of
from crm.permissions import Actor
from workflows import engine
from workflows.attachments import TASK
from workflows.library import Published
from workflows.models import ProcessEvent, ProcessInstance, Task, TaskStatus
from workflows.verbs.acts import ACTS, Act
from workflows.verbs.attaching import attached_by
from workflows.verbs.queries import comments_of, copies_of, last_urge, signing_now, standing_of
from workflows.verbs.rules import actions, why_not_remove_signer
from workflows.verbs.signing import signers

# In this order the menu shows them; those that nobody expects where they cannot apply are left out then.
MENU = ("send-back", "transfer", "delegate", "add-signer", "cc", "urge", "priority", "due", "withdraw", "return")
ONLY_WHERE_THEY_APPLY = ("return", "withdraw")


@dataclass(frozen=True)
class Around:
    """All of it in the reader's language. `actions` are the verbs with None or the reason why not, `menu` those of the menu."""

    actions: Mapping[str, Text | None]
    menu: Sequence[tuple[Act, Text | None]]
    removable: Mapping[int, Text | None]
    signers: Sequence[tuple[Task, str]]
    signs_later: Sequence[tuple[int, str, Text | None]]
    signed: tuple[int, int] | None
    comments: Sequence[Mapping[str, Any]]
    copies: Sequence[tuple[str, datetime | None]]
    unread: bool
    files: Sequence[Mapping[str, Any]]
    delegated_by: str
    urge: tuple[str, datetime, str] | None
    sent_back: tuple[str, str, str] | None
    suspended: tuple[str, datetime, str] | None
    version: int


def around(
    session: Session, task: Task, instance: ProcessInstance, published: Published, *, by: Actor, now: datetime
) -> Around:
    """What lies around a task that the reader may see."""
    standing = standing_of(session, task, instance, by=by)
    allowed = actions(task, by, standing, now=now)
    known = _known_signers(session, task, published)
    later = [item for item in (*known.after, *known.rounds) if isinstance(item, int)] if known else []
    signing = [each for each in signing_now(session, task) if each.assignee_id is not None]
    comments, copies = comments_of(session, instance.id), copies_of(session, instance.id)
    urge = last_urge(session, task.id) if task.urged_at is not None and task.status == TaskStatus.OPEN else None
    own = attached_by(session, task, by)
    back = _sent_back(session, task) if task.sent_back_from and task.status == TaskStatus.OPEN else None
    rests = _suspended(session, task) if task.suspended and task.status == TaskStatus.OPEN else None
    ids = {each.assignee_id for each in signing} | {said.by_id for said in comments} | {copy.user_id for copy in copies}
    ids |= {task.delegated_by_id, urge.by_id if urge else None, back.actor_id if back else None}
    ids.add(rests.actor_id if rests else None)
    people = names_of(session, ids | set(later), by.locale)
    apply = [verb for verb in MENU if verb not in ONLY_WHERE_THEY_APPLY or allowed[verb] is None]
    return Around(
        actions=allowed,
        menu=[(ACTS[verb], allowed[verb]) for verb in apply],
        removable={
            each.id: _why_not_remove(session, each, instance, by=by, now=now) for each in signing if len(signing) > 1
        },
        signers=[(each, people.get(each.assignee_id or 0, "")) for each in signing],
        signs_later=[(one, people.get(one, ""), why_not_remove_signer(task, by, standing, one)) for one in later],
        signed=(known.signed, known.total) if known and known.total > 1 else None,
        comments=[{"who": people.get(said.by_id, ""), "at": said.at, "text": said.body} for said in comments],
        copies=[(people.get(copy.user_id, ""), copy.read_at) for copy in copies],
        unread=any(copy.user_id == by.id and copy.read_at is None for copy in copies),
        files=[
            {
                "id": file.id,
                "name": file.name,
                "size": file.size,
                "at": file.at,
                "delete_url": f"/tasks/{task.id}/files/{file.id}/remove" if file.id in own else "",
            }
            for file in files_of(session, record_type=TASK, record_id=task.id)
        ],
        delegated_by=people.get(task.delegated_by_id or 0, ""),
        urge=(people.get(urge.by_id, ""), urge.at, urge.note) if urge else None,
        sent_back=(
            people.get(back.actor_id or 0, ""),
            published.name_of(back.node_id or "", by.locale),
            str(back.detail.get("reason", "")),
        )
        if back
        else None,
        suspended=(people.get(rests.actor_id or 0, ""), rests.at, str(rests.detail.get("reason", "")))
        if rests
        else None,
        version=task.version,
    )


def _known_signers(session: Session, task: Task, published: Published) -> engine.Signers | None:
    """Who signs at the step, where anybody does besides its holder; the engine is asked only then."""
    if task.status != TaskStatus.OPEN:
        return None
    asked = exists().where(
        ProcessEvent.instance_id == task.instance_id,
        ProcessEvent.node_id == task.node_id,
        ProcessEvent.kind == "signer_added",
    )
    repeated = published.definition.nodes[task.node_id].repetition is not None
    return signers(session, task) if repeated or session.scalar(select(asked)) else None


def _why_not_remove(
    session: Session, task: Task, instance: ProcessInstance, *, by: Actor, now: datetime
) -> Text | None:
    return actions(task, by, standing_of(session, task, instance, by=by), now=now)["remove-signer"]


def _sent_back(session: Session, task: Task) -> ProcessEvent | None:
    """The line of history that tells why the step is to be done again."""
    return session.scalars(
        select(ProcessEvent)
        .where(
            ProcessEvent.instance_id == task.instance_id,
            ProcessEvent.kind == "sent_back",
            ProcessEvent.node_id == task.sent_back_from,
            ProcessEvent.at >= task.opened_at,
        )
        .order_by(ProcessEvent.id.desc())
        .limit(1)
    ).one_or_none()


def _suspended(session: Session, task: Task) -> ProcessEvent | None:
    """The line of history that tells who suspended the case, and why."""
    return session.scalars(
        select(ProcessEvent)
        .where(ProcessEvent.instance_id == task.instance_id, ProcessEvent.kind == "suspended")
        .order_by(ProcessEvent.id.desc())
        .limit(1)
    ).one_or_none()
