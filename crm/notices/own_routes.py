"""The page on which people choose how they are told."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse
from wtforms import Form, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the type stubs
from wtforms.validators import InputRequired, Length

from crm.accounts.queries import find_user
from crm.core.errors import HeliuError
from crm.core.i18n import Text, ctext
from crm.notices import choosing, queries
from crm.notices.doors import begin_and_try, check_before
from crm.notices.faults import in_words
from crm.notices.kinds import all_kinds
from crm.notices.models import Mailing, RobotKind
from crm.notices.robots import masked
from crm.notices.rules import ROBOT_NAMES
from crm.web.doors import current_actor, now, reading_session, writing
from crm.web.form_faults import mark
from crm.web.languages import shown

pages = Blueprint("notice_choices", __name__, url_prefix="/profile/notices")

MAILINGS: dict[Mailing, Text] = {
    Mailing.NOW: ctext("mailing", "At once"),
    Mailing.DIGEST: ctext("mailing", "In the digest"),
    Mailing.OFF: ctext("mailing", "Not at all"),
}
NEEDED = _l("This field is needed.")


class RobotForm(Form):
    """A new robot."""

    kind = SelectField(_l("Kind"))
    name = StringField(_l("Name"), [InputRequired(NEEDED), Length(max=60)])
    address = StringField(
        _l("Address or key"),
        [InputRequired(NEEDED), Length(max=500)],
        description=_l(
            "Copy the whole address that the chat shows for its robot, or give the address of your webhook."
        ),
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    secret = PasswordField(
        _l("Secret for signing"),
        [Length(max=200)],
        description=_l("Only for DingTalk robots with signing, and for webhooks: requests are signed with it."),
        render_kw={"autocomplete": "new-password"},
    )

    def __init__(self, *given: Any, **rest: Any) -> None:
        super().__init__(*given, **rest)
        self.kind.choices = [SelectChoice(kind.value, shown(name)) for kind, name in ROBOT_NAMES.items()]


@pages.get("")
def show() -> Response:
    """Choices by kind and road, the hour of the digest, robots."""
    return _page()


@pages.post("")
def save() -> AnyResponse:
    """Keep the choices. Boxes that were not ticked say “no”."""
    actor = current_actor()
    with reading_session() as session:
        robots = queries.robots_of(session, actor.id or 0)
    choices: dict[tuple[str, str], str] = {}
    for _group, kinds in all_kinds():
        for kind in kinds:
            if (mailing := request.form.get(f"{kind.key}.mail")) is not None:
                choices[kind.key, queries.MAIL_ROAD] = mailing
                for robot in robots:
                    ticked = f"{kind.key}.{robot.road}" in request.form
                    choices[kind.key, robot.road] = queries.ON if ticked else queries.OFF
    hour = request.form.get("digest_hour", "")
    with writing() as session:
        choosing.choose(
            session,
            by=actor,
            now=now(),
            choices=choices,
            digest_hour=int(hour) if hour.isascii() and hour.isdigit() and len(hour) < 4 else None,
        )
    return _done(_("Your choices were saved."))


@pages.post("/robots")
def name_robot() -> AnyResponse:
    """A new robot."""
    form = RobotForm(request.form)
    if not form.validate():
        return _page(422, robot=form)
    try:
        check_before(form.kind.data, form.address.data or "")
        with writing() as session:
            choosing.name_robot(
                session, by=current_actor(), now=now(), kind=form.kind.data, name=form.name.data,
                address=form.address.data, secret=form.secret.data,
            )  # fmt: skip
    except HeliuError as refusal:
        return _page(mark(form, refusal), robot=form)
    return _done(_("The robot was added. Send it a trial."))


@pages.post("/robots/<int:robot_id>/trial")
def trial(robot_id: int) -> AnyResponse:
    """Send one message there now, and say what became of it."""
    fault = begin_and_try(robot_id)
    if fault is None:
        return _done(_("The trial message was taken."))
    flash(shown(fault.message), "bad")
    return redirect(url_for("notice_choices.show"))


@pages.post("/robots/<int:robot_id>/switch")
def switch(robot_id: int) -> AnyResponse:
    """Rest or go on."""
    with writing() as session:
        choosing.switch_robot(
            session, by=current_actor(), now=now(), robot_id=robot_id, active=request.form.get("active") == "1"
        )
    return _done(_("Your choices were saved."))


@pages.post("/robots/<int:robot_id>/remove")
def remove(robot_id: int) -> AnyResponse:
    """Forget it and its address."""
    with writing() as session:
        choosing.forget_robot(session, by=current_actor(), now=now(), robot_id=robot_id)
    return _done(_("The robot was removed."))


def _done(message: str) -> AnyResponse:
    flash(message, "good")
    return redirect(url_for("notice_choices.show"))


def _page(status: int = 200, *, robot: RobotForm | None = None) -> Response:
    actor = current_actor()
    with reading_session() as session:
        user = find_user(session, actor.id or 0)
        choices = queries.choices_of(session, user.id)
        robots = queries.robots_of(session, user.id)
        hour = queries.digest_hour_of(session, user.id)
        failed_mail = queries.last_failed_mail(session, user.id)
    page = render_template(
        "notices/choices.html",
        user=user,
        groups=[
            (
                shown(group),
                [
                    {
                        "key": kind.key,
                        "label": shown(kind.label),
                        "icon": kind.icon,
                        "mail": choices.mailing(kind).value,
                        "robots": [(each.road, each.name, choices.wants(kind, each)) for each in robots if kind.robots],
                    }
                    for kind in kinds
                ],
            )
            for group, kinds in all_kinds()
        ],
        mailings=[(mailing.value, shown(words)) for mailing, words in MAILINGS.items()],
        hour=hour,
        robots=[
            {
                "id": each.id,
                "name": each.name,
                "kind": shown(ROBOT_NAMES[RobotKind(each.kind)]),
                "address": masked(each),
                "active": each.active,
                "signed": bool(each.secret),
                "sent_at": each.sent_at,
                "failed_at": each.failed_at,
                "fault": shown(in_words(each.fault)) if each.fault else "",
            }
            for each in robots
        ],
        robot=robot or RobotForm(),
        failed_mail=failed_mail,
    )
    return Response(page, status)
