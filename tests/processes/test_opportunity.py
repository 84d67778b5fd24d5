"""The sales opportunity, told as it happens: created, approved by its amount, assigned, developed by a plan, won or lost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from crm.accounts.models import Role, User, UserRole
from crm.accounts.queries import actor_for
from crm.core.db import reading, unit_of_work
from crm.core.errors import Denied, Invalid, NotFound, RuleBroken
from crm.core.i18n import text
from crm.customers.models import Contact, Customer
from crm.customers.operations import create_customer
from crm.permissions import Actor
from crm.sales import operations as sales
from crm.sales import planning
from tests.conftest import Browser, as_user
from tests.processes.acting import act, told
from tests.processes.opportunities import HUGE, LARGE, MIDDLE, SMALL, Sale
from workflows.models import InstanceStatus, Task
from workflows.operations import cancelling, tasks
from workflows.task_forms import FormRefused
from workflows.verbs import handing, sending_back, taking_back


def test_a_small_opportunity_goes_from_the_idea_to_a_new_customer(sale: Sale) -> None:
    people = sale.people
    begun = sale.begin(people.manager1, SMALL)
    assert (begun.status, begun.approval_level, begun.owner_id) == ("approved", "none", None)
    assert sale.task("assign").role == "sales_supervisor"

    sale.do(people.supervisor, "assign", manager_id=str(people.manager2.id), note="对方在华南设厂")
    developing = sale.sale()
    assert (developing.status, developing.owner_id) == ("developing", people.manager2.id)
    assert sale.task("develop").assignee_id == people.manager2.id
    assert sale.task("develop").due is None

    step = {"planned_on": sale.day(5).isoformat(), "subject": "上门了解车间布局"}
    sale.do(people.manager2, "develop", plan=[step], outcome="goes_on", chance=70)
    assert [item.subject for item in sale.plan()] == ["上门了解车间布局"]
    assert sale.sale().chance == 70
    due = sale.task("develop").due
    assert due is not None
    assert (due + timedelta(hours=8)).date() == sale.day(5)

    item = sale.plan()[0]
    done = {"item_id": str(item.id), "result": "布局可行，客户要求两周内报价。"}
    sale.do(people.manager2, "develop", results=[done], outcome="won", closing_words="报价后当场签约")
    assert sale.waiting() == []
    assert sale.instance().status == InstanceStatus.COMPLETED
    won = sale.sale()
    assert (won.status, won.chance) == ("won", 100)
    assert sale.plan()[0].done_by_id == people.manager2.id
    with reading(sale.database) as session:
        customer = session.get_one(Customer, won.customer_id)
        contact = session.get_one(Contact, won.contact_id)
    assert (customer.name, customer.owner_id, customer.stage) == ("宁波甬江模具有限公司", people.manager2.id, "new")
    assert (contact.name, contact.mobile, contact.is_primary) == ("钱进", "0574-5555 2001", True)
    assert "opportunity.closed" in told(sale, people.manager1)


def test_a_middle_amount_needs_a_supervisor(sale: Sale) -> None:
    people = sale.people
    assert sale.begin(people.manager1, MIDDLE).status == "submitted"
    assert sale.task("approve_supervisor").role == "sales_supervisor"
    sale.do(people.supervisor, "approve_supervisor", decision="agree", note="值得跟进")
    approved = sale.sale()
    assert (approved.status, approved.approval_level) == ("approved", "supervisor")
    assert sale.waiting() == ["assign"]


def test_a_large_amount_needs_an_executive(sale: Sale) -> None:
    people = sale.people
    sale.begin(people.manager1, LARGE)
    assert sale.task("approve_executive").role == "executive"
    with pytest.raises(NotFound):
        sale.do(people.manager2, "approve_executive", decision="agree")
    sale.do(people.executive, "approve_executive", decision="agree")
    assert sale.sale().approval_level == "executive"


def test_what_a_supervisor_created_is_approved_by_an_executive(sale: Sale) -> None:
    sale.begin(sale.people.supervisor, MIDDLE)
    assert sale.waiting() == ["approve_executive"]


@pytest.mark.parametrize(
    ("amount", "step"),
    [
        (Decimal("99999.99"), "assign"),
        (Decimal(100_000), "approve_supervisor"),
        (Decimal(500_000), "approve_executive"),
    ],
)
def test_the_limits_are_those_of_the_decision_table(sale: Sale, amount: Decimal, step: str) -> None:
    sale.start(
        sale.people.manager1,
        key="opportunity",
        summary="x",
        customer_name="y",
        expected_amount=float(amount) if amount % 1 else int(amount),
        chance=10,
        expected_close_on="2026-06-30",
    )
    assert sale.waiting() == [step]


def test_above_the_last_limit_two_people_countersign(sale: Sale) -> None:
    people = sale.people
    sale.begin(people.manager1, HUGE)
    assert {task.assignee_id for task in sale.tasks("countersign")} == {people.supervisor.id, people.executive.id}
    first = next(task for task in sale.tasks("countersign") if task.assignee_id == people.supervisor.id)
    sale.complete(people.supervisor, first.id, decision="agree", note="资金情况已核实")
    assert sale.sale().status == "submitted"
    sale.do(people.executive, "countersign", decision="agree", note="注意付款条件")
    approved = sale.sale()
    assert (approved.status, approved.approval_level) == ("approved", "countersign")
    assert sale.waiting() == ["assign"]


def test_one_objection_ends_the_countersigning(sale: Sale) -> None:
    people = sale.people
    sale.begin(people.manager1, HUGE)
    mine = next(task for task in sale.tasks("countersign") if task.assignee_id == people.executive.id)
    sale.complete(people.executive, mine.id, decision="reject", reason="付款周期太长")
    assert sale.waiting() == ["rework"]
    assert sale.sale().status == "rejected"
    assert sale.tasks("countersign") == []


def test_a_supervisors_own_huge_opportunity_is_signed_by_two_others(sale: Sale) -> None:
    people = sale.people
    sale.begin(people.supervisor, HUGE)
    assert {task.assignee_id for task in sale.tasks("countersign")} == {people.executive.id, people.contracts.id}
    first = next(task for task in sale.tasks("countersign") if task.assignee_id == people.executive.id)
    sale.complete(people.executive, first.id, decision="agree")
    sale.do(people.contracts, "countersign", decision="agree")
    assert sale.waiting() == ["assign"]


def test_a_rejected_opportunity_is_changed_and_submitted_again_at_its_new_level(sale: Sale) -> None:
    people = sale.people
    sale.begin(people.manager1, LARGE)
    sale.do(people.executive, "approve_executive", decision="reject", reason="先做一台")
    assert sale.task("rework").assignee_id == people.manager1.id
    assert "opportunity.rejected" in told(sale, people.manager1)
    sale.do(people.manager1, "rework", outcome="submit", amount=450_000, note="改为一台")
    assert sale.waiting() == ["approve_supervisor"]
    again = sale.sale()
    assert (again.status, again.expected_amount) == ("submitted", Decimal(450_000))
    sale.do(people.supervisor, "approve_supervisor", decision="agree")
    assert sale.waiting() == ["assign"]


def test_a_rejected_opportunity_can_be_given_up(sale: Sale) -> None:
    people = sale.people
    sale.begin(people.manager1, MIDDLE)
    sale.do(people.supervisor, "approve_supervisor", decision="reject", reason="不在目标行业")
    sale.do(people.manager1, "rework", outcome="give_up", reason="同意主管意见")
    assert sale.instance().status == InstanceStatus.COMPLETED
    assert sale.sale().status == "given_up"


def test_a_rejection_needs_its_reason(sale: Sale) -> None:
    sale.begin(sale.people.manager1, MIDDLE)
    with pytest.raises(FormRefused) as refused:
        sale.do(sale.people.supervisor, "approve_supervisor", decision="reject")
    assert [fault.field for fault in refused.value.faults] == ["reason"]
    assert sale.sale().status == "submitted"


def test_only_a_customer_manager_can_be_assigned(sale: Sale) -> None:
    people = sale.people
    sale.begin(people.manager1, SMALL)
    with pytest.raises(Invalid):
        sale.do(people.supervisor, "assign", manager_id=str(people.agent1.id))
    assert sale.waiting() == ["assign"]


def test_whoever_looks_after_the_customer_is_proposed(sale: Sale) -> None:
    people = sale.people
    sale.begin(people.supervisor, SMALL, customer_id=str(sale.customer_id), customer_name=None)
    assert sale.task("assign").data["manager_id"] == people.manager1.id
    assert sale.sale().customer_name == "苏州恒力精密机械有限公司"


def test_winning_an_existing_customer_links_it_and_adds_the_contact(sale: Sale) -> None:
    people = sale.people
    sale.begin(people.manager1, SMALL, customer_id=str(sale.customer_id), customer_name=None)
    sale.do(people.supervisor, "assign", manager_id=str(people.manager1.id))
    sale.do(people.manager1, "develop", outcome="won", customer_id=str(sale.customer_id))
    won = sale.sale()
    assert (won.status, won.customer_id) == ("won", sale.customer_id)
    with reading(sale.database) as session:
        assert [c.name for c in session.scalars(select(Contact).where(Contact.customer_id == sale.customer_id))] == [
            "钱进"
        ]


def test_a_customer_that_is_there_already_is_not_created_twice(sale: Sale) -> None:
    people = sale.people
    sale.developing(people.manager2)
    with unit_of_work(sale.database) as session:
        values = {"name": "宁波甬江模具有限公司"}
        known = create_customer(session, by=people.manager2, now=sale.clock(), values=values).id
    with pytest.raises(Invalid) as refused:
        sale.do(people.manager2, "develop", outcome="won")
    assert [(fault.field, "宁波甬江模具有限公司" in str(fault.message)) for fault in refused.value.faults] == [
        ("customer_id", True)
    ]
    assert sale.waiting() == ["develop"]
    sale.do(people.manager2, "develop", outcome="won", customer_id=str(known))
    assert sale.sale().customer_id == known


def test_a_lost_opportunity_keeps_reason_and_competitor(sale: Sale) -> None:
    people = sale.people
    sale.developing(people.manager2)
    competitor = sale.competitor()
    with pytest.raises(Invalid) as refused:
        sale.do(people.manager2, "develop", outcome="lost", failure_reason="competitor")
    assert [fault.field for fault in refused.value.faults] == ["competitor_id"]
    sale.do(
        people.manager2,
        "develop",
        outcome="lost",
        failure_reason="competitor",
        competitor_id=str(competitor),
        closing_words="对方免费安装",
    )
    lost = sale.sale()
    assert (lost.status, lost.failure_reason, lost.competitor_id) == ("lost", "competitor", competitor)
    assert sale.instance().status == InstanceStatus.COMPLETED
    assert sale.pass_time(days=30) == 0


def test_the_manager_is_reminded_of_each_planned_step_on_its_day(sale: Sale) -> None:
    people = sale.people
    sale.developing(people.manager2)
    plan = [{"planned_on": sale.day(ahead).isoformat(), "subject": f"第 {ahead} 天"} for ahead in (3, 6)]
    sale.do(people.manager2, "develop", plan=plan, outcome="goes_on")
    assert sale.pass_time(days=2) == 0
    assert sale.pass_time(days=1) == 1
    assert told(sale, people.manager2).count("opportunity.plan_due") == 1
    assert sale.waiting() == ["develop"]
    assert sale.pass_time(days=3) == 1
    assert told(sale, people.manager2).count("opportunity.plan_due") == 2


def test_without_a_next_step_the_manager_is_asked_for_one_every_week(sale: Sale) -> None:
    people = sale.people
    sale.developing(people.manager2)
    assert sale.pass_time(days=7) == 1
    assert sale.pass_time(days=7) == 1
    assert told(sale, people.manager2).count("opportunity.idle") == 2


def test_a_step_that_is_planned_on_the_opportunitys_page_is_reminded_of_as_well(sale: Sale) -> None:
    people = sale.people
    begun = sale.developing(people.manager2)
    values = {"opportunity_id": begun.id, "planned_on": sale.day(2), "subject": "寄样件"}
    with unit_of_work(sale.database) as session:
        planning.plan_step(session, by=people.manager2, now=sale.clock(), values=values)
    assert sale.pass_time(days=2) == 1
    assert told(sale, people.manager2).count("opportunity.plan_due") == 1


def test_a_result_needs_its_step_and_a_step_its_result(sale: Sale) -> None:
    people = sale.people
    sale.developing(people.manager2)
    with pytest.raises(Invalid) as refused:
        sale.do(people.manager2, "develop", results=[{"result": "谈过了"}], outcome="goes_on")
    assert [fault.field for fault in refused.value.faults] == ["results.0.item_id"]
    with pytest.raises(Invalid) as refused:
        sale.do(people.manager2, "develop", plan=[{"subject": "没有日期"}], outcome="goes_on")
    assert [fault.field for fault in refused.value.faults] == ["plan.0.planned_on"]
    assert sale.plan() == []


def test_handing_over_on_the_page_opens_the_step_for_the_new_manager_and_keeps_whose_it_was(sale: Sale) -> None:
    people = sale.people
    begun = sale.developing(people.manager1)
    with unit_of_work(sale.database) as session:
        sales.reassign(
            session,
            by=people.supervisor,
            now=sale.clock(),
            opportunity_id=begun.id,
            manager_id=people.manager2.id,
            note="区域调整",
        )
    assert sale.task("develop").assignee_id == people.manager2.id
    assert sale.managers() == [(people.manager1.id, True), (people.manager2.id, False)]
    assert "opportunity.taken" in told(sale, people.manager1)
    sale.do(people.manager2, "develop", outcome="goes_on", plan=[{"planned_on": "2026-04-01", "subject": "重新拜访"}])
    assert sale.task("develop").assignee_id == people.manager2.id


def test_transferring_the_task_hands_the_opportunity_over(sale: Sale) -> None:
    people = sale.people
    sale.developing(people.manager1)
    act(sale, handing.transfer, people.manager1, sale.task("develop"), user_id=people.manager2.id, note="出差三个月")
    assert sale.sale().owner_id == people.manager2.id
    assert sale.managers() == [(people.manager1.id, True), (people.manager2.id, False)]
    sale.do(people.manager2, "develop", outcome="goes_on")
    assert sale.task("develop").assignee_id == people.manager2.id


def test_an_unassigned_opportunity_is_changed_and_deleted_by_its_creator_alone(sale: Sale) -> None:
    people = sale.people
    begun = sale.begin(people.manager1, MIDDLE)
    with unit_of_work(sale.database) as session:
        with pytest.raises(NotFound):
            sales.withdraw(session, by=people.manager2, now=sale.clock(), opportunity_id=begun.id, reason="x")
        sales.delete_opportunity(
            session, by=people.manager1, now=sale.clock(), record_id=begun.id, version=begun.version
        )
    assert sale.instance().status == InstanceStatus.CANCELLED
    assert sale.waiting() == []


def test_an_assigned_opportunity_stays(sale: Sale) -> None:
    people = sale.people
    begun = sale.developing(people.manager1)
    with unit_of_work(sale.database) as session, pytest.raises(RuleBroken, match="stays"):
        sales.delete_opportunity(
            session, by=people.manager1, now=sale.clock(), record_id=begun.id, version=begun.version
        )


def test_a_withdrawn_opportunity_ends_its_case(sale: Sale) -> None:
    people = sale.people
    begun = sale.begin(people.manager1, MIDDLE)
    with unit_of_work(sale.database) as session:
        sales.withdraw(session, by=people.manager1, now=sale.clock(), opportunity_id=begun.id, reason="客户破产")
    assert sale.instance().status == InstanceStatus.CANCELLED
    assert sale.sale().closing_words == "客户破产"


def test_a_case_that_an_administrator_cancels_gives_up_the_opportunity(sale: Sale) -> None:
    people = sale.people
    sale.developing(people.manager1)
    with unit_of_work(sale.database) as session:
        cancelling.cancel(session, by=people.admin, now=sale.clock(), instance_id=sale.instance_id, reason="重复")
    assert sale.sale().status == "given_up"


def test_sending_it_back_to_the_assignment_takes_the_manager_away(sale: Sale) -> None:
    people = sale.people
    sale.developing(people.manager1)
    act(sale, sending_back.send_back, people.manager1, sale.task("develop"), to="assign", reason="不是我的区域")
    assert sale.waiting() == ["assign"]
    back = sale.sale()
    assert (back.status, back.owner_id) == ("approved", None)
    assert sale.managers() == [(people.manager1.id, True)]
    assert sale.pass_time(days=30) == 0


def test_a_supervisor_takes_an_assignment_back(sale: Sale) -> None:
    people = sale.people
    sale.begin(people.manager1, SMALL)
    task = sale.task("assign")
    sale.do(people.supervisor, "assign", manager_id=str(people.manager2.id))
    act(sale, taking_back.withdraw, people.supervisor, task)
    assert sale.waiting() == ["assign"]
    assert sale.sale().status == "approved"


def test_what_the_business_refuses_is_told_at_the_field_and_what_was_entered_stays(sale: Sale, client: Browser) -> None:
    sale.developing(sale.people.manager2)
    entered = {"outcome": "lost", "failure_reason": "competitor", "closing_words": "对方免费安装"}
    answer = as_user(client, "manager2").post(f"/tasks/{sale.task('develop').id}", data=entered)
    assert answer.status_code == 422
    assert "对方免费安装" in answer.text
    assert str(text("Name the competitor to whom it was lost.").in_language("zh_CN")) in answer.text
    assert sale.waiting() == ["develop"]


def test_somebody_who_may_not_create_opportunities_is_told_so(sale: Sale) -> None:
    with pytest.raises(Denied):
        sale.begin(sale.people.contracts, SMALL)


def test_a_colleague_cannot_carry_out_somebody_elses_plan(sale: Sale) -> None:
    people = sale.people
    sale.developing(people.manager1)
    with pytest.raises(NotFound):
        sale.do(people.manager2, "develop", outcome="goes_on")


def test_a_stranger_hears_nothing_of_an_opportunity(sale: Sale) -> None:
    sale.begin(sale.people.manager1, SMALL)
    with pytest.raises(NotFound):
        sale.do(sale.people.stranger, "assign", manager_id="1")


def test_a_manager_who_gives_the_plan_back_gives_it_to_the_supervisors_of_the_own_department(sale: Sale) -> None:
    people = sale.people
    elsewhere = another_supervisor(sale)
    task = developing(sale)
    act(sale, tasks.release, people.manager1, task)
    free = sale.task("develop")
    assert (free.assignee_id, free.candidate_ids) == (None, [people.supervisor.id])
    assert "task.offered" in told(sale, people.supervisor)
    with pytest.raises(NotFound):
        act(sale, tasks.claim, elsewhere, free)
    act(sale, tasks.claim, people.supervisor, free)
    assert sale.sale().owner_id == people.manager1.id


def test_a_supervisor_who_gives_the_plan_back_gives_it_to_its_manager(sale: Sale) -> None:
    people = sale.people
    task = developing(sale)
    for _ in range(2):
        act(sale, tasks.release, people.manager1, task)
        act(sale, tasks.claim, people.supervisor, task)
        act(sale, tasks.release, people.supervisor, task)
        given = sale.task("develop")
        assert (given.assignee_id, given.candidate_ids) == (people.manager1.id, None)
    assert told(sale, people.manager1)[-1] == "task.assigned"


def test_without_anybody_near_the_plan_goes_to_all_supervisors(sale: Sale) -> None:
    people = sale.people
    task = developing(sale)
    with unit_of_work(sale.database) as session:
        session.get_one(User, people.supervisor.id).department_id = session.get_one(
            User, people.agent1.id
        ).department_id
        session.get_one(User, people.manager1.id).department_id = None
    act(sale, tasks.release, people.manager1, task)
    free = sale.task("develop")
    assert (free.assignee_id, free.candidate_ids, free.role) == (None, None, "sales_supervisor")


def developing(sale: Sale) -> Task:
    """manager1 has the plan of an opportunity in hand."""
    sale.begin(sale.people.manager1, SMALL)
    sale.do(sale.people.supervisor, "assign", manager_id=str(sale.people.manager1.id))
    return sale.task("develop")


def another_supervisor(sale: Sale) -> Actor:
    """Somebody of another department who is a sales supervisor too."""
    person = sale.people.contracts
    with unit_of_work(sale.database) as session:
        role = session.scalars(select(Role).where(Role.key == "sales_supervisor")).one()
        session.add(UserRole(user_id=person.id, role_id=role.id))
    with reading(sale.database) as session:
        return actor_for(session, person.id or 0).at(sale.clock())
