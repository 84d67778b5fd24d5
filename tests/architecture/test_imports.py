"""Who may touch what. Imports run one way: app → scheduler, workflows → crm → forms → feel (docs/adr, CONTRIBUTING)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
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


@cache
def parts_of(path: Path) -> tuple[ast.AST, ...]:
    """All nodes of a file."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def inside(path: Path) -> str:
    """Where it lies in the house."""
    return path.relative_to(ROOT).as_posix()


@cache
def imports(path: Path) -> frozenset[str]:
    """Every module that a file imports, wherever in it."""
    found: set[str] = set()
    for node in parts_of(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parent = path.relative_to(ROOT).with_suffix("").parts[: -node.level]
                base = ".".join((*parent, base)).strip(".")
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def floor_of(path: Path) -> str:
    place = inside(path)
    return "workflows/engine" if place.startswith("workflows/engine/") else place.split("/")[0]


@pytest.mark.parametrize("floor", list(MAY_IMPORT))
def test_imports_run_to_the_right_only(floor: str) -> None:
    allowed, reason = MAY_IMPORT[floor]
    known = {*ROOMS, "app", "tests", "bench", "tools"} - allowed - {floor.split("/")[0]}
    files = [path for path in python_files(floor) if floor_of(path) == floor]
    wrong = {inside(path): ours for path in files if (ours := {name.split(".")[0] for name in imports(path)} & known)}
    assert files
    assert wrong == {}, reason


def test_the_engine_room_imports_nothing_of_the_processes_above_it() -> None:
    wrong = {
        inside(path): above
        for path in python_files("workflows/engine")
        if (above := {name for name in imports(path) if is_above(name)})
    }
    assert wrong == {}


def is_above(name: str) -> bool:
    return name.startswith("workflows.") and not name.startswith("workflows.engine")


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
        inside(path)
        for path in python_files(*ROOMS, "app.py")
        for node in parts_of(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]
    assert committing == ["crm/core/db.py"]


def _below_the_doors() -> list[Path]:
    return [
        path
        for path in python_files("crm", "workflows", "scheduler")
        if (path.stem in WITHOUT_HTTP or "operations" in path.relative_to(ROOT).parts) and path.stem != "__init__"
    ]


def test_operations_rules_and_queries_never_see_a_request() -> None:
    below = _below_the_doors()
    wrong = {inside(path): seen for path in below if (seen := {name for name in imports(path) if is_http(name)})}
    assert len(below) > len(WITHOUT_HTTP)
    assert wrong == {}


def is_http(name: str) -> bool:
    return name.split(".")[0] in HTTP or name.startswith("crm.web")


def test_nobody_but_the_roof_imports_the_scheduler() -> None:
    importers = [
        inside(path)
        for path in python_files("feel", "forms", "crm", "workflows")
        if any(name.split(".")[0] == "scheduler" for name in imports(path))
    ]
    assert importers == []
