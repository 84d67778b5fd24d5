"""Notices in the product: told once, to the right people, in each reader's words, and forgotten in the end."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from crm.activity.sentences import Entry, Person, Spoken
from crm.core.db import reading, unit_of_work
from crm.core.due import DueRow
from crm.core.errors import NotFound
from crm.core.i18n import text
from crm.notices import operations, queries
from crm.notices.keeping import forget_old_notices
from crm.notices.models import Notice
from crm.notices.operations import notify
from tests.integration.notices.conftest import Office
from tests.people import People


def test_the_same_occasion_is_told_to_the_same_person_once(office: Office, people: People) -> None:
    for _ in range(3):
        office.tell(people.agent1, people.agent2, people.agent1, key="occasion")
        office.clock.move(minutes=1)
    assert [notice.user_id for notice in office.notices()] == [people.agent1.id, people.agent2.id]
    with reading(office.database) as session:
        assert session.scalar(select(func.count()).select_from(DueRow).where(DueRow.kind == "notice")) == 2


def test_two_who_tell_the_same_at_the_same_time_tell_it_once(office: Office, people: People) -> None:
    both = threading.Barrier(2)

    def tell() -> None:
        both.wait()
        office.tell(people.agent1, key="occasion")

    threads = [threading.Thread(target=tell) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(office.notices()) == 1


def test_what_is_rolled_back_was_never_told(office: Office, people: People) -> None:
    with pytest.raises(ZeroDivisionError), unit_of_work(office.database) as session:
        notify(
            session,
            to=[people.agent1.id],
            kind="test.loud",
            message=text("Open"),
            link=None,
            now=office.clock(),
            key="k",
        )
        raise ZeroDivisionError
    assert office.notices() == []
    office.tell(people.agent1, key="k")
    assert len(office.notices()) == 1


def test_getting_a_request_and_its_task_is_one_notice_that_leads_to_the_task(office: Office, people: People) -> None:
    with unit_of_work(office.database) as session:
        for kind, link, joins in (("test.loud", "/service-requests/3", False), ("test.calm", "/tasks/at/1/2", True)):
            notify(
                session,
                to=[people.agent1.id],
                kind=kind,
                message=text("Open"),
                link=link,
                now=office.clock(),
                key=link,
                about=("service_request", 3),
                joins=joins,
            )
    [notice] = office.notices()
    assert (notice.kind, notice.link) == ("test.loud", "/tasks/at/1/2")


def test_what_joins_nothing_is_a_notice_of_its_own(office: Office, people: People) -> None:
    office.tell(people.agent1, key="a", about=("service_request", 3))
    office.tell(people.agent1, key="b", about=("service_request", 3), joins=True)
    assert len(office.notices()) == 2


def test_a_notice_is_read_in_the_readers_language(office: Office, people: People) -> None:
    with unit_of_work(office.database) as session:
        notify(
            session,
            to=[people.agent1.id],
            kind="test.loud",
            message=text(
                "{who}, {step}, {what}, {kind}",
                who=Person(people.supervisor.id),
                step=Spoken({"zh_CN": "办理", "en": "Handle"}),
                what=text("Overdue"),
                kind=Entry("no_such_list", "x"),
            ),
            link=None,
            now=office.clock(),
            key="k",
        )
    with reading(office.database) as session:
        found = queries.notices_of(session, by=people.agent1)
        english, chinese = (queries.show(session, found, locale)[0].words for locale in ("en", "zh_CN"))
    assert english == f"{people.supervisor.name_en}, Handle, Overdue, x"
    assert chinese == f"{people.supervisor.name}, 办理, 逾期, x"


@pytest.mark.parametrize("link", ["https://evil.example/", "//evil.example/", "/\\evil.example", "tasks/3"])
def test_a_notice_never_leads_to_another_house(office: Office, people: People, link: str) -> None:
    with pytest.raises(ValueError, match="path of ours"), unit_of_work(office.database) as session:
        notify(
            session,
            to=[people.agent1.id],
            kind="test.loud",
            message=text("Open"),
            link=link,
            now=office.clock(),
            key="k",
        )


def test_a_kind_that_no_room_has_is_a_mistake(office: Office, people: People) -> None:
    with pytest.raises(LookupError):
        office.tell(people.agent1, kind="test.unknown")


def test_nobody_reads_anothers_notice(office: Office, people: People) -> None:
    office.tell(people.agent1)
    [notice] = office.notices()
    with pytest.raises(NotFound):
        office.do(operations.mark_read, by=people.agent2, notice_id=notice.id)
    office.do(operations.mark_all_read, by=people.agent2)
    with reading(office.database) as session:
        assert queries.count_unread(session, by=people.agent1) == 1
        assert queries.notices_of(session, by=people.agent2) == []


def test_reading_all_leaves_what_came_after_the_list_was_drawn(office: Office, people: People) -> None:
    office.tell(people.agent1, key="a")
    [seen] = office.notices()
    office.tell(people.agent1, key="b")
    assert office.do(operations.mark_all_read, by=people.agent1, up_to=seen.id) == 1
    assert [notice.read_at is None for notice in office.notices()] == [False, True]


def test_read_notices_are_kept_for_ninety_days_and_unread_ones_for_a_year(office: Office, people: People) -> None:
    for key in ("read", "unread"):
        office.tell(people.agent1, key=key, kind="test.calm")
    office.work()
    office.do(operations.mark_read, by=people.agent1, notice_id=office.notices()[0].id)
    for days, left in ((89, 2), (2, 1), (273, 1), (2, 0)):
        office.clock.move(days=days)
        with unit_of_work(office.database) as session:
            forget_old_notices(session, office.clock())
            assert session.scalar(select(func.count()).select_from(Notice)) == left
