"""The page that answers who would get each step of a version today, and why."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse
from wtforms import Form, StringField
from wtforms.validators import Length

from crm.accounts.forms import NumberChoice
from crm.accounts.queries import colleagues
from crm.core.errors import Fault, Invalid
from crm.core.i18n import text
from crm.core.numbers import key_of, typed_key
from crm.web.doors import current_actor, now, reading_session, requires
from crm.web.form_faults import mark
from workflows import library
from workflows.assigning.preview import Answer, Question, ask
from workflows.showing import show_process

blueprint = Blueprint("assignees", __name__)


class QuestionForm(Form):
    """A case that one thinks of, or the number of one that there is."""

    initiator = NumberChoice(_l("Started by"))
    customer = StringField(_l("Customer number"), [Length(max=40)], description=_l("Such as K-000012."))
    case = StringField(
        _l("Case number"),
        [Length(max=40)],
        description=_l("Takes initiator, record and variables from a case of this process."),
    )


@blueprint.get("/definitions/<key>/versions/<int:number>/assignees")
@requires("processes", "administer")
def show(key: str, number: int) -> AnyResponse:
    """Every step with its rule, and whom it would reach in a case that one thinks of: begun by the reader, unless said."""
    actor = current_actor()
    form = QuestionForm(request.args)
    if not request.args:
        form.initiator.data = str(actor.id)
    answers: list[Answer] = []
    status = 200
    with reading_session() as session:
        form.initiator.offer(colleagues(session, locale=actor.locale))
        version = library.version_of(session, key, number)
        published = library.published(session, version.id)
        try:
            answers = ask(session, published, _question(form), by=actor, now=now())
        except Invalid as refused:
            status = mark(form, refused)
        page = render_template(
            "processes/assignees.html",
            offer=show_process(published, actor),
            version=version,
            form=form,
            answers=answers,
        )
    return Response(page, status)


def _question(form: QuestionForm) -> Question:
    """What was typed, as numbers; Invalid names what is none."""
    read: dict[str, int | None] = {}
    for name in ("initiator", "customer", "case"):
        typed = str(form[name].data or "").strip()
        read[name] = typed_key(typed) or (key_of("K", typed) if name == "customer" else None)
        if typed and read[name] is None:
            raise Invalid([Fault(name, text("No record has such a number."))])
    return Question(initiator_id=read["initiator"], customer_id=read["customer"], instance_id=read["case"])
