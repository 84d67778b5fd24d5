"""The outbox: mail is written in the reader's language in the transaction that causes it, and sent after it has become true.

`send_mail` is all that other rooms need. The words stand in templates/emails, one subject, text and html a mail; they are
drawn at once, so that the mail says what was true when it was caused. The due row of kind "mail" makes the scheduler
deliver it at least once; the Message-ID stays the same, so that a mail program drops a second copy.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Index, String, Text, column, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from crm.core import due
from crm.core.db import Base, Id, UtcDateTime, affected
from crm.core.due import Appointment, DueRow
from crm.core.errors import Fault, Invalid, NotFound
from crm.core.i18n import text
from crm.core.letters import write
from crm.core.mail import Letter, is_address

MAIL = "mail"
KEPT_FOR = timedelta(days=90)
MOST_FORGOTTEN_AT_ONCE = 5_000


class OutboxMessage(Base):
    """A mail to one person: waiting, sent (`sent_at`) or given up (`failed_at`)."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index("ix_outbox_message_to_user_id", "to_user_id", "created_at"),
        Index("ix_outbox_message_ended", func.coalesce(column("sent_at"), column("failed_at"))),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    to_address: Mapped[str] = mapped_column(String(254))
    to_user_id: Mapped[int | None] = mapped_column(
        Id, comment="the reader, if one of ours; no key, the mail outlives them"
    )
    locale: Mapped[str] = mapped_column(String(20))
    template: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(400))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    key: Mapped[str | None] = mapped_column(String(200), unique=True, comment="the same key is mailed once")
    message_id: Mapped[str] = mapped_column(String(40), unique=True, comment="left part of the Message-ID")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(Text)


def send_mail(
    session: Session,
    *,
    to_address: str | None,
    template: str,
    locale: str,
    values: Mapping[str, object],
    now: datetime,
    key: str | None = None,
    to_user_id: int | None = None,
    timezone: str = "Asia/Shanghai",
) -> int | None:
    """Write the mail `template` for this reader; it goes out once the transaction is committed.

    `values` are what the template shows; a `Text` among them is translated, and `link("/tasks/12")` in the template leads
    into the product. The same `key` twice is one mail. Answers the id, or None where there was nothing to do: no address,
    or the key stands already. Refuses what is not one plain address.
    """
    if not to_address:
        return None
    if not is_address(to_address):
        raise Invalid([Fault("to_address", text("“{address}” is not an e-mail address.", address=to_address[:100]))])
    words = write(template, locale=locale, timezone=timezone, values=values)
    written = due.insert_once(
        session,
        OutboxMessage,
        {
            "to_address": to_address,
            "to_user_id": to_user_id,
            "locale": locale,
            "template": template,
            "subject": words.subject,
            "text": words.text,
            "html": words.html,
            "key": key,
            "message_id": secrets.token_hex(16),
            "created_at": now,
        },
    )
    if written is not None:
        due.schedule(session, Appointment(MAIL, due_at=now, subject_id=written), now=now)
    return written


def letter_of(session: Session, message_id: int) -> Letter | None:
    """What is to be sent; None if it has been sent already, or is gone."""
    message = session.get(OutboxMessage, message_id)
    if message is None or message.sent_at is not None:
        return None
    return Letter(
        to_address=message.to_address,
        subject=message.subject,
        text=message.text,
        html=message.html,
        message_id=message.message_id,
        locale=message.locale,
        created_at=message.created_at,
    )


def mark_sent(session: Session, message_id: int, *, now: datetime) -> None:
    """A transport has taken it."""
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.sent_at.is_(None))
        .values(sent_at=now, failed_at=None, error=None)
    )


def mark_failed(session: Session, message_id: int, *, now: datetime, error: str) -> None:
    """All tries are used up."""
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.sent_at.is_(None))
        .values(failed_at=now, error=error[:2000])
    )


def resend(session: Session, message_id: int, *, now: datetime) -> None:
    """Try a mail that was given up once more, for instance after the mail server was set right."""
    wanted = (
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.failed_at.is_not(None))
        .values(failed_at=None, error=None)
    )
    if not affected(session.execute(wanted)):
        raise NotFound(text("This mail is not among those that could not be sent."))
    due.retry(session, kind=MAIL, subject_id=message_id, now=now)


def forget_old_mail(session: Session, now: datetime) -> int:
    """Delete mail that was sent or given up more than 90 days ago, some thousand at a time. Answers how many."""
    end = func.coalesce(OutboxMessage.sent_at, OutboxMessage.failed_at)
    old = session.scalars(select(OutboxMessage.id).where(end < now - KEPT_FOR).limit(MOST_FORGOTTEN_AT_ONCE)).all()
    session.execute(delete(DueRow).where(DueRow.kind == MAIL, DueRow.subject_id.in_(old)))
    return affected(session.execute(delete(OutboxMessage).where(OutboxMessage.id.in_(old))))
