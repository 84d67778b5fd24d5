"""What the shared verbs of records do and refuse, seen on interactions and competitors; on both databases."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from crm.activity.queries import timeline_of
from crm.competitors.description import COMPETITOR
from crm.competitors.models import Competitor
from crm.core.audit import AuditEntry
from crm.core.db import Database, reading, unit_of_work
from crm.core.errors import Conflict, Denied, Invalid, NotFound, RuleBroken
from crm.core.i18n import text
from crm.customers.contact_operations import delete_contact
from crm.customers.operations import delete_customer
from crm.interactions.description import INTERACTION
from crm.interactions.models import Interaction
from crm.records.events import RecordChanged, RecordCreated, RecordDeleted
from crm.records.operations import _holds, change_record, create_record, delete_record, hold, named_by, store
from crm.records.queries import count_many, find_many, find_one, suggest, typed_record
from tests.people import People


def test_a_new_record_is_audited_told_on_both_timelines_and_found_by_its_words(
    database: Database, people: People, ids: dict[str, int]
) -> None:
    with reading(database) as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.subject_type == "interaction")).all()
        assert [(row.action, row.actor_id, row.new["subject"]) for row in rows] == [
            ("interaction.created", people.manager1.id, "五轴扩产需求")
        ]
        own = timeline_of(session, by=people.manager1, record_type="interaction", record_id=ids["talk"])
        assert [(line.words, line.detail) for line in own] == [("上门：五轴扩产需求", "明年三月前增加两台设备")]
        of_customer = timeline_of(session, by=people.manager1, customer_id=ids["hengli"])
        assert [line.link for line in of_customer if line.record_type == "interaction"] == [
            f"/interactions/{ids['talk']}"
        ]
        for query in ("扩产", "两台设备", "恒力", f"IA-{ids['talk']:06d}"):
            found = find_many(INTERACTION, session, by=people.manager1, query=query).rows
            assert [row.id for row in found] == [ids["talk"]], query


def test_scope_follows_the_customer(database: Database, people: People, ids: dict[str, int], now: datetime) -> None:
    with unit_of_work(database) as session:
        for name, seen in (("manager1", 1), ("supervisor", 1), ("agent1", 1), ("manager2", 0), ("stranger", 0)):
            assert count_many(INTERACTION, session, by=people.named(name)) == seen, name
        with pytest.raises(NotFound):
            find_one(INTERACTION, session, by=people.manager2, record_id=ids["talk"])
        assert timeline_of(session, by=people.manager2, record_type="interaction", record_id=ids["talk"]) == []
        values = {"customer_id": ids["hengli"], "held_at": now, "channel": "phone", "direction": "in", "subject": "x"}
        with pytest.raises(NotFound):
            create_record(INTERACTION, session, by=people.manager2, now=now, values=values)
        with pytest.raises(Denied):
            create_record(INTERACTION, session, by=people.marketing, now=now, values=values)
        with pytest.raises(Denied):
            delete_record(INTERACTION, session, by=people.agent1, now=now, record_id=ids["talk"], version=1)


def test_a_change_tells_old_and_new_by_name(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    later = now + timedelta(hours=1)
    with unit_of_work(database) as session:
        changed = change_record(
            INTERACTION,
            session,
            by=people.manager1,
            now=later,
            record_id=ids["talk"],
            version=1,
            values={
                "channel": "phone",
                "contact_id": None,
                "direction": "in",
                "person_id": people.agent1.id,
                "held_at": now - timedelta(hours=3),
            },
        )
        assert (changed.version, changed.updated_at, changed.held_at) == (2, later, now - timedelta(hours=3))
        line = timeline_of(session, by=people.manager1, record_type="interaction", record_id=ids["talk"])[0].words
        for words in ("上门 → 电话", "王建国 → —", "王海燕 → 刘芳", "2026-03-11 08:00 → 2026-03-11 07:00"):
            assert words in line
        assert session.info["told"][-1] == RecordChanged(
            "interaction",
            ids["talk"],
            ("contact_id", "channel", "direction", "held_at", "person_id"),
            later,
            people.manager1,
        )


def test_nothing_happens_where_nothing_changes(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    with unit_of_work(database) as session:
        same = change_record(
            INTERACTION, session, by=people.manager1, now=now, record_id=ids["talk"], version=1, values={"place": ""}
        )
        assert same.version == 1


def test_a_stale_version_is_refused_with_the_newer_values(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    with unit_of_work(database) as session:
        given = {"by": people.manager1, "now": now, "record_id": ids["talk"], "version": 1}
        change_record(INTERACTION, session, **given, values={"place": "二号车间"})  # type: ignore[arg-type]  # a mapping of mixed values
        with pytest.raises(Conflict) as stale:
            change_record(INTERACTION, session, **given, values={"place": "x"})  # type: ignore[arg-type]  # as above
        assert (stale.value.current["place"], stale.value.current["version"]) == ("二号车间", 2)
        assert stale.value.current["next_visit"] == now.date().isoformat()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"contact_id": "vogel"}, "contact_id"),
        ({"contact_id": 999_999}, "contact_id"),
        ({"person_id": 999_999}, "person_id"),
        ({"held_at": "2026-03-11T10:00"}, "held_at"),
        ({"held_at": "2027-01-01T00:00:00Z"}, "held_at"),
        ({"next_visit": "2026-03-01"}, "next_visit"),
        ({"direction": "sideways"}, "direction"),
        ({"channel": "pigeon"}, "channel"),
        ({"customer_id": "rhein"}, "customer_id"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_field(
    database: Database, people: People, ids: dict[str, int], now: datetime, values: dict[str, object], field: str
) -> None:
    given = {name: ids.get(str(value), value) for name, value in values.items()}
    with unit_of_work(database) as session, pytest.raises(Invalid) as wrong:
        change_record(
            INTERACTION, session, by=people.supervisor, now=now, record_id=ids["talk"], version=1, values=given
        )
    assert field in [fault.field for fault in wrong.value.faults]


def test_a_deleted_record_is_hidden_and_its_story_stays_in_the_log(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    with unit_of_work(database) as session:
        delete_record(INTERACTION, session, by=people.manager1, now=now, record_id=ids["talk"], version=1)
        assert session.info["told"][-1] == RecordDeleted("interaction", ids["talk"], now, people.manager1)
        with pytest.raises(NotFound):
            find_one(INTERACTION, session, by=people.manager1, record_id=ids["talk"])
        assert find_many(INTERACTION, session, by=people.manager1, query="扩产").rows == []
        assert session.get_one(Interaction, ids["talk"]).subject == "五轴扩产需求"
        action = select(AuditEntry.action).order_by(AuditEntry.id.desc()).limit(1)
        assert session.scalar(action) == "interaction.deleted"


def test_a_hold_keeps_a_record_and_says_why(
    database: Database, people: People, ids: dict[str, int], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_holds, "contact", list(_holds.get("contact", ())))
    hold("contact", named_by(INTERACTION, "contact_id"))
    with unit_of_work(database) as session:
        with pytest.raises(RuleBroken, match="1 × Interactions"):
            delete_contact(session, by=people.manager1, now=now, contact_id=ids["wang"], version=1)
        delete_contact(session, by=people.manager2, now=now, contact_id=ids["vogel"], version=1)


def test_a_verb_of_a_room_names_itself(database: Database, people: People, ids: dict[str, int], now: datetime) -> None:
    with unit_of_work(database) as session:
        talk = find_one(INTERACTION, session, by=people.manager1, record_id=ids["talk"], action="edit", lock=True)
        store(
            INTERACTION,
            session,
            talk,
            by=people.manager1,
            now=now,
            values={"next_visit": None},
            kind="interaction.done",
            message=text("Nothing more to do"),
            detail="都谈妥了",
        )
        line = timeline_of(session, by=people.manager1, record_type="interaction", record_id=ids["talk"])[0]
        assert (line.kind, line.detail, talk.version) == ("interaction.done", "都谈妥了", 2)


def test_a_customer_whom_interactions_name_stays_and_nothing_can_be_added_to_a_deleted_one(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    with unit_of_work(database) as session:
        with pytest.raises(RuleBroken, match="1 × Interactions"):
            delete_customer(session, by=people.supervisor, now=now, customer_id=ids["hengli"], version=1)
        delete_customer(session, by=people.supervisor, now=now, customer_id=ids["rhein"], version=1)
        with pytest.raises(Invalid):
            create_record(INTERACTION, session, by=people.supervisor, now=now, values={"customer_id": ids["rhein"]})


def test_todays_visits_are_those_that_nobody_has_made_yet(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    with unit_of_work(database) as session:
        today = {"by": people.manager1, "now": now, "filters": {"visits": "today"}}
        overdue = {**today, "now": now + timedelta(days=1), "filters": {"visits": "overdue"}}
        assert [row.id for row in find_many(INTERACTION, session, **today).rows] == [ids["talk"]]  # type: ignore[arg-type]  # a mapping of mixed values
        assert [row.id for row in find_many(INTERACTION, session, **overdue).rows] == [ids["talk"]]  # type: ignore[arg-type]  # as above
        values = {
            "customer_id": ids["hengli"],
            "held_at": now,
            "channel": "phone",
            "direction": "out",
            "subject": "回访",
        }
        create_record(INTERACTION, session, by=people.manager1, now=now, values=values)
        assert find_many(INTERACTION, session, **today).rows == []  # type: ignore[arg-type]  # as above
        assert find_many(INTERACTION, session, **overdue).rows == []  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        ({"channel": "visit"}, True),
        ({"channel": "phone"}, False),
        ({"direction": "out", "subject": "五轴扩产需求"}, True),
        ({"held_at_from": "2026-03-11", "held_at_to": "2026-03-11"}, True),
        ({"held_at_from": "2026-03-12"}, False),
        ({"held_at_to": "2026-03-10"}, False),
        ({"next_visit": "2026-03-11"}, True),
        ({"next_visit_from": "2026-03-12"}, False),
        ({"number": "IA-000001"}, True),
        ({"number": "IA-000009"}, False),
        ({"created_at_to": "2026-03-11"}, True),
    ],
)
def test_every_field_filters(
    database: Database, people: People, ids: dict[str, int], filters: dict[str, object], fits: bool
) -> None:
    given = {name: f"IA-{ids['talk']:06d}" if value == "IA-000001" else value for name, value in filters.items()}
    with reading(database) as session:
        found = find_many(INTERACTION, session, by=people.manager1, filters=given).rows
    assert bool(found) is fits


def test_the_list_is_paged_by_time_in_both_directions(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    with unit_of_work(database) as session:
        for hours in range(3, 8):
            values = {
                "customer_id": ids["hengli"],
                "held_at": now - timedelta(hours=hours),
                "channel": "phone",
                "direction": "out",
                "subject": f"call {hours}",
            }
            create_record(INTERACTION, session, by=people.manager1, now=now, values=values)
        seen: list[str] = []
        place = None
        while True:
            page = find_many(INTERACTION, session, by=people.manager1, place=place, limit=2)
            seen += [row.subject for row in page.rows]
            if page.next is None:
                break
            place = page.next
        assert seen == ["五轴扩产需求", *(f"call {hours}" for hours in range(3, 8))]


def test_a_record_is_named_by_number_key_or_whole_title(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    sort = COMPETITOR
    with unit_of_work(database) as session:
        made = [
            create_record(sort, session, by=people.marketing, now=now, values={"name": name})
            for name in ("Okada Works", "Okada")
        ]
        okada = made[1].id
        typed = (f"CP-{okada:06d}", f"cp-{okada}", f"CP-{okada:06d} Okada", str(okada), " Okada ")
        assert {typed_record(sort, session, by=people.manager1, typed=words) for words in typed} == {okada}
        for words in ("", "Oka", "CP-999999", "0", "²"):
            assert typed_record(sort, session, by=people.manager1, typed=words) is None
        assert typed_record(sort, session, by=people.stranger, typed="Okada") is None
        offered = suggest(sort, session, by=people.manager1, now=now, words="oka")
        assert [title for _, _, title in offered] == ["Okada", "Okada Works"]


def test_a_competitor_is_open_to_everybody_with_the_permission_and_kept_once(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    with unit_of_work(database) as session:
        made = create_record(COMPETITOR, session, by=people.marketing, now=now, values={"name": "华锐数控"})
        assert session.info["told"] == [RecordCreated("competitor", made.id, now, people.marketing)]
        assert find_one(COMPETITOR, session, by=people.manager2, record_id=made.id).name == "华锐数控"
        with pytest.raises(Invalid, match="check") as again:
            create_record(COMPETITOR, session, by=people.manager1, now=now, values={"name": "华锐 数控"})
        assert again.value.faults[0].field == "name"
        with pytest.raises(Denied):
            create_record(COMPETITOR, session, by=people.agent1, now=now, values={"name": "x"})
        changed = change_record(
            COMPETITOR,
            session,
            by=people.manager1,
            now=now,
            record_id=made.id,
            version=1,
            values={"name": "华锐数控", "strengths": "价格低"},
        )
        assert changed.version == 2
        delete_record(COMPETITOR, session, by=people.supervisor, now=now, record_id=made.id, version=2)
        create_record(COMPETITOR, session, by=people.marketing, now=now, values={"name": "华锐数控"})
        assert session.scalars(select(Competitor.deleted_at)).all().count(None) == 1


def test_dates_of_the_company_decide_what_today_is(
    database: Database, people: People, ids: dict[str, int], now: datetime
) -> None:
    # 20:00 UTC is four in the morning of the next day in Shanghai.
    night = now.replace(hour=20)
    with reading(database) as session:
        asked = {"by": people.manager1, "filters": {"visits": "today"}}
        assert find_many(INTERACTION, session, now=night, **asked).rows == []  # type: ignore[arg-type]  # a mapping of mixed values
        day_before = find_many(INTERACTION, session, now=now, **asked).rows  # type: ignore[arg-type]  # as above
        assert [row.next_visit for row in day_before] == [date(2026, 3, 11)]
