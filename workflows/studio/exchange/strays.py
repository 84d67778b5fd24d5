"""Flows that stand in another process of the file than the steps they join: some editors write all of them into the first."""

from __future__ import annotations

from typing import Any

from crm.core.i18n import text
from workflows.studio.exchange.document import BPMN, Document


def bring_home(document: Document) -> None:
    """Each such flow stands beside its two ends from now on; where it stands there already, the copy goes."""
    places: dict[str, list[Any]] = {}
    for element in document.nodes():
        places.setdefault(element.get("id") or "", []).append(element.getparent())
    flows = list(document.root.iter(f"{BPMN}sequenceFlow"))
    present = {(flow.getparent(), *_said(flow)) for flow in flows}
    for flow in flows:
        source, target = flow.get("sourceRef") or "", flow.get("targetRef") or ""
        here = flow.getparent()
        beginnings, endings = places.get(source, []), places.get(target, [])
        # Ids that are used twice say nothing of where the flow belongs.
        if here in beginnings or here in endings or len(beginnings) != 1 or beginnings != endings:
            continue
        home = beginnings[0]
        if flow in home.iterancestors():
            continue
        here.remove(flow)
        document.changed = True
        if (home, *_said(flow)) not in present:
            home.append(flow)
            document.translated(flow, text("The flow stood in another process than its ends"), "", _name_of(home))


def _said(flow: Any) -> tuple[str | None, ...]:
    return flow.get("id"), flow.get("sourceRef"), flow.get("targetRef")


def _name_of(scope: Any) -> str:
    return str(scope.get("name") or scope.get("id") or "")
