"""Keeps the locks of packages free of addresses: they must install from whatever registry a machine is set up for.

`python -m tools.locks` checks; `python -m tools.locks renew` writes package-lock.json anew from package.json.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.assets import npm

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = re.compile(r"^\s*-(-index-url|-extra-index-url|-find-links|-trusted-host|i |f )", re.MULTILINE)


def main() -> None:
    """Check the locks, or renew the one of npm first."""
    if sys.argv[1:] == ["renew"]:
        renew()
    if found := list(problems(ROOT)):
        sys.exit("\n".join(found))


def problems(root: Path) -> Iterator[str]:
    """What is wrong with the locks below this folder, one sentence each."""
    for path in sorted(root.glob("requirements*.txt")):
        words = path.read_text(encoding="utf-8")
        if "://" in words or OPTIONS.search(words):
            yield f"{path.name} holds an address of a registry: make lock"
        pins = re.findall(r"^[A-Za-z0-9_.-]+(?:\[[^]]*\])?==", words, re.MULTILINE)
        if words.count("==") and len(pins) > len(re.findall(r"^ {4}--hash=sha256:[0-9a-f]{64}", words, re.MULTILINE)):
            yield f"{path.name} holds packages without a hash: make lock"
    lock = root / "package-lock.json"
    packages: dict[str, dict[str, Any]] = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    if "://" in lock.read_text(encoding="utf-8"):
        yield "package-lock.json holds an address: make lock"
    for name, package in packages.items():
        if name and "integrity" not in package:
            yield f"package-lock.json has no integrity hash for {name}: make lock"
    asked = json.loads((root / "package.json").read_text(encoding="utf-8"))
    for kind in ("dependencies", "devDependencies"):
        if asked.get(kind, {}) != packages[""].get(kind, {}):
            yield f"package-lock.json does not fit the {kind} of package.json: make lock"


def renew() -> None:
    """Write package-lock.json anew, without the addresses for donations that npm puts in."""
    npm("install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    path = ROOT / "package-lock.json"
    lock = json.loads(path.read_text(encoding="utf-8"))
    for package in lock["packages"].values():
        package.pop("funding", None)
        package.pop("resolved", None)
    path.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
