"""Icons: one sprite from the names that the interface uses. And what pages weigh."""

from __future__ import annotations

import gzip
from xml.etree import ElementTree

import pytest

from tools.assets import APP, OUT, icon_names, sprite
from tools.icons import used

SVG = "{http://www.w3.org/2000/svg}"


def test_every_icon_that_a_page_names_is_in_the_list() -> None:
    known = set(icon_names())
    assert {name for _, name in used()} <= known


def test_the_sprite_holds_a_symbol_for_each_name() -> None:
    symbols = ElementTree.fromstring(sprite(["home", "star-filled"])).findall(f"{SVG}symbol")  # noqa: S314 - our own text
    assert [symbol.get("id") for symbol in symbols] == ["home", "star-filled"]
    assert symbols[1].get("fill") == "currentColor"


def test_an_icon_that_does_not_exist_stops_the_build() -> None:
    with pytest.raises(SystemExit, match="no-such-icon"):
        sprite(["no-such-icon"])


def test_the_editor_of_diagrams_weighs_at_most_seven_hundred_kilobytes_packed() -> None:
    """With the frame around it: what a browser loads that has nothing yet."""
    parts = [
        OUT / name
        for name in ("studio-editor.min.js", "studio-editor.min.css", "tabler.min.css", "htmx.min.js", "icons.svg")
    ]
    parts += [APP / name for name in ("app.css", "app.js", "theme.js", "notices.css", "notices.js", "studio.css")]
    fonts = list(OUT.glob("bpmn-*.woff2"))
    assert (
        sum(len(gzip.compress(path.read_bytes())) for path in parts) + sum(path.stat().st_size for path in fonts)
        <= 700_000
    )
