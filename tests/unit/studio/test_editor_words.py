"""The diagram editor speaks the reader's language: what its script says is in the lists that the page translates."""

from __future__ import annotations

import json
import re
from pathlib import Path

from crm.core.i18n import Text
from workflows.studio.diagram_words import HAPPENED, SIMULATION, TYPES, WORDS

ROOT = Path(__file__).resolve().parents[3]
STUDIO = ROOT / "crm" / "static" / "app" / "studio"
SAID = re.compile(r'\bsay\(\s*"((?:[^"\\]|\\.)*)"')


def library_words() -> set[str]:
    """What the drawing library's Chinese file and our additions to it translate."""
    library = (ROOT / "node_modules" / "bpmn-js-i18n" / "translations" / "zn.js").read_text(encoding="utf-8")
    ours = json.loads((STUDIO / "editor" / "chinese.json").read_text(encoding="utf-8"))
    return {*re.findall(r'^  "((?:[^"\\]|\\.)*)":', library, re.MULTILINE), *ours}


def said() -> set[str]:
    sources = [STUDIO / "editor.js", *(STUDIO / "editor").rglob("*.js")]
    return {words for source in sources for words in SAID.findall(source.read_text(encoding="utf-8"))}


def test_everything_the_editor_says_is_translated_by_the_page_or_by_the_library() -> None:
    assert len(said()) > 100
    assert said() - {*WORDS, *TYPES, *SIMULATION, *HAPPENED} - library_words() == set()


def test_no_word_is_kept_that_the_editor_does_not_say() -> None:
    script = "".join(source.read_text(encoding="utf-8") for source in (STUDIO / "editor").rglob("*.js"))
    assert [words for words in WORDS if f'"{words}"' not in script] == []


def test_every_word_has_a_chinese_one() -> None:
    words = [*WORDS, *TYPES, *SIMULATION, *HAPPENED]
    assert [each for each in words if Text(each).in_language("zh_CN") == each] == []
