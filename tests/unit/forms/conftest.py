"""Short ways to a form in tests, and the page's macro in a bare Jinja environment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import pytest
from werkzeug.datastructures import MultiDict

import forms

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
Build = Callable[..., forms.BoundForm]


@pytest.fixture
def form() -> Build:
    """Build a form of these components; `post` is a list of pairs as a browser sends them."""

    def build(*components: dict[str, Any], post: Any = None, **options: Any) -> forms.BoundForm:
        formdata = None if post is None else MultiDict(post)
        return forms.build(forms.read({"components": list(components)}), formdata=formdata, **options)

    return build


@pytest.fixture(scope="session")
def page() -> Callable[..., str]:
    """Draw an expression of the form macros."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        undefined=jinja2.StrictUndefined,
    )
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]

    def draw(expression: str, **names: Any) -> str:
        source = '{% from "components/form.html" import dynamic_form, field, error_summary %}{{ ' + expression + " }}"
        return environment.from_string(source).render(**names)

    return draw
