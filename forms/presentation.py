"""Components that only show something: texts, HTML, images, tables, lines and gaps. They are never part of the answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from forms.expressions import (
    Formula,
    Scope,
    Template,
    formula,
    is_formula,
    problems_in_formula,
    problems_in_template,
    template,
)
from forms.markup import as_plain_html, as_plain_markdown, clean, from_markdown
from forms.problems import N_, FormProblem
from forms.reader import Reader

MOST_ROWS = 200
MOST_COLUMNS = 30
LONGEST_TEXT = 50_000
PICTURE = re.compile(r"/(?![/\\])[^\s\"'<>\\]{0,2000}|data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]{1,200000}")


@dataclass(frozen=True)
class Words:
    """A text (Markdown) or an HTML component."""

    text: Template
    markdown: bool

    def draw(self, scope: Scope, reader: Reader) -> Markup:
        if self.markdown:
            return from_markdown(self.text.filled(scope, reader, as_plain_markdown))
        return clean(self.text.filled(scope, reader, as_plain_html))


@dataclass(frozen=True)
class Picture:
    """An image of this site, or one that carries its data with it; other addresses are not shown."""

    source: Template
    alt: Template

    def draw(self, scope: Scope, reader: Reader) -> Mapping[str, str]:
        source = self.source.text(scope, reader).strip()
        return {"source": source if PICTURE.fullmatch(source) else "", "alt": self.alt.text(scope, reader)}


@dataclass(frozen=True)
class Table:
    """Rows of a variable."""

    rows: Formula
    columns: tuple[tuple[str, str], ...]
    columns_from: Formula | None

    def draw(self, scope: Scope, reader: Reader) -> Mapping[str, object]:
        columns = self.columns
        if self.columns_from:
            found = self.columns_from.value(scope)
            columns = tuple(columns_of(found)) if isinstance(found, list) else ()
        rows = self.rows.value(scope)
        rows = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
        return {
            "headers": [reader.words(label) for _, label in columns],
            "rows": [[reader.present(row.get(key)) for key, _ in columns] for row in rows[:MOST_ROWS]],
            "left_out": max(0, len(rows) - MOST_ROWS),
        }


@dataclass(frozen=True)
class Gap:
    """A line, or room of a height given in pixels, as one of Bootstrap's five."""

    line: bool
    size: int = 3

    def draw(self, scope: Scope, reader: Reader) -> Gap:
        return self


Presentation = Words | Picture | Table | Gap
PRESENTATIONS = frozenset({"text", "html", "image", "table", "separator", "spacer"})


def presentation(spec: Mapping[str, Any]) -> Presentation:
    """The presentation of a component that was checked before."""
    match spec["type"]:
        case "text":
            return Words(template(_text(spec, "text")), markdown=True)
        case "html":
            return Words(template(_text(spec, "content")), markdown=False)
        case "image":
            return Picture(template(_text(spec, "source")), template(_text(spec, "alt")))
        case "table":
            columns_from = _text(spec, "columnsExpression")
            return Table(
                formula(_text(spec, "dataSource") or "null"),
                tuple(columns_of(spec.get("columns") or [])),
                formula(columns_from) if columns_from else None,
            )
        case "separator":
            return Gap(line=True)
        case _:
            height = spec.get("height")
            return Gap(line=False, size=min(5, max(1, height // 20)) if isinstance(height, int) else 3)


def columns_of(columns: object) -> Iterator[tuple[str, str]]:
    """Key and heading of each well-formed column."""
    if isinstance(columns, list):
        for column in columns[:MOST_COLUMNS]:
            if isinstance(column, Mapping) and isinstance(key := column.get("key"), str):
                label = column.get("label")
                yield key, label if isinstance(label, str) else key


def problems(spec: Mapping[str, Any], element: str) -> Iterator[FormProblem]:
    """What is wrong with a presentation component."""
    for name in ("text", "content", "source", "alt"):
        value = spec.get(name)
        if value is not None and (not isinstance(value, str) or len(value) > LONGEST_TEXT):
            yield FormProblem(
                element,
                N_("{property} must be text of at most {limit} characters"),
                {"property": name, "limit": LONGEST_TEXT},
            )
        elif isinstance(value, str):
            yield from problems_in_template(element, name, value)
    source = spec.get("source")
    if (
        isinstance(source, str)
        and "{{" not in source
        and not is_formula(source)
        and not PICTURE.fullmatch(source.strip())
    ):
        yield FormProblem(
            element, N_("An image must lie on this site (/…) or be a data address of a PNG, JPEG, GIF or WebP")
        )
    if spec.get("type") == "table":
        if not isinstance(spec.get("dataSource"), str) or not spec["dataSource"].strip():
            yield FormProblem(element, N_("The table needs a data source"))
        else:
            yield from problems_in_formula(element, "dataSource", spec["dataSource"])
        if isinstance(columns := spec.get("columnsExpression"), str) and columns:
            yield from problems_in_formula(element, "columnsExpression", columns)
        elif not list(columns_of(spec.get("columns"))):
            yield FormProblem(element, N_("The table needs columns with a key each"))


def _text(spec: Mapping[str, Any], name: str) -> str:
    value = spec.get(name)
    return value if isinstance(value, str) else ""
