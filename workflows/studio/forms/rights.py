"""Field rights of a step: which fields of its form it hides, only shows, or lets be edited."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from crm.core.errors import Fault, Invalid
from crm.core.i18n import text
from crm.permissions import Actor
from forms.description import Component
from workflows.engine import Bundle
from workflows.studio.drafts import operations, queries
from workflows.studio.forms.steps import description_of, node_of
from workflows.studio.spoken import words_of
from workflows.studio.xml_edit import set_property
from workflows.task_forms import step_rights

RIGHTS = ("hide", "read", "edit")


@dataclass(frozen=True)
class FieldRight:
    """A field of a step's form: how deep it lies, and what the step leaves of it. `reads_only` when the form itself never
    lets it be edited, `required` when an answer is needed."""

    path: str
    label: str
    depth: int
    right: str
    reads_only: bool
    required: bool


def field_rights(bundle: Bundle, element: str, locale: str) -> list[FieldRight] | None:
    """Every field of the step's form with its right; None while the form cannot be read."""
    node = node_of(bundle, element)
    described = description_of(bundle, node.form_key or "")
    if described is None:
        return None
    return list(_rows(described.components, "", 0, step_rights(node), words_of(bundle, locale)))


def set_rights(
    session: Session, *, by: Actor, now: datetime, draft_id: int, element: str, rights: Mapping[str, str], seen: int
) -> int:
    """The step has these rights from now on; answers the new revision of the diagram. A field that is not named can be edited.

    `seen` is the revision of the diagram. Raises Conflict when somebody saved it since."""
    queries.find_draft(session, draft_id, by=by)
    bundle = queries.bundle_of(session, draft_id)
    known = {field.path: field for field in field_rights(bundle, element, by.locale) or ()}
    for path, right in rights.items():
        if path not in known:
            raise Invalid(
                [Fault(path, text("The form has no field “{path}” any more; load the page again.", path=path[:100]))]
            )
        if right not in RIGHTS:
            raise Invalid([Fault(path, text("This must be one of: {choices}.", choices=", ".join(RIGHTS)))])
    file, raw = bundle.bpmn
    for name, right in (("hiddenFields", "hide"), ("readOnlyFields", "read")):
        listed = ", ".join(path for path in known if rights.get(path) == right)
        raw = set_property(raw, element, name, listed)
    return operations.save_file(session, by=by, now=now, draft_id=draft_id, name=file, content=raw.decode(), seen=seen)


def _rows(
    components: tuple[Component, ...], prefix: str, depth: int, rights: Mapping[str, str], words: Callable[[str], str]
) -> Iterator[FieldRight]:
    for component in components:
        path = prefix + ".".join(component.keys)
        if component.is_list or component.kind or component.computed:
            yield FieldRight(
                path,
                words(component.label.source) or path,
                depth,
                rights.get(path, "edit"),
                component.read_only.literal is True or component.computed is not None,
                bool(component.kind and component.kind.required),
            )
        if component.children:
            inner = f"{path}[]." if component.is_list else prefix
            yield from _rows(component.children, inner, depth + component.is_list, rights, words)
