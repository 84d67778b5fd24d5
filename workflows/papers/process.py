"""A version of a process, for paper."""

from __future__ import annotations

from sqlalchemy.orm import Session

from crm.core.i18n import text
from crm.permissions import Actor, check_may
from workflows import library
from workflows.papers.paper import Paper


def process_paper(session: Session, key: str, number: int, *, by: Actor, said: str) -> Paper:
    """The diagram of a version in the reader's language. `said` stands at the foot. Raises NotFound."""
    check_may(by, "processes", "administer")
    version = library.version_of(session, key, number)
    published = library.published(session, version.id)
    words = published.translator(by.locale)
    file, raw = published.definition.bundle.bpmn
    return Paper(
        name=f"{key}-{number}",
        title=words(published.definition.name) or key,
        about=text("Version {number}", number=number).in_language(by.locale),
        told=words(published.definition.documentation),
        said=said,
        locale=by.locale,
        file=file,
        raw=raw,
        words=words,
    )
