"""The check of the locks finds addresses, missing hashes and a lock that does not fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.locks import ROOT, problems

PIN = "flask==3.1.3 \\\n    --hash=sha256:" + "0" * 64 + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "requirements.txt").write_text(PIN)
    (tmp_path / "package.json").write_text('{"dependencies": {"a": "1.0.0"}}')
    write_lock(tmp_path, {"version": "1.0.0", "integrity": "sha512-x"})
    return tmp_path


def write_lock(folder: Path, package: dict[str, str]) -> None:
    lock = {"packages": {"": {"dependencies": {"a": "1.0.0"}}, "node_modules/a": package}}
    (folder / "package-lock.json").write_text(json.dumps(lock))


def test_the_locks_of_the_project_are_clean() -> None:
    assert list(problems(ROOT)) == []


def test_a_clean_folder_has_no_problems(folder: Path) -> None:
    assert list(problems(folder)) == []


@pytest.mark.parametrize("line", ["--index-url https://registry.example/simple\n", "--find-links wheels\n"])
def test_an_address_in_the_python_lock_is_found(folder: Path, line: str) -> None:
    (folder / "requirements.txt").write_text(line + PIN)
    assert "holds an address" in " ".join(problems(folder))


def test_a_python_package_without_hash_is_found(folder: Path) -> None:
    (folder / "requirements.txt").write_text("flask==3.1.3\n")
    assert "without a hash" in " ".join(problems(folder))


def test_an_address_in_the_npm_lock_is_found(folder: Path) -> None:
    write_lock(folder, {"integrity": "sha512-x", "resolved": "https://registry.example/a.tgz"})
    assert "holds an address" in " ".join(problems(folder))


def test_an_npm_package_without_hash_is_found(folder: Path) -> None:
    write_lock(folder, {"version": "1.0.0"})
    assert "no integrity hash for node_modules/a" in " ".join(problems(folder))


def test_a_package_that_was_added_without_renewing_the_lock_is_found(folder: Path) -> None:
    (folder / "package.json").write_text('{"dependencies": {"a": "1.0.0", "b": "2.0.0"}}')
    assert "does not fit" in " ".join(problems(folder))
