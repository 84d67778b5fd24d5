"""What differs between two files of decisions: columns, rules cell by cell, hit policy, expressions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crm.core.i18n import Text, text
from workflows.engine.safe_xml import read_xml
from workflows.studio.publishing.drawn import meaning
from workflows.studio.publishing.found import ADDED, CHANGED, MOVED, REMOVED, Found, changed, order_changed


@dataclass(frozen=True)
class _Column:
    label: str
    values: tuple[tuple[Text, str], ...]


@dataclass(frozen=True)
class _Read:
    """A decision as it is written."""

    name: str
    facts: tuple[tuple[Text, str], ...]
    columns: dict[str, _Column]
    rules: dict[str, dict[str, str]]
    whole: Any


def table_differences(file: str, old: bytes, new: bytes) -> Iterator[Found]:
    """Raises BundleRefused where one of the two cannot be read."""
    was, now = _decisions(read_xml(old, file)), _decisions(read_xml(new, file))
    for ident, after in now.items():
        before = was.get(ident)
        if before is None:
            yield Found(ADDED, ident, text("Decision"), "", after.name, after.name)
            continue
        found = list(_decision(ident, before, after))
        if not found and before.whole != after.whole:
            found = [Found(CHANGED, ident, text("Other details"), name=after.name)]
        yield from found
    for ident, before in was.items():
        if ident not in now:
            yield Found(REMOVED, ident, text("Decision"), before.name, "", before.name)


def _decision(ident: str, before: _Read, after: _Read) -> Iterator[Found]:
    name = after.name
    yield from changed(ident, text("Name"), before.name, after.name, name)
    for (what, was), (_, now) in zip(before.facts, after.facts, strict=True):
        yield from changed(ident, what, was, now, name)
    for column, after_column in after.columns.items():
        before_column = before.columns.get(column)
        if before_column is None:
            yield Found(ADDED, ident, text("Column"), "", after_column.label, name)
            continue
        for (what, was), (_, now) in zip(before_column.values, after_column.values, strict=True):
            if was != now:
                told = text("Column “{column}”: {what}", column=after_column.label, what=what)
                yield Found(CHANGED, ident, told, was, now, name)
    for column, before_column in before.columns.items():
        if column not in after.columns:
            yield Found(REMOVED, ident, text("Column"), before_column.label, "", name)
    yield from _rules(ident, before, after)


def _rules(ident: str, before: _Read, after: _Read) -> Iterator[Found]:
    numbers = {rule: number for number, rule in enumerate(after.rules, 1)}
    for rule, cells in after.rules.items():
        told = text("Rule {number}", number=numbers[rule])
        old = before.rules.get(rule)
        if old is None:
            yield Found(ADDED, ident, told, "", _row(cells), after.name)
            continue
        for column, read in after.columns.items():
            if column in before.columns and old.get(column, "") != cells.get(column, ""):
                what = text("Rule {number}, {column}", number=numbers[rule], column=read.label)
                yield Found(CHANGED, ident, what, old.get(column, ""), cells.get(column, ""), after.name)
    for number, (rule, cells) in enumerate(before.rules.items(), 1):
        if rule not in after.rules:
            yield Found(REMOVED, ident, text("Rule {number}", number=number), _row(cells), "", after.name)
    if order_changed(list(before.rules), list(after.rules)):
        yield Found(MOVED, ident, text("Order of the rules"), name=after.name)


def _row(cells: dict[str, str]) -> str:
    return " | ".join(cell or "-" for cell in cells.values())


def _decisions(root: Any) -> dict[str, _Read]:
    return {
        element.get("id") or f"decision {index}": _decision_in(element)
        for index, element in enumerate(root.iter("{*}decision"))
    }


def _decision_in(element: Any) -> _Read:
    table = element.find("{*}decisionTable")
    policy = "" if table is None else table.get("hitPolicy") or "UNIQUE"
    aggregation = "" if table is None else table.get("aggregation") or ""
    needs = sorted(str(each.get("href") or "") for each in element.iter("{*}requiredDecision"))
    facts = (
        (text("Hit policy"), f"{policy} {aggregation}".strip()),
        (text("Expression"), _text(element.find("{*}literalExpression"))),
        (text("Needs the decisions"), ", ".join(needs)),
    )
    columns: dict[str, _Column] = {}
    rules: dict[str, dict[str, str]] = {}
    if table is not None:
        for sort in ("input", "output"):
            for index, column in enumerate(table.findall(f"{{*}}{sort}"), 1):
                columns[column.get("id") or f"{sort} {index}"] = _column(column, f"{sort} {index}")
        for index, rule in enumerate(table.findall("{*}rule"), 1):
            cells = [_text(cell) for cell in (*rule.findall("{*}inputEntry"), *rule.findall("{*}outputEntry"))]
            rules[rule.get("id") or f"rule {index}"] = dict(zip(columns, cells, strict=False))
    return _Read(element.get("name") or element.get("id") or "", facts, columns, rules, meaning(element))


def _column(element: Any, fallback: str) -> _Column:
    expression = element.find("{*}inputExpression")
    label = element.get("label") or element.get("name") or _text(expression) or fallback
    values = (
        (text("Label"), element.get("label") or ""),
        (text("Name"), element.get("name") or ""),
        (text("Expression"), _text(expression)),
        (text("Type"), (expression if expression is not None else element).get("typeRef") or ""),
        (text("Allowed values"), _text(element.find("{*}inputValues")) or _text(element.find("{*}outputValues"))),
        (text("Default"), _text(element.find("{*}defaultOutputEntry"))),
    )
    return _Column(label, values)


def _text(element: Any) -> str:
    if element is None:
        return ""
    found = element.find("{*}text")
    return str((found.text if found is not None else element.text) or "").strip()
