"""The pages of notices: the bell on every page, the list, the live stream, and how one wants to be told."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.json import dumps
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from crm.core.i18n import Text, text
from crm.core.numbers import typed_key
from crm.notices import leading, operations, queries
from crm.web.doors import current_actor, now, reading_session, visitor, writing
from crm.web.languages import current_locale, shown
from crm.web.security import safe_next

pages = Blueprint("notices", __name__, url_prefix="/notices")

PAGE = 30
# The browser asks again after this. The stream itself ends at once: an open one would hold one of the few threads of a
# worker for every window that somebody has open (docs/adr/0011).
RETRY_SECONDS = 20
MOST_SAID = 3


@pages.app_context_processor
def bell() -> dict[str, Any]:
    """What the header of every page shows."""
    return {"notices_bell": _bell}


def _bell() -> dict[str, object] | None:
    actor = visitor()
    if actor is None:
        return None
    with reading_session() as session:
        unread, newest = queries.bell_of(session, by=actor)
        here = bool(unread) and request.method == "GET" and leading.leads_here(session, by=actor, path=request.path)
    if here:
        # Whoever comes to the page by another way, from the inbox for instance, has seen what the notice says.
        with writing() as session:
            unread = max(unread - leading.arrive(session, by=actor, now=now(), path=request.path), 0)
    return {"unread": unread, "newest": newest, "words": shown(unread_words(unread))}


@pages.get("")
def index() -> str:
    """One's own notices, the latest first."""
    unread = request.args.get("show") == "unread"
    before = typed_key(request.args.get("before", ""))
    actor = current_actor()
    with reading_session() as session:
        found = queries.notices_of(session, by=actor, unread=unread, before=before, limit=PAGE + 1)
        rows = queries.show(session, found[:PAGE], current_locale())
        waiting, newest = queries.bell_of(session, by=actor)
    here: dict[str, Any] = {"show": "unread"} if unread else {}
    return render_template(
        "notices/index.html",
        rows=rows,
        unread=unread,
        waiting=waiting,
        newest=newest,
        first=before is None,
        next_url=url_for("notices.index", **here, before=rows[-1].id) if len(found) > PAGE else "",
        previous_url=url_for("notices.index", **here) if before is not None else "",
    )


@pages.get("/<int:notice_id>")
def follow(notice_id: int) -> AnyResponse:
    """Read it, and go where it leads."""
    with writing() as session:
        notice = operations.mark_read(session, by=current_actor(), now=now(), notice_id=notice_id)
        link = notice.link
    return redirect(safe_next(link, url_for("notices.index")))


@pages.post("/<int:notice_id>/read")
def read(notice_id: int) -> AnyResponse:
    """Read, without going anywhere."""
    with writing() as session:
        operations.mark_read(session, by=current_actor(), now=now(), notice_id=notice_id)
    return redirect(_back())


@pages.post("/read")
def read_all() -> AnyResponse:
    """Everything that stood in the list is read; what came meanwhile is not."""
    with writing() as session:
        count = operations.mark_all_read(
            session, by=current_actor(), now=now(), up_to=typed_key(request.form.get("up_to", ""))
        )
    flash(_("%(count)s notices are marked as read.", count=count), "good")
    return redirect(_back())


@pages.get("/live")
def live() -> Response:
    """A stream of one event: how many are unread, and what is new since the reader's last one. It ends; browsers come back."""
    actor = current_actor()
    seen = typed_key(request.headers.get("Last-Event-ID", "") or request.args.get("seen", "")) or 0
    with reading_session() as session:
        unread, newest = queries.bell_of(session, by=actor)
        fresh = queries.notices_of(session, by=actor, unread=True, limit=MOST_SAID) if newest > seen else []
        said = queries.show(session, [notice for notice in fresh if notice.id > seen], current_locale())
    event = {
        "unread": unread,
        "words": shown(unread_words(unread)),
        "said": [
            {"words": each.words, "url": url_for("notices.follow", notice_id=each.id), "icon": each.icon}
            for each in said
        ],
    }
    body = f"retry: {RETRY_SECONDS * 1000}\nid: {newest}\nevent: notices\ndata: {dumps(event)}\n\n"
    return Response(body, content_type="text/event-stream; charset=utf-8")


def unread_words(count: int) -> Text:
    """How the bell is read out."""
    return text("Notices, none unread") if count == 0 else text("Notices, {count} unread", count=count)


def _back() -> str:
    return safe_next(request.form.get("next"), url_for("notices.index"))
