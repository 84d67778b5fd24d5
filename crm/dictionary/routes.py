"""Pages by which administrators keep the pick-lists."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.core.errors import Conflict, Invalid, NotFound
from crm.core.i18n import text
from crm.dictionary.forms import names_form, new_entry_form
from crm.dictionary.operations import add_entry, move_entry, rename_entry, switch_entry
from crm.dictionary.queries import entries, find_entry
from crm.dictionary.rules import CATEGORIES, RELIED_ON
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.languages import shown
from crm.web.navigation import Entry
from crm.web.record_forms import RecordForm

pages = Blueprint("dictionary", __name__, url_prefix="/administration/dictionary")
NAVIGATION = (
    Entry(
        text("Data dictionary"),
        "dictionary.index",
        "book",
        permission=("dictionary", "administer"),
        group=text("Administration"),
        order=93,
    ),
)


@pages.get("")
@requires("dictionary", "administer")
def index() -> ResponseReturnValue:
    """The first pick-list."""
    return redirect(url_for("dictionary.show", category=next(iter(CATEGORIES))))


@pages.route("/<category>", methods=["GET", "POST"])
@requires("dictionary", "administer")
def show(category: str) -> ResponseReturnValue:
    """A pick-list with all its entries, and the form that adds one."""
    if category not in CATEGORIES:
        raise NotFound()
    form = new_entry_form(request.form if request.method == "POST" else None)
    if request.method == "POST":
        given = {name: str(value) for name, value in form.given().items()}
        try:
            with writing() as session:
                add_entry(session, by=current_actor(), now=now(), category=category, **given)
        except Invalid as wrong:
            form.mark(wrong.faults)
        else:
            flash(shown(text("The entry has been added.")), "good")
            return redirect(url_for("dictionary.show", category=category))
    return _list(category, form), 422 if request.method == "POST" else 200


@pages.route("/entries/<int:entry_id>", methods=["GET", "POST"])
@requires("dictionary", "administer")
def edit(entry_id: int) -> ResponseReturnValue:
    """The names of an entry."""
    with reading_session() as session:
        entry = find_entry(session, by=current_actor(), entry_id=entry_id)
    form = names_form(entry, request.form if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        given = {name: str(value) for name, value in form.given().items()}
        try:
            with writing() as session:
                rename_entry(session, by=current_actor(), now=now(), entry_id=entry_id, version=_version(), **given)
        except Invalid as wrong:
            status = 422
            form.mark(wrong.faults)
        except Conflict as conflict:
            status = 409
            form.form_errors.append(shown(conflict.message))
        else:
            flash(shown(text("Your changes have been saved.")), "good")
            return redirect(url_for("dictionary.show", category=entry.category))
    page = render_template(
        "dictionary/entry.html",
        entry=entry,
        form=form,
        category_name=CATEGORIES[entry.category],
        is_stale=status == 409,
    )
    return page, status


@pages.post("/entries/<int:entry_id>/<act>")
@requires("dictionary", "administer")
def act(entry_id: int, act: str) -> ResponseReturnValue:
    """Switch an entry off or on, or move it up or down."""
    actor = current_actor()
    with writing() as session:
        if act in {"up", "down"}:
            entry = move_entry(session, by=actor, now=now(), entry_id=entry_id, version=_version(), up=act == "up")
        elif act in {"on", "off"}:
            entry = switch_entry(
                session, by=actor, now=now(), entry_id=entry_id, version=_version(), active=act == "on"
            )
        else:
            raise NotFound()
    return redirect(url_for("dictionary.show", category=entry.category))


def _version() -> int:
    return request.form.get("version", 0, int)


def _list(category: str, form: RecordForm) -> str:
    with reading_session() as session:
        return render_template(
            "dictionary/show.html",
            category=category,
            category_name=CATEGORIES[category],
            categories=[
                {"label": shown(name), "url": url_for("dictionary.show", category=key), "active": key == category}
                for key, name in CATEGORIES.items()
            ],
            listed=entries(session, by=current_actor(), category=category),
            relied_on=RELIED_ON.get(category, ()),
            form=form,
        )
