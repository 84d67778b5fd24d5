"""In which language and time zone this reader is answered, and the filters by which pages show times and numbers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal
from flask import Flask, g, has_request_context, request
from flask_babel import Babel

from crm.core.i18n import CATALOGUES, DEFAULT_LOCALE, LOCALES, Text, catalogue_of, translate
from crm.web.doors import ground, now

LANGUAGE_COOKIE = "heliu_language"
# Babel and browsers spell our languages in several ways.
SPELLINGS = {"zh": "zh_CN", "zh-cn": "zh_CN", "zh-hans": "zh_CN", "zh-hans-cn": "zh_CN", "en": "en"}
BABEL_NAMES = {"zh_CN": "zh_Hans_CN", "en": "en"}
# Babel looks through its thousand languages for a name it is handed; for an object it has nothing to look for.
BABEL_LOCALES = {name: Locale.parse(spelled) for name, spelled in BABEL_NAMES.items()}


def current_locale() -> str:
    """`zh_CN` or `en`: the user's choice, else the cookie, else what the browser asks for, else Chinese."""
    if not has_request_context():
        return DEFAULT_LOCALE
    chosen: str | None = g.get("user_locale")
    if chosen in LOCALES:
        return chosen
    cookie = request.cookies.get(LANGUAGE_COOKIE, "")
    if cookie in LOCALES:
        return cookie
    for wanted, _ in request.accept_languages:
        if found := SPELLINGS.get(wanted.lower()) or SPELLINGS.get(wanted.lower().partition("-")[0]):
            return found
    return DEFAULT_LOCALE


def current_timezone() -> ZoneInfo:
    """The reader's zone, else that of the installation."""
    name: str = g.get("user_timezone") or ground().config.timezone
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(ground().config.timezone)


def shown(value: object) -> str:
    """A `Text` or anything else, in the reader's language."""
    return translate(value, current_locale())


def shown_datetime(value: datetime | None) -> str:
    """A moment in the reader's zone, to the minute."""
    if value is None:
        return ""
    local = value.astimezone(current_timezone())
    if current_locale() == "en":
        return str(format_datetime(local, "d MMM yyyy, HH:mm", locale=BABEL_LOCALES["en"]))
    return str(format_datetime(local, "yyyy-MM-dd HH:mm", locale=BABEL_LOCALES["zh_CN"]))


def shown_date(value: date | datetime | None) -> str:
    """A day; a moment becomes the day that it is for the reader."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(current_timezone()).date()
    if current_locale() == "en":
        return str(format_date(value, "d MMM yyyy", locale=BABEL_LOCALES["en"]))
    return str(format_date(value, "yyyy-MM-dd", locale=BABEL_LOCALES["zh_CN"]))


def shown_number(value: Decimal | float | None, digits: int | None = None) -> str:
    """A number with its thousands parted; `digits` fixes the decimal places."""
    if value is None:
        return ""
    pattern = None if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(value, format=pattern, locale=BABEL_LOCALES[current_locale()]))


def shown_ago(value: datetime | None) -> str:
    """How long ago or how soon: “3 hours ago”, “in 2 days”."""
    if value is None:
        return ""
    distance: timedelta = value - now()
    if not distance:
        distance = timedelta(seconds=-1)  # Babel takes nothing for the future.
    return str(format_timedelta(distance, add_direction=True, locale=BABEL_LOCALES[current_locale()], threshold=0.95))


def shown_span(value: timedelta) -> str:
    """How long: “3 hours”, “2 days”."""
    return str(format_timedelta(value, locale=BABEL_LOCALES[current_locale()]))


def is_today(value: datetime) -> bool:
    """Is it today for the reader?"""
    zone = current_timezone()
    return value.astimezone(zone).date() == now().astimezone(zone).date()


def set_up_languages(app: Flask) -> None:
    """Give pages their language: one catalogue for templates, Flask-Babel and `Text`."""
    babel = Babel(
        app,
        default_locale=DEFAULT_LOCALE,
        locale_selector=current_locale,
        timezone_selector=lambda: str(current_timezone()),
        default_translation_directories=str(CATALOGUES),
    )
    # Flask-Babel would look for a folder zh_Hans_CN; it is handed the catalogues instead.
    with app.app_context():
        for locale in LOCALES:
            babel.domain_instance.cache[BABEL_NAMES[locale], babel.domain] = catalogue_of(locale)
    # Templates ask the catalogue at once; a page has some hundred words.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # comes with the extension
        gettext=lambda words: catalogue_of(current_locale()).gettext(words),
        ngettext=lambda one, many, number: catalogue_of(current_locale()).ngettext(one, many, number),
        pgettext=lambda context, words: catalogue_of(current_locale()).pgettext(context, words),
        npgettext=lambda context, one, many, number: catalogue_of(current_locale()).npgettext(
            context, one, many, number
        ),
        newstyle=True,
    )
    app.jinja_env.filters.update(
        datetime=shown_datetime, date=shown_date, number=shown_number, ago=shown_ago, span=shown_span, shown=shown
    )
    app.jinja_env.tests.update(today=is_today)
    app.jinja_env.globals.update(now=now, current_locale=current_locale, languages={"zh_CN": "中文", "en": "English"})


def is_language(value: str) -> bool:
    """Is it one of the languages we speak?"""
    return value in LOCALES


__all__ = ["Text", "current_locale", "current_timezone", "is_language", "set_up_languages", "shown"]
