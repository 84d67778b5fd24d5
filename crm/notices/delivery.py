"""From a notice to the roads that its reader chose. Called by the clock alone: a due row for each notice, one for each digest
of a person, one for each delivery to a robot.

A notice that was read in the product meanwhile goes no further: nobody is told twice.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.core.db import Database, reading
from crm.core.due import Appointment, Due, Hopeless, insert_once, schedule
from crm.core.i18n import text
from crm.notices.faults import RoadFault
from crm.notices.kinds import SYSTEM, NoticeKind, add_kinds, known
from crm.notices.leading import lead_on
from crm.notices.letters import mail_digest, mail_notice
from crm.notices.models import DeliveryStatus, Mailing, Notice, NoticeDelivery, NoticeRobot
from crm.notices.operations import notify
from crm.notices.queries import choices_of, digest_hour_of, notice_with_reader, robots_of
from crm.notices.robots import Courier, Message

DIGEST, TO_ROBOT = "notice.digest", "notice.robot"
DIGEST_ROAD = "digest"
ROBOT_BACK_OFF = (timedelta(minutes=1), timedelta(minutes=10))
ROBOT_FAILED = "notices.robot_failed"

add_kinds(
    NoticeKind(
        ROBOT_FAILED,
        text("A robot or webhook of mine takes nothing"),
        SYSTEM,
        Mailing.NOW,
        robots=False,
        icon="plug-off",
        tone="bad",
    )
)


def deliver(session: Session, due: Due, now: datetime) -> None:
    """A notice was told: write the mail, lay it out for the digest, send the robots on their way."""
    found = notice_with_reader(session, due.subject_id or 0)
    if found is None:
        return
    notice, reader = found
    lead_on(session, notice)
    if notice.read_at is not None or not reader.active:
        return
    kind = known(notice.kind)
    if kind is None:
        return
    choices = choices_of(session, reader.id)
    mailing = choices.mailing(kind)
    if mailing is Mailing.NOW:
        mail_notice(session, notice, reader, now=now)
    elif mailing is Mailing.DIGEST and reader.email:
        _lay_out(session, notice, DIGEST_ROAD)
        due_at = next_digest(now, hour=digest_hour_of(session, reader.id), timezone=reader.timezone)
        # The hour is part of the key: what comes while a digest is being written belongs to the next one.
        key = f"{DIGEST}-{reader.id}-{due_at:%Y%m%d%H}"
        schedule(session, Appointment(DIGEST, due_at, subject_id=reader.id, key=key), now=now)
    for robot in robots_of(session, reader.id):
        if robot.active and choices.wants(kind, robot):
            delivery_id = _lay_out(session, notice, robot.road)
            if delivery_id is not None:
                schedule(session, Appointment(TO_ROBOT, now, subject_id=delivery_id, ref=robot.id), now=now)


def next_digest(now: datetime, *, hour: int, timezone: str) -> datetime:
    """The next time that the person's clock shows this hour."""
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("Asia/Shanghai")
    local = now.astimezone(zone)
    for days in (0, 1, 2):
        coming = (local + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)
        # Compared in UTC: on the night when clocks go back, the same wall time comes twice.
        if coming.astimezone(UTC) > now:
            break
    return coming.astimezone(UTC)


def send_digest(session: Session, due: Due, now: datetime) -> None:
    """The hour of a person's digest has come: everything laid out for it and not yet read goes into one mail."""
    reader = session.get(User, due.subject_id)
    if reader is None:
        return
    rows = session.execute(
        select(NoticeDelivery, Notice)
        .join(Notice, Notice.id == NoticeDelivery.notice_id)
        .where(
            NoticeDelivery.user_id == reader.id,
            NoticeDelivery.road == DIGEST_ROAD,
            NoticeDelivery.status == DeliveryStatus.WAITING,
        )
        .order_by(Notice.id)
    ).all()
    unread: list[Notice] = []
    for delivery, notice in rows:
        wanted = notice.read_at is None and reader.active
        delivery.status = DeliveryStatus.SENT if wanted else DeliveryStatus.DROPPED
        delivery.ended_at = now
        if wanted:
            unread.append(notice)
    if unread:
        mail_digest(session, unread, reader, now=now, key=f"{DIGEST}-{due.id}")


class RobotRoad:
    """What the clock does with a delivery to a robot: the journey outside of any transaction, then what came of it."""

    def __init__(self, courier: Courier) -> None:
        self.courier = courier

    def carry(self, database: Database, due: Due, now: datetime) -> None:
        """Take the message there. It may arrive twice if the clock dies on the way back."""
        with reading(database) as session:
            found = _on_the_way(session, due)
            if found is None:
                return
            _, notice, robot, reader = found
            message = Message.of(session, notice, locale=reader.locale)
        try:
            self.courier.carry(robot, message, now=now)
        except RoadFault as fault:
            if fault.is_final:
                raise Hopeless(str(fault)) from None
            raise

    def arrived(self, session: Session, due: Due, now: datetime) -> None:
        """It was taken there, or is not wanted any more."""
        found = _on_the_way(session, due)
        if found is None:
            _end(session, due, DeliveryStatus.DROPPED, now=now)
            return
        _end(session, due, DeliveryStatus.SENT, now=now)
        robot = found[2]
        robot.sent_at, robot.fault, robot.failed_at = now, None, None

    def gave_up(self, session: Session, due: Due, error: str, now: datetime) -> None:
        """Three tries were in vain: the person sees it beside the robot, and is told once a day by the other roads."""
        _end(session, due, DeliveryStatus.FAILED, now=now, error=error)
        robot = session.get(NoticeRobot, due.ref)
        if robot is None:
            return
        robot.fault, robot.failed_at = error[:300], now
        notify(
            session,
            to=[robot.user_id],
            kind=ROBOT_FAILED,
            message=text("“{name}” did not take a notice. Please check it.", name=robot.name),
            link="/profile/notices",
            now=now,
            key=f"robot-{robot.id}-{now:%Y%m%d}",
        )


def _lay_out(session: Session, notice: Notice, road: str) -> int | None:
    """A delivery of this notice on this road; None if there was one."""
    values = {"notice_id": notice.id, "user_id": notice.user_id, "road": road, "status": DeliveryStatus.WAITING}
    return insert_once(session, NoticeDelivery, values)


def _on_the_way(session: Session, due: Due) -> tuple[NoticeDelivery, Notice, NoticeRobot, User] | None:
    row = session.execute(
        select(NoticeDelivery, Notice, NoticeRobot, User)
        .join(Notice, Notice.id == NoticeDelivery.notice_id)
        .join(NoticeRobot, NoticeRobot.id == due.ref)
        .join(User, User.id == NoticeDelivery.user_id)
        .where(
            NoticeDelivery.id == due.subject_id,
            NoticeDelivery.status == DeliveryStatus.WAITING,
            NoticeRobot.active,
            Notice.read_at.is_(None),
            User.active,
        )
    ).first()
    return None if row is None else (row[0], row[1], row[2], row[3])


def _end(session: Session, due: Due, status: DeliveryStatus, *, now: datetime, error: str | None = None) -> None:
    session.execute(
        update(NoticeDelivery)
        .where(NoticeDelivery.id == due.subject_id, NoticeDelivery.status == DeliveryStatus.WAITING)
        .values(status=status, ended_at=now, error=error and error[:300]),
        execution_options={"synchronize_session": False},
    )
