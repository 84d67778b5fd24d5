"""The catalogue of Chinese texts: compiled, checked, brought up to date.

    python -m tools.translations compile          .po → .mo where the .po is newer
    python -m tools.translations check            fails when a text is missing, empty, doubtful or no longer used
    python -m tools.translations update [FOLDER]  takes new texts in; translations come from FOLDER/*.json, {"English": "中文"}

English is the source and has no catalogue. What is extracted is said by `babel.cfg`. Texts of diagrams and their forms
are not here: each process carries its own.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "crm" / "translations" / "zh_CN" / "LC_MESSAGES" / "messages.po"
TOP = {"feel", "forms", "crm", "workflows", "scheduler", "templates"}
UNREAD = {"static", "translations", "migrations", "__pycache__"}
MARKS: dict[str, Any] = {
    "_": None,
    "N_": None,
    "FeelError": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
# Marks of crm.core.i18n, which other libraries use as names too (SQLAlchemy's `text`).
OWN_MARKS: dict[str, Any] = {"text": None, "ntext": (1, 2), "ctext": ((1, "c"), 2)}
OWN_IMPORT = re.compile(r"^from crm\.core\.i18n import [^\n]*|^from crm\.core\.i18n import \([^)]*\)", re.MULTILINE)
PLACES = re.compile(r"\{\w+\}|%\(\w+\)[sd]|%[sd]")
Key = tuple[str | None, str]


def main() -> None:
    """Do what the first word says."""
    match sys.argv[1:]:
        case ["compile"]:
            compile_all()
        case ["check"]:
            if found := list(problems(read(), extract())):
                sys.exit("\n".join(found))
        case ["update", *folders]:
            update([Path(folder) for folder in folders])
        case _:
            sys.exit(__doc__)


def compile_all() -> None:
    """Write each catalogue in the form that the product reads, if it changed."""
    for po in sorted((ROOT / "crm" / "translations").glob("*/LC_MESSAGES/*.po")):
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime:
            with po.open("rb") as source, mo.open("wb") as target:
                write_mo(target, read_po(source))


def extract() -> Catalog:
    """All texts for people in the sources, without where they stand line by line, so that moving code changes nothing."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # Babel has no types here
    found = Catalog(charset="utf-8", project="Heliu CRM", copyright_holder="Heliu CRM")
    for marks in (MARKS, OWN_MARKS):
        for name, _, message, comments, context in extract_from_dir(
            ROOT, methods, options, keywords=marks, directory_filter=_is_read, comment_tags=["i18n:"]
        ):
            if marks is MARKS or name.endswith(".html") or _imports_own_marks(ROOT / name):
                found.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    return found


def read() -> Catalog:
    """The catalogue as it stands; empty if there is none yet."""
    if not CATALOGUE.exists():
        return Catalog(locale="zh_CN", charset="utf-8", project="Heliu CRM")
    with CATALOGUE.open("rb") as file:
        return read_po(file)


def problems(catalogue: Catalog, sources: Catalog) -> Iterator[str]:
    """What stands between the catalogue and a page that is Chinese throughout."""
    known, needed = _by_key(catalogue), _by_key(sources)
    for key in needed.keys() - known.keys():
        yield f"not in the catalogue: {key[1]!r} ({needed[key].locations[0][0]}); python -m tools.translations update"
    for key in known.keys() - needed.keys():
        yield f"no longer used: {key[1]!r}; python -m tools.translations update"
    for key in needed.keys() & known.keys():
        message = known[key]
        strings = [message.string] if isinstance(message.string, str) else list(message.string or [""])
        if not all(strings):
            yield f"not translated: {key[1]!r} ({needed[key].locations[0][0]})"
        elif message.fuzzy:
            yield f"marked as doubtful: {key[1]!r}"
        else:
            sources_of = [message.id] if isinstance(message.id, str) else list(message.id)
            wanted = set().union(*(PLACES.findall(source) for source in sources_of))
            for string in strings:
                if set(PLACES.findall(string)) != wanted:
                    yield f"places differ: {key[1]!r} → {string!r}"


def update(folders: list[Path]) -> None:
    """Bring the catalogue in line with the sources, and fill what is empty from the JSON files of the folders."""
    given: dict[str, Any] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.json")):
            given.update(json.loads(path.read_text(encoding="utf-8")))
    old, sources = _by_key(read()), extract()
    new = Catalog(locale="zh_CN", charset="utf-8", project="Heliu CRM", fuzzy=False)
    for key, message in sorted(_by_key(sources).items(), key=lambda entry: (entry[0][1], entry[0][0] or "")):
        kept = old[key].string if key in old and not old[key].fuzzy else ""
        plain = given.get("\x04".join(part for part in key if part), given.get(key[1], ""))
        string = kept if kept and all(kept) else plain
        if isinstance(message.id, tuple | list):
            # Chinese has one form for every number.
            string = tuple(string) if isinstance(string, tuple | list) else (string,)
        locations = sorted(set(message.locations))
        new.add(message.id, string, locations, auto_comments=message.auto_comments, context=message.context)
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as file:
        write_po(file, new, width=0, include_lineno=False, omit_header=False)
    left = [line for line in problems(read(), sources) if line.startswith("not translated")]
    print(f"translations: {len(new)} texts, {len(left)} without Chinese", *sorted(left), sep="\n  ")


def _by_key(catalogue: Catalog) -> dict[Key, Any]:
    return {
        (message.context, message.id if isinstance(message.id, str) else message.id[0]): message
        for message in catalogue
        if message.id
    }


def _is_read(folder: str) -> bool:
    parts = Path(folder).relative_to(ROOT).parts
    return not parts or (parts[0] in TOP and not UNREAD & set(parts))


def _imports_own_marks(path: Path) -> bool:
    return bool(OWN_IMPORT.search(path.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
