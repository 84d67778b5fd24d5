"""What sorts of notices there are. Each room adds its own when it is imported; people choose for each how it reaches them."""

from __future__ import annotations

from dataclasses import dataclass

from crm.core.i18n import Text, ctext
from crm.notices.models import Mailing

LONGEST_KIND = 40

TASKS = ctext("notices", "Tasks")
CONVERSATION = ctext("notices", "Said to me")
SERVICE = ctext("notices", "Service requests")
SALES = ctext("notices", "Opportunities")
REMINDERS = ctext("notices", "Reminders")
SYSTEM = ctext("notices", "This system")
# In this order a page shows them.
GROUPS = (TASKS, CONVERSATION, SERVICE, SALES, REMINDERS, SYSTEM)


@dataclass(frozen=True)
class NoticeKind:
    """A sort of notice. `mail` is how it comes by mail unless its reader chose otherwise; `robots` whether it goes to their
    robots; `icon` and `tone` are its mark on pages."""

    key: str
    label: Text
    group: Text
    mail: Mailing = Mailing.DIGEST
    robots: bool = True
    icon: str = "bell"
    tone: str = "info"


_kinds: dict[str, NoticeKind] = {}


def add_kinds(*kinds: NoticeKind) -> None:
    """From now on there are notices of these kinds; said twice in the same words, it holds once."""
    for kind in kinds:
        if _kinds.get(kind.key, kind) != kind:
            raise ValueError(f"two rooms have notices called {kind.key}")
        if len(kind.key) > LONGEST_KIND:
            raise ValueError(f"{kind.key} is longer than {LONGEST_KIND} letters")
        _kinds[kind.key] = kind


def kind_of(key: str) -> NoticeKind:
    """The sort of a notice. LookupError if no room has it."""
    return _kinds[key]


def known(key: str) -> NoticeKind | None:
    """The same for a stored notice, whose room may have gone with a release."""
    return _kinds.get(key)


def all_kinds() -> list[tuple[Text, tuple[NoticeKind, ...]]]:
    """All sorts by group, in the order of pages; groups without any are left out."""
    found = [(group, tuple(kind for kind in _kinds.values() if kind.group == group)) for group in GROUPS]
    return [(group, kinds) for group, kinds in found if kinds]


def choosable() -> dict[str, NoticeKind]:
    """All sorts by key."""
    return dict(_kinds)
