"""How people want to be told: choices by kind and road, the hour of the digest, robots. Everybody for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.core.audit import write_audit
from crm.core.errors import Denied, Fault, Invalid, RuleBroken
from crm.core.fields import read
from crm.core.i18n import text
from crm.notices.kinds import choosable
from crm.notices.models import (
    DeliveryStatus,
    Mailing,
    NoticeChoice,
    NoticeDelivery,
    NoticeRobot,
    NoticeSetting,
    RobotKind,
)
from crm.notices.queries import MAIL_ROAD, OFF, ON, find_robot, robots_of
from crm.notices.rules import MOST_ROBOTS, ROBOT_FIELDS, TRIAL_EVERY, check_secret, read_address, read_kind
from crm.permissions import Actor


def choose(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    choices: Mapping[tuple[str, str], str],
    digest_hour: int | None = None,
) -> None:
    """From now on notices reach this person so: `choices` by kind and road (`mail`, `robot:3`). What is not named stays.

    Refuses kinds, roads and choices that do not exist.
    """
    user_id = _myself(by)
    robots = {robot.road for robot in robots_of(session, user_id)}
    kinds = choosable()
    faults = [
        Fault(f"{kind}.{road}", text("There is no such choice."))
        for (kind, road), choice in choices.items()
        if kind not in kinds
        or (road != MAIL_ROAD and road not in robots)
        or choice not in (set(Mailing) if road == MAIL_ROAD else {ON, OFF})
    ]
    if digest_hour is not None and not 0 <= digest_hour <= 23:
        faults.append(Fault("digest_hour", text("Choose an hour from 0 to 23.")))
    if faults:
        raise Invalid(faults)
    # Two windows that save at once write one after the other.
    session.scalar(select(User.id).where(User.id == user_id).with_for_update())
    for (kind, road), choice in choices.items():
        session.merge(NoticeChoice(user_id=user_id, kind=kind, road=road, choice=choice))
    if digest_hour is not None:
        session.merge(NoticeSetting(user_id=user_id, digest_hour=digest_hour))


def name_robot(
    session: Session, *, by: Actor, now: datetime, kind: object, name: object, address: object, secret: object = ""
) -> NoticeRobot:
    """From now on this person's notices may go to that robot. Refuses what is no address, and more than ten robots."""
    user_id = _myself(by)
    known = read_kind(kind)
    kept = read(ROBOT_FIELDS, {"name": name, "address": address, "secret": secret}, options={})
    check_secret(known, kept["secret"] or "")
    session.scalar(select(User.id).where(User.id == user_id).with_for_update())
    count = session.scalar(select(func.count()).select_from(NoticeRobot).where(NoticeRobot.user_id == user_id)) or 0
    if count >= MOST_ROBOTS:
        raise RuleBroken(text("You have {count} robots already; remove one first.", count=count))
    robot = NoticeRobot(
        user_id=user_id,
        kind=known,
        name=kept["name"],
        address=read_address(known, kept["address"]),
        secret=kept["secret"] or "",
        active=True,
        created_at=now,
    )
    session.add(robot)
    session.flush()
    _note(session, by, now, "notices.robot_named", robot)
    return robot


def switch_robot(session: Session, *, by: Actor, now: datetime, robot_id: int, active: bool) -> NoticeRobot:
    """Notices go there again, or for the time being no more."""
    robot = find_robot(session, by=by, robot_id=robot_id)
    if robot.active != active:
        robot.active = active
        if active:
            robot.fault, robot.failed_at = None, None
        _note(session, by, now, "notices.robot_on" if active else "notices.robot_off", robot)
    return robot


def forget_robot(session: Session, *, by: Actor, now: datetime, robot_id: int) -> None:
    """The robot and its address are gone, with every choice about it; what was on the way there is dropped."""
    robot = find_robot(session, by=by, robot_id=robot_id)
    _note(session, by, now, "notices.robot_forgotten", robot)
    session.execute(delete(NoticeChoice).where(NoticeChoice.user_id == robot.user_id, NoticeChoice.road == robot.road))
    session.execute(
        delete(NoticeDelivery).where(
            NoticeDelivery.user_id == robot.user_id,
            NoticeDelivery.road == robot.road,
            NoticeDelivery.status == DeliveryStatus.WAITING,
        )
    )
    session.delete(robot)


def begin_trial(session: Session, *, by: Actor, now: datetime, robot_id: int) -> NoticeRobot:
    """A trial message may go to the robot now. Refuses one shortly after the last."""
    session.scalar(select(User.id).where(User.id == by.id).with_for_update())
    robot = find_robot(session, by=by, robot_id=robot_id)
    last = session.scalar(select(func.max(NoticeRobot.tried_at)).where(NoticeRobot.user_id == robot.user_id))
    if last is not None and now - last < TRIAL_EVERY:
        raise RuleBroken(text("You have just sent a trial. Wait {seconds} seconds.", seconds=TRIAL_EVERY.seconds))
    robot.tried_at = now
    return robot


def end_trial(session: Session, *, by: Actor, now: datetime, robot_id: int, fault: str | None) -> None:
    """Keep what became of the trial."""
    robot = find_robot(session, by=by, robot_id=robot_id)
    if fault is None:
        robot.sent_at, robot.fault, robot.failed_at = now, None, None
    else:
        robot.fault, robot.failed_at = fault[:300], now


def _myself(by: Actor) -> int:
    if by.id is None:
        raise Denied(text("The system has no account of its own."))
    return by.id


def _note(session: Session, by: Actor, now: datetime, action: str, robot: NoticeRobot) -> None:
    # The address is a secret and stays out of the log; a webhook's host says where company data went.
    new = {"kind": RobotKind(robot.kind).value, "name": robot.name}
    if robot.kind == RobotKind.WEBHOOK:
        new["host"] = robot.address.partition("://")[2].partition("/")[0]
    write_audit(
        session,
        at=now,
        actor_id=by.id,
        actor_name=by.name,
        action=action,
        subject_type="user",
        subject_id=by.id,
        subject_name=by.username,
        new=new,
    )
