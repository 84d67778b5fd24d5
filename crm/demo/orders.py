"""What the machine builder of the demonstration sells, and what its customers ordered.

Written by the operations at times of the past. Some customers have not ordered for more than half a year.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.catalog.description import PRODUCT
from crm.catalog.models import Product
from crm.customers.models import Customer
from crm.demo.actors import actor_named
from crm.demo.customers import CUSTOMERS, DemoCustomer
from crm.demo.moments import ZONE, moment
from crm.orders.models import SalesOrder
from crm.orders.operations import add_line, create_order, deliver
from crm.permissions import Actor
from crm.records.operations import create_record

# Name, model, category, unit, list price, what it is.
PRODUCTS: Sequence[tuple[str, str, str, str, str, str]] = (
    ("五轴加工中心", "HL-5X650", "machine", "machine_unit", "1680000.00", "工作台直径 650 mm，主轴 18000 r/min，含三年保修。"),
    ("龙门加工中心", "HL-G2030", "machine", "machine_unit", "2350000.00", "行程 3000 × 2000 mm，适合模具与工程机械。"),
    ("立式加工中心", "HL-V850", "machine", "machine_unit", "468000.00", "3C 与汽车零部件批量加工。"),
    ("电主轴", "HSK-A63", "spindle", "piece", "48600.00", "18000 r/min，陶瓷轴承，原厂动平衡。"),
    ("主轴大修", "", "service", "piece", "16800.00", "拆检、换轴承、动平衡，含检测报告。"),
    ("液压刀柄", "HSK-A63-20", "tooling", "piece", "1850.00", "跳动小于 3 μm。"),
    ("零点定位夹具", "ZP-138", "tooling", "set", "12600.00", "四工位，重复定位 5 μm。"),
    ("导轨油", "VG68", "consumable", "box", "960.00", "18 升装。"),
    ("备件年度包", "", "spare_part", "year", "36000.00", "常用备件库存与 24 小时发货。"),
    ("操作员培训", "", "service", "hour", "680.00", "现场培训，按小时计。"),
)  # fmt: skip
# Subject, products by place with quantity; taken in turn.
BASKETS: Sequence[tuple[str, Sequence[tuple[int, str]]]] = (
    ("备件与刀具补充", ((5, "12"), (7, "4"))),
    ("主轴更换", ((3, "2"), (4, "1"))),
    ("年度备件包续签", ((8, "1"), (9, "8"))),
    ("新产线设备", ((2, "2"), (6, "3"), (9, "24"))),
    ("夹具改造", ((6, "2"), (5, "20"))),
    ("五轴设备采购", ((0, "1"), (3, "1"), (9, "16"))),
)
# Who has ordered long ago only, with the days since.
SILENT = {
    "沈阳北方重工配套有限公司": 238,
    "青岛海蓝食品机械有限公司": 214,
    "大连远洋泵业有限公司": 203,
    "重庆山城摩托配件有限公司": 226,
}
DELIVERY_DAYS = 18
BETWEEN_ORDERS = 75


@dataclass(frozen=True)
class _Order:
    """An order of the demonstration: so many days ago, with a place among the baskets."""

    days_ago: int
    basket: int


def seed_orders(session: Session, now: datetime) -> None:
    """Products, and orders of the customers. Nothing happens where products exist already."""
    if session.scalar(select(Product.id).limit(1)) is not None:
        return
    supervisor = actor_named(session, "supervisor")
    long_ago = moment(now, 400, "09:00")
    products = [
        create_record(
            PRODUCT,
            session,
            by=supervisor,
            now=long_ago,
            values={
                "name": name,
                "model": model,
                "category": category,
                "unit": unit,
                "price": Decimal(price),
                "on_sale": True,
                "description": description,
            },
        )
        for name, model, category, unit, price, description in PRODUCTS
    ]
    managers = {name: actor_named(session, name) for name in sorted({each.owner for each in CUSTOMERS})}
    for number, each in enumerate(CUSTOMERS):
        customer_id = session.scalars(select(Customer.id).where(Customer.name == each.name)).one()
        for order in _orders_of(number, each):
            _order(session, customer_id, order, products, by=managers[each.owner], now=now)


def _orders_of(number: int, customer: DemoCustomer) -> Iterator[_Order]:
    """When a customer ordered: from soon after they became one until lately, or until they fell silent."""
    if customer.stage in ("potential", "lost"):
        return
    last = SILENT.get(customer.name, 9 + 7 * number % 60)
    place = number
    for days_ago in range(last, customer.days_ago - 20, BETWEEN_ORDERS + number % 40 + 60 * (number % 3)):
        yield _Order(days_ago, place % len(BASKETS))
        place += 1


def _order(
    session: Session, customer_id: int, seed: _Order, products: Sequence[Product], *, by: Actor, now: datetime
) -> None:
    at = moment(now, seed.days_ago, "10:30", minutes=seed.days_ago % 240)
    subject, lines = BASKETS[seed.basket]
    day = at.astimezone(ZONE).date()
    values = {"customer_id": customer_id, "subject": subject, "ordered_on": day, "person_id": by.id}
    order = create_order(session, by=by, now=at, values=values)
    for place, quantity in lines:
        line = {"order_id": order.id, "product_id": products[place].id, "quantity": quantity}
        add_line(session, by=by, now=at, values=line)
    if seed.days_ago > DELIVERY_DAYS:
        delivered_at = moment(now, seed.days_ago - DELIVERY_DAYS, "16:10")
        version = session.get_one(SalesOrder, order.id).version
        delivered_on = day + timedelta(days=DELIVERY_DAYS)
        deliver(session, by=by, now=delivered_at, record_id=order.id, version=version, delivered_on=delivered_on)
