"""Find records by any part of their words, in Chinese and English, the same on both databases.

A record's text is kept as tokens: a run of Chinese (Japanese, Korean) characters as overlapping pairs, a word of other
letters or digits as itself and its endings. A query finds a part of a run as a phrase of pairs, and a part of a word as the
beginning of one of its endings. So whatever stands in a record is found by any piece of it: exactly, without a dictionary
of words. SQLite keeps the tokens in an FTS5 index, PostgreSQL in a tsvector with a GIN index.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import (
    DDL,
    ColumnElement,
    Connection,
    Index,
    Select,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    cast,
    column,
    delete,
    event,
    false,
    func,
    literal_column,
    select,
    table,
    text,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.orm import Mapped, Session, mapped_column

from crm.core.db import Base, Id, dialect_of
from crm.core.prepared import Prepared

LONGEST_TEXT = 6_000
LONGEST_WORD = 40
SHORTEST_ENDING = 3
MOST_QUERY_PARTS = 8
CJK = r"\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
RUNS = re.compile(f"([{CJK}]+)|([^\\W_{CJK}]+)")

SQLITE_INDEX = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS search_entry_fts USING fts5("
    "words, content='search_entry', content_rowid='id', tokenize='ascii')",
    "CREATE TRIGGER IF NOT EXISTS search_entry_added AFTER INSERT ON search_entry BEGIN "
    "INSERT INTO search_entry_fts(rowid, words) VALUES (new.id, new.words); END",
    "CREATE TRIGGER IF NOT EXISTS search_entry_removed AFTER DELETE ON search_entry BEGIN "
    "INSERT INTO search_entry_fts(search_entry_fts, rowid, words) VALUES ('delete', old.id, old.words); END",
    "CREATE TRIGGER IF NOT EXISTS search_entry_changed AFTER UPDATE ON search_entry BEGIN "
    "INSERT INTO search_entry_fts(search_entry_fts, rowid, words) VALUES ('delete', old.id, old.words); "
    "INSERT INTO search_entry_fts(rowid, words) VALUES (new.id, new.words); END",
)

FTS = table("search_entry_fts", column("rowid", Id))


class SearchEntry(Base):
    """The tokens of one record. `kind` names the sort of record, `subject_id` is its number."""

    __tablename__ = "search_entry"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id"),
        Index("ix_search_entry_words", "words", postgresql_using="gin").ddl_if(dialect="postgresql"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[int] = mapped_column(Id)
    words: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))


def create_sqlite_index(connection: Connection) -> None:
    """Set up the FTS5 index and the triggers that keep it; for a migration, after the table itself."""
    for statement in SQLITE_INDEX:
        connection.execute(text(statement))


for _statement in SQLITE_INDEX:
    event.listen(SearchEntry.__table__, "after_create", DDL(_statement).execute_if(dialect="sqlite"))  # type: ignore[no-untyped-call]  # the library has no type here
event.listen(
    SearchEntry.__table__,
    "before_drop",
    DDL("DROP TABLE IF EXISTS search_entry_fts").execute_if(dialect="sqlite"),  # type: ignore[no-untyped-call]  # as above
)


def index(session: Session, kind: str, subject_id: int, words: str) -> None:
    """From now on the record is found by these words, and by no earlier ones."""
    dialect = dialect_of(session)
    listed = tokens(words)
    kept = (
        " ".join(listed)
        if dialect == "sqlite"
        else " ".join(f"'{token}':{place}" for place, token in enumerate(listed, 1))
    )
    _put(dialect).later(session, {"kind": kind, "subject_id": subject_id, "words": kept})


@cache
def _put(dialect: str) -> Prepared:
    insert: Any = (sqlite if dialect == "sqlite" else postgresql).insert
    entry = insert(SearchEntry.__table__).values({name: bindparam(name) for name in ("kind", "subject_id", "words")})
    return Prepared(
        entry.on_conflict_do_update(index_elements=["kind", "subject_id"], set_={"words": entry.excluded.words})
    )


def forget(session: Session, kind: str, subject_id: int) -> None:
    """The record is not found any more."""
    session.execute(delete(SearchEntry).where(SearchEntry.kind == kind, SearchEntry.subject_id == subject_id))


def matches(session: Session, kind: str, query: str) -> Select[int]:
    """The numbers of the records of this kind that hold every part of the query. A query without a letter finds none."""
    return select(SearchEntry.subject_id).where(
        SearchEntry.kind == kind, _holds(dialect_of(session), query_parts(query))
    )


def likest(session: Session, kind: str, tokens: Collection[str], most: int) -> list[tuple[int, int]]:
    """The numbers of the records of this kind that hold most of these tokens, with how many they hold; at most so many."""
    if not tokens:
        return []
    given = {f"token{place}": _as_query(dialect_of(session), [[token]]) for place, token in enumerate(tokens)}
    return [
        (subject, held)
        for subject, held in _likest(len(tokens), dialect_of(session), most).rows(session, {"kind": kind, **given})
    ]


@cache
def _likest(number: int, dialect: str, most: int) -> Prepared:
    """One journey for all tokens; making the statement takes longer than asking."""
    each = union_all(
        *(
            select(SearchEntry.subject_id).where(
                SearchEntry.kind == bindparam("kind"), _fits(dialect, bindparam(f"token{place}", type_=String))
            )
            for place in range(number)
        )
    ).subquery()
    held = func.count()
    found = select(each.c.subject_id, held).group_by(each.c.subject_id)
    return Prepared(found.order_by(held.desc(), each.c.subject_id).limit(most))


def _holds(dialect: str, parts: list[list[str]]) -> ColumnElement[bool]:
    return _fits(dialect, _as_query(dialect, parts)) if parts else false()


def _as_query(dialect: str, parts: list[list[str]]) -> str:
    """The parts in the language of the database's search."""
    if dialect == "sqlite":
        return " AND ".join(f'"{part[0]}" *' if len(part) == 1 else f'"{" ".join(part)}"' for part in parts)
    return " & ".join(
        f"'{part[0]}':*" if len(part) == 1 else "(" + " <-> ".join(f"'{token}'" for token in part) + ")"
        for part in parts
    )


def _fits(dialect: str, wanted: str | ColumnElement[str]) -> ColumnElement[bool]:
    """The WHERE clause for entries that such a query finds."""
    if dialect == "sqlite":
        found = select(FTS.c.rowid).where(literal_column(FTS.name).bool_op("MATCH")(wanted))
        return SearchEntry.id.in_(found)
    return SearchEntry.words.bool_op("@@")(cast(wanted, TSQUERY))


def tokens(words: str) -> list[str]:
    """The tokens of a text, in order."""
    found: list[str] = []
    for chinese, word in RUNS.findall(_plain(words)[:LONGEST_TEXT]):
        if chinese:
            # The last character stands alone: it is found by itself, and it keeps this run from the next one.
            found += [chinese[place : place + 2] for place in range(len(chinese))]
        else:
            word = word[:LONGEST_WORD]
            found += [word] + [word[place:] for place in range(1, len(word) - SHORTEST_ENDING + 1)]
    return found


def query_parts(query: str) -> list[list[str]]:
    """What must be found: one token is looked for as a beginning, several as a phrase."""
    parts: list[list[str]] = []
    for chinese, word in RUNS.findall(_plain(query)[:LONGEST_TEXT])[:MOST_QUERY_PARTS]:
        if len(chinese) > 1:
            parts.append([chinese[place : place + 2] for place in range(len(chinese) - 1)])
        else:
            parts.append([chinese or word[:LONGEST_WORD]])
    return parts


def _plain(words: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", words).casefold())
