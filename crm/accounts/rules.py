"""What an account, a department and a role must look like. Pure: no database, no clock."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from email_validator import EmailNotValidError, validate_email

from crm.core.errors import Fault, Invalid
from crm.core.i18n import LOCALES, Text, text
from crm.permissions import PERMISSIONS, Scope

USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,58}[a-z0-9]")
ROLE_KEY = re.compile(r"[a-z][a-z0-9_]{1,58}[a-z0-9]")
PHONE = re.compile(r"[0-9+()\-. /]{3,40}")
LONGEST_NAME = 80
SCOPE_NAMES: Mapping[Scope, Text] = {
    Scope.OWN: text("Own records"),
    Scope.DEPARTMENT: text("Own department"),
    Scope.DEPARTMENT_AND_BELOW: text("Own department and those below"),
    Scope.ALL: text("Everything"),
}


@dataclass(frozen=True)
class UserValues:
    """What an administrator says about a user; everything but name and password."""

    name: str
    name_en: str = ""
    email: str = ""
    phone: str = ""
    department_id: int | None = None
    job_title: str = ""
    manager_id: int | None = None
    role_ids: frozenset[int] = frozenset()
    locale: str = "zh_CN"
    timezone: str = "Asia/Shanghai"


def check_username(username: str) -> str:
    """The user name as it is stored. Invalid if it cannot be one."""
    username = username.strip().lower()
    if not USERNAME.fullmatch(username):
        raise Invalid(
            [Fault("username", text("A user name has 3 to 60 letters a–z, digits, dots, dashes or underscores."))]
        )
    return username


def check_user(values: UserValues) -> UserValues:
    """The values, trimmed. Invalid names every wrong field."""
    faults: list[Fault] = []
    name, name_en = values.name.strip(), values.name_en.strip()
    if not name:
        faults.append(Fault("name", text("A name is needed.")))
    faults += too_long(name=(name, LONGEST_NAME), name_en=(name_en, LONGEST_NAME), job_title=(values.job_title, 80))
    email = values.email.strip()
    if email and not is_email(email):
        faults.append(Fault("email", text("This is not an e-mail address.")))
    phone = values.phone.strip()
    if phone and not PHONE.fullmatch(phone):
        faults.append(Fault("phone", text("A phone number has digits, blanks and + - ( ) only.")))
    faults += check_place(values.locale, values.timezone)
    if faults:
        raise Invalid(faults)
    return UserValues(
        name=name,
        name_en=name_en,
        email=email,
        phone=phone,
        department_id=values.department_id,
        job_title=values.job_title.strip(),
        manager_id=values.manager_id,
        role_ids=values.role_ids,
        locale=values.locale,
        timezone=values.timezone,
    )


def too_long(**entries: tuple[str, int]) -> list[Fault]:
    """A fault for each text that is longer than its limit."""
    return [
        Fault(field, text("This may have at most {most} characters.", most=most))
        for field, (value, most) in entries.items()
        if len(value) > most
    ]


def is_email(value: str) -> bool:
    """Does it look like an address that mail can be sent to? The network is not asked."""
    try:
        validate_email(value, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    # Reserved names such as heliu.example are fine inside a company and in the demonstration.
    return len(value) <= 200


def check_place(locale: str, timezone: str) -> list[Fault]:
    """Faults of a language or a time zone."""
    faults: list[Fault] = []
    if locale not in LOCALES:
        faults.append(Fault("locale", text("This language is not known.")))
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        faults.append(Fault("timezone", text("This time zone is not known; choose one such as Asia/Shanghai.")))
    return faults


def check_role(*, name: str, name_en: str, scope: str, permissions: Collection[tuple[str, str]]) -> None:
    """Invalid names what is wrong with a role."""
    faults: list[Fault] = []
    if not name.strip():
        faults.append(Fault("name", text("A name is needed.")))
    faults += too_long(name=(name, LONGEST_NAME), name_en=(name_en, LONGEST_NAME))
    if scope not in {known.value for known in Scope}:
        faults.append(Fault("scope", text("This data scope is not known.")))
    faults += [
        Fault("permissions", text("There is no permission {name}.", name=f"{module}.{action}"))
        for module, action in permissions
        if (module, action) not in PERMISSIONS
    ]
    if faults:
        raise Invalid(faults)


def check_department(*, name: str, name_en: str) -> None:
    """Invalid names what is wrong with a department."""
    faults = [] if name.strip() else [Fault("name", text("A name is needed."))]
    faults += too_long(name=(name, LONGEST_NAME), name_en=(name_en, LONGEST_NAME))
    if faults:
        raise Invalid(faults)


def check_substitute_period(begins: datetime | None, ends: datetime | None) -> None:
    """Invalid if the absence ends before it begins, or lies where no calendar reaches."""
    for name, moment in (("substitute_from", begins), ("substitute_until", ends)):
        if moment is not None and not 2000 <= moment.year <= 2200:
            raise Invalid([Fault(name, text("Choose a day from 2000 to 2199."))])
    if begins is not None and ends is not None and ends <= begins:
        raise Invalid([Fault("substitute_until", text("The absence must end after it begins."))])


def makes_ring(department_id: int, parent_id: int | None, parents: Mapping[int, int | None]) -> bool:
    """Would the department stand above itself?"""
    seen: set[int] = set()
    while parent_id is not None and parent_id not in seen:
        if parent_id == department_id:
            return True
        seen.add(parent_id)
        parent_id = parents.get(parent_id)
    return False


BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("MicroMessenger", "WeChat"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"))  # fmt: skip


def browser_name(agent: str) -> str:
    """What a browser calls itself, in two words: “Firefox, Windows”. The name as it came if it is none of the usual ones."""
    names = (next((name for sign, name in table if sign in agent), "") for table in (BROWSERS, SYSTEMS))
    return ", ".join(name for name in names if name) or agent
