"""Reading notices, choices and robots: always the asking person's own, but for what the clock needs to deliver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, literal_column, or_, select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.activity.sentences import in_words
from crm.core.db import Id
from crm.core.errors import NotFound
from crm.core.i18n import text
from crm.core.outbox import OutboxMessage
from crm.core.prepared import Prepared, columns_of, loaded
from crm.notices.kinds import NoticeKind, known
from crm.notices.models import USUAL_DIGEST_HOUR, Mailing, Notice, NoticeChoice, NoticeRobot, NoticeSetting
from crm.permissions import Actor

MAIL_ROAD = "mail"
ON, OFF = "now", "off"
# What a badge shows; nobody needs to know more exactly.
MOST_COUNTED = 99
# The head of every page shows both.
_MINE = Notice.user_id == bindparam("me", type_=Id)
_SOME = select(Notice.id).where(_MINE, Notice.read_at.is_(None)).limit(literal_column(str(MOST_COUNTED + 1)))
BELL = Prepared(
    select(
        select(func.count()).select_from(_SOME.subquery()).scalar_subquery(),
        select(func.max(Notice.id)).where(_MINE).scalar_subquery(),
    )
)
# What the clock asks for each notice that it delivers.
CHOICES = Prepared(
    select(NoticeChoice.kind, NoticeChoice.road, NoticeChoice.choice).where(
        NoticeChoice.user_id == bindparam("me", type_=Id)
    )
)
DIGEST_HOUR = Prepared(select(NoticeSetting.digest_hour).where(NoticeSetting.user_id == bindparam("me", type_=Id)))
ROBOTS = Prepared(
    select(*columns_of(NoticeRobot)).where(NoticeRobot.user_id == bindparam("me", type_=Id)).order_by(NoticeRobot.id)
)
TOLD = Prepared(
    select(*columns_of(Notice), *columns_of(User))
    .join(User, User.id == Notice.user_id)
    .where(Notice.id == bindparam("notice_id", type_=Id))
)


@dataclass(frozen=True)
class ShownNotice:
    """A notice in its reader's words, with the mark of its kind."""

    id: int
    at: datetime
    kind: str
    kind_name: str
    words: str
    detail: str
    link: str
    read: bool
    icon: str
    tone: str


@dataclass(frozen=True)
class Choices:
    """What a person chose; where they chose nothing, the usual of the kind."""

    made: Mapping[tuple[str, str], str]

    def mailing(self, kind: NoticeKind) -> Mailing:
        """How notices of this kind come by mail."""
        return Mailing(self.made.get((kind.key, MAIL_ROAD), kind.mail))

    def wants(self, kind: NoticeKind, robot: NoticeRobot) -> bool:
        """Do notices of this kind go to that robot?"""
        usual = ON if kind.robots and kind.mail is Mailing.NOW else OFF
        return self.made.get((kind.key, robot.road), usual) == ON


def notice_with_reader(session: Session, notice_id: int) -> tuple[Notice, User] | None:
    """A notice and whom it tells; for the clock."""
    found = TOLD.first(session, {"notice_id": notice_id})
    if found is None:
        return None
    width = len(columns_of(Notice))
    return loaded(session, Notice, found[:width]), loaded(session, User, found[width:])


def choices_of(session: Session, user_id: int) -> Choices:
    """All choices of a person."""
    return Choices({(kind, road): choice for kind, road, choice in CHOICES.rows(session, {"me": user_id})})


def digest_hour_of(session: Session, user_id: int) -> int:
    """At which hour of their own clock the person gets the digest."""
    found = DIGEST_HOUR.first(session, {"me": user_id})
    return USUAL_DIGEST_HOUR if found is None else int(found[0])


def robots_of(session: Session, user_id: int) -> list[NoticeRobot]:
    """The robots that a person named, the oldest first."""
    return [loaded(session, NoticeRobot, row) for row in ROBOTS.rows(session, {"me": user_id})]


def find_robot(session: Session, *, by: Actor, robot_id: int) -> NoticeRobot:
    """One of this person's own robots. NotFound otherwise."""
    robot = session.scalar(select(NoticeRobot).where(NoticeRobot.id == robot_id, NoticeRobot.user_id == by.id))
    if robot is None:
        raise NotFound(text("There is no such robot of yours."))
    return robot


def notices_of(
    session: Session, *, by: Actor, unread: bool = False, before: int | None = None, limit: int = 30
) -> list[Notice]:
    """This person's notices, the latest first; `before` is the number of the last one seen."""
    query = select(Notice).where(Notice.user_id == by.id)
    if unread:
        query = query.where(Notice.read_at.is_(None))
    if before is not None:
        query = query.where(Notice.id < before)
    return list(session.scalars(query.order_by(Notice.id.desc()).limit(limit)))


def count_unread(session: Session, *, by: Actor) -> int:
    """How many notices of this person nobody has read; it stops counting at `MOST_COUNTED` + 1."""
    return bell_of(session, by=by)[0]


def bell_of(session: Session, *, by: Actor) -> tuple[int, int]:
    """What the bell of every page shows, in one statement: how many are unread, and the number of the latest notice."""
    [(unread, newest)] = BELL.rows(session, {"me": by.id})
    return unread, newest or 0


def show(session: Session, notices: Sequence[Notice], locale: str) -> list[ShownNotice]:
    """Notices in words."""
    words = in_words(session, [(notice.source, notice.values) for notice in notices], locale)
    return [_shown(notice, said, locale) for notice, said in zip(notices, words, strict=True)]


def _shown(notice: Notice, words: str, locale: str) -> ShownNotice:
    kind = known(notice.kind)
    return ShownNotice(
        id=notice.id,
        at=notice.at,
        kind=notice.kind,
        kind_name=notice.kind if kind is None else kind.label.in_language(locale),
        words=words,
        detail=notice.detail or "",
        link=notice.link or "",
        read=notice.read_at is not None,
        icon="bell" if kind is None else kind.icon,
        tone="neutral" if kind is None else kind.tone,
    )


def last_failed_mail(session: Session, user_id: int) -> OutboxMessage | None:
    """The last mail to this person, if it could not be sent: then they should look at their address."""
    last = session.scalar(
        select(OutboxMessage)
        .where(
            OutboxMessage.to_user_id == user_id,
            or_(OutboxMessage.sent_at.is_not(None), OutboxMessage.failed_at.is_not(None)),
        )
        .order_by(OutboxMessage.created_at.desc(), OutboxMessage.id.desc())
        .limit(1)
    )
    return last if last is not None and last.failed_at is not None else None
