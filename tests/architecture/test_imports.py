"""Who may touch what. Imports run one way: app → scheduler, workflows → crm → forms → feel (docs/adr, CONTRIBUTING)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("feel", "forms", "crm", "workflows", "scheduler")

# What each floor may import of ours, and why nothing more.
MAY_IMPORT = {
    "feel": (set(), "the language knows nothing of ours"),
    "forms": ({"feel"}, "a form knows no business, no database and no process"),
    "crm": ({"forms", "feel"}, "the business does not know that processes exist"),
    "workflows/engine": ({"feel"}, "the engine room runs diagrams; what they mean is said above it"),
    "workflows": (
        {"crm", "forms", "feel"},
        "processes stand above the business and call it; they never call the clock",
    ),
    "scheduler": ({"crm"}, "the clock knows due rows; what is due is handed in by app.py"),
}
# Within crm: these may be used by every room and use no room themselves, but for the exceptions named.
GROUND = {
    "crm/core": ({"crm.core"}, "the ground has no business words"),
    "crm/permissions.py": ({"crm.core"}, "one table; it knows no room"),
}
# Only doors may know HTTP.
HTTP = ("flask", "werkzeug", "flask_login", "flask_smorest", "flask_wtf")
WITHOUT_HTTP = ("operations", "rules", "queries", "models", "events", "watching", "organisation", "own_account")


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        place = ROOT / folder
        yield from [place] if place.is_file() else sorted(place.rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parent = path.relative_to(ROOT).with_suffix("").parts[: -node.level]
                base = ".".join((*parent, base)).strip(".")
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return found


def floor_of(path: Path) -> str:
    inside = path.relative_to(ROOT).as_posix()
    return "workflows/engine" if inside.startswith("workflows/engine/") else inside.split("/")[0]


@pytest.mark.parametrize("path", list(python_files(*ROOMS)), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_run_to_the_right_only(path: Path) -> None:
    floor = floor_of(path)
    allowed, reason = MAY_IMPORT[floor]
    ours = {name.split(".")[0] for name in imports(path)} & {*ROOMS, "app", "tests", "bench", "tools"}
    assert ours - allowed - {floor.split("/")[0]} == set(), reason


@pytest.mark.parametrize("path", list(python_files("workflows/engine")), ids=lambda path: path.name)
def test_the_engine_room_imports_nothing_of_the_processes_above_it(path: Path) -> None:
    above = {
        name for name in imports(path) if name.startswith("workflows.") and not name.startswith("workflows.engine")
    }
    assert above == set()


@pytest.mark.parametrize("place", list(GROUND))
def test_the_ground_uses_no_room(place: str) -> None:
    allowed, reason = GROUND[place]
    for path in python_files(place):
        used = {name for name in imports(path) if name.startswith("crm.")}
        wrong = {name for name in used if not any(name == base or name.startswith(base + ".") for base in allowed)}
        assert wrong == set(), f"{path.name}: {reason}"


def test_only_the_engine_room_imports_spiffworkflow() -> None:
    importers = {
        floor_of(path)
        for path in python_files(*ROOMS, "app.py")
        if any(name.split(".")[0] == "SpiffWorkflow" for name in imports(path))
    }
    assert importers == {"workflows/engine"}


def test_only_unit_of_work_commits() -> None:
    committing = [
        path.relative_to(ROOT).as_posix()
        for path in python_files(*ROOMS, "app.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]
    assert committing == ["crm/core/db.py"]


def _below_the_doors() -> list[Path]:
    return [
        path
        for path in python_files("crm", "workflows", "scheduler")
        if (path.stem in WITHOUT_HTTP or "operations" in path.relative_to(ROOT).parts) and path.stem != "__init__"
    ]


@pytest.mark.parametrize("path", _below_the_doors(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_operations_rules_and_queries_never_see_a_request(path: Path) -> None:
    seen = {name for name in imports(path) if name.split(".")[0] in HTTP or name.startswith("crm.web")}
    assert seen == set()


def test_nobody_but_the_roof_imports_the_scheduler() -> None:
    importers = [
        path.relative_to(ROOT).as_posix()
        for path in python_files("feel", "forms", "crm", "workflows")
        if any(name.split(".")[0] == "scheduler" for name in imports(path))
    ]
    assert importers == []
