"""What is wrong with a form description, found before anybody has to fill it in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from forms.expressions import problems_in_formula, problems_in_setting, problems_in_template
from forms.fields import FIELD_TYPES, type_for
from forms.plain import RESERVED, UNSTORABLE, is_name, quotable
from forms.presentation import LONGEST_TEXT, PRESENTATIONS
from forms.presentation import problems as problems_in_presentation
from forms.problems import N_, FormProblem

DEEPEST = 8
MOST_COMPONENTS = 1000
Spec = Mapping[str, Any]
Where = tuple[str, ...]
CONTAINERS = ("group", "dynamiclist")
REFUSED = {
    "iframe": N_("A page of another site cannot be shown in a form; give a link in a text component"),
    "documentPreview": N_("Documents are shown by the task page itself; remove the preview component"),
}
MAPPINGS = ("validate", "layout", "conditional", "appearance", "properties")
TEMPLATES = ("label", "description", "dateLabel", "timeLabel")


@dataclass
class _Walk:
    """What has been met so far."""

    choice_sources: Collection[str] | None
    components: int = 0
    claimed: dict[Where, str] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)


def check(schema: object, *, choice_sources: Collection[str] | None = None) -> list[FormProblem]:
    """Everything that keeps a schema from being published; never raises, whatever the schema is.

    With `choice_sources`, a `valuesKey` that names none of them is a problem too.
    """
    if not isinstance(schema, Mapping) or not isinstance(schema.get("components", []), list):
        return [FormProblem(None, N_("A form is a JSON object with components"))]
    return list(_in_components(schema.get("components", []), (), _Walk(choice_sources), 1))


def _in_components(components: list[Any], inside: Where, walk: _Walk, depth: int) -> Iterator[FormProblem]:
    if depth > DEEPEST:
        yield FormProblem(None, N_("Groups lie more than {limit} deep inside each other"), {"limit": DEEPEST})
        return
    for spec in components:
        walk.components += 1
        if walk.components > MOST_COMPONENTS:
            if walk.components == MOST_COMPONENTS + 1:
                yield FormProblem(None, N_("The form has more than {limit} components"), {"limit": MOST_COMPONENTS})
            return
        if not isinstance(spec, Mapping) or not isinstance(spec.get("type"), str):
            yield FormProblem(None, N_("Each component is an object with a type"))
            continue
        yield from _in_component(spec, inside, walk, depth)


def _in_component(spec: Spec, inside: Where, walk: _Walk, depth: int) -> Iterator[FormProblem]:
    kind = spec["type"]
    element = _element(spec)
    if kind == "button":
        return
    if kind in REFUSED:
        yield FormProblem(element, REFUSED[kind])
        return
    if kind not in FIELD_TYPES and kind not in PRESENTATIONS and kind not in (*CONTAINERS, "expression"):
        yield FormProblem(element, N_("The component type {type} is not known"), {"type": quotable(kind)})
        return
    wrong = [name for name in MAPPINGS if spec.get(name) is not None and not isinstance(spec[name], Mapping)]
    if wrong:
        yield FormProblem(element, N_("{property} must be an object"), {"property": wrong[0]})
        return
    yield from _in_identity(spec, element, walk)
    yield from _in_texts(spec, element)
    hide = (spec.get("conditional") or {}).get("hide")
    if isinstance(hide, str) and hide.strip():
        yield from problems_in_formula(element, "conditional.hide", hide)
    yield from problems_in_setting(element, "readonly", spec.get("readonly"))
    if kind in PRESENTATIONS:
        yield from problems_in_presentation(spec, element)
    elif kind in CONTAINERS:
        yield from _in_container(spec, element, inside, walk, depth)
    else:
        yield from _in_path(spec, "key", element, inside, walk)
        yield from _in_field(spec, element, walk)


def _in_identity(spec: Spec, element: str, walk: _Walk) -> Iterator[FormProblem]:
    own = spec.get("id")
    if own is None:
        return
    if not isinstance(own, str) or UNSTORABLE.search(own):
        yield FormProblem(element, N_("The component's id must be text"))
    elif own in walk.ids:
        yield FormProblem(element, N_("Two components have the id {id}"), {"id": quotable(own)})
    else:
        walk.ids.add(own)


def _in_texts(spec: Spec, element: str) -> Iterator[FormProblem]:
    appearance = spec.get("appearance") or {}
    texts = [(name, spec.get(name)) for name in TEMPLATES]
    texts += [(f"appearance.{name}", appearance.get(name)) for name in ("prefixAdorner", "suffixAdorner")]
    for name, value in texts:
        if value is None:
            continue
        if not isinstance(value, str) or len(value) > LONGEST_TEXT or UNSTORABLE.search(value):
            yield FormProblem(
                element,
                N_("{property} must be text of at most {limit} characters"),
                {"property": name, "limit": LONGEST_TEXT},
            )
        else:
            yield from problems_in_template(element, name, value)


def _in_container(spec: Spec, element: str, inside: Where, walk: _Walk, depth: int) -> Iterator[FormProblem]:
    inner = spec.get("components") or []
    if not isinstance(inner, list):
        yield FormProblem(element, N_("{property} must be a list"), {"property": "components"})
        return
    if spec["type"] == "dynamiclist":
        yield from _in_path(spec, "path", element, inside, walk)
        # The rows of a list are a world of their own: the same names may be used in two lists.
        yield from _in_components(inner, (*inside, *_parts(spec, "path"), "[]"), walk, depth + 1)
        return
    path = _parts(spec, "path")
    if spec.get("path"):
        yield from _in_names(path, element)
        for length in range(1, len(path) + 1):
            if walk.claimed.setdefault((*inside, *path[:length]), "group") != "group":
                yield FormProblem(element, N_("The path {path} is used twice"), {"path": ".".join(path)})
                break
    yield from _in_components(inner, (*inside, *path), walk, depth + 1)


def _in_path(spec: Spec, name: str, element: str, inside: Where, walk: _Walk) -> Iterator[FormProblem]:
    path = _parts(spec, name)
    if not path:
        yield FormProblem(element, N_("The component needs a {property}"), {"property": name})
        return
    yield from _in_names(path, element)
    where = (*inside, *path)
    taken = where in walk.claimed
    for length in range(len(inside) + 1, len(where)):
        taken = taken or walk.claimed.setdefault(where[:length], "group") != "group"
    if taken:
        yield FormProblem(element, N_("The key {key} is used twice"), {"key": ".".join(path)})
    walk.claimed.setdefault(where, "field")


def _in_names(path: Where, element: str) -> Iterator[FormProblem]:
    for part in path:
        if part in RESERVED:
            yield FormProblem(element, N_("The key {key} is kept for the system; choose another"), {"key": part})
        elif part.startswith("_") or not is_name(part):
            yield FormProblem(
                element,
                N_(
                    "The key {key} must begin with a letter and hold only letters, digits and _, and be no word of FEEL"
                ),
                {"key": quotable(part)},
            )


def _in_field(spec: Spec, element: str, walk: _Walk) -> Iterator[FormProblem]:
    if spec["type"] == "expression":
        if not isinstance(spec.get("expression"), str) or not spec["expression"].strip():
            yield FormProblem(element, N_("The computed field needs an expression"))
        else:
            yield from problems_in_formula(element, "expression", spec["expression"])
        return
    kind = type_for(spec)
    if kind is None:
        return
    source = spec.get("valuesKey")
    if source is not None and (not isinstance(source, str) or not source):
        yield FormProblem(element, N_("The component needs a {property}"), {"property": "valuesKey"})
    elif source and walk.choice_sources is not None and source not in walk.choice_sources:
        yield FormProblem(
            element,
            N_(
                "The choice source {name} is not known; a list among the variables is written as an expression (={name})"
            ),
            {"name": quotable(source)},
        )
    yield from kind.problems(spec, element)


def _element(spec: Spec) -> str:
    for name in ("id", "key", "path", "type"):
        if isinstance(value := spec.get(name), str) and value:
            return quotable(value)
    return "component"


def _parts(spec: Spec, name: str) -> Where:
    value = spec.get(name)
    return tuple(value.split(".")) if isinstance(value, str) and value else ()
