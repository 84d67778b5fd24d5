"""Tuning the rules, and letting them look: by the clock, in batches, telling each person of each thing once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from crm.core.audit import differences, write_audit
from crm.core.db import affected, company_time, dialect_of
from crm.core.due import Appointment, Due, schedule
from crm.core.errors import Conflict, Fault, Invalid
from crm.core.i18n import Text, text
from crm.notices.operations import notify
from crm.permissions import Actor, check_may
from crm.reminders.kinds import Finding, ReminderKind, Whom, reminder_kind, reminder_kinds
from crm.reminders.models import ReminderRule, ReminderTold
from crm.reminders.queries import BATCH, already_told, by_person, find_rule, key_of, look_of, planned, usual_rule
from crm.worktime.kept import calendars

DUE = "reminder"
# So many records are looked through in one transaction: on SQLite everybody else waits for its end.
STRETCH = 20_000
# More of one kind at once are one notice, with their names.
MOST_SINGLE = 4
MOST_NAMES = 20
FORGOTTEN_AFTER = timedelta(days=400)
MOST_FORGOTTEN_AT_ONCE = 5_000


def seed_rules(session: Session) -> None:
    """Every kind has its rule; what administrators made of it stays."""
    present = set(session.scalars(select(ReminderRule.kind)))
    for kind in reminder_kinds():
        if kind.key not in present:
            session.add(usual_rule(kind))
    session.flush()


def tune_rule(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    key: str,
    version: int,
    active: bool,
    span: int,
    hour: int,
    whom: Sequence[str],
    workdays_only: bool,
) -> ReminderRule:
    """From now on the rule looks so. Refuses numbers beyond its bounds, a rule that tells nobody, and a stale version."""
    check_may(by, "reminders", "administer")
    seed_rules(session)
    kind, _ = find_rule(session, by=by, key=key)
    rule = session.scalars(select(ReminderRule).where(ReminderRule.kind == kind.key).with_for_update()).one()
    faults = []
    if not 0 <= span <= kind.most:
        faults.append(Fault("span", text("Choose a number from 0 to {most}.", most=kind.most)))
    if not 0 <= hour <= 23:
        faults.append(Fault("hour", text("Choose an hour from 0 to 23.")))
    offered = [each.value for each in kind.offers]
    if not whom or any(each not in offered for each in whom):
        faults.append(Fault("whom", text("Choose at least one of those whom this reminder can tell.")))
    if faults:
        raise Invalid(faults)
    before = _settings(rule)
    if version != rule.version:
        raise Conflict(text("Somebody has changed this rule meanwhile. Please look again."), before)
    rule.active, rule.span, rule.hour, rule.workdays_only = active, span, hour, workdays_only
    rule.whom = [each for each in offered if each in whom]
    old, new = differences(before, _settings(rule))
    if new:
        rule.version += 1
        write_audit(
            session,
            at=now,
            actor_id=by.id,
            actor_name=by.name,
            action="reminder.changed",
            subject_type="reminder",
            subject_name=kind.key,
            old=old,
            new=new,
        )
    return rule


def _settings(rule: ReminderRule) -> dict[str, object]:
    names = ("active", "span", "hour", "whom", "workdays_only")
    return {name: getattr(rule, name) for name in names}


def look_around(session: Session, now: datetime) -> None:
    """The clock comes by: every rule whose time has come begins to look. One that is late looks once, for today."""
    seed_rules(session)
    local = company_time(session, now)
    works = bool(calendars(session).default.day(local.date()).hours)
    for rule in session.scalars(select(ReminderRule).where(ReminderRule.active).with_for_update()):
        kind = reminder_kind(rule.kind)
        if kind is None or (rule.workdays_only and not works):
            continue
        if kind.daily and (local.hour < rule.hour or rule.looked_on == local.date()):
            continue
        payload = {"kind": kind.key, "after": 0, "since": rule.looked_on and rule.looked_on.isoformat()}
        rule.looked_on, rule.looked_at = local.date(), now
        schedule(session, Appointment(DUE, now, payload=payload), now=now)


def remind(session: Session, due: Due, now: datetime) -> None:
    """A rule looks at one batch, tells whoever was not told yet, and asks for the next batch if there may be more."""
    kind = reminder_kind(str(due.payload["kind"]))
    rule = None if kind is None else session.get(ReminderRule, kind.key)
    if kind is None or rule is None or not rule.active:
        return
    since, after = due.payload["since"], int(due.payload["after"])
    until = None if kind.highest is None else after + STRETCH
    look = look_of(session, now=now, span=rule.span, since=since and date.fromisoformat(since), after=after)
    findings = kind.find(session, replace(look, until=until))
    new = _not_told_yet(session, kind, findings, rule.whom, now=now)
    for user_id, mine in new.items():
        _tell(session, kind, user_id, mine, now=now)
    following = findings[-1].id if len(findings) == BATCH else until
    if following is not None and (kind.highest is None or following < kind.highest(session)):
        schedule(session, Appointment(DUE, now, payload={**due.payload, "after": following}), now=now)


def _not_told_yet(
    session: Session, kind: ReminderKind, findings: Sequence[Finding], whom: Sequence[str], *, now: datetime
) -> dict[int, list[Finding]]:
    """What is news to each person, and noted as told in the same breath: two clocks that look at once share it out."""
    known = {each.value for each in Whom}
    plans = planned(session, findings, [each for each in whom if each in known])
    told = already_told(session, kind, plans)
    wanted = {
        (user_id, key_of(kind, finding)): finding
        for user_id, mine in by_person(plans).items()
        for finding in mine
        if (user_id, key_of(kind, finding)) not in told
    }
    if not wanted:
        return {}
    new: dict[int, list[Finding]] = {}
    for user_id, key in _note_told(session, wanted, now=now):
        new.setdefault(user_id, []).append(wanted[user_id, key])
    _note_told(
        session, [(user_id, key) for user_id, mine in new.items() for each in mine for key in each.also], now=now
    )
    return {user_id: sorted(mine, key=lambda finding: finding.id) for user_id, mine in new.items()}


def _note_told(session: Session, told: Iterable[tuple[int, str]], *, now: datetime) -> list[tuple[int, str]]:
    """Keep that these people have heard of these. Answers what was new."""
    insert = postgresql.insert if dialect_of(session) == "postgresql" else sqlite.insert
    rows = [{"user_id": user_id, "key": key, "at": now} for user_id, key in sorted(set(told))]
    new: list[tuple[int, str]] = []
    for start in range(0, len(rows), BATCH):
        noted = (
            insert(ReminderTold)
            .values(rows[start : start + BATCH])
            .on_conflict_do_nothing()
            .returning(ReminderTold.user_id, ReminderTold.key)
        )
        new += [(row[0], row[1]) for row in session.execute(noted)]
    return new


def _tell(session: Session, kind: ReminderKind, user_id: int, mine: Sequence[Finding], *, now: datetime) -> None:
    alone = [finding for finding in mine if finding.notice_key is not None]
    together = [finding for finding in mine if finding.notice_key is None]
    if len(together) <= MOST_SINGLE:
        alone, together = [*mine], []
    for finding in alone:
        notify(
            session,
            to=[user_id],
            kind=kind.notice,
            message=finding.message,
            link=finding.link,
            now=now,
            key=finding.notice_key or f"reminder-{key_of(kind, finding)}",
            about=finding.about,
        )
    if together:
        notify(
            session,
            to=[user_id],
            kind=kind.notice,
            message=Text(kind.several.source, {"count": len(together)}),
            detail=", ".join(finding.name for finding in together[:MOST_NAMES])
            + ("…" if len(together) > MOST_NAMES else ""),
            link="/reminders",
            now=now,
            key=f"reminder-{key_of(kind, together[0])}-{len(together)}",
        )


def forget_old(session: Session, now: datetime) -> int:
    """Forget who was reminded of what more than 400 days ago, some thousand at a time."""
    old = session.execute(
        select(ReminderTold.user_id, ReminderTold.key)
        .where(ReminderTold.at < now - FORGOTTEN_AFTER)
        .limit(MOST_FORGOTTEN_AT_ONCE)
    ).all()
    if not old:
        return 0
    keys, people = {row.key for row in old}, {row.user_id for row in old}
    gone = delete(ReminderTold).where(
        ReminderTold.at < now - FORGOTTEN_AFTER, ReminderTold.key.in_(keys), ReminderTold.user_id.in_(people)
    )
    return affected(session.execute(gone, execution_options={"synchronize_session": False}))
