"""How notices go on by mail, in digests and to robots: by each person's choice, once, and with a visible end when they fail."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from crm.accounts.models import User
from crm.core.db import Database, reading, unit_of_work
from crm.core.due import DueRow
from crm.notices import choosing, operations, queries
from crm.notices.delivery import next_digest
from crm.notices.models import DeliveryStatus, NoticeDelivery, NoticeRobot
from crm.permissions import Actor
from tests.integration.notices.conftest import Office, kinds_of
from tests.people import People


def choose(office: Office, by: Actor, kind: str, road: str, choice: str) -> None:
    office.do(choosing.choose, by=by, choices={(kind, road): choice})


def name_robot(office: Office, by: Actor, name: str = "Group") -> NoticeRobot:
    robot = office.do(choosing.name_robot, by=by, kind="wecom", name=name, address="abcdefgh1234")
    assert isinstance(robot, NoticeRobot)
    return robot


def deliveries(office: Office) -> list[tuple[str, str]]:
    with reading(office.database) as session:
        rows = session.scalars(select(NoticeDelivery).order_by(NoticeDelivery.id))
        return [(row.road.partition(":")[0], row.status) for row in rows]


def test_a_pressing_notice_is_mailed_at_once_and_once(office: Office, people: People) -> None:
    office.tell(people.agent1, words="SR-000035", detail="Please hurry")
    office.work()
    office.work()
    [letter] = office.letters.sent
    assert letter.to_address == "agent1@heliu.example"
    assert letter.subject == "SR-000035"
    assert "Please hurry" in letter.text
    assert "/tasks/7" in letter.text


def test_a_calm_notice_waits_for_the_persons_hour_and_comes_with_the_others_in_one_mail(
    office: Office, people: People
) -> None:
    # It is ten in the morning in Shanghai: the next digest comes at eight tomorrow.
    for number in range(3):
        office.tell(people.agent1, kind="test.calm", key=f"n{number}", words=f"Matter {number}")
    office.pass_time(hours=21, minutes=59)
    assert office.letters.sent == []
    office.pass_time(minutes=1)
    [letter] = office.letters.sent
    assert all(f"Matter {number}" in letter.text for number in range(3))
    office.pass_time(days=2)
    assert len(office.letters.sent) == 1
    assert {status for _, status in deliveries(office)} == {DeliveryStatus.SENT}


def test_what_was_read_meanwhile_is_not_told_again(office: Office, people: People) -> None:
    office.tell(people.agent1, kind="test.calm", key="calm")
    office.work()
    office.tell(people.agent1, kind="test.loud", key="loud")
    office.do(operations.mark_all_read, by=people.agent1)
    office.pass_time(days=2)
    assert office.letters.sent == []
    assert deliveries(office) == [("digest", DeliveryStatus.DROPPED)]


def test_people_choose_the_road_for_each_kind(office: Office, people: People) -> None:
    choose(office, people.agent1, "test.loud", "mail", "off")
    choose(office, people.agent2, "test.calm", "mail", "now")
    office.tell(people.agent1, people.agent2, kind="test.loud", key="a", words="Loud")
    office.tell(people.agent1, people.agent2, kind="test.calm", key="b", words="Calm")
    office.tell(people.agent1, people.agent2, kind="test.still", key="c", words="Still")
    office.work()
    sent = sorted((letter.to_address.partition("@")[0], letter.subject) for letter in office.letters.sent)
    assert sent == [("agent2", "Calm"), ("agent2", "Loud")]


@pytest.mark.parametrize(
    ("zone", "hour", "now", "expected"),
    [
        ("Asia/Shanghai", 8, datetime(2026, 3, 11, 2, tzinfo=UTC), datetime(2026, 3, 12, 0, tzinfo=UTC)),
        ("Asia/Shanghai", 18, datetime(2026, 3, 11, 2, tzinfo=UTC), datetime(2026, 3, 11, 10, tzinfo=UTC)),
        ("America/New_York", 8, datetime(2026, 3, 11, 2, tzinfo=UTC), datetime(2026, 3, 11, 12, tzinfo=UTC)),
        # The night when clocks go forward, at an hour that does not exist on it.
        ("Europe/Berlin", 2, datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("no/such zone", 8, datetime(2026, 3, 11, 2, tzinfo=UTC), datetime(2026, 3, 12, 0, tzinfo=UTC)),
    ],
)
def test_the_digest_comes_at_the_hour_of_the_persons_own_clock(
    zone: str, hour: int, now: datetime, expected: datetime
) -> None:
    assert next_digest(now, hour=hour, timezone=zone) == expected


def test_a_digest_of_a_scheduler_that_was_down_for_three_days_is_one_mail(office: Office, people: People) -> None:
    office.tell(people.agent1, kind="test.calm", key="a", words="Matter 1")
    office.work()
    office.clock.move(days=3)
    office.tell(people.agent1, kind="test.calm", key="b", words="Matter 2")
    office.work()
    office.pass_time(days=2)
    assert [letter.text.count("Matter") for letter in office.letters.sent] == [2]


def test_nobody_who_left_is_written_to(office: Office, people: People) -> None:
    office.tell(people.agent1, key="a")
    office.tell(people.agent2, key="b", kind="test.calm")
    office.work()
    office.tell(people.agent2, key="c")
    with unit_of_work(office.database) as session:
        session.get_one(User, people.agent2.id).active = False
    office.pass_time(days=2)
    assert [letter.to_address for letter in office.letters.sent] == ["agent1@heliu.example"]


def test_notices_go_to_the_robots_that_a_person_named(office: Office, people: People) -> None:
    robot = name_robot(office, people.agent1)
    choose(office, people.agent1, "test.still", robot.road, "now")
    office.tell(people.agent1, people.agent2, kind="test.loud", key="a", words="Loud")
    office.tell(people.agent1, kind="test.calm", key="b", words="Calm")
    office.tell(people.agent1, kind="test.still", key="c", words="Still")
    office.work()
    assert office.courier.carried == [("Group", "Loud"), ("Group", "Still")]
    with reading(office.database) as session:
        assert session.get_one(NoticeRobot, robot.id).sent_at == office.clock()


def test_a_robot_that_refuses_is_tried_three_times_and_then_its_owner_sees_why(office: Office, people: People) -> None:
    robot = name_robot(office, people.agent1, "broken")
    office.tell(people.agent1, key="a")
    office.work()
    for _ in range(4):
        office.pass_time(minutes=20)
    assert office.courier.tries == ["broken"] * 3
    assert deliveries(office) == [("robot", DeliveryStatus.FAILED)]
    with reading(office.database) as session:
        kept = session.get_one(NoticeRobot, robot.id)
        assert (kept.fault, kept.failed_at is None) == ("refused 500", False)
    assert kinds_of(office.notices(people.agent1)) == ["test.loud", "notices.robot_failed"]


def test_an_address_inside_is_not_tried_again(office: Office, people: People) -> None:
    name_robot(office, people.agent1, "inside")
    office.tell(people.agent1, key="a")
    office.pass_time(hours=1)
    assert office.courier.tries == ["inside"]


def test_a_broken_robot_is_told_once_a_day_and_never_to_the_robot_itself(office: Office, people: People) -> None:
    name_robot(office, people.agent1, "broken")
    for number in range(3):
        office.tell(people.agent1, key=f"a{number}")
    for _ in range(4):
        office.pass_time(minutes=20)
    assert kinds_of(office.notices(people.agent1)).count("notices.robot_failed") == 1
    assert len(office.courier.tries) == 9


def test_a_robot_that_rests_or_was_removed_gets_nothing_more(office: Office, people: People) -> None:
    resting, removed = (name_robot(office, people.agent1, name) for name in ("resting", "removed"))
    office.tell(people.agent1, key="a")
    office.do(choosing.switch_robot, by=people.agent1, robot_id=resting.id, active=False)
    office.do(choosing.forget_robot, by=people.agent1, robot_id=removed.id)
    office.work()
    assert office.courier.tries == []
    with reading(office.database) as session:
        assert queries.robots_of(session, people.agent1.id or 0)[0].name == "resting"


def test_a_scheduler_that_dies_after_the_mail_was_laid_out_lays_out_no_second_one(
    office: Office, people: People
) -> None:
    office.tell(people.agent1, key="a")
    with unit_of_work(office.database) as session:
        row = session.scalars(select(DueRow).where(DueRow.kind == "notice")).one()
        session.add(
            DueRow(kind="notice", subject_id=row.subject_id, payload={}, due_at=row.due_at, created_at=row.due_at)
        )
    office.work()
    assert len(office.letters.sent) == 1


def test_the_tables_of_the_clock_are_empty_when_all_is_delivered(
    database: Database, office: Office, people: People
) -> None:
    name_robot(office, people.agent1)
    office.tell(people.agent1, people.agent2, key="a")
    office.tell(people.agent1, people.agent2, key="b", kind="test.calm")
    office.pass_time(days=2)
    with reading(database) as session:
        assert list(session.scalars(select(DueRow.kind))) == []
