"""What articles are to the shared furniture of records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from crm.core.fields import Field, Kind
from crm.core.i18n import ctext, text
from crm.knowledge.models import Article
from crm.permissions import Actor
from crm.records.queries import register
from crm.records.types import Everybody, Group, RecordType, orders

CATEGORY = "knowledge_category"
GROUPS = (
    Group(
        text("Knowledge article"),
        (
            Field("title", text("Title"), required=True, longest=120),
            Field("category", text("Category"), Kind.CHOICE, category=CATEGORY),
            Field("tags", text("Tags"), Kind.TAGS),
            Field("published", ctext("article", "Published"), Kind.FLAG),
            Field("body", text("Text"), Kind.LONG, required=True, longest=20_000),
        ),
    ),
)


def _first(_session: Session, _by: Actor, _now: datetime) -> Mapping[str, object]:
    return {"published": True}


ARTICLE = register(
    RecordType(
        key="article",
        module="knowledge",
        model=Article,
        path="articles",
        name=text("Knowledge article"),
        plural=text("Knowledge base"),
        icon="book",
        reach=Everybody(),
        groups=GROUPS,
        columns=("title", "category", "tags", "published", "updated_at"),
        filters=("category", "published"),
        sorts=orders(updated_at=(Article.updated_at, Article.id), number=(Article.id,)),
        default_sort="-updated_at",
        title="title",
        searched=("body", "tags"),
        search_hint=text("Words of title or text"),
        first=_first,
    )
)
