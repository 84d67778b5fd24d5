"""Reading rules, whom they would tell, and what concerns one person now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.accounts.queries import department_head, names_of
from crm.activity.sentences import in_words, keep
from crm.core.db import company_time
from crm.core.errors import NotFound
from crm.core.i18n import text
from crm.permissions import Actor, check_may
from crm.reminders.kinds import Finding, Look, ReminderKind, Whom, reminder_kind, reminder_kinds
from crm.reminders.models import ReminderRule, ReminderTold

BATCH = 500
MOST_SHOWN = 200


@dataclass(frozen=True)
class Planned:
    """A finding and those whom the rule would tell of it."""

    finding: Finding
    to: tuple[int, ...]


@dataclass(frozen=True)
class Preview:
    """A line of “whom would this tell today?”."""

    person: str
    words: str
    link: str
    told: bool


def usual_rule(kind: ReminderKind) -> ReminderRule:
    """The rule as it comes with the product."""
    return ReminderRule(
        kind=kind.key,
        active=kind.active,
        span=kind.usual,
        hour=kind.hour,
        whom=[whom.value for whom in kind.whom],
        workdays_only=False,
        version=1,
        looked_on=None,
        looked_at=None,
    )


def find_rules(session: Session, *, by: Actor) -> list[tuple[ReminderKind, ReminderRule]]:
    """All rules, each with its kind."""
    check_may(by, "reminders", "administer")
    rows = {rule.kind: rule for rule in session.scalars(select(ReminderRule))}
    return [(kind, rows.get(kind.key) or usual_rule(kind)) for kind in reminder_kinds()]


def find_rule(session: Session, *, by: Actor, key: str) -> tuple[ReminderKind, ReminderRule]:
    """One rule. NotFound for a kind that no room has."""
    check_may(by, "reminders", "administer")
    kind = reminder_kind(key)
    if kind is None:
        raise NotFound(text("There is no reminder of this kind."))
    return kind, session.get(ReminderRule, key) or usual_rule(kind)


def look_of(
    session: Session, *, now: datetime, span: int, since: date | None = None, after: int = 0, mine: int | None = None
) -> Look:
    """How a rule is asked at this moment, by the company's clock. One that has not looked before makes up for nothing."""
    today = company_time(session, now).date()
    before = today - timedelta(days=1)
    since = before if since is None else min(since, before)
    return Look(now=now, today=today, span=span, after=after, limit=BATCH, since=since, mine=mine)


def planned(session: Session, findings: Sequence[Finding], whom: Iterable[str]) -> list[Planned]:
    """Whom these findings are for: active people, each once; the superior is that of the holder, else of the owner."""
    wanted = {Whom(each) for each in whom}
    close: list[list[int]] = []
    for finding in findings:
        mine = {
            Whom.OWNER: finding.owner_id,
            Whom.HOLDER: finding.holder_id if finding.holder_id is not None else finding.owner_id,
        }
        close.append([user_id for each, user_id in mine.items() if each in wanted and user_id is not None])
    superiors: dict[int, int | None] = {}
    if Whom.MANAGER in wanted:
        below = {_nearest(finding) for finding in findings} - {None}
        superiors = _superiors(session, {user_id for user_id in below if user_id is not None})
    active = _active(session, [*(user_id for each in close for user_id in each), *superiors.values()])
    found = []
    for finding, near in zip(findings, close, strict=True):
        all_of_them = [*near, superiors.get(_nearest(finding) or 0)]
        found.append(
            Planned(finding, tuple(dict.fromkeys(each for each in all_of_them if each is not None and each in active)))
        )
    return found


def _nearest(finding: Finding) -> int | None:
    return finding.holder_id if finding.holder_id is not None else finding.owner_id


def _superiors(session: Session, user_ids: set[int]) -> dict[int, int | None]:
    rows = session.execute(select(User.id, User.manager_id, User.department_id).where(User.id.in_(user_ids))).all()
    heads: dict[int | None, int | None] = {}
    found: dict[int, int | None] = {}
    for user_id, manager_id, department_id in rows:
        if manager_id is None and department_id not in heads:
            head = department_head(session, department_id)
            heads[department_id] = None if head is None else head.id
        superior = manager_id if manager_id is not None else heads[department_id]
        found[user_id] = None if superior == user_id else superior
    return found


def _active(session: Session, user_ids: Iterable[int | None]) -> set[int]:
    wanted = {user_id for user_id in user_ids if user_id is not None}
    return set(session.scalars(select(User.id).where(User.id.in_(wanted), User.active))) if wanted else set()


def already_told(session: Session, kind: ReminderKind, plans: Sequence[Planned]) -> set[tuple[int, str]]:
    """Who has been told of what among these, as (user, key)."""
    keys = {key_of(kind, plan.finding) for plan in plans}
    people = {user_id for plan in plans for user_id in plan.to}
    rows = session.execute(
        select(ReminderTold.user_id, ReminderTold.key).where(
            ReminderTold.user_id.in_(people), ReminderTold.key.in_(keys)
        )
    )
    return {(row[0], row[1]) for row in rows}


def key_of(kind: ReminderKind, finding: Finding) -> str:
    """What keeps a person from being reminded of the same twice."""
    return f"{kind.key}-{finding.occasion}"


def preview(
    session: Session, *, by: Actor, now: datetime, key: str, span: int, whom: Iterable[str], locale: str
) -> list[Preview]:
    """Whom the rule would tell today, set like this: the first 200 lines, those who were told already marked."""
    kind, rule = find_rule(session, by=by, key=key)
    findings = kind.find(session, look_of(session, now=now, span=span, since=rule.looked_on))[:MOST_SHOWN]
    plans = planned(session, findings, whom)
    told = already_told(session, kind, plans)
    names = names_of(session, {user_id for plan in plans for user_id in plan.to}, locale)
    said = dict(zip((finding.id for finding in findings), words_of(session, findings, locale), strict=True))
    lines = [
        Preview(
            person=names.get(user_id, ""),
            words=said[plan.finding.id],
            link=plan.finding.link,
            told=(user_id, key_of(kind, plan.finding)) in told,
        )
        for plan in plans
        for user_id in plan.to
    ]
    return sorted(lines, key=lambda line: (line.told, line.person))[:MOST_SHOWN]


def my_reminders(session: Session, *, by: Actor, now: datetime) -> list[tuple[ReminderKind, Sequence[Finding]]]:
    """What the active rules find for this person now, whether or not they were told of it; kinds without any left out."""
    rows = {rule.kind: rule for rule in session.scalars(select(ReminderRule))}
    found = []
    for kind in reminder_kinds():
        rule = rows.get(kind.key) or usual_rule(kind)
        if not rule.active or by.id is None:
            continue
        findings = kind.find(session, look_of(session, now=now, span=rule.span, mine=by.id))[:MOST_SHOWN]
        if findings:
            found.append((kind, findings))
    return found


def words_of(session: Session, findings: Sequence[Finding], locale: str) -> list[str]:
    """What the findings say to a reader of this language."""
    return in_words(session, [keep(finding.message) for finding in findings], locale)


def by_person(plans: Iterable[Planned]) -> dict[int, list[Finding]]:
    """What each person is to be told of."""
    found: dict[int, list[Finding]] = defaultdict(list)
    for plan in plans:
        for user_id in plan.to:
            found[user_id].append(plan.finding)
    return found
