"""Checks that every icon named in templates and code is in `tools/icons.txt`, from which the sprite is made."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.assets import icon_names

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("templates", "crm", "workflows", "scheduler")
# icon("x"), draw("x"), icon="x", "icon": "x"
NAMED = re.compile(r"""(?:\b(?:icon|draw|_icon)\(\s*|\bicon\s*=\s*|["']icon["']\s*:\s*)["']([a-z0-9-]+)["']""")


def main() -> None:
    """Stop with the names that are missing."""
    known = set(icon_names())
    if missing := [f"{path.relative_to(ROOT)}: {name}" for path, name in used() if name not in known]:
        sys.exit("Not in tools/icons.txt:\n" + "\n".join(missing))


def used() -> Iterator[tuple[Path, str]]:
    """Each icon named somewhere, with the file."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".html", ".py"}:
                for name in NAMED.findall(path.read_text(encoding="utf-8")):
                    yield path, name


if __name__ == "__main__":
    main()
