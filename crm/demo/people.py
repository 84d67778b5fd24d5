"""Who the contacts of the demonstration's customers are: two at each, the first of whom is the one to turn to."""

from __future__ import annotations

from datetime import date, timedelta

from crm.demo.customers import DemoCustomer

# Name, sex.
CHINESE_NAMES = (
    ("王建国", "male"), ("李秀英", "female"), ("张志强", "male"), ("刘海霞", "female"), ("陈晓明", "male"),
    ("杨丽华", "female"), ("赵文斌", "male"), ("黄小玲", "female"), ("周永康", "male"), ("吴雪梅", "female"),
    ("徐国庆", "male"), ("孙桂兰", "female"), ("胡少华", "male"), ("朱玉珍", "female"), ("高峰", "male"),
    ("林静怡", "female"), ("何俊杰", "male"), ("郭敏", "female"), ("马超群", "male"), ("罗思琪", "female"),
    ("梁宏伟", "male"), ("宋佳", "female"), ("郑立新", "male"), ("谢婷婷", "female"), ("韩冬", "male"),
    ("唐颖", "female"), ("冯德胜", "male"), ("于欣然", "female"), ("董振华", "male"), ("萧雅文", "female"),
    ("程远航", "male"), ("曹美琳", "female"), ("袁志刚", "male"), ("邓紫薇", "female"), ("许文涛", "male"),
    ("傅晓燕", "female"), ("沈建平", "male"), ("曾玉洁", "female"), ("彭家豪", "male"), ("吕清", "female"),
    ("苏大伟", "male"), ("卢静", "female"), ("蒋明辉", "male"), ("蔡依然", "female"), ("贾平", "male"),
    ("丁慧", "female"), ("魏东升", "male"), ("薛莉", "female"), ("叶子轩", "male"), ("阎红", "female"),
    ("余海波", "male"), ("潘晓婷", "female"), ("杜江", "male"), ("戴春燕", "female"), ("夏天成", "male"),
    ("钟灵", "female"), ("汪海峰", "male"), ("田甜", "female"), ("任志远", "male"), ("姜楠", "female"),
    ("范铁军", "male"), ("方圆", "female"), ("石磊", "male"), ("姚远", "female"), ("谭咏", "male"),
    ("廖欣", "female"), ("邹凯", "male"), ("熊岚", "female"), ("金鑫", "male"), ("陆瑶", "female"),
    ("郝爱国", "male"), ("孔令仪", "female"), ("白桦", "male"), ("崔永芳", "female"), ("康健", "male"),
    ("毛小红", "female"), ("邱建军", "male"), ("秦月", "female"), ("江山", "male"), ("史玉峰", "male"),
)  # fmt: skip
# Customer abroad: how their mobile numbers begin, and who works there.
ABROAD = {
    "Rheinwerk Automation GmbH": ("+49 151 555", (("Thomas Brandt", "male"), ("Katrin Vogel", "female"))),
    "Bianchi Macchine S.p.A.": ("+39 340 555", (("Giulia Conti", "female"), ("Marco Bianchi", "male"))),
    "Whitfield Precision Ltd": ("+44 7700 90", (("James Whitfield", "male"), ("Emily Carter", "female"))),
    "Tanaka Seiki Co., Ltd.": ("+81 90 5550", (("Haruto Tanaka", "male"), ("Yuki Mori", "female"))),
    "Viet Hung Mechanical JSC": ("+84 90 555", (("Nguyen Van Minh", "male"), ("Tran Thi Lan", "female"))),
    "Lindqvist Verktyg AB": ("+46 70 555", (("Erik Lindqvist", "male"), ("Sara Nyberg", "female"))),
}
POSITIONS = (
    ("采购部", "采购经理", "buys", "friendly", "caigou"),
    ("设备部", "设备主管", "uses", "acquainted", "shebei"),
    ("总经办", "总经理", "decides", "acquainted", "office"),
    ("生产部", "生产总监", "influences", "friendly", "shengchan"),
    ("技术部", "总工程师", "influences", "close", "jishu"),
    ("财务部", "财务经理", "guards", "stranger", "caiwu"),
)
OTHER_POSITIONS = (
    ("Purchasing", "Head of Purchasing", "buys", "friendly", "purchasing"),
    ("Production", "Plant Manager", "decides", "acquainted", "production"),
    ("Maintenance", "Maintenance Lead", "uses", "close", "maintenance"),
)
PREFERENCES = ("喝茶，上午电话方便", "喜欢先看书面方案", "只接受邮件联系", None)


# At every so manieth customer the first contact has a birthday in the days that come.
BIRTHDAY_EVERY = 8


def contacts_for(number: int, customer: DemoCustomer, today: date) -> list[dict[str, object]]:
    """The two contacts of the customer with this place in the list."""
    prefix, names = ABROAD.get(customer.name, ("", ()))
    positions = OTHER_POSITIONS if names else POSITIONS
    return [
        _contact(
            names[place] if names else CHINESE_NAMES[(2 * number + place) % len(CHINESE_NAMES)],
            positions[(number + place) % len(positions)],
            number,
            place,
            prefix,
            today,
        )
        for place in range(2)
    ]


def _contact(
    who: tuple[str, str], where: tuple[str, str, str, str, str], number: int, place: int, prefix: str, today: date
) -> dict[str, object]:
    name, sex = who
    department, position, role, closeness, mailbox = where
    serial = 1000 + 37 * number + 11 * place
    return {
        "name": name,
        "sex": sex,
        "department": department,
        "position": position,
        "buying_role": role,
        "closeness": closeness,
        "mobile": f"{prefix} {serial}" if prefix else f"138 0000 {serial}",
        "email": f"{mailbox}@kehu{number + 1:02d}.example",
        "birthday": _birthday(number, place, today),
        "preferences": None if prefix else PREFERENCES[(number + place) % len(PREFERENCES)],
        "is_primary": place == 0,
    }


def _birthday(number: int, place: int, today: date) -> str:
    year = 1970 + (3 * number + 7 * place) % 25
    if place == 0 and number % BIRTHDAY_EVERY == 0:
        soon = today + timedelta(days=number // BIRTHDAY_EVERY)
        return f"{year}-{soon.month:02d}-{min(soon.day, 28):02d}"
    return f"{year}-{1 + (5 * number + 3 * place + 2) % 12:02d}-{1 + (5 * number + 11 * place + 8) % 28:02d}"
