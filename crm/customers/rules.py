"""What a customer and a contact may hold, and how names are ordered and compared. Pure: no database, no request."""

from __future__ import annotations

import re
import unicodedata

from crm.core.fields import Field, Kind
from crm.core.i18n import ctext, text
from crm.records.types import Group

# Hexadecimal digits; the narrower of the columns holds 700.
LONGEST_SORT_KEY = 640
CUSTOMER_GROUPS = (
    Group(
        text("Customer"),
        (
            Field("name", text("Name"), required=True, longest=120),
            Field("type", text("Customer type"), Kind.CHOICE, category="customer_type"),
            Field("industry", text("Industry"), Kind.CHOICE, category="industry"),
            Field("grade", text("Grade"), Kind.CHOICE, category="grade"),
            Field("stage", text("Life-cycle stage"), Kind.CHOICE, category="stage"),
            Field("owner_id", text("Customer manager"), Kind.PERSON),
        ),
    ),
    Group(
        text("How to reach them"),
        (
            Field("phone", text("Telephone"), Kind.PHONE, longest=40),
            Field("fax", text("Fax"), Kind.PHONE, longest=40),
            Field("website", text("Website"), Kind.WEBSITE, longest=190),
            Field("region", text("Region"), Kind.CHOICE, category="region"),
            Field("address", text("Address"), longest=300),
            Field("postcode", text("Postcode"), longest=20),
        ),
    ),
    Group(
        text("Assessment"),
        (
            Field("source", text("Source"), Kind.CHOICE, category="source"),
            Field("satisfaction", text("Satisfaction"), Kind.WHOLE, least=1, most=5),
            Field("credit", text("Credit"), Kind.WHOLE, least=1, most=5),
            Field("tags", text("Tags"), Kind.TAGS),
            Field("note", text("Note"), Kind.LONG, longest=4_000),
        ),
    ),
)
CUSTOMER_FIELDS = tuple(field for group in CUSTOMER_GROUPS for field in group.fields)
CONTACT_GROUPS = (
    Group(
        text("Person"),
        (
            # Settled when the contact is made.
            Field("customer_id", text("Customer"), Kind.RECORD, required=True, target="customer"),
            Field("name", ctext("person", "Name"), required=True, longest=80),
            Field("sex", text("Sex"), Kind.CHOICE, category="sex"),
            Field("department", text("Department"), longest=80),
            Field("position", ctext("job", "Position"), longest=80),
            Field("buying_role", text("Role in buying"), Kind.CHOICE, category="buying_role"),
            Field("is_primary", text("First contact of this customer"), Kind.FLAG),
        ),
    ),
    Group(
        text("How to reach them"),
        (
            Field("phone", text("Office phone"), Kind.PHONE, longest=40),
            Field("mobile", text("Mobile"), Kind.PHONE, longest=40),
            Field("email", text("E-mail"), Kind.EMAIL, longest=200),
        ),
    ),
    Group(
        text("Relation"),
        (
            Field("birthday", text("Birthday"), Kind.DATE),
            Field("closeness", text("Closeness"), Kind.CHOICE, category="closeness"),
            Field("preferences", text("Preferences"), longest=500),
            Field("note", text("Note"), Kind.LONG, longest=4_000),
        ),
    ),
)


def sort_key(name: str) -> str:
    """A text that orders names the same way on every database.

    The bytes of GB 18030 follow the sound (pinyin) for the 3,755 common characters and put Latin letters first. Blanks,
    punctuation and width do not count, so that two spellings of one name get equal keys. Written as hexadecimal digits,
    no collation can change the order.
    """
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    letters = "".join(sign for sign in plain if sign.isalnum())
    # 重 has two sounds, and the table knows only zhong: the city belongs to chong.
    # Ligatures grow when they are taken apart: the columns hold the beginning.
    return (letters or plain).replace("重庆", "虫重庆").encode("gb18030").hex()[:LONGEST_SORT_KEY]


def phone_key(phone: str | None) -> str | None:
    """The digits of a telephone number as dialled inside China (0512…, 138…), to tell that two are the same."""
    digits = re.sub(r"[^0-9]", "", phone or "")
    if digits.startswith("0086") or (phone or "").strip().startswith("+86"):
        national = digits.removeprefix("00").removeprefix("86").lstrip("0")
        digits = national if national.startswith("1") else f"0{national}"
    return digits or None
