"""The data dictionary: adding, renaming, switching off, ordering; on both databases."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import delete

from crm.core.db import Database, unit_of_work
from crm.core.errors import Conflict, Denied, Invalid, RuleBroken
from crm.dictionary.models import DictionaryEntry
from crm.dictionary.operations import add_entry, move_entry, rename_entry, switch_entry
from crm.dictionary.queries import choices, entries, names
from crm.dictionary.rules import CATEGORIES, RELIED_ON
from crm.dictionary.seed import FIRST_ENTRIES, seed_dictionary
from tests.people import People


def test_every_pick_list_has_first_entries_and_what_is_relied_on_is_among_them() -> None:
    assert set(FIRST_ENTRIES) == set(CATEGORIES)
    for category, keys in RELIED_ON.items():
        assert keys <= {key for key, _, _ in FIRST_ENTRIES[category]}


def test_seeding_twice_adds_nothing_and_keeps_what_was_renamed(
    database: Database, people: People, now: datetime
) -> None:
    with unit_of_work(database) as session:
        session.execute(delete(DictionaryEntry))
        assert seed_dictionary(session) == sum(map(len, FIRST_ENTRIES.values()))
        first = entries(session, by=people.admin, category="grade")[0]
        rename_entry(session, by=people.admin, now=now, entry_id=first.id, version=1, name="顶级伙伴", name_en="Top")
        session.flush()
        assert seed_dictionary(session) == 0
        assert choices(session, "grade", "zh_CN")[0] == ("strategic_partner", "顶级伙伴")
        assert choices(session, "grade", "en")[0] == ("strategic_partner", "Top")


def test_an_entry_is_added_moved_and_switched_off(database: Database, people: People, now: datetime) -> None:
    with unit_of_work(database) as session:
        added = add_entry(session, by=people.admin, now=now, category="channel", key="fax", name="传真")
        assert choices(session, "channel", "en")[-1] == ("fax", "传真")
        moved = move_entry(session, by=people.admin, now=now, entry_id=added.id, version=1, up=True)
        session.flush()
        assert choices(session, "channel", "en")[-2][0] == "fax"
        switch_entry(session, by=people.admin, now=now, entry_id=added.id, version=moved.version, active=False)
        session.flush()
        assert "fax" not in dict(choices(session, "channel", "en"))
        assert names(session, "zh_CN", ["channel"]).of("channel", "fax") == "传真"


def test_refusals(database: Database, people: People, now: datetime) -> None:
    with unit_of_work(database) as session:
        grade = entries(session, by=people.admin, category="grade")[0]
        with pytest.raises(Denied):
            add_entry(session, by=people.manager1, now=now, category="grade", key="x", name="x")
        with pytest.raises(Invalid):
            add_entry(session, by=people.admin, now=now, category="colour", key="x", name="x")
        with pytest.raises(Invalid):
            add_entry(session, by=people.admin, now=now, category="grade", key="focus", name="x")
        with pytest.raises(Invalid):
            add_entry(session, by=people.admin, now=now, category="grade", key="9 lives", name="x")
        with pytest.raises(Conflict):
            rename_entry(session, by=people.admin, now=now, entry_id=grade.id, version=7, name="x", name_en="")
        with pytest.raises(RuleBroken):
            switch_entry(session, by=people.admin, now=now, entry_id=grade.id, version=1, active=False)
