"""Administration of reminders: the rules, how each is set, and whom it would tell today."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, Form, HiddenField, IntegerField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the type stubs
from wtforms.validators import InputRequired

from crm.accounts.forms import CheckList
from crm.core.errors import HeliuError
from crm.reminders import operations, queries
from crm.reminders.kinds import SPAN_LABELS, WHOM_NAMES, ReminderKind, Whom, span_in_words
from crm.reminders.models import ReminderRule
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.form_faults import mark
from crm.web.languages import current_locale, shown

pages = Blueprint("reminder_rules", __name__, url_prefix="/administration/reminders")

NUMBER = _l("Please give a whole number.")
HOURS = [SelectChoice(str(hour), f"{hour:02}:00") for hour in range(24)]


class RuleForm(Form):
    """How a rule is set."""

    active = BooleanField(_l("This reminder is on"))
    span = IntegerField(_l("How long"), [InputRequired(NUMBER)])
    hour = SelectField(_l("At which hour it looks"), choices=HOURS, description=_l("On the company's clock."))
    workdays_only = BooleanField(
        _l("On working days only"), description=_l("What falls on a free day is told on the next working day.")
    )
    whom = CheckList(_l("Whom it tells"))
    version = HiddenField()

    def __init__(self, kind: ReminderKind, *given: Any, **rest: Any) -> None:
        super().__init__(*given, **rest)
        self.span.label.text = shown(SPAN_LABELS[kind.span])
        self.span.render_kw = {"min": 0, "max": kind.most}
        self.whom.choices = [SelectChoice(each.value, shown(WHOM_NAMES[each])) for each in kind.offers]
        if not kind.daily:
            del self.hour


@pages.get("")
@requires("reminders", "administer")
def index() -> str:
    """All rules."""
    with reading_session() as session:
        rules = [_shown(kind, rule) for kind, rule in queries.find_rules(session, by=current_actor())]
    return render_template("reminders/rules.html", rules=rules)


@pages.get("/<key>")
@requires("reminders", "administer")
def show(key: str) -> Response:
    """How a rule is set, and whom it would tell today."""
    with reading_session() as session:
        kind, rule = queries.find_rule(session, by=current_actor(), key=key)
    return _page(kind, rule, _form(kind, rule), 200)


@pages.post("/<key>")
@requires("reminders", "administer")
def save(key: str) -> AnyResponse:
    """Set it so, or only look whom it would tell then."""
    with reading_session() as session:
        kind, rule = queries.find_rule(session, by=current_actor(), key=key)
    form = RuleForm(kind, request.form)
    version = form.version.data or ""
    if not form.validate() or not version.isdecimal() or len(version) > 9:
        return _page(kind, rule, form, 422)
    if request.form.get("_act") == "try":
        return _page(kind, rule, form, 200)
    try:
        with writing() as session:
            operations.tune_rule(
                session,
                by=current_actor(),
                now=now(),
                key=key,
                version=int(version),
                active=form.active.data,
                span=form.span.data or 0,
                hour=int(form.hour.data) if "hour" in form else rule.hour,
                whom=form.whom.data or [],
                workdays_only=form.workdays_only.data,
            )
    except HeliuError as refusal:
        return _page(kind, rule, form, mark(form, refusal))
    flash(_("The rule was saved."), "good")
    return redirect(url_for("reminder_rules.index"))


def _form(kind: ReminderKind, rule: ReminderRule) -> RuleForm:
    return RuleForm(
        kind,
        data={
            "active": rule.active,
            "span": rule.span,
            "hour": str(rule.hour),
            "workdays_only": rule.workdays_only,
            "whom": rule.whom,
            "version": str(rule.version),
        },
    )


def _page(kind: ReminderKind, rule: ReminderRule, form: RuleForm, status: int) -> Response:
    lines = []
    span = form.span.data
    if span is not None and 0 <= span <= kind.most:
        whom = [each for each in form.whom.data or [] if each in {offered.value for offered in kind.offers}]
        with reading_session() as session:
            lines = queries.preview(
                session, by=current_actor(), now=now(), key=kind.key, span=span, whom=whom, locale=current_locale()
            )
    page = render_template(
        "reminders/rule.html",
        rule=_shown(kind, rule),
        form=form,
        lines=lines,
        most=queries.MOST_SHOWN,
    )
    return Response(page, status)


def _shown(kind: ReminderKind, rule: ReminderRule) -> dict[str, object]:
    known = {each.value: each for each in Whom}
    return {
        "key": kind.key,
        "label": shown(kind.label),
        "explains": shown(kind.explains),
        "icon": kind.icon,
        "active": rule.active,
        "span": shown(span_in_words(kind.span, rule.span)),
        "hour": f"{rule.hour:02}:00" if kind.daily else "",
        "whom": [shown(WHOM_NAMES[known[each]]) for each in rule.whom if each in known],
        "workdays_only": rule.workdays_only,
        "looked_at": rule.looked_at,
    }
