"""What administrators do with users, departments and roles, and what is refused to them and to everybody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts import operations, organisation
from crm.accounts.models import Department, Role, User
from crm.accounts.queries import (
    actor_for,
    department_head,
    find_user,
    names_of,
    represented_by,
    role_names,
    users_with_role,
)
from crm.accounts.rules import UserValues
from crm.accounts.substitutes import name_substitute
from crm.core.audit import AuditEntry
from crm.core.db import Database, unit_of_work
from crm.core.errors import Conflict, Denied, HeliuError, Invalid, NotFound, RuleBroken
from crm.permissions import Scope
from tests.conftest import Browser, MovableClock, program_of
from tests.people import People


def department_named(session: Session, name: str) -> Department:
    return session.scalars(select(Department).where(Department.name == name)).one()


def role_of(session: Session, key: str) -> Role:
    return session.scalars(select(Role).where(Role.key == key)).one()


def test_a_new_user_is_audited_and_cannot_sign_in_without_a_link(
    session: Session, people: People, now: datetime
) -> None:
    user = operations.create_user(
        session,
        by=people.admin,
        now=now,
        username="New.Person",
        values=UserValues(name="新人", email="n@heliu.example"),
    )
    assert (user.username, user.password_hash, user.active) == ("new.person", None, True)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.subject_id == user.id)).all()[-1]
    assert (entry.action, entry.actor_id, entry.new["email"]) == ("user.created", people.admin.id, "n@heliu.example")


def test_a_user_name_is_taken_once(session: Session, people: People, now: datetime) -> None:
    with pytest.raises(Invalid) as refusal:
        operations.create_user(session, by=people.admin, now=now, username="AGENT1", values=UserValues(name="x"))
    assert refusal.value.faults[0].field == "username"


def test_what_does_not_exist_cannot_be_named(session: Session, people: People, now: datetime) -> None:
    values = UserValues(name="x", department_id=999, manager_id=999, role_ids=frozenset({999}))
    with pytest.raises(Invalid) as refusal:
        operations.create_user(session, by=people.admin, now=now, username="newbie", values=values)
    assert {fault.field for fault in refusal.value.faults} == {"department_id", "manager_id", "role_ids"}


def test_editing_a_stale_version_is_refused_with_the_newer_values(
    session: Session, people: People, now: datetime
) -> None:
    user = find_user(session, people.agent1.id or 0)
    seen = user.version
    values = UserValues(name="刘芳芳", role_ids=people.agent1.role_ids)
    operations.edit_user(session, by=people.admin, now=now, user_id=user.id, version=seen, values=values)
    with pytest.raises(Conflict) as refusal:
        operations.edit_user(session, by=people.admin, now=now, user_id=user.id, version=seen, values=values)
    assert refusal.value.current["name"] == "刘芳芳"


def test_the_log_keeps_old_and_new_values_and_no_secret(session: Session, people: People, now: datetime) -> None:
    user = find_user(session, people.agent1.id or 0)
    values = UserValues(name=user.name, phone="010-1234", role_ids=people.agent1.role_ids)
    operations.edit_user(session, by=people.admin, now=now, user_id=user.id, version=user.version, values=values)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "user.changed")).all()[-1]
    assert entry.old["phone"] == "021-5555 0131"
    assert entry.new["phone"] == "010-1234"
    everything = " ".join(str((row.old, row.new)) for row in session.scalars(select(AuditEntry)))
    assert "argon2" not in everything


def test_the_last_administrator_stays(session: Session, people: People, now: datetime) -> None:
    admin = find_user(session, people.admin.id or 0)
    with pytest.raises(RuleBroken):
        operations.edit_user(
            session, by=people.admin, now=now, user_id=admin.id, version=admin.version, values=UserValues(name="x")
        )
    with pytest.raises(RuleBroken):
        operations.disable_user(session, by=people.admin, now=now, user_id=admin.id)
    role = role_of(session, "administrator")
    with pytest.raises(RuleBroken):
        organisation.edit_role(
            session, by=people.admin, now=now, role_id=role.id, version=role.version, name="x", name_en="",
            scope=Scope.ALL, permissions=[],
        )  # fmt: skip


ADMINISTRATIVE: dict[str, Callable[[Session, People, datetime, str], object]] = {
    "create a user": lambda session, people, now, who: operations.create_user(
        session, by=people.named(who), now=now, username="newbie", values=UserValues(name="x")
    ),
    "edit a user": lambda session, people, now, who: operations.edit_user(
        session, by=people.named(who), now=now, user_id=1, version=1, values=UserValues(name="x")
    ),
    "disable a user": lambda session, people, now, who: operations.disable_user(
        session, by=people.named(who), now=now, user_id=1
    ),
    "enable a user": lambda session, people, now, who: operations.enable_user(
        session, by=people.named(who), now=now, user_id=1
    ),
    "give a password link": lambda session, people, now, who: operations.send_password_link(
        session, by=people.named(who), now=now, user_id=1
    ),
    "create a department": lambda session, people, now, who: organisation.create_department(
        session, by=people.named(who), now=now, name="x"
    ),
    "edit a department": lambda session, people, now, who: organisation.edit_department(
        session, by=people.named(who), now=now, department_id=1, version=1, name="x", name_en="", parent_id=None,
        manager_id=None,
    ),
    "delete a department": lambda session, people, now, who: organisation.delete_department(
        session, by=people.named(who), now=now, department_id=1
    ),
    "create a role": lambda session, people, now, who: organisation.create_role(
        session, by=people.named(who), now=now, key="newrole", name="x"
    ),
    "edit a role": lambda session, people, now, who: organisation.edit_role(
        session, by=people.named(who), now=now, role_id=1, version=1, name="x", name_en="", scope="own", permissions=[]
    ),
}  # fmt: skip


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("who", ["executive", "supervisor", "manager1", "agent1", "marketing", "contracts", "stranger"])
@pytest.mark.parametrize("act", ADMINISTRATIVE)
def test_only_administrators_may(session: Session, people: People, now: datetime, act: str, who: str) -> None:
    with pytest.raises(Denied):
        ADMINISTRATIVE[act](session, people, now, who)


def test_a_department_does_not_come_to_stand_below_itself(session: Session, people: People, now: datetime) -> None:
    sales, east = department_named(session, "销售部"), department_named(session, "华东销售部")
    with pytest.raises(Invalid) as refusal:
        organisation.edit_department(
            session, by=people.admin, now=now, department_id=sales.id, version=sales.version, name="销售部", name_en="",
            parent_id=east.id, manager_id=None,
        )  # fmt: skip
    assert refusal.value.faults[0].field == "parent_id"


def test_only_an_empty_department_is_deleted(session: Session, people: People, now: datetime) -> None:
    for name in ("销售部", "华东销售部"):
        with pytest.raises(RuleBroken):
            organisation.delete_department(
                session, by=people.admin, now=now, department_id=department_named(session, name).id
            )
    fresh = organisation.create_department(session, by=people.admin, now=now, name="空")
    organisation.delete_department(session, by=people.admin, now=now, department_id=fresh.id)
    with pytest.raises(NotFound):
        organisation.find_department(session, fresh.id)


def test_a_role_takes_known_permissions_only(session: Session, people: People, now: datetime) -> None:
    with pytest.raises(Invalid):
        organisation.create_role(
            session, by=people.admin, now=now, key="spies", name="x", permissions=[("customers", "steal")]
        )
    with pytest.raises(Invalid):
        organisation.create_role(session, by=people.admin, now=now, key="spies", name="x", scope="universe")
    with pytest.raises(Invalid):
        organisation.create_role(session, by=people.admin, now=now, key="executive", name="x")


def test_the_supervisor_reaches_sales_and_service(session: Session, people: People) -> None:
    names = {session.get_one(Department, number).name for number in people.supervisor.departments_below}
    assert names == {"销售部", "华东销售部", "华南销售部", "客户服务部"}


def test_two_roles_give_the_wider_scope(session: Session, people: People, now: datetime) -> None:
    user = find_user(session, people.manager1.id or 0)
    both = people.manager1.role_ids | people.executive.role_ids
    operations.edit_user(
        session, by=people.admin, now=now, user_id=user.id, version=user.version,
        values=UserValues(name=user.name, role_ids=both),
    )  # fmt: skip
    actor = actor_for(session, user.id)
    assert actor.scope("customers", "view") is Scope.ALL
    assert actor.scope("customers", "edit") is Scope.OWN


def test_heads_names_and_roles_are_found(session: Session, people: People, now: datetime) -> None:
    east = department_named(session, "华东销售部")
    head = department_head(session, east.id)
    assert head is not None
    assert head.id == people.supervisor.id
    assert names_of(session, [people.manager1.id, None], "en") == {people.manager1.id: "Wang Haiyan"}
    assert names_of(session, [people.manager1.id], "zh_CN") == {people.manager1.id: "王海燕"}
    assert {user.username for user in users_with_role(session, "service_agent")} == {"agent1", "agent2"}
    assert role_names(session, "zh_CN")["executive"] == "高管"


def test_the_head_of_the_department_above_stands_in_for_a_missing_one(
    session: Session, people: People, now: datetime
) -> None:
    east = department_named(session, "华东销售部")
    organisation.edit_department(
        session, by=people.admin, now=now, department_id=east.id, version=east.version, name=east.name,
        name_en=east.name_en, parent_id=east.parent_id, manager_id=people.manager1.id,
    )  # fmt: skip
    head = department_head(session, east.id)
    assert head is not None
    assert head.id == people.manager1.id
    operations.disable_user(session, by=people.admin, now=now, user_id=people.manager1.id or 0)
    head = department_head(session, east.id)
    assert head is not None
    assert head.id == people.supervisor.id


def test_a_substitute_counts_from_the_first_to_the_last_moment(session: Session, people: People) -> None:
    begins, ends = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 4, 8, tzinfo=UTC)
    name_substitute(session, by=people.agent1, now=begins, substitute_id=people.agent2.id, begins=begins, ends=ends)
    session.flush()

    def represented(at: datetime) -> list[int]:
        return list(represented_by(session, people.agent2.id or 0, at))

    assert represented(datetime(2026, 3, 31, 23, 59, tzinfo=UTC)) == []
    assert represented(begins) == [people.agent1.id]
    assert represented(datetime(2026, 4, 7, 23, 59, tzinfo=UTC)) == [people.agent1.id]
    assert represented(ends) == []


@pytest.mark.parametrize("wrong", ["myself", "nobody", "disabled", "backwards"])
def test_a_substitute_that_makes_no_sense_is_refused(
    session: Session, people: People, now: datetime, wrong: str
) -> None:
    operations.disable_user(session, by=people.admin, now=now, user_id=people.agent2.id or 0)
    substitute = {"myself": people.agent1.id, "nobody": 999, "disabled": people.agent2.id}.get(
        wrong, people.manager1.id
    )
    ends = datetime(2020, 1, 1, tzinfo=UTC) if wrong == "backwards" else None
    with pytest.raises(HeliuError):
        name_substitute(session, by=people.agent1, now=now, substitute_id=substitute, begins=now, ends=ends)


def test_a_role_change_counts_with_the_next_click(
    client: Browser, app: Flask, database: Database, people: People, clock: MovableClock
) -> None:
    browser, program = client.signed_in_as("executive"), program_of(app, "executive")
    assert browser.get("/customers").status_code == 200
    assert program.get("/customers").status_code == 200
    with unit_of_work(database) as session:
        role = role_of(session, "executive")
        organisation.edit_role(
            session, by=people.admin, now=clock(), role_id=role.id, version=role.version, name=role.name,
            name_en=role.name_en, scope=role.scope, permissions=[("service", "view")],
        )  # fmt: skip
    assert browser.get("/customers").status_code == 403
    assert program.get("/customers").status_code == 403
    assert browser.get("/profile").status_code == 200


def test_an_administrator_creates_a_user_on_the_page(client: Browser, database: Database) -> None:
    browser = client.signed_in_as("admin")
    answer = browser.post(
        "/administration/users/new",
        data={"username": "newbie", "name": "新人", "locale": "zh_CN", "timezone": "Asia/Shanghai", "version": "1"},
    )
    assert answer.status_code == 200
    link = answer.text.split("http://localhost/password/")[1].split("<")[0]
    assert client.get(f"/password/{link}").status_code == 200
    again = browser.post(
        "/administration/users/new",
        data={"username": "newbie", "name": "新人", "locale": "zh_CN", "timezone": "Asia/Shanghai", "version": "1"},
    )
    assert again.status_code == 422
    assert "is-invalid" in again.text


def test_two_administrators_on_one_account_do_not_overwrite_each_other(
    client: Browser, database: Database, people: People
) -> None:
    browser = client.signed_in_as("admin")
    path = f"/administration/users/{people.agent1.id}"
    roles = [str(number) for number in people.agent1.role_ids]
    form = {"version": "1", "name": "刘芳", "locale": "zh_CN", "timezone": "Asia/Shanghai", "role_ids": roles}
    assert browser.post(path, data={**form, "job_title": "first"}).status_code == 302
    late = browser.post(path, data={**form, "job_title": "second"})
    assert late.status_code == 409
    assert "first" in late.text
    assert 'name="version" type="hidden" value="2"' in late.text
    assert browser.post(path, data={**form, "version": "2", "job_title": "second"}).status_code == 302
    with unit_of_work(database) as session:
        assert session.get_one(User, people.agent1.id).job_title == "second"


def test_a_role_is_edited_by_ticking_boxes(client: Browser, database: Database) -> None:
    with unit_of_work(database) as session:
        role_id = role_of(session, "contract_clerk").id
    form = {"version": "1", "name": "合同部", "name_en": "Contracts", "scope": "own", "permission": ["customers.view"]}
    assert client.signed_in_as("admin").post(f"/administration/roles/{role_id}", data=form).status_code == 302
    with unit_of_work(database) as session:
        role = session.get_one(Role, role_id)
        assert organisation.role_values(session, role)["permissions"] == ["customers.view"]


def test_all_that_a_new_user_lacks_is_said_at_once(client: Browser) -> None:
    page = client.signed_in_as("admin").post("/administration/users/new", data={"locale": "zh_CN"})
    assert page.status_code == 422
    assert 'id="username-error"' in page.text and 'id="name-error"' in page.text
