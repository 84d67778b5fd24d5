"""What was said with the customers of the demonstration, and who else offers what the machine builder offers.

Written by the operations at times of the past; some next visits fall on today.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.queries import actor_for
from crm.competitors.description import COMPETITOR
from crm.competitors.models import Competitor
from crm.customers.models import Contact, Customer
from crm.demo.actors import actor_named
from crm.demo.moments import ZONE, moment
from crm.interactions.description import INTERACTION
from crm.interactions.models import Interaction
from crm.records.operations import create_record


@dataclass(frozen=True)
class DemoTalk:
    """An interaction `days_ago` days back; `next_in` days from today the next visit is due."""

    customer: str
    days_ago: int
    clock: str
    channel: str
    subject: str
    detail: str
    next_in: int | None = None
    direction: str = "out"
    place: str | None = None


T = DemoTalk
TALKS: Sequence[DemoTalk] = (
    T("苏州恒力精密机械有限公司", 26, "09:40", "visit", "五轴加工中心扩产需求", "二号车间计划明年三月前增加两台五轴设备，采购部要求年底前报价。", 0, place="苏州工业园区，客户二号车间"),
    T("上海浦江汽车零部件股份有限公司", 19, "14:10", "visit", "季度质量例会", "主轴温升问题已关闭；客户希望下季度把备件响应缩短到 24 小时。", 0, place="客户会议室 302"),
    T("北京中科智测科技有限公司", 12, "10:25", "phone", "检测台架方案确认", "技术部认可第三版方案，等财务批准预算。", 5),
    T("无锡太湖轴承有限公司", 9, "15:30", "message", "年度框架续签意向", "客户在微信上确认继续签年度框架，数量比去年多一成。", 3, direction="in"),
    T("宁波东海模具有限公司", 8, "11:05", "visit", "新模具车间参观", "随总经理看了新车间，对我方门式加工中心感兴趣，也在看大隈的报价。", 0, place="宁波北仑"),
    T("沈阳北方重工配套有限公司", 40, "16:00", "phone", "了解停单原因", "新采购负责人认为价格偏高，愿意见面谈一次。", -12),
    T("杭州云栖智能制造研究院", 5, "09:15", "email", "示范线合作备忘录", "已按对方意见修改第二条，等待盖章。", 10),
    T("济南泉城电力设备有限公司", 3, "13:45", "visit", "验收前的现场检查", "地基与供电均已就绪，安装队下周一进场。", 4, place="济南高新区"),
    T("青岛海蓝食品机械有限公司", 2, "10:50", "phone", "备件报价跟进", "客户同意报价，下午发合同。"),
    T("Rheinwerk Automation GmbH", 21, "15:00", "visit", "Audit of the Stuttgart line", "Mr Brandt showed us line 3. Two spindles are due for replacement in spring; they want one supplier for all of Europe.", 0, place="Stuttgart, Industriestraße 14"),
    T("Bianchi Macchine S.p.A.", 15, "16:20", "email", "Request for a second machining centre", "Giulia Conti asks for the same configuration as last year with the longer table.", 6, direction="in"),
    T("Tanaka Seiki Co., Ltd.", 11, "11:00", "visit", "Plant visit in Toyota", "Met the maintenance team. They praise the documentation and ask for a Japanese manual.", 18, place="Toyota, Aichi"),
    T("Whitfield Precision Ltd", 7, "17:10", "phone", "Delivery date for the tool changer", "Promised an answer on freight by Friday.", -3),
    T("深圳启航电子有限公司", 14, "09:30", "visit", "3C 产线节拍测试", "现场测试节拍 11.8 秒，客户目标 11 秒，需要改夹具。", 0, place="深圳南山科技园"),
    T("西安秦风航空零件有限公司", 10, "14:35", "visit", "航空件试切", "试切件尺寸全部合格，客户安排下月评审。", 8, place="西安阎良"),
    T("长沙湘江工程机械有限公司", 6, "10:10", "phone", "大型龙门项目进度", "集团预算已批，三家入围，我方排第二。", 2),
    T("成都天府医疗器械有限公司", 4, "15:40", "message", "医疗认证资料", "已发洁净车间认证资料，对方确认收到。", direction="in"),
    T("广州珠江新材料科技有限公司", 1, "11:20", "phone", "售后满意度回访", "设备运行稳定，希望安排一次操作员培训。", 9),
)  # fmt: skip

# Name, website, products, strengths, weaknesses.
COMPETITORS: Sequence[tuple[str, str, str, str, str]] = (
    ("华锐数控装备有限公司", "https://www.huarui-cnc.example", "五轴加工中心、数控车床", "价格低一成半，交货快，华东服务网点多。", "主轴精度保持性差，两年后返修多；没有海外服务。"),
    ("北方重型机床集团", "https://www.bfzx.example", "龙门加工中心、落地镗铣床", "大型设备经验丰富，国企客户关系深。", "交货期长，软件老旧，改型要价高。"),
    ("Okada Machine Works", "https://www.okada.example", "Five-axis centres, automation cells", "Precision and reputation; strong in aerospace and medical.", "About a third dearer; spare parts take weeks in inland China."),
    ("Steinbach Werkzeugmaschinen AG", "https://www.steinbach.example", "Grinding and milling centres", "Excellent after-sales service in Europe, long warranty.", "No office in South China; configurations are rigid."),
    ("台湾协丰精机", "https://www.xiefeng.example", "立式加工中心、刀库", "性价比好，配件通用，学校与中小企业多。", "高端机型少，自动化集成要靠第三方。"),
    ("浙江速捷自动化有限公司", "https://www.sujie.example", "上下料机器人、柔性线", "自动化方案灵活，演示效果好。", "本体外购，核心问题推给供应商。"),
)  # fmt: skip


def seed_interactions(session: Session, now: datetime) -> None:
    """Interactions and competitors. Nothing happens where there are some already."""
    if session.scalar(select(Interaction.id).limit(1)) is None:
        for talk in sorted(TALKS, key=lambda each: -each.days_ago):
            _talk(session, talk, now)
    if session.scalar(select(Competitor.id).limit(1)) is None:
        marketing = actor_named(session, "marketing")
        for number, (name, website, products, strengths, weaknesses) in enumerate(COMPETITORS):
            values = {
                "name": name,
                "website": website,
                "products": products,
                "strengths": strengths,
                "weaknesses": weaknesses,
            }
            at = moment(now, 120 - 9 * number, "09:50", minutes=number)
            create_record(COMPETITOR, session, by=marketing, now=at, values=values)


def _talk(session: Session, talk: DemoTalk, now: datetime) -> None:
    customer = session.scalars(select(Customer).where(Customer.name == talk.customer)).one()
    contact_id = session.scalar(
        select(Contact.id).where(Contact.customer_id == customer.id).order_by(Contact.is_primary.desc(), Contact.id)
    )
    held_at = moment(now, talk.days_ago, talk.clock)
    today = now.astimezone(ZONE).date()
    create_record(
        INTERACTION,
        session,
        by=actor_for(session, customer.owner_id or 0),
        now=min(held_at + timedelta(minutes=45), now),
        values={
            "customer_id": customer.id,
            "contact_id": contact_id,
            "held_at": held_at,
            "channel": talk.channel,
            "direction": talk.direction,
            "place": talk.place,
            "subject": talk.subject,
            "detail": talk.detail,
            "person_id": customer.owner_id,
            "next_visit": None if talk.next_in is None else today + timedelta(days=talk.next_in),
        },
    )
