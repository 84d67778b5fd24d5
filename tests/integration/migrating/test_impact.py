"""What a version that is not in force yet would mean for the running cases."""

from __future__ import annotations

from crm.core.db import reading
from crm.core.i18n import translate
from tests.integration.migrating.versions import KEY, definition, publish
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows import engine, library
from workflows.engine import Bundle, Definition
from workflows.migrating.impact import Impact, impact
from workflows.migrating.judging import Outlook
from workflows.migrating.keeping import keep_sentences, sentences_of


def look(story: Story, new: Definition, **mapping: str) -> Impact:
    with reading(story.database) as session:
        return impact(session, KEY, new, now=story.clock(), mapping=mapping)


def begin(story: Story, number: int, *done: str) -> None:
    for _ in range(number):
        story.start(story.people.agent1, KEY)
        for step in done:
            story.do(story.people.agent1, step)


def test_cases_are_counted_at_their_steps_by_what_becomes_of_them(story: Story) -> None:
    publish(story, "check", "decide")
    begin(story, 2)
    begin(story, 1, "check")
    found = look(story, definition("check", "approve"))
    groups = {(group.node_id, group.verdict): group.number for group in found.groups}
    assert groups == {("check", Outlook.MOVES): 2, ("decide", Outlook.MAPPING): 1}
    assert (found.looked_at, found.all) == (3, 3)
    assert found.totals == {Outlook.MOVES: 2, Outlook.MAPPING: 1, Outlook.STAYS: 0}


def test_a_step_with_the_same_form_and_role_suggests_itself(story: Story) -> None:
    publish(story, "check", "decide")
    begin(story, 1, "check")
    found = look(story, definition("check", "approve"))
    assert (found.needed, found.proposed) == ({"decide": frozenset({1})}, {"decide": "approve"})
    [group] = found.groups
    assert "does not have" in str(group.reasons[0])
    assert look(story, definition("check", "approve"), decide="approve").totals[Outlook.MOVES] == 1


def test_cases_of_the_same_content_are_not_counted(story: Story) -> None:
    publish(story, "check", "decide")
    begin(story, 1)
    assert look(story, definition("check", "decide")) == Impact(totals=dict.fromkeys(Outlook, 0))


def test_steps_are_called_by_their_names_in_the_readers_language(story: Story) -> None:
    with reading(story.database) as session:
        old = library.active(session, "service_request").definition
    files = dict(old.bundle.files)
    [name] = [name for name in files if name.endswith(".bpmn")]
    new = engine.compile(Bundle({**files, name: _without_assignment(files[name])}))
    story.start(story.people.manager1, **REQUEST)
    with reading(story.database) as session:
        found = impact(session, "service_request", new, now=story.clock())
    [group] = [group for group in found.groups if group.node_id == "assign"]
    kept = sentences_of(keep_sentences(group.reasons))
    assert [translate(each, "zh_CN") for each in kept] == [translate(each, "zh_CN") for each in group.reasons]
    assert "服务分配" in translate(group.reasons[0], "zh_CN")


def _without_assignment(raw: bytes) -> bytes:
    """The same diagram in which the step of assignment is another one."""
    for mark in (b'id="assign"', b'Ref="assign"', b'bpmnElement="assign"'):
        raw = raw.replace(mark, mark.replace(b'"assign"', b'"allocate"'))
    return raw.replace(b">assign<", b">allocate<")
