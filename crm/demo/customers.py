"""The customers of the demonstration, all of them made up. manager1 looks after the north and east, manager2 after the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class DemoCustomer:
    """A customer as it was first recorded `days_ago` days ago, and what was changed later: (days ago, values)."""

    name: str
    owner: str
    region: str
    industry: str
    grade: str
    stage: str
    days_ago: int
    address: str
    phone: str
    source: str = "fair"
    type: str = "company"
    satisfaction: int | None = None
    credit: int | None = None
    postcode: str | None = None
    website: str | None = None
    tags: Sequence[str] = ()
    note: str | None = None
    later: Sequence[tuple[int, Mapping[str, object]]] = field(default=())

    def first_values(self) -> dict[str, object]:
        """What was recorded at the beginning."""
        return {
            "name": self.name,
            "type": self.type,
            "industry": self.industry,
            "source": self.source,
            "region": self.region,
            "address": self.address,
            "postcode": self.postcode,
            "phone": self.phone,
            "website": self.website,
            "grade": self.grade,
            "satisfaction": self.satisfaction,
            "credit": self.credit,
            "stage": self.stage,
            "tags": list(self.tags),
            "note": self.note,
        }


def _to(days_ago: int, **values: object) -> tuple[int, Mapping[str, object]]:
    return days_ago, values


D = DemoCustomer
CUSTOMERS: tuple[DemoCustomer, ...] = (
    D("苏州恒力精密机械有限公司", "manager1", "east", "machinery", "focus", "new", 392, "江苏省苏州市工业园区星湖街 328 号", "0512-5550 1201", satisfaction=4, credit=5, postcode="215021", website="https://www.hengli-jingmi.example", tags=["五轴", "年度框架"], later=[_to(210, grade="key_account"), _to(96, stage="active", satisfaction=5)]),
    D("Rheinwerk Automation GmbH", "manager2", "overseas", "automotive", "key_account", "active", 388, "Industriestraße 14, 70565 Stuttgart, Germany", "+49 711 555 0142", satisfaction=4, credit=5, website="https://www.rheinwerk.example", tags=["出口", "VIP"], note="Orders by e-mail only; invoices in English and German.", later=[_to(45, grade="strategic_partner")]),
    D("上海浦江汽车零部件股份有限公司", "manager1", "east", "automotive", "strategic_partner", "loyal", 380, "上海市浦东新区金桥路 1599 号", "021-5550 2310", "referral", satisfaction=5, credit=5, postcode="201206", tags=["年度框架", "VIP"], note="每季度第一周召开质量例会。"),
    D("北京中科智测科技有限公司", "manager1", "north", "electronics", "key_account", "active", 371, "北京市海淀区学院路 35 号", "010-5550 8821", satisfaction=4, credit=4, postcode="100083", tags=["检测"], later=[_to(60, phone="010-5550 8866")]),
    D("深圳启航电子有限公司", "manager2", "south", "electronics", "key_account", "active", 365, "广东省深圳市南山区科技园科苑路 15 号", "0755-5550 3366", "website", satisfaction=3, credit=4, postcode="518057", tags=["3C"], later=[_to(30, satisfaction=4)]),
    D("武汉长江光电设备厂", "manager2", "central", "electronics", "focus", "active", 352, "湖北省武汉市东湖高新区光谷大道 77 号", "027-5550 1188", satisfaction=4, credit=3, postcode="430074"),
    D("成都天府医疗器械有限公司", "manager2", "southwest", "medical", "focus", "active", 344, "四川省成都市高新区天府五街 200 号", "028-5550 6120", "campaign", satisfaction=5, credit=4, postcode="610041", tags=["医疗认证"]),
    D("青岛海蓝食品机械有限公司", "manager1", "east", "food", "ordinary", "active", 338, "山东省青岛市城阳区长城路 89 号", "0532-5550 7711", satisfaction=3, credit=3, postcode="266109"),
    D("宁波东海模具有限公司", "manager1", "east", "machinery", "partner", "loyal", 330, "浙江省宁波市北仑区大港路 18 号", "0574-5550 4402", "referral", satisfaction=5, credit=5, postcode="315800", tags=["模具", "年度框架"]),
    D("Bianchi Macchine S.p.A.", "manager2", "overseas", "machinery", "partner", "active", 321, "Via dell'Industria 22, 41126 Modena, Italy", "+39 059 555 0178", "partner", satisfaction=4, credit=4, website="https://www.bianchi-macchine.example", tags=["出口"]),
    D("沈阳北方重工配套有限公司", "manager1", "northeast", "machinery", "ordinary", "at_risk", 315, "辽宁省沈阳市铁西区开发路 9 号", "024-5550 3219", "phone", satisfaction=2, credit=2, postcode="110141", note="去年底换了采购负责人，今年没有新订单。", later=[_to(40, stage="at_risk", satisfaction=1)]),
    D("广州珠江新材料科技有限公司", "manager2", "south", "chemicals", "focus", "active", 308, "广东省广州市黄埔区科学大道 101 号", "020-5550 9087", satisfaction=4, credit=4, postcode="510663"),
    D("西安秦风航空零件有限公司", "manager2", "northwest", "machinery", "key_account", "active", 301, "陕西省西安市阎良区航空一路 6 号", "029-5550 2210", "visit", satisfaction=4, credit=5, postcode="710089", tags=["航空", "五轴"]),
    D("天津滨海物流装备有限公司", "manager1", "north", "logistics", "ordinary", "active", 296, "天津市滨海新区第五大街 41 号", "022-5550 6653", satisfaction=3, credit=3, postcode="300457"),
    D("杭州云栖智能制造研究院", "manager1", "east", "education", "focus", "active", 288, "浙江省杭州市西湖区云栖小镇 2 号", "0571-5550 2299", "referral", "public_body", 5, 5, postcode="310024", tags=["科研"]),
    D("重庆山城摩托配件有限公司", "manager2", "southwest", "automotive", "ordinary", "active", 281, "重庆市九龙坡区华福大道 66 号", "023-5550 4187", satisfaction=3, credit=2, postcode="400052"),
    D("Whitfield Precision Ltd", "manager2", "overseas", "machinery", "focus", "new", 274, "Unit 7, Redwood Park, Coventry CV4 7EZ, United Kingdom", "+44 24 5550 0137", "website", satisfaction=4, credit=4, website="https://www.whitfield.example", tags=["出口"]),
    D("无锡太湖轴承有限公司", "manager1", "east", "machinery", "key_account", "loyal", 266, "江苏省无锡市新吴区长江路 21 号", "0510-5550 3478", satisfaction=5, credit=5, postcode="214028", tags=["年度框架"]),
    D("郑州中原农机有限公司", "manager2", "central", "machinery", "ordinary", "potential", 259, "河南省郑州市高新区科学大道 88 号", "0371-5550 7762", "fair", credit=3, postcode="450001"),
    D("厦门鹭岛精密塑胶有限公司", "manager2", "south", "machinery", "focus", "active", 252, "福建省厦门市集美区杏林路 130 号", "0592-5550 1823", satisfaction=4, credit=4, postcode="361022"),
    D("济南泉城电力设备有限公司", "manager1", "east", "energy", "focus", "active", 244, "山东省济南市高新区新泺大街 1166 号", "0531-5550 9341", satisfaction=4, credit=4, postcode="250101", later=[_to(75, grade="key_account")]),
    D("大连远洋泵业有限公司", "manager1", "northeast", "machinery", "ordinary", "active", 237, "辽宁省大连市金州区东北大街 5 号", "0411-5550 2736", satisfaction=3, credit=3, postcode="116600"),
    D("长沙湘江工程机械有限公司", "manager2", "central", "construction", "key_account", "active", 229, "湖南省长沙市经开区三一路 1 号", "0731-5550 5507", "fair", satisfaction=4, credit=4, postcode="410100", tags=["大型龙门"]),
    D("Tanaka Seiki Co., Ltd.", "manager2", "overseas", "machinery", "focus", "active", 221, "3-8-1 Minami, Toyota, Aichi, Japan", "+81 565 55 0119", "partner", satisfaction=5, credit=5, website="https://www.tanaka-seiki.example", tags=["出口"]),
    D("合肥量子仪器有限公司", "manager1", "east", "electronics", "focus", "new", 214, "安徽省合肥市高新区望江西路 900 号", "0551-5550 6624", "campaign", satisfaction=4, credit=4, postcode="230088"),
    D("昆明春城包装机械有限公司", "manager2", "southwest", "food", "ordinary", "potential", 206, "云南省昆明市呈贡区春融街 33 号", "0871-5550 3012", "phone", postcode="650500"),
    D("石家庄华北制药设备有限公司", "manager1", "north", "medical", "ordinary", "active", 199, "河北省石家庄市高新区黄河大道 136 号", "0311-5550 7120", satisfaction=3, credit=3, postcode="050035"),
    D("东莞松山湖机器人有限公司", "manager2", "south", "electronics", "key_account", "active", 191, "广东省东莞市松山湖工业西路 14 号", "0769-5550 2288", satisfaction=4, credit=4, postcode="523808", tags=["机器人", "3C"]),
    D("南京紫金轨道装备有限公司", "manager1", "east", "machinery", "partner", "loyal", 184, "江苏省南京市江宁区将军大道 159 号", "025-5550 8813", "referral", satisfaction=5, credit=5, postcode="211106", tags=["轨道交通"]),
    D("Viet Hung Mechanical JSC", "manager2", "overseas", "machinery", "ordinary", "new", 176, "Lot B4, Que Vo Industrial Park, Bac Ninh, Vietnam", "+84 222 555 0166", "fair", satisfaction=4, credit=3, tags=["出口"]),
    D("哈尔滨冰城工具有限公司", "manager1", "northeast", "machinery", "ordinary", "lost", 169, "黑龙江省哈尔滨市香坊区哈平路 77 号", "0451-5550 4410", satisfaction=1, credit=2, postcode="150060", note="2025 年转向本地供应商。", later=[_to(52, stage="lost")]),
    D("佛山南海铝业装备有限公司", "manager2", "south", "construction", "focus", "active", 161, "广东省佛山市南海区狮山镇科技西路 20 号", "0757-5550 9912", satisfaction=4, credit=4, postcode="528225"),
    D("太原晋能新能源有限公司", "manager1", "north", "energy", "focus", "potential", 154, "山西省太原市小店区龙城大街 160 号", "0351-5550 2876", "campaign", credit=4, postcode="030031"),
    D("南昌赣江纺织机械有限公司", "manager2", "central", "textiles", "ordinary", "active", 146, "江西省南昌市青山湖区民营大道 99 号", "0791-5550 6601", satisfaction=3, credit=3, postcode="330029"),
    D("温州瓯江阀门集团有限公司", "manager1", "east", "machinery", "key_account", "active", 139, "浙江省温州市龙湾区滨海六路 520 号", "0577-5550 3380", satisfaction=4, credit=4, postcode="325024"),
    D("Lindqvist Verktyg AB", "manager2", "overseas", "machinery", "ordinary", "active", 131, "Verkstadsgatan 9, 721 30 Västerås, Sweden", "+46 21 555 012", "website", satisfaction=4, credit=5, website="https://www.lindqvist.example", tags=["出口"]),
    D("贵阳黔灵仪表有限公司", "manager2", "southwest", "electronics", "ordinary", "new", 118, "贵州省贵阳市乌当区高新路 115 号", "0851-5550 7743", satisfaction=3, credit=3, postcode="550018"),
    D("常州龙城电机有限公司", "manager1", "east", "energy", "focus", "active", 104, "江苏省常州市新北区黄河西路 200 号", "0519-5550 2671", satisfaction=4, credit=4, postcode="213022"),
    D("兰州黄河石化装备有限公司", "manager2", "northwest", "chemicals", "focus", "potential", 91, "甘肃省兰州市西固区古浪路 38 号", "0931-5550 1189", "visit", credit=3, postcode="730060"),
    D("上海外滩连锁超市有限公司", "manager1", "east", "retail", "ordinary", "new", 83, "上海市黄浦区中山东一路 18 号", "021-5550 6678", "website", satisfaction=4, credit=4, postcode="200002"),
    D("香港维港仪器贸易有限公司", "manager2", "hk_mo_tw", "retail", "partner", "active", 70, "香港九龙观塘开源道 62 号", "+852 5550 0142", "partner", "distributor", 5, 5, tags=["经销"]),
    D("苏州工业园区职业技术学院", "manager1", "east", "education", "ordinary", "new", 58, "江苏省苏州市工业园区独墅湖大道 1 号", "0512-5550 4433", "fair", "public_body", 4, 5, postcode="215123", tags=["实训"]),
    D("珠海横琴软件园运营有限公司", "manager2", "south", "software", "ordinary", "potential", 44, "广东省珠海市横琴新区环岛东路 1889 号", "0756-5550 1937", "website", postcode="519031"),
    D("乌鲁木齐天山农业装备有限公司", "manager2", "northwest", "machinery", "focus", "new", 33, "新疆乌鲁木齐市新市区高新街 217 号", "0991-5550 3726", "campaign", satisfaction=4, credit=3, postcode="830011"),
)  # fmt: skip
