"""The frame around every page of a draft: what `studio/_frame.html` and the script beside it want to know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from crm.core.errors import NotFound
from crm.core.i18n import Text, catalogue_of, text
from crm.web.doors import current_actor
from crm.web.languages import shown
from workflows.engine import Bundle, BundleRefused
from workflows.engine.bundle import TEXTS_NAME
from workflows.studio.drafts import queries
from workflows.studio.drafts.models import ProcessDraft
from workflows.studio.exchange.models import ImportReport

# The pages of a draft: last part of the address, name, icon.
TABS: tuple[tuple[str, Text, str], ...] = (
    ("diagram", text("Diagram"), "sitemap"),
    ("forms", text("Forms"), "forms"),
    ("tables", text("Decision tables"), "table"),
    ("texts", text("Texts"), "language"),
    ("record", text("Record"), "database"),
    ("try", text("Try it"), "player-play"),
    ("publish", text("Publish"), "upload"),
)
# What the script says, translated here; {name} and the like are filled in there.
WORDS: Mapping[str, Text] = {
    "saved": text("Saved"),
    "saving": text("Saving …"),
    "unsaved": text("Not saved yet"),
    "failed": text("Not saved: {reason}"),
    "lost": text("The server does not answer."),
    "signed_out": text("You are signed out."),
    "kept": text("What you wrote here until {at} was not stored."),
    "conflict": text("{name} has saved this meanwhile; what you wrote is not stored yet."),
    "changed": text("{name} has saved this file; what you see is not the newest."),
    "somebody": text("Somebody"),
    "theirs": text("Load theirs"),
    "mine": text("Keep mine"),
    "here": text("Also here: {names}"),
    "same_file": text("{name} has this page open too. Whatever is saved last wins only after a question."),
    "no_findings": text("Nothing stands in the way of publishing."),
    "errors": text("Errors: {number}"),
    "warnings": text("Warnings: {number}"),
    "error": text("Error"),
    "warning": text("Warning"),
    "checking": text("Checking …"),
}


def frame(
    session: Session,
    draft: ProcessDraft,
    *,
    tab: str,
    file: str | None = None,
    words: Mapping[str, Text] | None = None,
    may_be_new: bool = False,
) -> dict[str, Any]:
    """The values of a page of this draft. `tab` is the last part of its address; `file` the one that the page edits, whose
    content goes along, and which is made by its first saving where it `may_be_new`; `words` are further sentences for its
    script."""
    actor = current_actor()
    content, revision = "", 0
    if file is not None:
        try:
            found = queries.file_of(session, draft.id, file)
            content, revision = found.content, found.revision
        except NotFound:
            if not may_be_new:
                raise
    base = f"/studio/drafts/{draft.id}"
    facts = {
        "id": draft.id,
        "key": draft.process_key,
        "file": file or "",
        "content": content,
        "revision": revision,
        "urls": {
            "file": url_for("studio_files.show_file", draft_id=draft.id, name=file) if file else "",
            "files": f"{base}/files/",
            "draft": base,
            **{
                name: url_for(f"studio_files.{view}", draft_id=draft.id)
                for name, view in (
                    ("presence", "presence"),
                    ("findings", "show_findings"),
                    ("catalogue", "show_catalogue"),
                    ("feel", "check_expression"),
                )
            },
        },
        "words": {name: shown(sentence) for name, sentence in {**WORDS, **(words or {})}.items()},
        "locale": actor.locale,
        "me": actor.username,
    }
    tabs = [
        {"label": shown(label), "url": f"{base}/{path}", "icon": icon, "active": path == tab}
        for path, label, icon in TABS
    ]
    title = title_of(session, draft, actor.locale)
    return {
        "draft": draft,
        "title": title,
        "facts": facts,
        "tabs": tabs,
        "behind": queries.behind(session, draft),
        "imported": session.get(ImportReport, draft.id) is not None,
    }


def title_of(session: Session, draft: ProcessDraft, locale: str) -> str:
    """What the process is called in a language, by the draft's own texts."""
    try:
        raw = queries.file_of(session, draft.id, TEXTS_NAME).content
        own = Bundle({TEXTS_NAME: raw.encode()}).texts.get(locale, {})
    except (NotFound, BundleRefused):
        own = {}
    known = own.get(draft.name) if isinstance(own, dict) else None
    return str(known or catalogue_of(locale).gettext(draft.name) if draft.name else draft.process_key)
