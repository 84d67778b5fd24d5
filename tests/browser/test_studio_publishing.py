"""An administrator changes the service process and puts it in force with care: a scenario fails and the draft is corrected, a part of
the new cases goes with it, running ones are moved, and all is rolled back."""

from __future__ import annotations

from collections import Counter

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from crm.core.db import reading, unit_of_work
from tests.browser.driver import accessibility_faults
from tests.browser.office import CHINESE, Office
from tests.integration.migrating.test_migrating import let_clock_work
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows.models import DefinitionVersion, InstanceStatus, ProcessInstance
from workflows.studio.drafts import operations, queries

pytestmark = pytest.mark.browser
KEY = "service_request"
DIAGRAM = "service_request.bpmn"
APPROVE = """<bpmn:userTask id="approve" name="二次审批"><bpmn:extensionElements><spiffworkflow:properties>
<spiffworkflow:property name="formKey" value="archive"/><spiffworkflow:property name="role" value="sales_supervisor"/>
</spiffworkflow:properties></bpmn:extensionElements></bpmn:userTask>
<bpmn:sequenceFlow id="approved" sourceRef="approve" targetRef="archive"/>"""
GATE = """<bpmn:exclusiveGateway id="second" name="Complaint?" default="no_second"/>
<bpmn:sequenceFlow id="yes_second" name="Complaint" sourceRef="second" targetRef="approve">
<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">type = "complaint"</bpmn:conditionExpression></bpmn:sequenceFlow>
<bpmn:sequenceFlow id="no_second" sourceRef="second" targetRef="archive"/>"""
ARCHIVE_FLOW = 'sourceRef="satisfied" targetRef="archive"'
SHAPES = """<bpmndi:BPMNShape id="approve_di" bpmnElement="approve"><dc:Bounds x="1990" y="200" width="110" height="80"/>
</bpmndi:BPMNShape>"""
GATE_SHAPE = """<bpmndi:BPMNShape id="second_di" bpmnElement="second" isMarkerVisible="true"><dc:Bounds x="1880" y="215" width="50" height="50"/>
</bpmndi:BPMNShape>"""


def finished(office: Office) -> int:
    """A request that was handled and archived; answers its case."""
    people = office.people
    story = Story(office.database, office.clock, people, office.story.customer_id)
    story.start(people.manager1, **REQUEST)
    story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="2", note="")
    story.do(people.agent1, "handle", handling="更换主轴轴承，试机正常。")
    story.do(people.manager1, "feedback", result="客户确认恢复正常", satisfaction=5)
    story.do(people.agent2, "archive", note="")
    return story.instance_id


def draw(office: Office, draft_id: int, *pairs: tuple[str, str]) -> None:
    """Save the diagram of the draft with these replacements."""
    with unit_of_work(office.database) as session:
        file = queries.file_of(session, draft_id, DIAGRAM)
        content = file.content
        for old, new in pairs:
            assert old in content
            content = content.replace(old, new, 1)
        operations.save_file(
            session, by=office.people.admin, now=office.clock(), draft_id=draft_id, name=DIAGRAM, content=content,
            seen=file.revision,
        )  # fmt: skip


def versions(office: Office) -> Counter[int]:
    """How many running cases there are of each version."""
    with reading(office.database) as session:
        rows = session.execute(
            select(DefinitionVersion.number)
            .join(ProcessInstance, ProcessInstance.version_id == DefinitionVersion.id)
            .where(ProcessInstance.status == InstanceStatus.RUNNING)
        )
        return Counter(row[0] for row in rows)


def start_requests(office: Office, number: int) -> None:
    for _ in range(number):
        Story(office.database, office.clock, office.people, office.story.customer_id).start(
            office.people.manager1, **REQUEST
        )


def give_reason(page: Page, dialog: str, reason: str) -> None:
    page.locator(f"[data-opens={dialog}]").click()
    page.locator(f"#{dialog}-reason").fill(reason)
    page.locator(f"#{dialog} form button.btn").last.click()


def test_a_second_approval_goes_from_draft_to_a_part_of_the_cases_and_back(chromium: Browser, office: Office) -> None:
    case_id = finished(office)
    start_requests(office, 10)
    with unit_of_work(office.database) as session:
        draft_id = operations.open_draft(session, by=office.people.admin, now=office.clock(), key=KEY).id
    place = f"/studio/drafts/{draft_id}/publish"
    say = office.words(CHINESE)
    with office.visited(chromium, "admin", language=CHINESE) as page:
        page.goto(f"/cases/{case_id}/scenario")
        page.locator("#name").fill("维修到归档")
        page.locator("main form button.btn-primary").last.click()
        page.wait_for_url("**/scenarios/*")
        scenario = page.url

        draw(
            office,
            draft_id,
            (ARCHIVE_FLOW, 'sourceRef="satisfied" targetRef="approve"'),
            ("</bpmn:process>", f"{APPROVE}</bpmn:process>"),
            ("</bpmndi:BPMNPlane>", f"{SHAPES}</bpmndi:BPMNPlane>"),
        )
        page.goto(place)
        expect(page.locator(".scenario-failures")).to_contain_text("维修到归档")
        expect(page.locator("#impact")).to_contain_text(say("Moves by itself"))
        expect(page.locator(".comparison .halo-added")).to_have_count(1)
        assert accessibility_faults(page) == []
        page.locator("#publish form button.btn-primary").click()
        expect(page.locator(".notice-bad")).to_contain_text(say("Nothing was published."))

        draw(
            office,
            draft_id,
            ('sourceRef="satisfied" targetRef="approve"', 'sourceRef="satisfied" targetRef="second"'),
            ("</bpmn:process>", f"{GATE}</bpmn:process>"),
            ("</bpmndi:BPMNPlane>", f"{GATE_SHAPE}</bpmndi:BPMNPlane>"),
        )
        page.goto(f"{scenario}?against=draft")
        page.locator("#reason").fill("多了一个网关，路径相应改变。")
        page.locator("button[value=accept]").click()
        page.goto(place)
        expect(page.locator("#scenarios .state-good")).to_be_visible()
        page.locator("[name=share][value='25']").check()
        page.locator("#note").fill("投诉需要二次审批")
        page.locator("#publish form button.btn-primary").click()
        page.wait_for_url("**/versions/2")
        expect(page.locator("#share")).to_contain_text("25%")
        start_requests(office, 8)
        assert versions(office) == {1: 16, 2: 2}

        page.goto(f"/definitions/{KEY}/move?from=1&to=2")
        page.locator("#reason").fill("统一到新流程")
        page.locator("form:has(#reason) button.btn-primary").click()
        page.wait_for_url("**/migrations/*")
        let_clock_work(office.story)
        page.reload()
        expect(page.locator("main")).to_contain_text(say("Moved"))
        assert versions(office) == {2: 18}

        page.goto(f"/definitions/{KEY}")
        give_reason(page, "roll-back", "先回退观察")
        expect(page.locator("main")).to_contain_text(say("In force"))
        start_requests(office, 4)
        assert versions(office) == {1: 4, 2: 18}

        page.goto(f"/definitions/{KEY}/compare?from=1&to=2")
        page.locator("[data-difference=approve]").first.click()
        expect(page.locator("[data-element-id=approve].story-shown")).to_be_visible()
        assert accessibility_faults(page) == []
