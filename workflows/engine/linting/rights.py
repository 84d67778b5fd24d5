"""Field rights of a user task: each names a field that the step's form has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workflows.engine.bundle import Bundle
from workflows.engine.diagram import USER_KINDS, Diagram
from workflows.engine.errors import BundleRefused
from workflows.engine.linting.report import Report, label
from workflows.engine.texts import N_

RIGHTS = ("hiddenFields", "readOnlyFields")
# As deep as a form may be; what is deeper is refused elsewhere.
DEEPEST = 8


def check_rights(diagram: Diagram, bundle: Bundle, report: Report) -> None:
    """Warn of rights that name no field: nothing is hidden then."""
    for process in diagram.used():
        for node in process.nodes.values():
            named = [
                (right, path.strip())
                for right in RIGHTS
                for path in node.extensions.get(right, "").split(",")
                if path.strip()
            ]
            if node.kind not in USER_KINDS or not named:
                continue
            known = _paths(bundle, node.form_key or "")
            if known is None:
                continue
            for right, path in named:
                if path not in known:
                    message = N_(
                        "{element} names the field {field} in {right}, which its form does not have; remove it there, or add the field to the form."
                    )
                    report.warn(node.id, message, element=label(node), field=path[:100], right=right)


def _paths(bundle: Bundle, form_key: str) -> set[str] | None:
    """The paths of a form's fields and lists; None while the form cannot be read."""
    try:
        schema = bundle.forms.get(form_key)
    except BundleRefused:
        return None
    if schema is None:
        return None
    return set(_in_components(schema.get("components"), "", 1))


def _in_components(components: object, prefix: str, depth: int) -> Iterator[str]:
    if not isinstance(components, list) or depth > DEEPEST:
        return
    for spec in components:
        if not isinstance(spec, Mapping):
            continue
        key, path, inner = spec.get("key"), spec.get("path"), spec.get("components")
        own = path if isinstance(path, str) and path else ""
        if spec.get("type") == "dynamiclist":
            yield prefix + own
            yield from _in_components(inner, f"{prefix}{own}[].", depth + 1)
        elif inner is not None:
            yield from _in_components(inner, f"{prefix}{own}." if own else prefix, depth + 1)
        elif isinstance(key, str):
            yield prefix + key
