"""What the people of the demonstration say and pass on to each other about its cases: comments, copies, urging, advice, drafts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.demo.moments import moment
from crm.permissions import Actor
from workflows.models import ProcessInstance, Task, TaskStatus
from workflows.operations import tasks
from workflows.task_forms import Submission
from workflows.verbs import handing, telling

Person = Callable[[str], Actor]


@dataclass(frozen=True)
class DemoWord:
    """What somebody does at an open task of the case whose title ends like this, `days_ago` days back: `act` is one of
    say, show, urge, ask, claim and keep, with its words, to whom (user names), and what a draft holds."""

    case: str
    task: str
    by: str
    days_ago: int
    clock: str
    act: str
    words: str = ""
    to: Sequence[str] = ()
    draft: Mapping[str, str] = field(default_factory=dict)


W = DemoWord
WORDS: Sequence[DemoWord] = (
    W("门式加工中心两台", "develop", "manager1", 5, "10:20", "show", "合同部请先看付款条款；市场部请准备标杆用户参观。", ("contracts", "marketing")),
    W("航空结构件五轴线", "countersign", "executive", 4, "09:20", "say", "@supervisor 技术总监下周三可以同去客户现场，请先把评审要求理清。"),
    W("主轴大修后噪声仍偏大", "call_back", "supervisor", 3, "11:30", "show", "赔偿一万二，已按停机一天核算，请知悉。", ("executive", "contracts")),
    W("门式加工中心两台", "develop", "supervisor", 3, "17:10", "say", "@manager1 百分之四的价差可以用两年备件包补，改报价前来找我。"),
    W("门式加工中心两台", "develop", "manager1", 2, "08:50", "say", "好的，备件包方案今天发您。客户总经理定了周三去参观。"),
    W("3C 产线十二台高速钻攻", "develop", "manager2", 2, "09:30", "ask", "客户要求分三期付款，请看条款风险和保函怎么写。", ("contracts",)),
    W("保养工程师未按约定到厂", "handle", "supervisor", 1, "09:10", "say", "@agent2 客户下午两点前要答复，请先电话致歉，再约时间。"),
    W("保养工程师未按约定到厂", "handle", "agent2", 1, "09:40", "say", "@supervisor 已致歉，工程师明早第一班到厂，客户接受。"),
    W("保养工程师未按约定到厂", "handle", "supervisor", 1, "10:05", "show", "同一客户第二次投诉，请知悉。", ("executive", "manager1")),
    W("控制柜过热两次停机", "investigate_critical", "agent2", 1, "15:20", "say", "现场温度曲线已收到：环境 41 度，柜内 58 度，滤网堵塞严重。@supervisor"),
    W("Second machining centre", "approve_executive", "executive", 1, "18:05", "claim"),
    W("新模具试模三次不合格", "assign", "manager2", 0, "09:00", "urge", "客户总经理在问，今天必须定人到现场。"),
    W("Servo alarm after power cut", "handle", "manager2", 0, "09:40", "urge", "Their line stands still; please call Mr Minh this morning."),
    W("自动门打不开", "handle", "agent1", 0, "10:30", "say", "@agent2 客户刚来电，下午三点发货，请先教他们手动开门的办法。"),
    W("询问不锈钢防护罩的交货期", "handle", "agent1", 0, "14:00", "keep", draft={"handling": "已问仓库：304 不锈钢板有现货，加工周期十天，报价待设计部确认。"}),
)  # fmt: skip


def acts(session: Session, person: Person, now: datetime) -> Iterable[tuple[datetime, Callable[[], object]]]:
    """Everything that is said and passed on, each with its time."""
    for word in WORDS:
        at = moment(now, word.days_ago, word.clock)
        yield at, partial(_do, session, word, person, at=at)


def _do(session: Session, word: DemoWord, person: Person, *, at: datetime) -> None:
    task_id = session.scalars(
        select(Task.id)
        .join(ProcessInstance, ProcessInstance.id == Task.instance_id)
        .where(ProcessInstance.title.endswith(word.case), Task.node_id == word.task, Task.status == TaskStatus.OPEN)
    ).first()
    if task_id is None:
        raise LookupError(f"no step {word.task} of “{word.case}” is open for what {word.by} does there")
    by = person(word.by)
    people = [person(name).id or 0 for name in word.to]
    match word.act:
        case "say":
            telling.comment(session, by=by, now=at, task_id=task_id, body=word.words)
        case "show":
            telling.copy(session, by=by, now=at, task_id=task_id, user_ids=people, note=word.words)
        case "urge":
            telling.urge(session, by=by, now=at, task_id=task_id, note=word.words)
        case "ask":
            handing.delegate(session, by=by, now=at, task_id=task_id, user_id=people[0], note=word.words)
        case "claim":
            tasks.claim(session, by=by, now=at, task_id=task_id)
        case "keep":
            tasks.save_draft(session, by=by, now=at, task_id=task_id, submission=Submission(answers=dict(word.draft)))
