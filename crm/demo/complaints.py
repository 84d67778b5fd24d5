"""Complaints of the demonstration with the steps that were taken, and what the knowledge base holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.demo.actors import actor_named
from crm.demo.moments import moment
from crm.knowledge.description import ARTICLE
from crm.knowledge.models import Article
from crm.records.operations import create_record


@dataclass(frozen=True)
class DemoComplaint:
    """A complaint `days_ago` days back and what was answered in its steps: (step, days ago, clock, answers), each by whoever holds
    the step then."""

    customer: str
    by: str
    days_ago: int
    clock: str
    answers: Mapping[str, object]
    steps: Sequence[tuple[str, int, str, Mapping[str, object]]] = field(default=())


C = DemoComplaint
COMPLAINTS: Sequence[DemoComplaint] = (
    C("宁波东海模具有限公司", "agent2", 58, "09:05",
      {"subject": "面板升级后刀补参数丢失", "severity": "minor", "channel": "phone", "content": "远程升级面板软件后，两台机床的刀补参数清零，当班停产三小时。", "opinion": "以后升级前必须先备份，并书面告知步骤。"},
      (("investigate", 58, "14:30", {"position": "升级步骤中没有备份提示，责任在我方。", "decision": "当天远程恢复参数；升级程序增加强制备份。", "compensation": "800"}),
       ("carry_out", 57, "11:00", {"done": "参数已恢复并逐台核对，新版升级程序已发布。"}),
       ("call_back", 53, "10:20", {"satisfaction": 5, "customer_words": "处理当天就有结果，新程序确实会先备份。", "article": True}))),
    C("Rheinwerk Automation GmbH", "manager2", 44, "16:10",
      {"subject": "Invoice issued in the wrong currency", "severity": "minor", "channel": "email", "content": "The invoice for the spare parts of September is in CNY; the frame contract says EUR.", "opinion": "A new invoice before the end of the month."},
      (("investigate", 43, "10:00", {"position": "The order was entered with the price list for China.", "decision": "Cancel the invoice and issue it again in EUR.", "compensation": "0"}),
       ("carry_out", 42, "15:40", {"done": "New invoice sent, the old one is cancelled; the customer's price list is fixed."}),
       ("call_back", 39, "16:30", {"satisfaction": 4, "customer_words": "Booked in time, thank you."}))),
    C("广州珠江新材料科技有限公司", "agent1", 37, "13:50",
      {"subject": "培训资料与机型不符", "severity": "minor", "channel": "message", "content": "操作培训发的讲义是上一代面板，学员照着做找不到菜单。", "opinion": "换成对应机型的资料，再讲一次。"},
      (("investigate", 36, "11:20", {"position": "讲师带错讲义，内容相差一代。", "decision": "当天补发电子版讲义。", "compensation": "0"}),
       ("carry_out", 36, "16:00", {"done": "新讲义已发给全部学员。"}),
       ("call_back", 33, "10:10", {"satisfaction": 2, "customer_words": "只发资料不够，学员还是不会用，要求重新讲。"}),
       ("investigate", 32, "15:00", {"position": "客户要求合理，补讲半天。", "decision": "安排原讲师上门补讲，课后逐人确认。", "compensation": "0"}),
       ("carry_out", 29, "17:20", {"done": "补讲半天，十二名学员全部签字确认。"}),
       ("call_back", 26, "09:40", {"satisfaction": 4, "customer_words": "补讲效果好，现在班长都能独立操作。"}))),
    C("青岛海蓝食品机械有限公司", "agent1", 24, "09:20",
      {"subject": "发货少了两箱导轨油", "severity": "minor", "channel": "phone", "content": "到货十八箱，装箱单写二十箱，外包装完好。", "opinion": "补发并说明原因。"},
      (("investigate", 23, "11:00", {"position": "仓库复核录像，确认少装两箱。", "decision": "当天补发，装箱改为双人复核。", "compensation": "0"}),
       ("carry_out", 22, "10:10", {"done": "已补发两箱，随货附说明函。"}),
       ("call_back", 19, "15:30", {"satisfaction": 4, "customer_words": "补得很快。"}))),
    C("温州瓯江阀门集团有限公司", "agent2", 15, "14:05",
      {"subject": "主轴大修后噪声仍偏大", "severity": "serious", "channel": "visit", "content": "大修返厂十天，装机后 6000 转噪声 78 分贝，验收单写的是 72。", "opinion": "重新检测并免费返修，赔偿停机一天的损失。"},
      (("investigate_critical", 14, "16:20", {"position": "检测复核：动平衡达标，皮带轮未按图装配。", "decision": "上门返工，赔偿停机一天。", "compensation": "12000"}),
       ("approve_supervisor", 13, "09:40", {"outcome": "approve", "note": "按一天产值核算，同意。"}),
       ("carry_out", 11, "17:00", {"done": "返工完成，噪声 70 分贝，赔偿已走财务流程。"}))),
    C("Bianchi Macchine S.p.A.", "manager2", 9, "16:45",
      {"subject": "Machine arrived with a bent guard", "severity": "minor", "channel": "email", "content": "The left chip guard was bent when the crate was opened; photographs are with the carrier.", "opinion": "A new guard before commissioning on the 3rd."},
      (("investigate", 8, "10:15", {"position": "The crate was dropped at the port; the carrier admits it.", "decision": "Send a new guard by air; claim the cost from the carrier.", "compensation": "650"}),)),
    C("佛山南海铝业装备有限公司", "agent1", 4, "10:30",
      {"subject": "工程师迟到半天未提前告知", "severity": "minor", "channel": "phone", "content": "约定周三上午九点到厂，下午两点才到，电话无人接听。", "opinion": "希望以后能提前通知，并有人道歉。"}),
    C("东莞松山湖机器人有限公司", "agent2", 2, "11:10",
      {"subject": "控制柜过热两次停机", "severity": "critical", "channel": "message", "content": "本周控制柜温度报警两次，产线各停四十分钟，客户要求当天给出原因。", "opinion": "派专家驻厂，直到稳定运行一周。"}),
)  # fmt: skip
ARTICLES: Sequence[tuple[str, str, Sequence[str], str]] = (
    ("主轴异响的排查顺序", "product", ("主轴", "异响"), "一、空转分段升速，记录异响出现的转速。\n二、查皮带轮装配与张紧。\n三、测振动频谱，区分轴承与动平衡。\n四、超过 8000 转仍有异响，先停机，申请上门检测。"),
    ("控制柜过热报警怎么办", "product", ("电气", "温度"), "先看滤网与风扇，再测进线电压；环境温度高于 40 度时加装柜式空调。连续两次报警必须当天上门。"),
    ("到货短缺或损坏的处理", "complaint", ("发货", "赔偿"), "保留外包装与照片，当天登记投诉；短缺先补发后追责，损坏由承运人赔付的，由合同部出具索赔函。"),
    ("How to speak with a customer after a breakdown", "service", ("words",), "Say what happened, what we do now and when they hear from us next. Never promise a time that the engineer has not confirmed."),
    ("软件升级前必须备份参数", "product", ("软件", "备份"), "一、升级前导出刀补、螺补和 PLC 参数，存到客户指定的目录。\n二、让客户当班负责人在升级单上签字。\n三、升级后逐台核对关键参数，再恢复生产。"),
    ("Profinet 通信中断的检查清单", "product", ("电气", "通信"), "一、看交换机日志与固件版本，4.2 以下先升级。\n二、查屏蔽层接地与水晶头。\n三、连续监测 24 小时，记录中断时刻与设备动作。"),
    ("发票开错后怎样补救", "complaint", ("发票",), "先核对客户档案里的税号与币种，当天作废重开；跨月的附情况说明，由财务致电对方会计确认抵扣月份。"),
    ("Remote support for customers abroad", "service", ("remote", "export"), "Agree on a time in the customer's zone, ask for the log files first, and send a summary in writing on the same day. Spare parts go by air when a line stands still."),
    ("工程师上门前的三个电话", "service", ("上门",), "前一天确认到厂时间与联系人，出发时告知，迟到半小时以上提前说明并道歉。"),
)  # fmt: skip


def seed_articles(session: Session, now: datetime) -> None:
    """What colleagues wrote down. Nothing happens where articles exist already."""
    if session.scalar(select(Article.id).limit(1)) is not None:
        return
    writers = [actor_named(session, name) for name in ("agent1", "agent2")]
    for number, (title, category, tags, body) in enumerate(ARTICLES):
        values = {"title": title, "category": category, "tags": list(tags), "body": body, "published": True}
        by = writers[number % 2]
        create_record(ARTICLE, session, by=by, now=moment(now, 150 - 16 * number, "16:40"), values=values)
