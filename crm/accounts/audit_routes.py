"""The audit log on screen: sign-ins and every change, with filters."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, render_template

from crm.accounts.audit_queries import (
    LATEST,
    act_name,
    actors_in,
    audit_query,
    audited_kinds,
    field_name,
    named_in,
    subject_name,
    value_of,
)
from crm.core.keyset import fetch
from crm.dictionary.queries import names
from crm.web.doors import current_actor, reading_session, requires
from crm.web.languages import current_locale, shown
from crm.web.lists import PAGE, list_address

pages = Blueprint("audit", __name__, url_prefix="/administration")


@pages.get("/audit")
@requires("accounts", "administer")
def index() -> str:
    """Who did what, the latest first."""
    address = list_address({"kind"}, {"at": LATEST}, "at")
    query = audit_query(by=current_actor(), q=address.query, kind=address.filters.get("kind", ""))
    with reading_session() as session:
        page = fetch(session, query, LATEST, place=address.place, limit=PAGE, backwards=address.backwards)
        return render_template(
            "accounts/audit.html",
            acts=page.rows,
            address=address,
            pages=address.pages(page),
            kinds=[(kind, shown(name)) for kind, name in audited_kinds(session)],
            act_name=act_name,
            actors=actors_in(session, page.rows, locale=current_locale()),
            field_name=field_name,
            subject_name=partial(subject_name, session, locale=current_locale()),
            value_of=partial(value_of, listed=names(session, current_locale())),
            named=named_in(session, page.rows, locale=current_locale()),
        )
