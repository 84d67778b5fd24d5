"""Going on from task to task: the row that follows, what became of the case, and the team's tasks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from crm.core.db import reading, unit_of_work
from crm.permissions import Actor, Scope
from tests.conftest import Browser, as_user
from tests.databases import NOON
from tests.integration.workflows.test_inbox_counts import KEYS, all_pages, office_of
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows.directing import directed_by
from workflows.inbox.folders import Folder, Sort
from workflows.inbox.going_on import next_task, whereabouts
from workflows.inbox.queries import count_team, counts, page, team_loads
from workflows.models import Task, TaskStatus
from workflows.operate.repairing import suspend

ROW_HERE = re.compile(r'row-here" data-url="/tasks/(\d+)')


def requests(story: Story, *summaries: str) -> list[int]:
    """Requests that wait to be assigned, a little later each. Answers their tasks."""
    found = []
    for summary in summaries:
        story.clock.move(minutes=5)
        story.start(story.people.manager1, **{**REQUEST, "summary": summary})
        found.append(story.task("assign").id)
    return found


def task_with(story: Story, task_id: int) -> Task:
    with reading(story.database) as session:
        return session.get_one(Task, task_id)


@pytest.mark.parametrize("sort", list(Sort))
def test_the_next_task_is_the_row_that_follows_and_after_the_last_the_first(story: Story, sort: Sort) -> None:
    requests(story, "one", "two", "three")
    by, now = story.people.supervisor, story.clock()
    args = {"folder": Folder.GROUPS.value, "sort": sort.value}
    with reading(story.database) as session:
        rows = page(session, by=by, now=now, folder=Folder.GROUPS, sort=sort).rows
        for row, following in zip(rows, [*rows[1:], rows[0]], strict=True):
            task = session.get_one(Task, row.id)
            assert next_task(session, task, args, by=by, now=now) == following.id


def test_filters_of_the_list_hold_for_the_next_task(story: Story) -> None:
    first, _, third = requests(story, "spindle one", "coolant", "spindle two")
    by, now = story.people.supervisor, story.clock()
    with reading(story.database) as session:
        args = {"folder": "groups", "q": "spindle"}
        assert next_task(session, task_with(story, first), args, by=by, now=now) == third


@pytest.mark.parametrize("sort", list(Sort))
def test_the_next_task_is_none_of_a_suspended_case(story: Story, client: Browser, sort: Sort) -> None:
    people, args = story.people, {"folder": Folder.GROUPS.value, "sort": sort.value}
    first, second, third = requests(story, "one", "two", "three")
    for task_id in (second, third):
        with unit_of_work(story.database) as session:
            case_id = session.get_one(Task, task_id).instance_id
            suspend(session, by=people.admin, now=story.clock(), instance_id=case_id, reason="under repair")
        with reading(story.database) as session:
            task = session.get_one(Task, first)
            following = next_task(session, task, args, by=people.supervisor, now=story.clock())
        assert following == (third if task_id == second else None)
    as_user(client, "supervisor")
    data = {"assignee_id": str(people.agent1.id), "priority": "1", "_act": "next"}
    done = client.post(f"/tasks/{first}", data=data, query_string=args)
    assert done.location.startswith("/tasks?")


def test_a_list_of_what_is_over_has_no_next_task(story: Story) -> None:
    (first,) = requests(story, "one")
    with reading(story.database) as session:
        for folder in (Folder.DONE, Folder.STARTED, Folder.COPIED, Folder.DELEGATED):
            args = {"folder": folder.value}
            assert next_task(session, task_with(story, first), args, by=story.people.supervisor, now=NOON) is None


def test_completing_leads_to_the_list_at_the_next_row_and_tells_where_the_case_went(
    story: Story, client: Browser
) -> None:
    first, second = requests(story, "one", "two")
    people = story.people
    as_user(client, "supervisor")
    data = {"assignee_id": str(people.agent1.id), "priority": "1", "_act": "complete"}
    done = client.post(f"/tasks/{first}?folder=groups", data=data)
    assert done.location == f"/tasks?folder=groups&at={second}"
    shown = client.get(done.location).text
    assert ROW_HERE.findall(shown) == [str(second)]
    assert people.agent1.name in shown
    assert f'href="/tasks/{second}?folder=groups"' in shown


def test_complete_and_next_opens_the_next_task_and_says_so_at_the_last(story: Story, client: Browser) -> None:
    first, second = requests(story, "one", "two")
    as_user(client, "supervisor")
    data = {"assignee_id": str(story.people.agent1.id), "priority": "1", "_act": "next"}
    assert client.post(f"/tasks/{first}?folder=groups", data=data).location == f"/tasks/{second}?folder=groups"
    last = client.post(f"/tasks/{second}?folder=groups", data=data)
    assert last.location == "/tasks?folder=groups"
    assert "最后一条" in client.get(last.location).text


def test_who_gets_the_next_step_themselves_is_led_to_it(story: Story, client: Browser) -> None:
    requests(story, "one")
    people = story.people
    as_user(client, "supervisor")
    data = {"assignee_id": str(people.supervisor.id), "priority": "1", "_act": "complete"}
    done = client.post(f"/tasks/{story.task('assign').id}?folder=groups", data=data)
    own = story.task("handle").id
    assert f'href="/tasks/{own}?folder=groups"' in client.get(done.location).text


def test_claiming_in_the_list_stays_there_and_claiming_at_the_task_too(story: Story, client: Browser) -> None:
    first, second, _ = requests(story, "one", "two", "three")
    as_user(client, "supervisor")
    listed = client.get("/tasks?folder=groups").text.replace("&amp;", "&")
    assert f'formaction="/tasks/{first}/claim?folder=groups&stay=1"' in listed
    claimed = client.post(f"/tasks/{first}/claim?folder=groups&stay=1")
    assert claimed.location == f"/tasks?folder=groups&at={second}"
    assert f'href="/tasks/{first}?folder=mine"' in client.get(claimed.location).text
    assert client.post(f"/tasks/{second}/claim?folder=groups").location == f"/tasks/{second}?folder=groups"


def test_giving_back_and_skipping_go_on_in_the_list(story: Story, client: Browser) -> None:
    first, second = requests(story, "one", "two")
    as_user(client, "supervisor")
    for task_id in (first, second):
        client.post(f"/tasks/{task_id}/claim?folder=groups")
    assert client.get(f"/tasks/{first}/next?folder=mine").location == f"/tasks/{second}?folder=mine"
    assert client.post(f"/tasks/{first}/release?folder=mine").location == f"/tasks?folder=mine&at={second}"
    assert client.get(f"/tasks/{second}/next?folder=mine").location == "/tasks?folder=mine"
    as_user(client, "stranger")
    assert client.get(f"/tasks/{second}/next").status_code == 404


def test_a_strange_row_to_go_on_at_is_left_out(story: Story, client: Browser) -> None:
    requests(story, "one")
    as_user(client, "supervisor")
    for at in ("x", "0", "-1", "9" * 30, "<b>"):
        shown = client.get("/tasks", query_string={"folder": "groups", "at": at})
        assert shown.status_code == 200
        assert "row-here" not in shown.text


def test_a_case_tells_where_it_stands_until_it_is_finished(story: Story) -> None:
    people = story.people
    story.start(people.manager1, **REQUEST)

    def told(by: Actor) -> str:
        with reading(story.database) as session:
            return str(whereabouts(session, story.instance_id, by=by).words)

    english = replace(people.supervisor, locale="en")
    assert told(english) == "It goes on with: Assign (Sales supervisor)."
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
    assert told(english) == "It goes on with: Handle (Liu Fang)."
    story.do(people.agent1, "handle", handling="done")
    story.do(people.manager1, "feedback", result="good", satisfaction=5)
    story.do(people.agent2, "archive")
    assert told(english) == "The case is finished."


def leaders(story: Story) -> Iterator[Actor]:
    """People who direct a department, one with everything below it, one whose permission reaches everywhere, and nobody's lead."""
    supervisor, agent = story.people.supervisor, story.people.agent1
    yield supervisor
    assign = {("processes", "assign"): Scope.DEPARTMENT}
    yield replace(agent, grants={**agent.grants, **assign})
    yield agent


@pytest.mark.parametrize("seed", range(2))
def test_the_teams_folder_holds_what_its_people_have_and_their_groups_are_offered(story: Story, seed: int) -> None:
    office = office_of(story, seed)
    with unit_of_work(story.database) as session:
        for _ in range(40):
            office.open(session)
        for _ in range(30):
            office.happen(session)
    for by in leaders(story):
        with reading(story.database) as session:
            mine = Task.assignee_id == by.id
            directed = directed_by(by) if by.may("processes", "assign") else mine & ~mine
            real = session.scalars(select(Task).where(Task.status == TaskStatus.OPEN, directed)).all()
            for sort, key in KEYS.items():
                shown = [row.id for row in all_pages(session, by, NOON, Folder.TEAM, sort=sort)]
                assert shown == [row.id for row in sorted(real, key=key)], sort
            late = sum(task.due_at < NOON for task in real)
            assert count_team(session, by=by, now=NOON) == (len(real), late)
            assert Folder.TEAM not in counts(session, by=by, now=NOON)


def test_whose_permission_reaches_everywhere_sees_their_own_department_as_team(story: Story) -> None:
    requests(story, "one")
    story.do(story.people.supervisor, "assign", assignee_id=str(story.people.agent1.id), priority="1")
    everywhere = {("processes", "assign"): Scope.ALL}
    agent, manager = (
        replace(by, grants={**by.grants, **everywhere}) for by in (story.people.agent2, story.people.manager1)
    )
    with reading(story.database) as session:
        assert count_team(session, by=agent, now=NOON)[0] == 1
        assert count_team(session, by=manager, now=NOON)[0] == 0


def test_a_manager_hands_tasks_of_the_team_to_the_least_busy_of_them(story: Story, client: Browser) -> None:
    people = story.people
    tasks = []
    for summary in ("one", "two"):
        requests(story, summary)
        story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="1")
        tasks.append(story.task("handle").id)
    with reading(story.database) as session:
        loads = {user_id: number for user_id, _, number in team_loads(session, by=people.supervisor)}
    assert loads[people.agent1.id or 0] == 2
    assert loads[people.agent2.id or 0] == 0
    as_user(client, "supervisor")
    assert "folder=team" in client.get("/tasks").text
    asked = client.post("/tasks/bulk?folder=team", data={"verb": "transfer", "ids": tasks})
    assert asked.status_code == 200
    assert asked.text.index(people.agent2.name) < asked.text.index(people.agent1.name)
    sent = {"verb": "transfer", "ids": tasks, "user_id": people.agent2.id, "note": "Your region"}
    assert str(client.post("/tasks/bulk?folder=team", data=sent).location).startswith("/tasks?folder=team")
    assert {task_with(story, each).assignee_id for each in tasks} == {people.agent2.id}
    as_user(client, "agent1")
    assert "folder=team" not in client.get("/tasks").text
    assert client.get("/tasks?folder=team").status_code == 200


def test_an_empty_folder_leads_to_where_something_waits(story: Story, client: Browser) -> None:
    requests(story, "one")
    as_user(client, "supervisor")
    shown = client.get("/tasks?folder=mine").text
    assert re.search(r'class="blank-act">\s*<a href="/tasks\?folder=groups"', shown)
