"""The pick-lists that a new installation begins with."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from crm.dictionary.models import DictionaryEntry
from crm.dictionary.queries import entries_changed

# Pick-list → entries in order: key, Chinese name, English name.
FIRST_ENTRIES: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "customer_type": (
        ("company", "企业客户", "Company"),
        ("distributor", "经销商", "Distributor"),
        ("public_body", "政府与事业单位", "Public body"),
        ("person", "个人客户", "Private person"),
    ),
    "industry": (
        ("machinery", "机械制造", "Machinery"),
        ("electronics", "电子信息", "Electronics"),
        ("automotive", "汽车及零部件", "Automotive"),
        ("chemicals", "化工材料", "Chemicals"),
        ("medical", "医疗健康", "Medical and health"),
        ("food", "食品饮料", "Food and drink"),
        ("textiles", "纺织服装", "Textiles"),
        ("construction", "建筑工程", "Construction"),
        ("energy", "能源电力", "Energy"),
        ("logistics", "物流运输", "Logistics"),
        ("retail", "批发零售", "Trade"),
        ("software", "软件与服务", "Software and services"),
        ("education", "教育科研", "Education and research"),
        ("other", "其他", "Other"),
    ),
    "source": (
        ("referral", "客户介绍", "Referral"),
        ("fair", "展会", "Trade fair"),
        ("website", "网站", "Website"),
        ("phone", "电话营销", "Telephone"),
        ("campaign", "市场活动", "Campaign"),
        ("partner", "合作伙伴推荐", "Partner"),
        ("visit", "陌生拜访", "Cold visit"),
        ("other", "其他", "Other"),
    ),
    "region": (
        ("north", "华北", "North China"),
        ("northeast", "东北", "Northeast China"),
        ("east", "华东", "East China"),
        ("south", "华南", "South China"),
        ("central", "华中", "Central China"),
        ("southwest", "西南", "Southwest China"),
        ("northwest", "西北", "Northwest China"),
        ("hk_mo_tw", "港澳台", "Hong Kong, Macao, Taiwan"),
        ("overseas", "海外", "Overseas"),
    ),
    "grade": (
        ("strategic_partner", "战略合作伙伴", "Strategic partner"),
        ("partner", "合作伙伴", "Partner"),
        ("key_account", "大客户", "Key account"),
        ("focus", "重点开发客户", "Focus"),
        ("ordinary", "普通客户", "Ordinary"),
    ),
    "stage": (
        ("potential", "潜在", "Potential"),
        ("new", "新客户", "New"),
        ("active", "活跃", "Active"),
        ("loyal", "忠诚", "Loyal"),
        ("at_risk", "有流失风险", "At risk"),
        ("lost", "已流失", "Lost"),
    ),
    "sex": (("male", "男", "Male"), ("female", "女", "Female")),
    "buying_role": (
        ("decides", "决策人", "Decides"),
        ("influences", "影响人", "Influences"),
        ("buys", "采购人", "Buys"),
        ("uses", "使用人", "Uses"),
        ("guards", "把关人", "Gatekeeper"),
    ),
    "closeness": (
        ("stranger", "初识", "First contact"),
        ("acquainted", "一般", "Acquainted"),
        ("friendly", "良好", "Friendly"),
        ("close", "密切", "Close"),
    ),
    "service_type": (
        ("enquiry", "咨询", "Enquiry"),
        ("suggestion", "建议", "Suggestion"),
        ("complaint", "投诉", "Complaint"),
        ("repair", "报修", "Repair"),
    ),
    "failure_reason": (
        ("price", "价格", "Price"),
        ("competitor", "竞争对手胜出", "A competitor won"),
        ("product", "产品不适合", "Our product does not fit"),
        ("budget", "客户预算取消", "No budget any more"),
        ("timing", "时机不成熟", "Too early"),
        ("no_need", "客户需求消失", "No need any more"),
        ("relationship", "客户关系不足", "Not close enough to the customer"),
        ("other", "其他", "Other"),
    ),
    "knowledge_category": (
        ("product", "产品与技术", "Products and technology"),
        ("complaint", "投诉处理", "Complaints"),
        ("service", "服务流程", "Service"),
        ("sales", "销售话术", "Sales"),
    ),
    "product_category": (
        ("machine", "机床", "Machine tools"),
        ("spindle", "主轴", "Spindles"),
        ("tooling", "刀具与夹具", "Tools and fixtures"),
        ("spare_part", "备品备件", "Spare parts"),
        ("consumable", "耗材", "Consumables"),
        ("service", "服务", "Services"),
    ),
    "product_unit": (
        ("piece", "件", "pc."),
        ("set", "套", "set"),
        ("machine_unit", "台", "unit"),
        ("box", "箱", "box"),
        ("litre", "升", "litre"),
        ("hour", "小时", "hour"),
        ("year", "年", "year"),
    ),
    # The first one that is switched on is the time after which a customer counts as in danger of being lost.
    "loss_period": (
        ("months_6", "6 个月", "6 months"),
        ("months_3", "3 个月", "3 months"),
        ("months_9", "9 个月", "9 months"),
        ("months_12", "12 个月", "12 months"),
    ),
    "loss_reason": (
        ("price", "价格", "Price"),
        ("quality", "产品质量", "Quality of the product"),
        ("service", "服务不满意", "Service"),
        ("competitor", "转向竞争对手", "Went to a competitor"),
        ("no_need", "不再需要", "No need any more"),
        ("closed", "停业或搬迁", "Closed or moved away"),
        ("other", "其他", "Other"),
    ),
    "channel": (
        ("phone", "电话", "Telephone"),
        ("email", "邮件", "E-mail"),
        ("message", "短信/微信", "Message"),
        ("visit", "上门", "Visit"),
        ("website", "网站", "Website"),
    ),
}


def seed_dictionary(session: Session) -> int:
    """Every first entry exists; what administrators changed stays. Answers how many were added."""
    present = {
        (category, key) for category, key in session.execute(select(DictionaryEntry.category, DictionaryEntry.key))
    }
    missing = [
        {
            "category": category,
            "key": key,
            "name": name,
            "name_en": name_en,
            "position": position,
            "active": True,
            "version": 1,
        }
        for category, listed in FIRST_ENTRIES.items()
        for position, (key, name, name_en) in enumerate(listed)
        if (category, key) not in present
    ]
    if missing:
        session.execute(insert(DictionaryEntry), missing)
        entries_changed(session)
    return len(missing)
