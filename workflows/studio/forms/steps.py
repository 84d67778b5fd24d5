"""The forms of a draft and the steps that ask them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import forms
from crm.core.errors import NotFound
from crm.core.i18n import text, translate
from workflows.engine import Bundle, BundleRefused, Node
from workflows.engine.bundle import FORM_SUFFIX, read_json
from workflows.engine.diagram import USER_KINDS
from workflows.studio.spoken import words_of
from workflows.studio.surroundings import diagram_of
from workflows.task_forms import step_rights


@dataclass(frozen=True)
class Step:
    """An element that asks a form; `tightens` when it hides fields or only shows them, `is_task` when it could."""

    id: str
    name: str
    is_task: bool
    tightens: bool


@dataclass(frozen=True)
class DraftForm:
    """A form of a draft. `fields` is None while it cannot be read."""

    key: str
    file: str
    title: str
    fields: int | None
    steps: tuple[Step, ...]


def forms_of(bundle: Bundle, locale: str) -> list[DraftForm]:
    """All forms of a draft by key, with their steps."""
    words, nodes = words_of(bundle, locale), _asking(bundle)
    found = []
    for key, file in sorted(bundle.form_files.items()):
        described = description_of(bundle, key)
        steps = tuple(_step(node, words, locale) for node in nodes if node.form_key == key)
        title = words(_title(bundle, file)) or " · ".join(step.name for step in steps)
        fields = len(described.fields) if described is not None else None
        found.append(DraftForm(key, file, title or key, fields, steps))
    return found


def steps_of(bundle: Bundle, key: str, locale: str) -> list[Step]:
    """The steps that ask this form."""
    words = words_of(bundle, locale)
    return [_step(node, words, locale) for node in _asking(bundle) if node.form_key == key]


def step_named(bundle: Bundle, element: str, locale: str) -> Step | None:
    """A step of the draft's diagram that may ask a form, whether it does already or not; None where there is none."""
    diagram = diagram_of(bundle)
    node = diagram.nodes.get(element) if diagram is not None else None
    if node is None or node.kind not in (*USER_KINDS, "startEvent"):
        return None
    return _step(node, words_of(bundle, locale), locale)


def node_of(bundle: Bundle, element: str) -> Node:
    """A step of the draft's diagram that a person does."""
    found = next((node for node in _asking(bundle) if node.id == element and node.kind in USER_KINDS), None)
    if found is None:
        raise NotFound(text("The draft has no step “{id}” with a form.", id=element[:100]))
    return found


def description_of(bundle: Bundle, key: str) -> forms.FormDescription | None:
    """A form; None while it cannot be read."""
    try:
        return forms.read(read_json(key, bundle.files[key + FORM_SUFFIX]))
    except (KeyError, BundleRefused, forms.FormRefused):
        return None


def _title(bundle: Bundle, file: str) -> str:
    try:
        title = read_json(file, bundle.files[file]).get("title")
    except BundleRefused:
        return ""
    return title if isinstance(title, str) else ""


def _asking(bundle: Bundle) -> list[Node]:
    diagram = diagram_of(bundle)
    if diagram is None:
        return []
    return [node for node in diagram.nodes.values() if node.form_key]


def _step(node: Node, words: Callable[[str], str], locale: str) -> Step:
    name = words(node.name) or (translate(text("Start"), locale) if node.kind == "startEvent" else node.id)
    return Step(node.id, name, node.kind in USER_KINDS, bool(step_rights(node)))
