"""The main navigation: rooms say what they offer and to whom; each reader sees what is open to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import Flask, current_app, request, url_for

from crm.accounts.models import shown_name
from crm.core.i18n import Text, ctext, text
from crm.permissions import Actor
from crm.web.doors import now, visitor
from crm.web.languages import current_locale, shown

# Groups of lines, beside that of the administration.
SERVICE, CUSTOMERS, SALES = (
    ctext("navigation", "Service"),
    ctext("navigation", "Customers"),
    ctext("navigation", "Sales"),
)


@dataclass(frozen=True)
class Entry:
    """One line. `permission` None: for everybody signed in. `badge` counts something for the reader, e.g. open tasks;
    `badge_endpoint` is the view that renews it. `order` sorts; entries of one `group` stand together. `rooms` are further rooms
    (names of blueprints) whose pages belong to it."""

    label: Text
    endpoint: str
    icon: str
    permission: tuple[str, str] | None = None
    group: Text | None = None
    order: int = 100
    badge: Callable[[Actor], int] | None = None
    badge_endpoint: str = ""
    rooms: tuple[str, ...] = ()


def set_up_navigation(app: Flask, entries: Iterable[Entry]) -> None:
    """Offer these lines; entries whose view does not exist in this application are a mistake and stop the start."""
    sorted_entries = tuple(sorted(entries, key=lambda entry: entry.order))
    unknown = [entry.endpoint for entry in sorted_entries if entry.endpoint not in app.view_functions]
    if unknown:
        raise LookupError(f"the navigation names unknown views: {', '.join(unknown)}")
    app.extensions["heliu.navigation"] = sorted_entries
    app.jinja_env.globals.update(
        navigation=navigation, account_menu=account_menu, page_language=page_language, search_url="", now=now
    )


def navigation() -> list[dict[str, object]]:
    """The lines for this reader, as the layout draws them."""
    actor = visitor()
    if actor is None:
        return []
    entries: tuple[Entry, ...] = current_app.extensions["heliu.navigation"]
    room = (request.endpoint or "").partition(".")[0]
    return [
        {
            "label": shown(entry.label),
            "url": url_for(entry.endpoint),
            "icon": entry.icon,
            "active": request.endpoint == entry.endpoint
            or room in entry.rooms
            or (room == entry.endpoint.partition(".")[0] and not _better(entries, entry)),
            "badge": entry.badge(actor) if entry.badge else None,
            "badge_url": url_for(entry.badge_endpoint) if entry.badge_endpoint else "",
            "badge_tone": "",
            "group": shown(entry.group) if entry.group else "",
        }
        for entry in entries
        if entry.permission is None or actor.may(*entry.permission)
    ]


def _better(entries: Iterable[Entry], entry: Entry) -> bool:
    # Rooms with several lines mark the one whose view is open; the others stay plain.
    room = entry.endpoint.partition(".")[0]
    return sum(other.endpoint.partition(".")[0] == room for other in entries) > 1


def account_menu() -> dict[str, object] | None:
    """Name and personal pages of the reader; None for guests."""
    actor = visitor()
    if actor is None:
        return None
    return {
        "name": shown_name(actor.name, actor.name_en, current_locale()),
        "note": actor.username,
        "items": [
            {"label": shown(PROFILE), "url": url_for("profile.show"), "icon": "user"},
            {"label": shown(HOW_TOLD), "url": url_for("notice_choices.show"), "icon": "bell"},
        ],
        "sign_out_url": url_for("accounts.sign_out"),
    }


def page_language() -> str:
    """The language of the page as HTML names it."""
    return "en" if current_locale() == "en" else "zh-CN"


PROFILE = text("My profile")
HOW_TOLD = text("How I am told")
