"""Draws decision tables as text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

DMN = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def definitions(*decisions: str, namespace: str = DMN) -> str:
    return f'<?xml version="1.0"?><definitions xmlns="{namespace}" id="d" name="d">{"".join(decisions)}</definitions>'


def requires(*idents: str) -> str:
    return "".join(
        f'<informationRequirement id="r_{i}"><requiredDecision href="#{i}"/></informationRequirement>' for i in idents
    )


def cell(tag: str, text: str) -> str:
    return f"<{tag}><text>{escape(text)}</text></{tag}>"


def table(
    ident: str, policy: str, inputs: list[str], outputs: dict[str, str], rules: Sequence[tuple[str, ...]], *,
    aggregation: str = "", before: str = "", variable: str = "", default: str = "",
) -> str:  # fmt: skip
    """`outputs`: name -> its values in their order ("" for none). A rule has a cell for each column."""
    columns = "".join(f'<input label="{i}">{cell("inputExpression", i)}</input>' for i in inputs)
    for name, values in outputs.items():
        shown = (cell("outputValues", values) if values else "") + (
            cell("defaultOutputEntry", default) if default else ""
        )
        columns += f'<output name="{name}">{shown}</output>'
    rows = ""
    for rule in rules:
        tests, answers = rule[: len(inputs)], rule[len(inputs) :]
        rows += (
            "<rule>"
            + "".join(cell("inputEntry", t) for t in tests)
            + "".join(cell("outputEntry", a) for a in answers)
            + "</rule>"
        )
    named = f'<variable name="{variable}"/>' if variable else ""
    how = f' aggregation="{aggregation}"' if aggregation else ""
    return (
        f'<decision id="{ident}" name="{ident} table">{named}{before}'
        f'<decisionTable hitPolicy="{policy}"{how}>{columns}{rows}</decisionTable></decision>'
    )


def literal(ident: str, text: str, *, before: str = "", variable: str = "") -> str:
    named = f'<variable name="{variable}"/>' if variable else ""
    return f'<decision id="{ident}" name="{ident}">{named}{before}{cell("literalExpression", text)}</decision>'
