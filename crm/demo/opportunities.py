"""The opportunities of the demonstration: who might buy what, and how far each has come with which answers.

Times are days before now and an hour in Shanghai (see `moments.py`), planned days count from today. The answers have the names
of the process's forms; `manager` and `competitor` name somebody where the form wants a number, and so do `results` their step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from crm.demo.requests import DemoStep

HAND_OVER = "hand_over"


@dataclass(frozen=True)
class DemoSale:
    """An opportunity as it was found, and the steps taken since. `customer` is one of ours, else `prospect` is none yet."""

    summary: str
    by: str
    days_ago: int
    clock: str
    amount: int
    chance: int
    closes_in: int
    description: str
    customer: str | None = None
    prospect: str | None = None
    contact: str | None = None
    phone: str | None = None
    source: str = "visit"
    steps: Sequence[DemoStep] = field(default=())


def _agree(task: str, by: str, days_ago: int, clock: str, note: str = "") -> DemoStep:
    return DemoStep(task, by, days_ago, clock, {"decision": "agree", "note": note})


def _reject(task: str, by: str, days_ago: int, clock: str, reason: str) -> DemoStep:
    return DemoStep(task, by, days_ago, clock, {"decision": "reject", "reason": reason})


def _assign(days_ago: int, clock: str, manager: str, note: str = "") -> DemoStep:
    return DemoStep("assign", "supervisor", days_ago, clock, {"manager": manager, "note": note})


def _go_on(
    by: str,
    days_ago: int,
    clock: str,
    chance: int,
    plan: Sequence[tuple[int, str]] = (),
    results: Mapping[str, str] | None = None,
) -> DemoStep:
    answers = {"outcome": "goes_on", "chance": chance, "plan": plan, "results": results or {}}
    return DemoStep("develop", by, days_ago, clock, answers)


def _end(by: str, days_ago: int, clock: str, **answers: object) -> DemoStep:
    return DemoStep("develop", by, days_ago, clock, answers)


S = DemoSale
SALES: Sequence[DemoSale] = (
    S("数控车床更新八台", "manager1", 58, "10:10", 960_000, 70, -6, "一号线车床使用满十年，设备部要求今年换完。", customer="上海浦江汽车零部件股份有限公司", contact="秦工", phone="021-5550 3316", steps=(
        _agree("approve_executive", "executive", 57, "15:20", "战略客户，价格可到九五折。"),
        _assign(57, "16:40", "manager1"),
        _go_on("manager1", 56, "09:30", 75, ((-50, "带技术部做产能测算"), (-38, "提交报价和替换计划"))),
        _go_on("manager1", 49, "17:10", 80, (), {"带技术部做产能测算": "八台可替代原十一台，客户生产总监认可。"}),
        _end("manager1", 20, "11:05", outcome="won", results={"提交报价和替换计划": "九六折成交，分两批交付。"}, closing_words="替换计划让客户不停产，是赢单的关键。"))),
    S("叶片五轴加工中心三台", "manager2", 55, "10:35", 890_000, 45, -8, "叶片车间扩产，技术部偏好日系机床。", customer="西安秦风航空零件有限公司", steps=(
        _agree("approve_executive", "executive", 54, "10:20"),
        _assign(54, "11:00", "manager2"),
        _go_on("manager2", 53, "15:30", 50, ((-45, "带样件试切"), (-34, "提交分期报价"))),
        _go_on("manager2", 44, "18:00", 45, (), {"带样件试切": "精度达标，节拍慢百分之八。"}),
        _end("manager2", 31, "16:20", outcome="lost", failure_reason="competitor", competitor="Okada Machine Works", results={"提交分期报价": "价格有优势，但评审组看重航空业绩。"}, closing_words="对手有三家同类用户。先做标杆用户，再谈叶片。"))),
    S("落地镗床大修", "manager1", 51, "09:40", 680_000, 35, -3, "两台镗床精度超差，客户在比较大修和换新。", customer="沈阳北方重工配套有限公司", steps=(
        _agree("approve_executive", "executive", 50, "11:00"),
        _assign(49, "09:20", "manager1", "有流失风险的客户，先修复关系。"),
        _go_on("manager1", 48, "16:00", 40, ((-41, "现场检测两台镗床"),)),
        _go_on("manager1", 40, "18:20", 30, (), {"现场检测两台镗床": "主轴磨损严重，大修费用接近新机六成。"}),
        _end("manager1", 28, "14:45", outcome="lost", failure_reason="competitor", competitor="北方重型机床集团", closing_words="对手以旧换新，且总部有十年合作。下次要更早见到设备副总。"))),
    S("自动上下料改造", "manager2", 46, "14:20", 150_000, 50, 4, "现有四台机床想加机械手。", customer="广州珠江新材料科技有限公司", source="referral", steps=(
        _agree("approve_supervisor", "supervisor", 46, "16:30"),
        _assign(45, "09:10", "manager2"),
        _go_on("manager2", 44, "10:00", 55, ((-36, "机械手方案演示"),)),
        _end("manager2", 30, "15:30", outcome="lost", failure_reason="budget", results={"机械手方案演示": "客户认可方案，但年度预算被集团冻结。"}, closing_words="明年一季度预算下达后再联系。"))),
    S("Robot cell for deburring", "manager2", 42, "15:40", 95_000, 60, -2, "They saw our cell at the fair in Stuttgart and want one like it for aluminium housings.", prospect="Nordlicht Robotics GmbH", contact="Anna Petersen", phone="+49 40 555 0177", source="fair", steps=(
        _assign(41, "10:15", "manager2"),
        _go_on("manager2", 40, "16:30", 65, ((-33, "Video call with the plant manager"), (-24, "Trial with their parts"))),
        _go_on("manager2", 23, "17:50", 85, (), {"Video call with the plant manager": "They need 40 seconds a part; we reach 36.", "Trial with their parts": "All 50 parts within tolerance."}),
        _end("manager2", 12, "16:10", outcome="won", closing_words="The trial with their own parts decided it."))),
    S("门式加工中心两台", "manager1", 34, "11:20", 1_860_000, 55, 45, "总经理带看了新模具车间，也在看大隈的报价。", customer="宁波东海模具有限公司", steps=(
        _agree("approve_executive", "executive", 33, "09:50", "注意与华锐的价差。"),
        _assign(33, "10:30", "manager1"),
        _go_on("manager1", 32, "14:00", 60, ((-25, "车间地基与行车勘察"), (-9, "提交技术方案与报价"), (3, "邀请总经理参观标杆用户"))),
        _go_on("manager1", 24, "17:30", 60, (), {"车间地基与行车勘察": "地基可承重，行车需加高 80 厘米。"}),
        _go_on("manager1", 8, "16:45", 65, ((12, "合同条款沟通"),), {"提交技术方案与报价": "方案认可，价格还差百分之四。"}))),
    S("3C 产线十二台高速钻攻", "manager2", 29, "09:15", 3_600_000, 50, 60, "节拍目标 11 秒，改夹具后可达到。客户希望分期付款。", customer="深圳启航电子有限公司", contact="彭家豪", phone="138 0000 1184", steps=(
        _agree("countersign", "supervisor", 28, "10:20", "夹具方案已与技术部确认。"),
        _agree("countersign", "executive", 28, "14:30", "首付不低于四成。"),
        _assign(27, "09:05", "manager2"),
        _go_on("manager2", 26, "11:00", 55, ((-18, "夹具改造后复测节拍"), (-2, "与财务总监谈付款方式"), (9, "总部工厂参观"))),
        _go_on("manager2", 17, "18:05", 60, (), {"夹具改造后复测节拍": "实测 10.8 秒，达到目标。"}))),
    S("立体库加工单元", "manager1", 24, "13:30", 350_000, 40, 70, "新立体库需要两个配套加工单元。", customer="天津滨海物流装备有限公司", source="website", steps=(
        _agree("approve_supervisor", "supervisor", 23, "09:35"),
        _assign(23, "09:40", "manager1"),
        _go_on("manager1", 22, "15:15", 45, ((-15, "初次拜访设备部"),)),
        _go_on("manager1", 14, "17:00", 45, (), {"初次拜访设备部": "设备部同意试用一台，希望由有物流行业经验的经理对接。"}),
        DemoStep(HAND_OVER, "supervisor", 10, "10:00", {"manager": "manager2", "note": "张伟做过两个物流行业项目。"}),
        _go_on("manager2", 9, "14:20", 50, ((2, "带试用方案上门"),)))),
    S("Tool changer upgrade", "manager2", 19, "16:10", 130_000, 30, 90, "They ask for a faster tool changer on two old machines.", customer="Whitfield Precision Ltd", steps=(
        _reject("approve_supervisor", "supervisor", 18, "10:50", "The machines are out of support; an upgrade would lose money."),
        DemoStep("rework", "manager2", 17, "15:25", {"outcome": "give_up", "reason": "Agreed. I shall offer new machines next year."}))),
    S("示范线二期改造", "manager1", 11, "09:25", 420_000, 45, 80, "示范线要增加检测工位。", customer="杭州云栖智能制造研究院", source="referral", steps=(
        _reject("approve_supervisor", "supervisor", 9, "11:15", "检测工位不是我们的产品，请与合作伙伴拆分报价后再提交。"),)),
    S("展会线索：教学铣床六台", "marketing", 7, "16:15", 180_000, 30, 100, "职教展上登记，学校计划明年更新实训设备。", prospect="昆山花桥职业学校", source="fair", contact="周主任", phone="0512-5555 7702", steps=(
        _reject("approve_supervisor", "supervisor", 6, "09:20", "请先确认采购时间和预算来源，再提交。"),)),
    S("航空结构件五轴线", "supervisor", 6, "10:40", 5_200_000, 35, 150, "试切件全部合格，客户下月评审供应商。", customer="西安秦风航空零件有限公司", steps=(
        _agree("countersign", "executive", 5, "16:20", "重点项目，技术总监参与。"),)),
    S("Second machining centre", "manager2", 4, "17:05", 1_250_000, 60, 75, "Same configuration as last year, with the longer table.", customer="Bianchi Macchine S.p.A.", contact="Giulia Conti"),
    S("精密仪器底座加工", "marketing", 2, "11:30", 260_000, 40, 60, "展会上留下名片，需要三台小型立加。", prospect="合肥量子精密仪器有限公司", contact="罗博士", phone="0551-5555 6021", source="fair"),
    S("轴承套圈车削单元", "manager1", 1, "15:50", 88_000, 65, 30, "老客户介绍，想先上一个单元试用。", prospect="常州天宁轴承配件有限公司", contact="蒋厂长", phone="0519-5555 3308", source="referral"),
)  # fmt: skip
