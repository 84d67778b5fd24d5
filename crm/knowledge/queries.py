"""Which articles may help with something: those that share the most words with it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.search import likest, query_parts
from crm.knowledge.description import ARTICLE
from crm.knowledge.models import Article
from crm.permissions import Actor
from crm.records.queries import may_see

MOST_SUGGESTED = 3
MOST_WORDS = 12
# Of a Chinese run every pair of signs is asked for; one pair in common is chance.
FEWEST_IN_COMMON = 2


def suggested(session: Session, *, by: Actor, words: str) -> list[Article]:
    """Published articles that share words with this text, the likest first; none for those who may not read them."""
    if not by.may("knowledge", "view"):
        return []
    asked = list(dict.fromkeys(part for run in query_parts(words) for part in run))[:MOST_WORDS]
    found = likest(session, ARTICLE.key, asked, MOST_SUGGESTED * 3)
    best = [key for key, count in found if count >= min(FEWEST_IN_COMMON, len(asked))]
    if not best:
        return []
    articles = session.scalars(select(Article).where(Article.id.in_(best), Article.published, may_see(ARTICLE, by)))
    by_key = {article.id: article for article in articles}
    return [by_key[key] for key in best if key in by_key][:MOST_SUGGESTED]
