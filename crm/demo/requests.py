"""The service requests of the demonstration: who asked for what, and how far each has come with which answers.

Times are days before now and an hour in Shanghai (see `moments.py`). Steps are taken in order by the person named; the
answers have the names of the process's forms, only that `assignee` names a user where the form wants `assignee_id`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class DemoStep:
    """A step that somebody took: `task` is the id of the user task in the diagram."""

    task: str
    by: str
    days_ago: int
    clock: str
    answers: Mapping[str, object]


@dataclass(frozen=True)
class DemoRequest:
    """A request as it was opened, and the steps taken since."""

    customer: str
    type: str
    summary: str
    request: str
    by: str
    days_ago: int
    clock: str
    channel: str = "phone"
    priority: int = 1
    steps: Sequence[DemoStep] = field(default=())


def _assign(days_ago: int, clock: str, assignee: str, priority: int = 1, note: str = "") -> DemoStep:
    return DemoStep(
        "assign", "supervisor", days_ago, clock, {"assignee": assignee, "priority": str(priority), "note": note}
    )


def _handle(days_ago: int, clock: str, by: str, handling: str) -> DemoStep:
    return DemoStep("handle", by, days_ago, clock, {"handling": handling})


def _feedback(days_ago: int, clock: str, by: str, result: str, satisfaction: int, words: str = "") -> DemoStep:
    answers: dict[str, object] = {"result": result, "satisfaction": satisfaction}
    # The form asks for the customer's words only where the customer is not satisfied.
    if satisfaction < 3:
        answers["customer_words"] = words
    return DemoStep("feedback", by, days_ago, clock, answers)


def _archive(days_ago: int, clock: str, by: str, note: str = "") -> DemoStep:
    return DemoStep("archive", by, days_ago, clock, {"note": note})


def demo_requests() -> tuple[DemoRequest, ...]:
    """All requests of the demonstration, the oldest first."""
    return REQUESTS


R = DemoRequest
REQUESTS: tuple[DemoRequest, ...] = (
    R("上海浦江汽车零部件股份有限公司", "repair", "VMC-1160 三轴回零报警", "开机回零时 Z 轴报警 4021，重启后偶尔恢复。生产线每天停两次，请尽快安排工程师。", "agent1", 29, "09:12", priority=2, steps=(
        _assign(29, "09:40", "agent2", 2, "战略客户，今天内联系。"),
        _handle(29, "14:30", "agent2", "远程查看日志，Z 轴参考点开关接触不良。当天寄出备件，次日上午指导客户更换，连续回零 50 次正常。"),
        _feedback(27, "10:05", "agent1", "更换后运行两天无报警，客户恢复三班生产。", 5),
        _archive(27, "11:20", "agent1"))),
    R("深圳启航电子有限公司", "enquiry", "询问高速主轴的保养周期", "24,000 转主轴的油气润滑多久需要更换一次滤芯？保养手册里没有写。", "agent2", 28, "10:26", "email", steps=(
        _assign(28, "11:02", "agent1"),
        _handle(28, "15:45", "agent1", "已发送主轴保养手册第 4 版：滤芯每 2,000 小时或 6 个月更换，以先到为准。"),
        _feedback(27, "09:30", "agent2", "客户收到手册，已列入保养计划。", 5),
        _archive(26, "16:10", "agent2"))),
    R("沈阳北方重工配套有限公司", "complaint", "备件迟到两周，对方要求说明", "订购的伺服电机承诺一周到货，实际用了三周。设备停机，客户要求书面说明和补偿。", "manager1", 27, "08:50", priority=3, steps=(
        _assign(27, "09:15", "agent2", 3, "有流失风险的客户，先打电话道歉。"),
        _handle(27, "13:40", "agent2", "查明原因是供应商缺货而未及时通知。已致电道歉，发出书面说明，建议免收本次运费。"),
        _feedback(26, "10:00", "manager1", "客户收到说明，但认为免运费不足以补偿停机损失。", 2, "停机两周的损失不是一点运费能补的，希望给出像样的方案。"),
        _handle(26, "15:30", "agent2", "与销售主管商定：赠送一年备件优先供应和一次免费保养，已书面确认。"),
        _feedback(25, "11:10", "manager1", "客户接受方案，保养定在下月。", 3),
        _archive(24, "09:20", "agent2", "备件承诺期以后按两周报。"))),
    R("Rheinwerk Automation GmbH", "repair", "Tool changer stops at position 12", "The tool changer of VMC-850 stops at position 12 about once per shift. Alarm 7013, sometimes 7015. Log files are attached to the mail.", "manager2", 26, "16:20", "email", 2, (
        _assign(26, "16:45", "agent1", 2),
        _handle(25, "10:15", "agent1", "Proximity switch B12 was out of adjustment. Sent drawing and video; the customer's maintenance set the gap to 0.8 mm. 300 changes without alarm."),
        _feedback(23, "15:00", "manager2", "No alarm for two days, production is satisfied.", 4),
        _archive(23, "15:30", "agent1"))),
    R("宁波东海模具有限公司", "suggestion", "希望在面板上显示刀具寿命", "操作工换班时看不到剩余刀具寿命，建议在主界面增加一栏。", "agent1", 25, "13:30", "message", 0, (
        _assign(25, "14:00", "agent2", 0),
        _handle(24, "10:40", "agent2", "已转产品部，下一版面板软件（三月）包含刀具寿命栏，客户可参加试用。"),
        _feedback(22, "09:45", "agent1", "客户愿意参加试用。", 5),
        _archive(22, "10:00", "agent2"))),
    R("成都天府医疗器械有限公司", "enquiry", "医疗认证需要的设备文件", "五月将接受 GMP 复审，需要两台设备的 IQ/OQ 文件模板和校准证书。", "agent2", 24, "09:05", steps=(
        _assign(24, "09:50", "agent1"),
        _handle(24, "16:30", "agent1", "已寄出两台设备的校准证书原件，并发送 IQ/OQ 模板电子版。"),
        _feedback(21, "11:00", "agent2", "文件齐全，审核员预审无意见。", 5),
        _archive(21, "14:00", "agent1"))),
    R("广州珠江新材料科技有限公司", "repair", "冷却液泵压力不足", "冷却液压力从 7 MPa 降到 4 MPa，清洗过滤器后没有改善。", "agent1", 22, "10:10", steps=(
        _assign(22, "10:30", "agent2"),
        _handle(22, "17:20", "agent2", "指导客户检查溢流阀，弹簧断裂。已发新阀，预计两天到。"),
        _feedback(19, "09:20", "agent1", "新阀装好后压力恢复到 7 MPa。", 4),
        _archive(19, "10:00", "agent2"))),
    R("苏州恒力精密机械有限公司", "repair", "CNC-850 主轴高速时异响", "主轴转速超过 8,000 转时有金属异响，振动值 3.2 mm/s，已降速使用。", "agent2", 21, "08:40", priority=2, steps=(
        _assign(21, "09:05", "agent1", 2, "框架客户，带上振动仪。"),
        _handle(21, "15:50", "agent1", "到现场测量，前轴承损坏。更换整套轴承并重新做动平衡，振动值 0.6 mm/s。"),
        _feedback(18, "14:30", "agent2", "满负荷运行三天正常。", 5),
        _archive(18, "15:00", "agent1", "建议六个月后复测振动。"))),
    R("重庆山城摩托配件有限公司", "complaint", "培训老师没有按时到", "约定周一上午的操作培训，老师下午才到，工人等了半天。", "manager2", 20, "11:15", priority=2, steps=(
        _assign(20, "11:40", "agent2", 2),
        _handle(20, "16:05", "agent2", "航班延误而没有通知客户。已道歉，免费增加半天培训，并改了出差通知流程。"),
        _feedback(18, "10:20", "manager2", "补课顺利，客户不再追究。", 3),
        _archive(17, "09:10", "agent2"))),
    R("Bianchi Macchine S.p.A.", "enquiry", "Retrofit of an older control", "We have a VMC-650 from 2014. Can the control be upgraded to the present version, and what would it cost including commissioning in Modena?", "manager2", 19, "17:05", "email", steps=(
        _assign(18, "09:30", "agent1"),
        _handle(17, "16:40", "agent1", "Upgrade kit RK-14 fits. Sent the offer: kit, two days of commissioning, travel. Lead time six weeks."),
        _feedback(15, "16:00", "manager2", "Customer will decide after the fair in March.", 4),
        _archive(15, "16:20", "agent1"))),
    R("武汉长江光电设备厂", "repair", "砂轮电机温度报警", "平面磨床磨削半小时后砂轮电机温度报警，停机冷却后可以继续。", "agent1", 17, "09:25", steps=(
        _assign(17, "10:00", "agent2"),
        _handle(17, "17:45", "agent2", "电机风扇滤网被油泥堵塞，指导清洗后温升恢复正常。建议每周检查一次。"),
        _feedback(15, "10:10", "agent1", "连续磨削四小时没有报警。", 4),
        _archive(14, "09:00", "agent1"))),
    R("天津滨海物流装备有限公司", "enquiry", "询问备件库的最低订货量", "想在天津建一个小备件库，请给出推荐清单和最低订货量。", "agent2", 16, "14:20", "website", steps=(
        _assign(16, "15:00", "manager1", 1, "可能有年度协议，请客户经理跟进。"),
        _handle(14, "11:30", "manager1", "已提供 A、B 两档推荐清单，A 档无最低订货量，B 档 5 万元起。"),
        _feedback(13, "10:00", "agent2", "客户选择 A 档，下月下单。", 4),
        _archive(13, "10:30", "agent2"))),
    R("长沙湘江工程机械有限公司", "repair", "龙门铣横梁润滑报警", "横梁润滑压力低报警，每两小时出现一次，人工补油后可以继续。", "agent1", 14, "08:35", priority=2, steps=(
        _assign(14, "09:00", "agent2", 2),
        _handle(14, "14:15", "agent2", "分配器 3 号出口堵塞，清洗后压力正常。更换滤芯。"),
        _feedback(12, "15:10", "agent1", "两天没有报警。", 5),
        _archive(12, "15:40", "agent2"))),
    R("青岛海蓝食品机械有限公司", "suggestion", "防护门观察窗太小", "操作工希望观察窗加大，方便看排屑。", "agent2", 13, "10:45", "visit", 0, (
        _assign(13, "11:30", "agent1", 0),
        _handle(11, "16:00", "agent1", "与设计部确认：可提供加大观察窗的改装门，报价已发。"),
        _feedback(9, "09:50", "agent2", "客户认为价格偏高，暂不改装，但感谢答复。", 3),
        _archive(9, "10:10", "agent1"))),
    R("Whitfield Precision Ltd", "complaint", "Documentation only in Chinese", "The manuals delivered with the new lathe are in Chinese only. Our operators cannot use them and the safety officer has stopped the machine.", "manager2", 12, "17:10", "email", 3, (
        _assign(12, "17:25", "agent1", 3),
        _handle(11, "10:30", "agent1", "Sent the English manuals as PDF the same evening, printed copies by courier. Added the language to the delivery check list."),
        _feedback(8, "17:00", "manager2", "Machine is running, printed copies arrived.", 4),
        _archive(7, "10:00", "agent1"))),
    R("西安秦风航空零件有限公司", "repair", "五轴转台定位误差超差", "A 轴重复定位误差 12 角秒，要求 5 角秒以内。零件是航空件，不能降级使用。", "agent2", 10, "09:00", priority=3, steps=(
        _assign(10, "09:20", "agent1", 3, "航空件，请带激光干涉仪。"),
        _handle(9, "18:10", "agent1", "重新补偿后误差 8 角秒，转台间隙正常。"),
        _feedback(8, "09:40", "agent2", "误差仍超差，客户要求继续处理。", 2, "8 角秒还是超差，今天下午还有一批零件等着加工。"),
        _handle(7, "17:30", "agent1", "更换 A 轴编码器并重新标定，误差 3.5 角秒，出具检测报告。"),
        _feedback(6, "10:15", "agent2", "检测报告通过，首件合格。", 4),
        _archive(5, "09:30", "agent2", "同批次编码器列入观察。"))),
    R("无锡太湖轴承有限公司", "enquiry", "询问磨床改造方案", "两台 2012 年的外圆磨床想加自动上下料，请提供方案。", "manager1", 9, "13:50", steps=(
        _assign(9, "14:30", "agent2"),
        _handle(7, "15:00", "agent2", "已提供桁架机械手方案和三家用户案例，预算 36 万元/台。"),
        _feedback(5, "11:00", "manager1", "客户满意方案，进入立项。", 5))),
    R("Tanaka Seiki Co., Ltd.", "enquiry", "Request for spare parts price list 2026", "Please send the price list for 2026 with delivery times to Nagoya.", "agent1", 8, "09:15", "email", 0, (
        _assign(8, "09:45", "agent2", 0),
        _handle(7, "10:20", "agent2", "Price list 2026 sent, delivery to Nagoya 7 to 10 days by air."),
        _feedback(5, "09:00", "agent1", "Received with thanks.", 5))),
    R("东莞松山湖机器人有限公司", "repair", "机器人与机床通信中断", "Profinet 通信每天中断两三次，产线停机 10 分钟。", "agent2", 7, "10:30", priority=2, steps=(
        _assign(7, "10:50", "agent1", 2),
        _handle(6, "16:45", "agent1", "交换机固件有缺陷，升级到 4.2.1，监测 24 小时无中断。"))),
    R("南京紫金轨道装备有限公司", "repair", "排屑机链板卡死", "排屑机卡死后烧坏电机保险，已停用。", "agent1", 6, "15:20", steps=(
        _assign(6, "15:45", "agent2"),
        _handle(5, "14:10", "agent2", "取出卷入的长屑，更换过载离合器，调整断屑参数。"))),
    R("温州瓯江阀门集团有限公司", "complaint", "开票信息两次出错", "发票税号写错，退回重开后又错，影响客户抵扣。", "manager1", 5, "09:35", "email", 2, (
        _assign(5, "10:00", "agent1", 2),
        _handle(5, "16:20", "agent1", "重开发票并当面核对，客户档案里的税号已更正。"),
        _feedback(4, "10:00", "manager1", "发票正确，但财务认为耽误了一个月的抵扣。", 2, "这个月抵扣不了，请说明如何避免再发生。"))),
    R("佛山南海铝业装备有限公司", "repair", "铝型材切割锯漏油", "液压站每天漏油约 200 毫升，地面打滑，有安全隐患。", "agent2", 4, "08:55", priority=2, steps=(
        _assign(4, "09:15", "agent2", 2),
        _handle(3, "11:30", "agent2", "更换油缸密封件，清理油箱，试机两小时无渗漏。"))),
    R("济南泉城电力设备有限公司", "enquiry", "询问设备搬迁服务", "六月厂房搬迁，有 8 台设备需要拆装和重新调试，请报价。", "agent1", 3, "10:40", steps=(
        _assign(3, "11:20", "manager1", 1, "金额较大，请客户经理出方案。"),)),
    R("北京中科智测科技有限公司", "repair", "三坐标测量机测头丢数", "测量长件时偶尔丢失测点，重测后正常，客户担心数据不可靠。", "agent2", 3, "14:05", priority=2, steps=(
        _assign(3, "14:30", "agent1", 2, "请带备用测头。"),)),
    R("沈阳北方重工配套有限公司", "complaint", "保养工程师未按约定到厂", "上次承诺的免费保养约在本周一，到今天没有人联系。", "manager1", 2, "09:10", priority=3, steps=(
        _assign(2, "09:30", "agent2", 3, "同一客户第二次投诉，请立即联系。"),)),
    R("哈尔滨冰城工具有限公司", "enquiry", "询问旧设备回收", "准备淘汰一台 2009 年的铣床，是否可以折价换新？", "agent1", 2, "15:30", priority=0, steps=(
        _assign(1, "09:00", "manager1", 0),)),
    R("Viet Hung Mechanical JSC", "repair", "Servo alarm after power cut", "After a power cut yesterday the X axis shows servo alarm 5136. Restart does not help. Please advise today if possible.", "manager2", 1, "10:20", "message", 2, (
        _assign(1, "10:45", "agent1", 2),)),
    R("合肥量子仪器有限公司", "suggestion", "建议提供远程诊断接口", "希望设备提供 OPC UA 接口，由我方系统统一监测。", "agent2", 1, "16:15", "email", 0),
    R("厦门鹭岛精密塑胶有限公司", "complaint", "新模具试模三次不合格", "新机到厂后试模三次，尺寸都超差，客户交期受影响，要求派专家到现场。", "manager2", 1, "17:20", priority=3),
    R("杭州云栖智能制造研究院", "repair", "磨床砂轮电机过热", "连续磨削一小时后砂轮电机温度报警，停十分钟又能运行。", "agent2", 1, "20:40", "message", steps=(
        _assign(1, "20:55", "agent1", 1, "客户夜班在用，今晚先电话确认。"),)),
    R("常州龙城电机有限公司", "repair", "自动门打不开", "自动门气缸无动作，气压正常，急停复位后仍然打不开，订单今天要交货。", "agent1", 0, "08:45", priority=3, steps=(
        _assign(0, "09:05", "agent2", 3),)),
    R("香港维港仪器贸易有限公司", "enquiry", "询问代理区域和价格政策", "想增加澳门区域的代理，请提供最新价格政策和授权流程。", "agent2", 0, "09:30", "email"),
    R("苏州工业园区职业技术学院", "enquiry", "实训设备的安装条件", "新实训楼九月启用，请提供 6 台教学铣床的用电、用气和地基要求。", "agent1", 0, "10:10", "visit"),
    R("青岛海蓝食品机械有限公司", "enquiry", "询问不锈钢防护罩的交货期", "防护罩需要更换为食品级不锈钢，请告知价格和交货期。", "agent1", 0, "11:05", "phone", steps=(
        _assign(0, "11:20", "agent1"),)),
    R("Tanaka Seiki Co., Ltd.", "enquiry", "Warranty terms for retrofitted controls", "Does the warranty of the original machine go on after the control has been retrofitted by your partner?", "manager2", 0, "13:30", "email", steps=(
        _assign(0, "13:50", "agent1"),)),
)  # fmt: skip
