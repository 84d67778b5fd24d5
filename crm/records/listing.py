"""The list page of records: search, filters, order, pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import render_template
from sqlalchemy.orm import Session

from crm.core.errors import Fault, Invalid
from crm.core.fields import Field, Kind
from crm.core.i18n import Text, text
from crm.permissions import Actor, check_may
from crm.records.forms import choices_for
from crm.records.queries import can, conditions, count_many, find_many, titles_of, typed_record
from crm.records.showing import words_for
from crm.records.types import R, RecordType, record_type
from crm.web.doors import current_actor, now, reading_session
from crm.web.languages import shown
from crm.web.lists import ListAddress, list_address, sort_column
from crm.web.record_forms import Choices


@dataclass(frozen=True)
class FilterBox:
    """A filter as the page draws it: a choice where there are options, else a box to type in."""

    name: str
    label: str
    options: Choices
    value: str
    input_type: str


def list_page(sort: RecordType[R], *, template: str = "records/index.html") -> str:
    """The list of records, with search, filters on every field, and order."""
    actor = current_actor()
    check_may(actor, sort.module, "view")
    known = sort.filtered
    address = list_address(tuple(known), sort.sorts, sort.default_sort)
    with reading_session() as session:
        address, filters, refused = _fitting(sort, session, actor, address)
        search: dict[str, Any] = {"by": actor, "now": now(), "query": address.query, "filters": filters}
        found = find_many(sort, session, **search, order=address.sort, place=address.place, backwards=address.backwards)
        columns = [sort.shown[name] for name in sort.columns if name in sort.shown]
        choices = choices_for(sort, session, known.values())
        return render_template(
            template,
            sort=sort,
            rows=found.rows,
            total=count_many(sort, session, **search),
            words=words_for(session, columns, found.rows, sort),
            address=address,
            headings={name: sort_column(address, name) for name in sort.columns if name in sort.sorts},
            pages=address.pages(found),
            bar=[_box(sort, session, actor, known[name], address, choices) for name in sort.filters],
            further=[
                _box(sort, session, actor, each, address, choices)
                for name, each in known.items()
                if name not in sort.filters and not _is_drawn_otherwise(sort, each, address)
            ],
            fixed=_fixed(sort, session, address, filters),
            may_create=can(sort, actor, "create"),
            refused=refused,
        )


def _fitting(
    sort: RecordType[Any], session: Session, by: Actor, address: ListAddress
) -> tuple[ListAddress, dict[str, object], list[Text | str]]:
    """The address without filters that cannot be, what is looked for by the others, and why those were left out: a list is
    found by old addresses too, and one word of them that has gone must not hide it. A record that is not open to this person is
    refused instead: all records in place of its own would mislead."""
    refused: list[Text | str] = []
    filters = _keys(sort, session, by, address)
    while True:
        try:
            conditions(sort, session, by=by, now=now(), query="", filters=filters)
        except Invalid as wrong:
            names = {fault.field for fault in wrong.faults} & address.filters.keys()
            if not names:
                raise
            refused += [fault.message for fault in wrong.faults]
            filters = {name: value for name, value in filters.items() if name not in names}
            left = {name: value for name, value in address.filters.items() if name not in names}
            address = replace(address, filters=left, place=None)
        else:
            return address, filters, refused


def _is_drawn_otherwise(sort: RecordType[Any], each: Field, address: ListAddress) -> bool:
    """A record that the list is narrowed to is a chip; and numbers and times are asked for by their ends."""
    if each.kind is Kind.RECORD:
        return each.name in address.filters
    return f"{each.name}_from" in sort.filtered and each.name not in address.filters


def _keys(sort: RecordType[Any], session: Session, by: Actor, address: ListAddress) -> dict[str, object]:
    """The filters of the address, with names and numbers of other records turned into their keys."""
    filters: dict[str, object] = dict(address.filters)
    for name, each in sort.filtered.items():
        typed = address.filters.get(name, "")
        if each.kind is Kind.RECORD and typed and name not in sort.choices:
            record_id = typed_record(record_type(each.target), session, by=by, typed=typed)
            if record_id is None:
                reason = text("{label}: “{typed}” was not found.", label=each.label, typed=typed[:60])
                raise Invalid([Fault(name, reason)])
            filters[name] = record_id
    return filters


def _box(
    sort: RecordType[Any], session: Session, by: Actor, each: Field, address: ListAddress, choices: dict[str, Choices]
) -> FilterBox:
    options: Choices = ()
    if each.kind is Kind.CHOICE:
        options = [(key, shown(name)) for key, name in each.options] or choices.get(each.category, ())
    elif each.kind in {Kind.PERSON, Kind.RECORD, Kind.REFERENCE}:
        options = choices.get(each.name, ())
    elif each.kind is Kind.FLAG:
        options = [("true", shown(text("yes"))), ("false", shown(text("no")))]
    if each.name in sort.special and each.kind is Kind.FLAG:
        options = [("true", shown(each.label))]
    elif each.name in sort.special and (offered := sort.special[each.name].options) is not None:
        options = offered(session, by, address.filters)
    input_type = "date" if each.kind is Kind.DATE else "text"
    return FilterBox(each.name, shown(each.label), options, address.filters.get(each.name, ""), input_type)


def _fixed(
    sort: RecordType[Any], session: Session, address: ListAddress, filters: dict[str, object]
) -> list[dict[str, object]]:
    """The records that the list is narrowed to, as chips that can be taken away."""
    links = [
        each
        for name, each in sort.filtered.items()
        if each.kind is Kind.RECORD and name in filters and name not in sort.filters
    ]
    named = {each.name: key for each in links if isinstance(key := filters[each.name], int)}
    titles = titles_of(session, [(each.target, named.get(each.name)) for each in links])
    return [
        {
            "name": each.name,
            "value": named[each.name],
            "label": titles.get((each.target, named[each.name]), str(named[each.name])),
            "active": True,
            "remove_url": address.url(**{each.name: ""}),
        }
        for each in links
        if each.name in named
    ]
