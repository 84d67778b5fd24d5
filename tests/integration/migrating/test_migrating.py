"""Moving running cases to another version: what a task keeps, one by one and by the clock, stopping, taking back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from crm.core.audit import AuditEntry
from crm.core.db import reading, unit_of_work
from crm.core.due import DueRow
from crm.core.errors import Conflict, Denied, Invalid, RuleBroken
from scheduler.jobs import Jobs, Lane
from scheduler.sweep import tick
from tests.integration.migrating.versions import KEY, drawn, publish
from tests.processes.stories import Story
from workflows import library, room
from workflows.migrating import operations, queries
from workflows.migrating.forgetting import forget_old_moves
from workflows.migrating.keeping import sentences_of
from workflows.migrating.models import CaseStatus, MigrationCase, MigrationRun, RunStatus
from workflows.migrating.operations import Chosen, Plan
from workflows.migrating.queries import Progress
from workflows.models import TIMER, ProcessEvent, ProcessInstance, Task, TaskComment, TaskStatus
from workflows.operations import tasks
from workflows.operations.checking import check_cases
from workflows.operations.counting import check_counts
from workflows.task_forms import Submission


def begin(story: Story, to: int, *, by: Any = None, chosen: Chosen | None = None, **mapping: str) -> MigrationRun:
    plan = Plan(to, "a second approval is needed", mapping, chosen or Chosen())
    with unit_of_work(story.database) as session:
        return operations.begin(session, by=by or story.people.admin, now=story.clock(), key=KEY, plan=plan)


def let_clock_work(story: Story) -> None:
    jobs = Jobs()
    room.add_migrations(jobs.on)
    tick(story.database, jobs, story.clock, lanes=[Lane.BULK])


def undo(story: Story, run: MigrationRun) -> None:
    with unit_of_work(story.database) as session:
        operations.undo(session, by=story.people.admin, now=story.clock(), run_id=run.id)


def progress(story: Story, run: MigrationRun) -> Progress:
    with reading(story.database) as session:
        return queries.progress_of(session, run.id, by=story.people.admin)


def reasons(story: Story, run: MigrationRun) -> list[str]:
    with reading(story.database) as session:
        results = queries.results_of(session, run.id)
    return [str(reason) for result in results for reason in sentences_of(result.case.reasons)]


def cases(story: Story, number: int, *done: str) -> list[int]:
    begun = []
    for _ in range(number):
        begun.append(story.start(story.people.agent1, KEY).id)
        for step in done:
            story.do(story.people.agent1, step)
    return begun


def version_of(story: Story, instance_id: int) -> int:
    with reading(story.database) as session:
        return library.published(session, session.get_one(ProcessInstance, instance_id).version_id).number


def check_truth(story: Story) -> None:
    """Rows and states agree, and so do the counts of the inbox."""
    with unit_of_work(story.database) as session:
        assert check_cases(session, now=story.clock()) == 0
        assert check_counts(session, now=story.clock()) == 0


# ---------------------------------------------------------------- what a task keeps
def test_a_task_keeps_number_holder_due_time_draft_and_comments(story: Story) -> None:
    publish(story, "check", "decide")
    cases(story, 1)
    agent, task = story.people.agent1, story.task("check")
    due_at = story.clock() + timedelta(days=2)
    with unit_of_work(story.database) as session:
        tasks.claim(session, by=agent, now=story.clock(), task_id=task.id)
        tasks.save_draft(session, by=agent, now=story.clock(), task_id=task.id, submission=Submission(answers={}))
        session.get_one(Task, task.id).due_at = due_at
        session.add(
            TaskComment(task_id=task.id, instance_id=story.instance_id, at=story.clock(), by_id=agent.id, body="x")
        )
    before = story.task("check")
    publish(story, "verify", "decide")
    run = begin(story, 2, check="verify")
    let_clock_work(story)
    after = story.task("verify")
    assert progress(story, run).counts == {CaseStatus.MOVED: 1}
    kept = ("id", "token", "assignee_id", "due_at", "draft", "opened_at", "claimed_at", "priority", "data", "role")
    assert {name: getattr(after, name) for name in kept} == {name: getattr(before, name) for name in kept}
    assert (after.name, after.status) == ("verify", TaskStatus.OPEN)
    with reading(story.database) as session:
        assert session.scalar(select(func.count()).select_from(TaskComment).where(TaskComment.task_id == after.id)) == 1
    story.do(agent, "verify")
    story.do(agent, "decide")
    assert story.instance().status == "completed"
    check_truth(story)


def test_an_unheld_task_is_offered_to_the_group_of_its_new_step(story: Story) -> None:
    publish(story, "check")
    cases(story, 1)
    story.publish(drawn("verify", role="quality"))
    begin(story, 2, check="verify")
    let_clock_work(story)
    assert story.task("verify").role == "quality"
    check_truth(story)


def test_a_timer_follows_its_step(story: Story) -> None:
    publish(story, "check", deadline="P1D")
    cases(story, 1)
    publish(story, "check", "decide", deadline="P1D")
    begin(story, 2)
    let_clock_work(story)
    assert story.pass_time(days=2) == 1
    assert story.waiting() == ["check", "hurry"]
    check_truth(story)


def test_a_timer_that_was_put_away_stands_again_after_the_move_was_taken_back(story: Story) -> None:
    publish(story, "check", deadline="P1D")
    cases(story, 1)
    publish(story, "check")
    run = begin(story, 2)
    let_clock_work(story)
    with reading(story.database) as session:
        assert session.scalars(select(DueRow).where(DueRow.kind == TIMER)).all() == []
    assert "does not watch any more" in reasons(story, run)[0]
    undo(story, run)
    let_clock_work(story)
    assert story.pass_time(days=2) == 1
    assert story.waiting() == ["check", "hurry"]
    check_truth(story)


# ---------------------------------------------------------------- many
def test_each_case_has_its_result_and_its_line_of_history(story: Story) -> None:
    publish(story, "check", "decide")
    cases(story, 2)
    [stays] = cases(story, 1, "check")
    publish(story, "check", "approve")
    run = begin(story, 2)
    assert progress(story, run).is_under_way
    let_clock_work(story)
    found = progress(story, run)
    assert (found.counts, found.percent) == ({CaseStatus.MOVED: 2, CaseStatus.REFUSED: 1}, 100)
    assert not found.is_under_way
    assert "does not have" in reasons(story, run)[0]
    assert version_of(story, stays) == 1
    with reading(story.database) as session:
        lines = session.scalars(select(ProcessEvent).where(ProcessEvent.kind == "migrated")).all()
        assert len(lines) == 2
        assert lines[0].detail["from_version"] == 1
        assert (
            session.scalar(select(AuditEntry.action).where(AuditEntry.subject_type == "migration")) == "migration.begun"
        )
    check_truth(story)


def test_somebody_who_completes_meanwhile_is_not_disturbed(story: Story) -> None:
    publish(story, "check", "decide")
    cases(story, 1)
    publish(story, "check", "approve")
    run = begin(story, 2)
    story.do(story.people.agent1, "check")
    let_clock_work(story)
    assert progress(story, run).counts == {CaseStatus.REFUSED: 1}
    story.do(story.people.agent1, "decide")
    assert story.instance().status == "completed"


def test_a_case_that_ended_meanwhile_is_told(story: Story) -> None:
    publish(story, "check")
    cases(story, 1)
    publish(story, "check", "approve")
    run = begin(story, 2)
    story.do(story.people.agent1, "check")
    let_clock_work(story)
    assert reasons(story, run) == ["This case has ended meanwhile."]


def test_a_stopped_run_moves_no_further_case(story: Story) -> None:
    publish(story, "check")
    [case] = cases(story, 1)
    publish(story, "check", "approve")
    run = begin(story, 2)
    with unit_of_work(story.database) as session:
        operations.stop(session, by=story.people.admin, now=story.clock(), run_id=run.id)
    let_clock_work(story)
    assert version_of(story, case) == 1
    assert progress(story, run).run.status == RunStatus.STOPPED
    assert begin(story, 2).id != run.id


def test_only_the_chosen_cases_move(story: Story) -> None:
    publish(story, "check", "decide")
    cases(story, 1)
    cases(story, 1, "check")
    publish(story, "check", "decide", "file")
    run = begin(story, 2, chosen=Chosen(versions=[1], nodes=["decide"]))
    let_clock_work(story)
    assert progress(story, run).counts == {CaseStatus.MOVED: 1}
    assert story.task("decide").version_id == run.to_version_id


def test_two_runs_of_one_process_are_never_under_way_together(story: Story) -> None:
    publish(story, "check")
    cases(story, 1)
    publish(story, "check", "approve")
    begin(story, 2)
    with pytest.raises(Conflict, match="is still moving"):
        begin(story, 2)


# ---------------------------------------------------------------- back
def test_a_run_is_undone_where_nobody_has_gone_on(story: Story) -> None:
    publish(story, "check", "decide")
    untouched, worked_on = cases(story, 2)
    publish(story, "verify", "approve")
    run = begin(story, 2, check="verify", decide="approve")
    let_clock_work(story)
    story.instance_id = worked_on
    story.do(story.people.agent1, "verify")
    undo(story, run)
    let_clock_work(story)
    assert progress(story, run).counts == {CaseStatus.UNDONE: 1, CaseStatus.KEPT: 1}
    assert reasons(story, run) == ["Somebody has gone on with this case since it was moved."]
    assert (version_of(story, untouched), version_of(story, worked_on)) == (1, 2)
    story.instance_id = untouched
    story.do(story.people.agent1, "check")
    assert story.waiting() == ["decide"]
    check_truth(story)


def test_a_task_that_was_claimed_since_keeps_its_case_where_it_is(story: Story) -> None:
    publish(story, "check")
    [case] = cases(story, 1)
    publish(story, "check", "approve")
    run = begin(story, 2)
    let_clock_work(story)
    with unit_of_work(story.database) as session:
        tasks.claim(session, by=story.people.agent1, now=story.clock(), task_id=story.task("check").id)
    undo(story, run)
    let_clock_work(story)
    assert version_of(story, case) == 2
    with pytest.raises(Conflict, match="undone already"):
        undo(story, run)


def test_what_takes_a_run_back_is_kept_for_thirty_days(story: Story) -> None:
    publish(story, "check")
    cases(story, 2)
    publish(story, "check", "approve")
    run = begin(story, 2)
    let_clock_work(story)

    def forget() -> int:
        with unit_of_work(story.database) as session:
            return forget_old_moves(session, story.clock())

    story.clock.move(days=29)
    assert forget() == 0 and progress(story, run).can_be_undone
    story.clock.move(days=2)
    assert forget() == 2 and forget() == 0
    with reading(story.database) as session:
        left = session.scalars(select(MigrationCase).options(undefer(MigrationCase.state_before))).all()
        assert [(case.status, case.state_before, case.rows_before) for case in left] == [
            (CaseStatus.MOVED, None, None),
            (CaseStatus.MOVED, None, None),
        ]
    assert not progress(story, run).can_be_undone
    with pytest.raises(Conflict, match="too old"):
        undo(story, run)


# ---------------------------------------------------------------- one, and who may
def test_one_case_moves_at_once(story: Story) -> None:
    publish(story, "check")
    [case] = cases(story, 1)
    publish(story, "check", "approve")
    with unit_of_work(story.database) as session:
        plan = Plan(2, "asked by the customer")
        run, result = operations.move_case(
            session, by=story.people.admin, now=story.clock(), instance_id=case, plan=plan
        )
    assert (run.number, result.status, version_of(story, case)) == (1, CaseStatus.MOVED, 2)


def test_nobody_else_moves_cases(story: Story) -> None:
    publish(story, "check")
    cases(story, 1)
    publish(story, "check", "approve")
    with pytest.raises(Denied):
        begin(story, 2, by=story.people.agent1)


def test_bad_plans_name_the_fault(story: Story) -> None:
    publish(story, "check")
    with pytest.raises(RuleBroken, match="No running case"):
        begin(story, 1)
    with pytest.raises(Invalid) as refused:
        begin(story, 1, check="nothing")
    assert refused.value.faults[0].field == "mapping.check"
    with unit_of_work(story.database) as session, pytest.raises(Invalid):
        operations.begin(session, by=story.people.admin, now=story.clock(), key=KEY, plan=Plan(1, " "))
