"""Words of a mail: draws templates/emails/<name>.{subject,txt,html}.jinja in the reader's language, without any request.

An environment of its own, not Flask's: a mail is written by operations and by the scheduler, for a reader whose language
and time zone are not those of whoever caused it. In the html part every value is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context

from crm.core.config import ROOT
from crm.core.i18n import LOCALES, Text, catalogue_of
from crm.core.mail import HERE

EMAILS = ROOT / "templates" / "emails"
LONGEST_SUBJECT = 200
DAY = {"zh_CN": "y年M月d日", "en": "d MMM y"}
MOMENT = {"zh_CN": "y年M月d日 HH:mm", "en": "d MMM y, HH:mm"}


@dataclass(frozen=True)
class Words:
    """A mail in one language."""

    subject: str
    text: str
    html: str


def write(template: str, *, locale: str, timezone: str, values: Mapping[str, object], folder: Path = EMAILS) -> Words:
    """Draw the three parts. The subject becomes one line, whatever a value holds."""
    if locale not in LOCALES:
        raise ValueError(f"mail is written in {' or '.join(LOCALES)}, not in {locale!r}")
    environment = _environment(folder, locale)
    shown = {name: _in_language(value, locale) for name, value in values.items()}
    context = {**shown, "reader_timezone": timezone}
    subject, body, html = (
        environment.get_template(f"{template}.{part}.jinja").render(context) for part in ("subject", "txt", "html")
    )
    return Words(_one_line(subject)[:LONGEST_SUBJECT], _tidy(body), html.strip() + "\n")


def link(path: str) -> str:
    """A page of ours, as it stands in a stored mail. Only a path: a mail never leads to another house."""
    if not path.startswith("/") or path.startswith(("//", "/\\")):
        raise ValueError(f"a link in a mail is a path of ours, not {path!r}")
    return HERE + path


@cache
def _environment(folder: Path, locale: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([folder, EMAILS]),
        extensions=["jinja2.ext.i18n"],
        autoescape=select_autoescape(("html.jinja",), ("txt.jinja", "subject.jinja"), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    # Reading the name of a language anew takes longer than writing a date in it.
    language = Locale.parse(locale)
    environment.install_gettext_translations(catalogue_of(locale), newstyle=True)  # type: ignore[attr-defined]  # comes with the extension
    environment.globals.update(link=link, html_language=locale.replace("_", "-"))

    @pass_context
    def moment(context: Context, value: datetime) -> str:
        zone = ZoneInfo(context["reader_timezone"])
        return str(format_datetime(value, MOMENT[locale], tzinfo=zone, locale=language))

    @pass_context
    def day(context: Context, value: date) -> str:
        if isinstance(value, datetime):
            value = value.astimezone(ZoneInfo(context["reader_timezone"])).date()
        return str(format_date(value, DAY[locale], locale=language))

    environment.filters.update(moment=moment, day=day)
    return environment


def _in_language(value: object, locale: str) -> object:
    if isinstance(value, Text):
        return value.in_language(locale)
    if isinstance(value, Mapping):
        return {name: _in_language(each, locale) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_in_language(each, locale) for each in value]
    return value


def _one_line(value: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in value).split())


def _tidy(value: str) -> str:
    lines = "\n".join(line.rstrip() for line in value.strip().splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines) + "\n"
