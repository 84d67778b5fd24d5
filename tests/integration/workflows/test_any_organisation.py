"""In whatever organisation, a task comes to somebody who is there and may do it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.orm import Session

from crm.accounts.models import Department, User
from tests.people import People
from workflows.assigning import CaseFacts, resolve
from workflows.assigning.people import has_member, standing_in
from workflows.engine import AssigneeKind, AssigneeRule, Base

NAMES = ("executive", "supervisor", "manager1", "manager2", "agent1", "agent2", "marketing", "admin")
ROLES = ("service_agent", "contract_clerk", "executive", "nobody_has_it", None)
somebody = st.none() | st.sampled_from(NAMES)

rules = st.builds(
    AssigneeRule,
    kind=st.sampled_from(AssigneeKind),
    role=st.sampled_from(ROLES),
    names=st.lists(st.sampled_from((*NAMES, "unknown")), min_size=1, max_size=3).map(tuple),
    formula=st.sampled_from(("chosen", "missing", "[chosen, initiator_id]", "1 / 0", '"agent2"')),
    base=st.sampled_from(Base),
    levels=st.integers(1, 4),
    not_initiator=st.booleans(),
)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rule=rules,
    initiator=somebody,
    managers=st.dictionaries(st.sampled_from(NAMES), somebody),
    absences=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(NAMES), max_size=4),
    left=st.sets(st.sampled_from(NAMES[:-1]), max_size=4),
    heads=st.lists(somebody, min_size=8, max_size=8),
)
def test_a_task_comes_to_somebody_who_is_there_and_may_do_it(
    session: Session,
    people: People,
    rule: AssigneeRule,
    initiator: str | None,
    managers: dict[str, str | None],
    absences: dict[str, str],
    left: set[str],
    heads: list[str | None],
) -> None:
    ids = {name: people.named(name).id or 0 for name in NAMES}
    now = next(iter(session.query(User.created_at)))[0] + timedelta(days=1)
    with session.begin_nested() as undo:
        for name in NAMES:
            session.execute(
                update(User)
                .where(User.id == ids[name])
                .values(
                    manager_id=ids[boss] if (boss := managers.get(name)) and boss != name else None,
                    substitute_id=ids[absences[name]] if absences.get(name, name) != name else None,
                    active=name not in left,
                )
            )
        for place, head in enumerate(heads, start=1):
            session.execute(update(Department).where(Department.id == place).values(manager_id=head and ids[head]))
        session.expire_all()
        initiator_id = ids[initiator] if initiator else None
        case = CaseFacts("small", initiator_id, data={"chosen": ids["manager2"], "initiator_id": initiator_id})
        got = resolve(session, rule=rule, case=case, node="approve", now=now)
        reached = {got.user_id} - {None} or set(got.candidates)
        excluded = initiator_id if rule.not_initiator else None
        assert excluded not in reached or excluded is None
        for user_id in reached:
            user = session.get_one(User, user_id)
            assert user.active
            # Away is only who has nobody left to stand in for them.
            assert standing_in(session, user, now) == []
        if not reached:
            assert got.role is not None
            assert got.role == "administrator" or has_member(session, got.role, excluded)
        assert str(got.reason)
        undo.rollback()
