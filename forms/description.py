"""A form description, read once and shared: the tree of components behind a form-js schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from forms.check import check
from forms.expressions import Formula, Setting, Template, formula, setting, template
from forms.fields import FieldType, type_for
from forms.presentation import PRESENTATIONS, Presentation, presentation
from forms.problems import N_, FormProblem, FormRefused

Shape = dict[str, Any]
LARGEST_SCHEMA = 1_000_000
NO_WORDS = template("")


@dataclass(frozen=True, eq=False)
class Component:
    """One component with everything about it that does not depend on who opens the form.

    `keys` is the way to its value from the form, or from the row of the list around it, through groups that have a path.
    """

    id: str
    type: str
    keys: tuple[str, ...]
    label: Template
    help: Template
    hide: Formula | None
    read_only: Setting
    row: str | None
    columns: int | None
    default: object
    kind: FieldType | None = None
    computed: Formula | None = None
    presentation: Presentation | None = None
    children: tuple[Component, ...] = ()
    before: Template = NO_WORDS
    after: Template = NO_WORDS
    outlined: bool = False
    growing: bool = False
    repetitions: int = 0

    @property
    def is_list(self) -> bool:
        return self.type == "dynamiclist"

    @cached_property
    def is_dynamic(self) -> bool:
        return self.hide is not None or self.read_only.formula is not None or self.computed is not None


@dataclass(frozen=True)
class FieldDescription:
    """A field as others may list it. `path` joins groups and lists: `address.city`, `items[].name`."""

    key: str
    path: str
    type: str
    label: str
    help: str
    required: bool
    read_only: bool
    computed: bool
    conditional: bool
    choice_source: str | None
    spec: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class FormDescription:
    """A form that can be built; immutable, so one of them may serve all threads."""

    title: str
    components: tuple[Component, ...]
    fields: tuple[FieldDescription, ...]
    shape: Shape
    is_dynamic: bool
    # Names of the variables that filling in the form can change.
    changeable: frozenset[str]

    @property
    def keys(self) -> frozenset[str]:
        """Names of the variables that the form may answer, at the top level."""
        return frozenset(self.shape)

    @property
    def choice_sources(self) -> frozenset[str]:
        return frozenset(field.choice_source for field in self.fields if field.choice_source)


def read(schema: Mapping[str, Any] | bytes | str) -> FormDescription:
    """The description behind a schema; raises FormRefused with everything that is wrong with it."""
    if isinstance(schema, (bytes, str)):
        schema = _parsed(schema)
    if found := check(schema):
        raise FormRefused(found)
    components = tuple(_component(spec) for spec in schema.get("components", []) if _is_shown(spec))
    title = schema.get("title") or schema.get("id")
    return FormDescription(
        title if isinstance(title, str) else "",
        components,
        tuple(_fields(components, "", schema)),
        shape_of(components),
        any(component.is_dynamic or (component.kind and component.kind.depends) for component in _all(components)),
        frozenset(
            component.keys[0]
            for component in _all(components)
            if component.keys and component.type != "group" and component.read_only.literal is not True
        ),
    )


def _parsed(text: bytes | str) -> Mapping[str, Any]:
    if len(text) > LARGEST_SCHEMA:
        raise FormRefused([FormProblem(None, N_("The form is larger than {limit} bytes"), {"limit": LARGEST_SCHEMA})])
    try:
        # Stricter than Python's own reader, which takes NaN, endless numbers and halves of characters.
        schema = orjson.loads(text)
    except ValueError:
        raise FormRefused([FormProblem(None, N_("The form is not JSON"))]) from None
    if not isinstance(schema, dict):
        raise FormRefused([FormProblem(None, N_("A form is a JSON object with components"))])
    return schema


def _is_shown(spec: Mapping[str, Any]) -> bool:
    # The page around the form has its own buttons: one press completes the task and says what that means.
    return bool(spec["type"] != "button")


def _component(spec: Mapping[str, Any], around: tuple[str, ...] = ()) -> Component:
    kind_name = spec["type"]
    kind = type_for(spec)
    layout = spec.get("layout") or {}
    columns = layout.get("columns")
    hide = (spec.get("conditional") or {}).get("hide")
    appearance = spec.get("appearance") or {}
    repetitions = spec.get("defaultRepetitions", 1)
    own = tuple(part for part in (_text(spec, "key") or _text(spec, "path")).split(".") if part)
    keys = (*around, *own) if own else ()
    inside = () if kind_name == "dynamiclist" else (*around, *own)
    return Component(
        id=str(spec.get("id") or spec.get("key") or spec.get("path") or kind_name),
        type=kind_name,
        keys=keys,
        label=template(_label(spec)),
        help=template(_text(spec, "description")),
        hide=formula(hide) if isinstance(hide, str) and hide.strip() else None,
        read_only=Setting(literal=True) if spec.get("disabled") is True else setting(spec.get("readonly")),
        row=_text(layout, "row") or None,
        columns=columns if type(columns) is int and 1 <= columns <= 16 else None,
        default=spec.get("defaultValue"),
        kind=kind(spec) if kind else None,
        computed=formula(_text(spec, "expression") or "null") if kind_name == "expression" else None,
        presentation=presentation(spec) if kind_name in PRESENTATIONS else None,
        children=tuple(_component(inner, inside) for inner in spec.get("components") or () if _is_shown(inner)),
        before=template(_text(appearance, "prefixAdorner")),
        after=template(_text(appearance, "suffixAdorner")),
        outlined=spec.get("showOutline") is True,
        growing=spec.get("allowAddRemove") is not False,
        repetitions=min(20, repetitions) if type(repetitions) is int and repetitions >= 0 else 1,
    )


def _label(spec: Mapping[str, Any]) -> str:
    names = (
        ("timeLabel", "label", "dateLabel") if spec.get("subtype") == "time" else ("dateLabel", "label", "timeLabel")
    )
    found = next((text for name in names if (text := _text(spec, name))), "")
    return found or (_text(spec, "key") if spec["type"] != "expression" else "")


def _text(spec: Mapping[str, Any], name: str) -> str:
    value = spec.get(name)
    return value if isinstance(value, str) else ""


def _all(components: tuple[Component, ...]) -> Iterator[Component]:
    for component in components:
        yield component
        yield from _all(component.children)


def shape_of(components: tuple[Component, ...]) -> Shape:
    """The answers' shape: a mapping for a group, a list with one mapping for a list, None for a value."""
    shape: Shape = {}
    _grow(shape, components)
    return shape


def _grow(shape: Shape, components: tuple[Component, ...]) -> None:
    for component in components:
        if component.type == "group":
            _grow(shape, component.children)
        elif component.is_list or component.kind or component.computed:
            at = shape
            for key in component.keys[:-1]:
                at = at.setdefault(key, {})
            at[component.keys[-1]] = [shape_of(component.children)] if component.is_list else None


def _fields(components: tuple[Component, ...], prefix: str, schema: Mapping[str, Any]) -> Iterator[FieldDescription]:
    shown = [spec for spec in schema.get("components") or () if _is_shown(spec)]
    for component, spec in zip(components, shown, strict=True):
        path = prefix + ".".join(component.keys)
        if component.children:
            yield from _fields(component.children, f"{path}[]." if component.is_list else prefix, spec)
        elif component.kind or component.computed:
            yield FieldDescription(
                key=component.keys[-1],
                path=path,
                type=component.type,
                label=component.label.source,
                help=component.help.source,
                required=component.kind.required if component.kind else False,
                read_only=component.read_only.literal is True,
                computed=component.computed is not None,
                conditional=component.hide is not None,
                choice_source=spec.get("valuesKey") or None,
                spec=spec,
            )
