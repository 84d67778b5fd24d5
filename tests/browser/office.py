"""The whole product at an address, with a company at work in it: customers, and service requests at every step.

Everything is done by operations and by the real diagram, so the pages show nothing that could not have happened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, Page
from sqlalchemy.orm import Session

from app import stand_on
from crm.accounts import own_account, signing_in
from crm.accounts.queries import names_of, user_named
from crm.competitors.description import COMPETITOR
from crm.core.db import Database, reading, unit_of_work
from crm.core.i18n import Text
from crm.customers.contact_operations import create_contact
from crm.customers.operations import create_customer
from crm.interactions.description import INTERACTION
from crm.records.operations import create_record
from crm.web.doors import Ground
from tests.browser.driver import opened, serving
from tests.conftest import MovableClock, settings
from tests.databases import SqliteTemplate, Stock
from tests.people import People
from tests.processes.stories import Story
from tests.processes.test_service_request import REQUEST
from workflows import library, queries
from workflows import room as workflows
from workflows.operations import cancelling, tasks
from workflows.studio.drafts.operations import open_draft
from workflows.task_forms import Submission

CHINESE, ENGLISH = "zh_CN", "en"
DESKTOP, PHONE = 1280, 390
# The inbox, in whichever folder.
INBOX = re.compile(r"^[^?]*/tasks(\?.*)?$")
BROWSER_LANGUAGES = {CHINESE: "zh-CN", ENGLISH: "en-GB"}

CUSTOMERS = (
    ("苏州恒力精密机械有限公司", "key_account", "east", "active"),
    ("上海浦江汽车零部件股份有限公司", "strategic_partner", "east", "active"),
    ("Rheinwerk Automation GmbH", "key_account", "overseas", "active"),
    ("天津海河重型装备集团有限责任公司华北区域售后服务与备件中心", "focus", "north", "at_risk"),
    ("沈阳北方重工配套有限公司", "focus", "northeast", "new"),
    ("青岛蓝湾食品机械有限公司", "focus", "east", "new"),
)
CONTACTS = (("陈建华", "设备部经理", "13812345678"), ("Katharina Vogel", "Head of Maintenance", "+49 170 5550142"))


@dataclass
class Words:
    """What the pages say, in one language: `say("Claim")`; `say.of_process("Handle")` for texts of the diagram and its forms."""

    language: str
    process: dict[str, str]

    def __call__(self, source: str, /, **values: object) -> str:
        return Text(source, values).in_language(self.language)

    def in_context(self, context: str, source: str) -> str:
        """A short word whose meaning depends on where it stands."""
        return Text(source, context=context).in_language(self.language)

    def of_process(self, source: str) -> str:
        return self.process.get(source, source)


@dataclass
class Office:
    """A running product and who works with it."""

    address: str
    database: Database
    clock: MovableClock
    people: People
    story: Story

    def words(self, language: str) -> Words:
        """The words of pages in this language."""
        with reading(self.database) as session:
            texts = library.active(session, "service_request").definition.bundle.texts
        return Words(language, dict(texts.get(language, {})))

    def name_of(self, user_id: int, language: str) -> str:
        """What this person is called in this language."""
        with reading(self.database) as session:
            return names_of(session, {user_id}, language)[user_id]

    @contextmanager
    def visited(
        self,
        browser: Browser,
        username: str = "",
        *,
        language: str = CHINESE,
        width: int = DESKTOP,
        scripts: bool = True,
    ) -> Iterator[Page]:
        """A window in which this person has signed in already; a guest's without a name."""
        locale = BROWSER_LANGUAGES[language]
        with opened(browser, self.address, locale=locale, width=width, scripts=scripts) as page:
            if username:
                self.speak(username, language)
                secret = self.let_in(username)
                page.context.add_cookies([{"name": "heliu", "value": secret, "url": self.address}])
            yield page

    def speak(self, username: str, language: str) -> None:
        """From now on this person reads this language."""
        with unit_of_work(self.database) as session:
            own_account.set_language(session, by=self.people.named(username), now=self.clock(), locale=language)

    def let_in(self, username: str) -> str:
        """A session for this person. Answers the cookie."""
        with unit_of_work(self.database) as session:
            user = user_named(session, username)
            assert user is not None
            return signing_in.open_session(session, user=user, now=self.clock(), address="127.0.0.1").secret


@contextmanager
def open_office(app: Flask, template: SqliteTemplate, folder: Path) -> Iterator[Office]:
    """The product with its people, published processes and one customer of manager1; nothing has happened yet."""
    database, clock, people = template.copy(folder, Stock.DELIVERED), MovableClock(), template.people
    stand_on(app, Ground(config=settings(database.url, folder), database=database, clock=clock))
    workflows.set_up(database.listeners)
    with unit_of_work(database) as session:
        customer = _add_customer(session, people, CUSTOMERS[0], now=clock())
    with serving(app) as address:
        yield Office(address, database, clock, people, Story(database, clock, people, customer))
    database.close()


@dataclass(frozen=True)
class Furniture:
    """What stands in a furnished office, by number."""

    agent: int
    customer: int
    contact: int
    request: int
    drafted_task: int
    offered_task: int
    waiting_request: int
    done_task: int
    overdue: int
    unanswered: int
    unarchived: int
    archived: int
    cancelled: int
    talk: int
    competitor: int
    draft: int


def furnish(office: Office) -> Furniture:
    """Some days of work: customers with contacts, and a case waiting at each step, one finished, one cancelled."""
    people, customers = office.people, [office.story.customer_id]
    with unit_of_work(office.database) as session:
        customers += [_add_customer(session, people, row, now=office.clock()) for row in CUSTOMERS[1:]]
        contacts = [
            create_contact(
                session,
                by=people.manager1,
                now=office.clock(),
                customer_id=customers[0],
                values={"name": name, "position": position, "mobile": mobile, "is_primary": name == CONTACTS[0][0]},
            ).id
            for name, position, mobile in CONTACTS
        ]
    talk, competitor = _speak(office, customers[0], contacts[0])
    archived = _request(office, customers[1], "回零报警", "handle", "feedback", "archive")
    cancelled = _request(office, customers[2], "Question about the maintenance contract")
    with unit_of_work(office.database) as session:
        cancelling.cancel(
            session, by=people.admin, now=office.clock(), instance_id=cancelled.instance_id, reason="重复登记"
        )
    overdue = _request(office, customers[0], "主轴异响", "assign")
    office.clock.move(days=2)
    unanswered = _request(office, customers[3], "询问高速主轴的保养周期与滤芯更换方法", "assign", "handle")
    unarchived = _request(office, customers[4], "备件迟到", "assign", "handle", "feedback")
    office.clock.move(hours=1)
    unassigned = _request(office, customers[5], "请安排年度保养")
    with unit_of_work(office.database) as session:
        draft = Submission(answers={"note": "客户希望周四上午"})
        task = unassigned.task("assign").id
        tasks.save_draft(session, by=people.supervisor, now=office.clock(), task_id=task, submission=draft)
    with unit_of_work(office.database) as session:
        draft_id = open_draft(session, by=people.admin, now=office.clock(), key="service_request").id
    second = _request(office, customers[2], "Spindle makes a noise above 8,000 rpm")
    office.clock.move(minutes=20)
    return Furniture(
        agent=people.agent1.id or 0,
        customer=customers[0],
        contact=contacts[0],
        request=archived.request().id,
        drafted_task=task,
        offered_task=second.task("assign").id,
        waiting_request=second.request().id,
        done_task=_last_task(office, archived),
        overdue=overdue.instance_id,
        unanswered=unanswered.instance_id,
        unarchived=unarchived.instance_id,
        archived=archived.instance_id,
        cancelled=cancelled.instance_id,
        talk=talk,
        competitor=competitor,
        draft=draft_id,
    )


def _speak(office: Office, customer_id: int, contact_id: int) -> tuple[int, int]:
    """An interaction whose next visit is due today, and a competitor that came up in it."""
    now, manager = office.clock(), office.people.manager1
    values = {
        "customer_id": customer_id,
        "contact_id": contact_id,
        "held_at": now,
        "channel": "visit",
        "direction": "out",
        "subject": "二号车间扩产需求",
        "detail": "明年三月前增加两台五轴设备，\n采购部要求年底前报价。",
        "person_id": manager.id,
        "next_visit": now.date(),
    }
    rival = {"name": "华锐数控装备有限公司", "website": "www.huarui.example", "strengths": "价格低，交货快。"}
    with unit_of_work(office.database) as session:
        talk = create_record(INTERACTION, session, by=manager, now=now, values=values)
        competitor = create_record(COMPETITOR, session, by=office.people.marketing, now=now, values=rival)
        return talk.id, competitor.id


def _last_task(office: Office, story: Story) -> int:
    with reading(office.database) as session:
        return queries.tasks_of(session, story.instance_id)[-1].id


def _add_customer(session: Session, people: People, row: tuple[str, str, str, str], *, now: datetime) -> int:
    name, grade, region, stage = row
    values = {
        "name": name,
        "grade": grade,
        "region": region,
        "stage": stage,
        "satisfaction": 4,
        "tags": ["五轴", "年度框架"],
    }
    return create_customer(session, by=people.manager1, now=now, values=values).id


def _request(office: Office, customer: int, summary: str, *steps: str) -> Story:
    """A case of its own, taken as far as these steps; once through the loop back when it is archived."""
    people = office.people
    story = Story(office.database, office.clock, people, customer)
    story.start(people.manager1, **{**REQUEST, "summary": summary})
    office.clock.move(minutes=25)
    if steps:
        story.do(people.supervisor, "assign", assignee_id=str(people.agent1.id), priority="2", note="尽快联系客户")
    if "handle" in steps:
        office.clock.move(hours=1)
        story.do(people.agent1, "handle", handling="远程查看日志，参考点开关接触不良，已寄出备件。")
    if "archive" in steps:
        story.do(people.manager1, "feedback", result="问题仍在", satisfaction=2, customer_words="声音还是很大")
        story.do(people.agent1, "handle", handling="上门更换主轴轴承，试机正常。")
    if "feedback" in steps:
        office.clock.move(hours=1)
        story.do(people.manager1, "feedback", result="客户确认恢复正常", satisfaction=5)
    if "archive" in steps:
        story.do(people.agent2, "archive", note="轴承批次已记录")
    return story
