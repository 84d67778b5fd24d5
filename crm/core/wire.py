"""PostgreSQL by libpq itself, for the statements of the hot path.

psycopg's cursors find out anew at each execution how every value is written and every column read, which takes our process
several times as long as the journey. A `Wired` statement knows both: it is prepared once on each connection, its values go as
bytes, and the readers of its columns are kept. Several statements make one journey (`execute`), the transaction's BEGIN
among them. Faults are psycopg's own.
"""

from __future__ import annotations

import select
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from hashlib import blake2b
from typing import Any

import orjson
import psycopg
from psycopg import errors, pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.types.json import Json, Jsonb

Value = bytes | None
Load = Callable[[bytes], Any]
# A connection keeps no more statements than this on the server; what was not asked for longest goes.
MOST_PREPARED = 300
GOOD = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


class Wired:
    """A statement of psycopg's form, `%(name)s` for its values, as the server wants it: `$1` and a name of its own."""

    def __init__(self, sql: str, names: Sequence[str]) -> None:
        self._names, self._said = tuple(dict.fromkeys(names)), sql
        self.sql = (sql % {name: f"${place}" for place, name in enumerate(self._names, 1)}).encode()
        # Statements that read alike are one on the server.
        self.key = b"heliu_" + blake2b(self.sql, digest_size=12).hexdigest().encode()

    @cached_property
    def guarded(self) -> Wired:
        """The same change, at fault on the server (`DivisionByZero`) if it does not find its row: so that the COMMIT may
        travel with it."""
        sql = f"WITH changed AS ({self._said} RETURNING 1) SELECT 1 / count(*) FROM changed"  # noqa: S608 - our own text
        return Wired(sql, self._names)

    def bound(self, values: Mapping[str, Any]) -> Bound:
        """With its values, ready to travel."""
        written: list[Value] = []
        formats: list[int] = []
        for name in self._names:
            value = values[name]
            write = _WRITERS.get(type(value), _otherwise)
            written.append(write(value))
            formats.append(Format.BINARY if write is bytes else Format.TEXT)
        return Bound(self, written, formats)


class Bound:
    """A statement and its values as bytes."""

    __slots__ = ("formats", "statement", "values")

    def __init__(self, statement: Wired, values: list[Value], formats: list[int]) -> None:
        self.statement, self.values, self.formats = statement, values, formats

    def guarded(self) -> Bound:
        """The same, at fault if it does not find its row."""
        return Bound(self.statement.guarded, self.values, self.formats)


class Wire:
    """One connection: what is prepared on it, and how the columns of its statements are read."""

    def __init__(self, driver: psycopg.Connection[Any]) -> None:
        self._driver = driver
        self._pg: Any = driver.pgconn
        # With what reads the columns of its rows, once there were some.
        self._prepared: OrderedDict[bytes, list[Load]] = OrderedDict()
        self._poll: select.poll | None = None

    def execute(self, statements: Sequence[Bound], *, commits: bool = False) -> list[Any]:
        """Execute them in one journey, and with `commits` end the transaction. Answers their results in order, one more for
        the end of the transaction; each is to be handed to `check`."""
        begins = not self._driver.autocommit and self._pg.transaction_status == TransactionStatus.IDLE
        only = statements[0]
        if len(statements) == 1 and not begins and not commits and only.statement.key in self._prepared:
            self._prepared.move_to_end(only.statement.key)
            return [self._pg.exec_prepared(only.statement.key, only.values, only.formats, Format.BINARY)]
        try:
            self._pg.enter_pipeline_mode()
            results = self._in_pipeline(statements, begins, commits)
            self._pg.exit_pipeline_mode()
        except BaseException:
            # Half an answer is still on its way: nobody may take it for theirs.
            self._driver.close()
            raise
        first = len(results) - len(statements) - commits
        for result in results[:first]:
            self.check(result)
        return results[first:]

    def check(self, result: Any) -> None:
        """Raise the fault that a result tells of."""
        if result.status in GOOD:
            return
        if self._pg.status == pq.ConnStatus.BAD:
            raise psycopg.OperationalError(self._pg.get_error_message() or "the connection is lost")
        raise errors.error_from_result(result)

    def rows(self, bound: Bound, result: Any) -> list[tuple[Any, ...]]:
        """The rows of a result, as Python's values."""
        load = self._prepared[bound.statement.key]
        if not load:
            readers = Transformer(self._driver)
            load += [readers.get_loader(result.ftype(place), Format.BINARY).load for place in range(result.nfields)]
        get = result.get_value
        return [
            tuple([None if (value := get(row, place)) is None else each(value) for place, each in enumerate(load)])
            for row in range(result.ntuples)
        ]

    def _in_pipeline(self, statements: Sequence[Bound], begins: bool, commits: bool) -> list[Any]:
        asked = 0
        if begins:
            self._pg.send_query_params(b"BEGIN", None)
            asked += 1
        fresh = {each.statement.key: each.statement.sql for each in statements}
        for key in fresh.keys() & self._prepared.keys():
            self._prepared.move_to_end(key)
            del fresh[key]
        while fresh and len(self._prepared) + len(fresh) > MOST_PREPARED and self._prepared:
            self._pg.send_query_params(b"DEALLOCATE " + self._prepared.popitem(last=False)[0], None)
            asked += 1
        for key, sql in fresh.items():
            self._pg.send_prepare(key, sql)
        for each in statements:
            self._pg.send_query_prepared(each.statement.key, each.values, each.formats, Format.BINARY)
        if commits:
            self._pg.send_query_params(b"COMMIT", None)
        self._pg.pipeline_sync()
        results = [self._next() for _ in range(asked)]
        for key in fresh:
            results.append(self._next())
            if results[-1].status == ExecStatus.COMMAND_OK:
                self._prepared[key] = []
        results += [self._next() for _ in range(len(statements) + commits)]
        while self._next().status != ExecStatus.PIPELINE_SYNC:
            pass
        return results

    def _next(self) -> Any:
        """The next result, waited for without holding up the other threads."""
        while True:
            while self._pg.is_busy():
                if self._poll is None:
                    self._poll = select.poll()
                    self._poll.register(self._pg.socket, select.POLLIN)
                self._poll.poll()
                self._pg.consume_input()
            result = self._pg.get_result()
            if result is not None:
                return result
            if self._pg.status == pq.ConnStatus.BAD:
                raise psycopg.OperationalError("the connection is lost")


def _text(value: str) -> bytes:
    written = value.encode()
    if b"\0" in written:
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return written


def _whole(value: int) -> bytes:
    return b"%d" % value


def _said(value: Any) -> bytes:
    return str(value).encode()


def _document(value: Json | Jsonb) -> bytes:
    return orjson.dumps(value.obj, option=orjson.OPT_PASSTHROUGH_SUBCLASS)


_WRITERS: dict[type, Callable[[Any], Value]] = {
    type(None): lambda _: None,
    str: _text,
    int: _whole,
    bool: lambda value: b"t" if value else b"f",
    bytes: bytes,
    datetime: _said,
    date: _said,
    Decimal: _said,
    Json: _document,
    Jsonb: _document,
}


def _otherwise(value: Any) -> Value:
    # Enumerations among them: they are written like what they are a kind of.
    for kind in (bool, int, str):
        if isinstance(value, kind):
            return _WRITERS[kind](kind(value))
    written = Transformer().get_dumper(value, PyFormat.TEXT).dump(value)
    return None if written is None else bytes(written)
