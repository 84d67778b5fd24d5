"""Files that the people of the demonstration have put beside its records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.catalog.description import PRODUCT
from crm.competitors.description import COMPETITOR
from crm.complaints.description import COMPLAINT
from crm.customers.description import CUSTOMER
from crm.demo.actors import actor_named
from crm.demo.moments import moment
from crm.files.models import StoredFile
from crm.files.operations import receive
from crm.files.storage import FileStore
from crm.interactions.description import INTERACTION
from crm.records.files import attach_files
from crm.records.types import RecordType
from crm.sales.description import OPPORTUNITY


@dataclass(frozen=True)
class DemoFile:
    """A file of plain text, put beside the record of this title `days_ago` days back."""

    sort: RecordType[Any]
    record: str
    by: str
    days_ago: int
    clock: str
    name: str
    lines: Sequence[str]

    @property
    def contents(self) -> bytes:
        """The lines as Windows and its spreadsheets read them."""
        return "\r\n".join((*self.lines, "")).encode("utf-8-sig")


F = DemoFile
FILES: Sequence[DemoFile] = (
    F(PRODUCT, "五轴加工中心", "supervisor", 300, "09:30", "HL-5X650 主要参数.csv", ("项目,数值,单位", "工作台直径,650,mm", "主轴最高转速,18000,r/min", "重复定位精度,3,μm", "刀库容量,40,把")),
    F(CUSTOMER, "苏州恒力精密机械有限公司", "manager1", 86, "10:15", "年度框架协议要点.txt", ("一、备件按目录价九二折，每季度结算。", "二、四小时内远程响应，二十四小时内到厂。", "三、协议有效期一年，到期前两个月协商续签。")),
    F(COMPETITOR, "华锐数控装备有限公司", "marketing", 60, "11:00", "展会见闻.txt", ("新推五轴机型，现场报价比我方低一成半。", "样机主轴连续运行两小时后温升明显，销售回避精度保持性的问题。")),
    F(CUSTOMER, "上海浦江汽车零部件股份有限公司", "manager1", 18, "16:40", "质量例会纪要.txt", ("主轴温升：已关闭。", "备件响应：客户要求缩短到 24 小时，我方月底前答复。", "下次会议：下季度第一周。")),
    F(OPPORTUNITY, "3C 产线十二台高速钻攻", "manager2", 17, "18:10", "节拍复测记录.csv", ("次数,节拍（秒）", "1,10.9", "2,10.7", "3,10.8", "4,10.8", "5,10.8")),
    F(INTERACTION, "航空件试切", "manager2", 10, "17:00", "试切件检测数据.csv", ("尺寸,名义值,实测值,公差", "孔径 A,12.000,12.004,±0.010", "壁厚 B,2.500,2.497,±0.020", "轮廓度 C,0.030,0.018,0.030")),
    F(OPPORTUNITY, "门式加工中心两台", "manager1", 8, "16:50", "技术方案与报价摘要.txt", ("龙门加工中心 HL-G2030 两台，行车加高 80 厘米由客户负责。", "交货期合同生效后十四周，含两周安装调试。", "报价有效期三十天。")),
    F(COMPLAINT, "控制柜过热两次停机", "agent2", 1, "15:25", "柜温记录.csv", ("时间,环境温度,柜内温度", "09:00,36,49", "11:00,39,54", "13:00,41,58", "15:00,41,57")),
)  # fmt: skip


def seed_files(session: Session, now: datetime, store: FileStore) -> None:
    """Put the files beside their records. Nothing happens where files exist already."""
    if session.scalar(select(StoredFile.id).limit(1)) is not None:
        return
    for file in FILES:
        title = file.sort.column(file.sort.title)
        record_id = session.scalars(select(file.sort.model.id).where(title == file.record)).first()
        if record_id is None:
            raise LookupError(f"the demonstration has no {file.sort.key} called {file.record}")
        received = receive(store, name=file.name, stream=BytesIO(file.contents))
        by, at = actor_named(session, file.by), moment(now, file.days_ago, file.clock)
        attach_files(file.sort, session, by=by, now=at, record_id=record_id, received=[received])
