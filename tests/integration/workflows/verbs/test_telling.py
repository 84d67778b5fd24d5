"""Copies, calls to hurry, comments with mentions, files; priority and due date."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.core.audit import AuditEntry
from crm.core.db import reading, unit_of_work
from crm.core.errors import Conflict, Denied, Invalid, NotFound
from crm.files.models import StoredFile
from crm.files.queries import files_of, find_file
from crm.permissions import Actor
from tests.processes.acting import act, history, kinds, task_of, told, why_not
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from workflows import queries
from workflows.models import Task, TaskComment, TaskCopy
from workflows.operations import tasks
from workflows.task_forms import Submission
from workflows.verbs import attaching, planning, telling


@pytest.fixture
def check(story: Story) -> Task:
    """A task of agent1's in a case that manager1 started."""
    story.publish(straight("small", user_task("check"), user_task("last", role="sales_supervisor")))
    story.start(story.people.manager1, key="small")
    return task_of(story, act(story, tasks.claim, story.people.agent1, story.task("check")))


def sees(story: Story, who: Actor) -> bool:
    with reading(story.database) as session:
        return queries.may_see(session, story.instance(), by=who)


def a_file(story: Story, by: Actor) -> int:
    with unit_of_work(story.database) as session:
        file = StoredFile(
            name="报价.pdf",
            content_type="application/pdf",
            size=3,
            sha256="0" * 64,
            uploaded_by_id=by.id,
            at=story.clock(),
        )
        session.add(file)
        session.flush()
        return file.id


def test_a_copy_opens_the_case_and_is_given_once(story: Story, check: Task) -> None:
    people = story.people
    assert not sees(story, people.contracts)
    for _ in range(2):
        act(story, telling.copy, people.agent1, check, user_ids=[people.contracts.id], note="请知悉")
    assert sees(story, people.contracts)
    assert told(story, people.contracts) == ["task.copied"]
    assert kinds(story).count("copied") == 1
    with reading(story.database) as session:
        copies = session.scalars(select(TaskCopy)).all()
    assert [(c.user_id, c.by_id, c.note, c.read_at) for c in copies] == [
        (people.contracts.id, people.agent1.id, "请知悉", None)
    ]


def test_whoever_only_has_a_copy_cannot_give_one_or_act(story: Story, check: Task) -> None:
    people = story.people
    act(story, telling.copy, people.agent1, check, user_ids=[people.contracts.id])
    with pytest.raises(Denied):
        act(story, telling.copy, people.contracts, check, user_ids=[people.marketing.id])
    with pytest.raises(NotFound):
        act(story, telling.copy, people.marketing, check, user_ids=[people.marketing.id])
    for verb in ("claim", "complete", "transfer", "send-back", "add-signer", "withdraw", "priority", "due", "attach"):
        assert why_not(story, people.contracts, check, verb) is not None, verb
    with pytest.raises(Invalid):
        act(story, telling.copy, people.agent1, check, user_ids=[people.stranger.id])
    with pytest.raises(Invalid):
        act(story, telling.copy, people.agent1, check, user_ids=[])


def test_urging_is_told_and_rests_for_four_hours(story: Story, check: Task) -> None:
    people = story.people
    act(story, telling.urge, people.manager1, check, note="客户在催")
    assert task_of(story, check).urged_at == story.clock()
    assert told(story, people.agent1) == ["task.urged"]
    assert why_not(story, people.manager1, check, "urge") == "Somebody has urged already; again in 240 minutes."
    story.clock.move(hours=1, seconds=30)
    with pytest.raises(Denied, match="in 180 minutes"):
        act(story, telling.urge, people.supervisor, check)
    story.clock.move(hours=3)
    act(story, telling.urge, people.manager1, check)
    assert told(story, people.agent1) == ["task.urged", "task.urged"]
    assert why_not(story, people.agent1, check, "urge") == "This task is with you."


def test_a_group_is_urged_as_a_whole(story: Story, check: Task) -> None:
    people = story.people
    story.complete(people.agent1, check.id)
    act(story, telling.urge, people.manager1, story.task("last"))
    assert told(story, people.supervisor)[-1] == "task.urged"


def test_a_mention_tells_and_shows_the_case(story: Story, check: Task) -> None:
    people = story.people
    said = act(story, telling.comment, people.agent1, check, body="@contracts 合同有附件吗？ 邮件 x@agent2.cn 不算")
    assert said.mentions == [people.contracts.id]
    assert sees(story, people.contracts)
    assert set(told(story, people.contracts)) == {"task.copied", "task.mentioned"}
    assert told(story, people.agent2) == []
    act(story, telling.comment, people.contracts, check, body="有，稍后上传。")
    assert told(story, people.agent1) == ["task.commented"]
    with reading(story.database) as session:
        said_by = session.scalars(select(TaskComment.by_id).order_by(TaskComment.id)).all()
    assert list(said_by) == [people.agent1.id, people.contracts.id]


def test_a_comment_is_refused_with_the_reason(story: Story, check: Task) -> None:
    people = story.people
    for body in ("", "   ", "长" * 5_001, "@nobody 在吗", "@" + " @".join(f"p{n}" for n in range(21))):
        with pytest.raises(Invalid):
            act(story, telling.comment, people.agent1, check, body=body)
    with pytest.raises(NotFound):
        act(story, telling.comment, people.stranger, check, body="你好")
    act(story, telling.copy, people.agent1, check, user_ids=[people.contracts.id])
    with pytest.raises(Invalid, match="marked"):
        act(story, telling.comment, people.contracts, check, body="@marketing 看看")
    assert not sees(story, people.marketing)


def test_attached_files_are_open_to_whoever_sees_the_task(story: Story, check: Task) -> None:
    people = story.people
    file_id = a_file(story, people.agent1)
    act(story, attaching.attach, people.agent1, check, file_ids=[file_id])
    with reading(story.database) as session:
        assert [file.name for file in files_of(session, record_type="task", record_id=check.id)] == ["报价.pdf"]
        assert find_file(session, by=people.manager1, file_id=file_id).id == file_id
        with pytest.raises(NotFound):
            find_file(session, by=people.stranger, file_id=file_id)
    with pytest.raises(NotFound):
        act(story, attaching.attach, people.agent1, check, file_ids=[a_file(story, people.marketing)])
    with pytest.raises(Denied):
        act(story, telling.copy, people.agent1, check, user_ids=[people.contracts.id])
        act(story, attaching.attach, people.contracts, check, file_ids=[file_id])


def test_whoever_attached_a_file_takes_it_away_while_the_task_is_open(story: Story, check: Task) -> None:
    people = story.people
    file_id, other = a_file(story, people.agent1), a_file(story, people.manager1)
    act(story, attaching.attach, people.agent1, check, file_ids=[file_id])
    act(story, attaching.attach, people.manager1, check, file_ids=[other])
    for who in (people.manager1, people.supervisor):
        with pytest.raises(Denied, match="Only whoever attached"):
            act(story, attaching.detach, who, check, file_id=file_id)
    with pytest.raises(NotFound):
        act(story, attaching.detach, people.stranger, check, file_id=file_id)
    act(story, attaching.detach, people.agent1, check, file_id=file_id)
    with pytest.raises(NotFound):
        act(story, attaching.detach, people.agent1, check, file_id=file_id)
    with reading(story.database) as session:
        assert [file.id for file in files_of(session, record_type="task", record_id=check.id)] == [other]
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.action, entry.actor_id, entry.old) == ("file.removed", people.agent1.id, {"file": "报价.pdf"})
    assert kinds(story)[-1] == "detached"
    story.do(people.agent1, "check")
    with pytest.raises(Conflict, match="already been completed"):
        act(story, attaching.detach, people.manager1, check, file_id=other)


def test_a_file_of_the_form_is_taken_away_in_the_form(story: Story) -> None:
    people = story.people
    form = {"type": "default", "components": [{"type": "filepicker", "id": "f", "key": "papers", "label": "Papers"}]}
    story.publish(straight("papers", user_task("check", form="papers"), forms={"papers": form}))
    story.start(people.manager1, key="papers")
    task = story.task("check")
    file_id = a_file(story, people.agent1)
    draft = Submission(answers={"papers": [str(file_id)]})
    act(story, tasks.save_draft, people.agent1, task, submission=draft)
    with pytest.raises(Denied, match="stands in the form"):
        act(story, attaching.detach, people.agent1, task, file_id=file_id)


def test_priority_is_set_by_the_holder_and_the_due_date_by_who_directs_them(story: Story, check: Task) -> None:
    people, tomorrow = story.people, story.clock() + timedelta(days=1)
    act(story, planning.set_priority, people.agent1, check, priority=3)
    with pytest.raises(Denied, match="directs the holder"):
        act(story, planning.set_due, people.agent1, check, due=tomorrow)
    act(story, planning.set_due, people.supervisor, check, due=tomorrow, note="展会之前")
    task = task_of(story, check)
    assert (task.priority, task.due) == (3, tomorrow)
    changes = [(event.kind, event.detail["old"], event.detail["new"]) for event in history(story)[-2:]]
    assert changes == [("priority", 1, 3), ("due", None, tomorrow.isoformat())]
    assert told(story, people.agent1) == ["task.due_changed"]
    act(story, planning.set_due, people.supervisor, check, due=None)
    assert task_of(story, check).due is None


def test_what_cannot_be_meant_is_refused(story: Story, check: Task) -> None:
    people, now = story.people, story.clock()
    for due in (now - timedelta(minutes=1), now + timedelta(days=4_000)):
        with pytest.raises(Invalid):
            act(story, planning.set_due, people.supervisor, check, due=due)
    with pytest.raises(Invalid):
        act(story, planning.set_priority, people.agent1, check, priority=4)
    with pytest.raises(Denied):
        act(story, planning.set_priority, people.manager1, check, priority=1)
