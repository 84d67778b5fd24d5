"""What a page needs to show records: names of people, of other records and of pick-list entries, looked up once for all rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import render_template
from markupsafe import Markup
from sqlalchemy.orm import Session

from crm.accounts.queries import names_of
from crm.activity.queries import timeline_of
from crm.activity.showing import PAGE, page_of_lines
from crm.core.fields import Field, Kind
from crm.core.i18n import Text
from crm.dictionary.queries import Names, names
from crm.permissions import Actor
from crm.records.queries import can, find_many, may_do_below, titles_of
from crm.records.types import R, RecordType, Through, categories_of, record_type
from crm.web.doors import now
from crm.web.languages import current_locale
from crm.web.slots import Panel

ROWS_ON_ANOTHER_PAGE = 8


@dataclass(frozen=True)
class Words:
    """Names for the reader."""

    terms: Names
    people: dict[int, str]
    titles: dict[tuple[str, int], str]
    # What a record says itself in one of its columns, with the tone.
    said: Mapping[tuple[int, str], tuple[str, str]] = field(default_factory=dict)

    def person(self, user_id: int | None) -> str:
        return self.people.get(user_id or 0, "")

    def title(self, field: Field, record_id: int) -> str:
        return self.titles.get((field.target, record_id), "")

    def link(self, field: Field, record_id: int) -> str:
        return record_type(field.target).link(record_id)

    def option(self, field: Field, key: str | None) -> str | Text:
        """The name of a choice."""
        if field.options:
            return dict(field.options).get(key or "", key or "")
        return self.terms.of(field.category, key)


def words_for(
    session: Session, fields: Iterable[Field], records: Sequence[Any], sort: RecordType[Any] | None = None
) -> Words:
    """The names that these fields of these records need, and those of who made and changed them; of a `sort` whose records
    know words of their own, those too."""
    fields = tuple(fields)
    locale = current_locale()
    people = [each.name for each in fields if each.kind is Kind.PERSON]
    categories = categories_of(fields)
    return Words(
        terms=names(session, locale, categories) if categories else Names(),
        people=names_of(
            session,
            {getattr(row, name) for row in records for name in (*people, "created_by_id", "updated_by_id")},
            locale,
        ),
        titles=titles_of(
            session,
            [(each.target, getattr(row, each.name)) for each in fields if each.kind is Kind.RECORD for row in records],
        ),
        said=sort.said(session, records, locale) if sort is not None and sort.said is not None else {},
    )


def timeline_page(
    sort: RecordType[Any], session: Session, *, by: Actor, record_id: int, before: str | None
) -> dict[str, object]:
    """A page of the record's timeline, for `records/_timeline.html`."""
    # A customer's timeline tells of everything about it; those of other records of themselves alone.
    whose: dict[str, Any] = {"record_type": sort.key, "record_id": record_id}
    if sort.is_customer:
        whose = {"customer_id": record_id}
    happenings = timeline_of(session, by=by, before=before, limit=PAGE + 1, **whose)
    happened, further = page_of_lines(happenings, with_links=sort.is_customer)
    return {"happened": happened, "before": further, "record_id": record_id, "sort": sort}


def related(sort: RecordType[R], field: str, *, columns: Sequence[str] = (), order: str = "") -> Panel:
    """A panel with the latest records of `sort` that name the record at hand in `field`; nothing for those who see none.

    `add_panel("customer", related(INTERACTION, "customer_id"))` puts it onto the customer's page.
    """
    shown = tuple(columns) or tuple(name for name in sort.columns if name != field)

    def panel(session: Session, actor: Actor, record_id: int) -> Markup:
        if not actor.may(sort.module, "view"):
            return Markup()
        found = find_many(
            sort, session, by=actor, now=now(), filters={field: record_id}, order=order, limit=ROWS_ON_ANOTHER_PAGE
        )
        return Markup(  # noqa: S704 - drawn by a template, which escapes
            render_template(
                "records/_related.html",
                sort=sort,
                field=field,
                owner_record_id=record_id,
                columns=shown,
                rows=found.rows,
                has_more=found.next is not None,
                words=words_for(session, (sort.shown[name] for name in shown if name in sort.shown), found.rows, sort),
                may_create=_may_create(sort, session, actor, field, record_id),
            )
        )

    return panel


def _may_create(sort: RecordType[Any], session: Session, by: Actor, field: str, record_id: int) -> bool:
    if isinstance(sort.reach, Through) and sort.reach.field == field:
        return may_do_below(sort, session, by=by, parent_id=record_id, action="create")
    return can(sort, by, "create")
