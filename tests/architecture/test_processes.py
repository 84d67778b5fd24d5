"""Every delivered process can be published, is complete in both languages, and uses what its bindings offer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crm.accounts.demo import ROLES
from workflows import engine, library
from workflows.custom.bindings import BINDINGS
from workflows.engine import Bundle, check
from workflows.operations.deploying import check_form
from workflows.registry import described_operations, registry

FOLDERS = sorted(path.parent for path in library.PROCESS_FILES.glob("*/*.bpmn"))


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def folder(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture
def bundle(folder: Path) -> Bundle:
    return library.bundle_from_folder(folder)


def test_it_publishes_without_a_problem(bundle: Bundle) -> None:
    found = check(bundle, operations=described_operations(), roles=[role.key for role in ROLES], check_form=check_form)
    assert [problem.text for problem in found] == []


def test_its_key_is_its_folder(folder: Path, bundle: Bundle) -> None:
    assert engine.compile(bundle).key == folder.name


def test_every_text_has_a_chinese_translation(bundle: Bundle) -> None:
    definition = engine.compile(bundle)
    names = {node.name for node in definition.nodes.values()} | {flow.name for flow in definition.flows.values()}
    names |= {lane.name for lane in definition.lanes}
    names |= {definition.name, definition.documentation, *definition.participants.values()}
    names |= {node.documentation for node in definition.nodes.values()}
    for schema in bundle.forms.values():
        names |= _form_texts(schema)
    assert {name for name in names if name} - bundle.texts["zh_CN"].keys() == set()


def test_it_has_a_page_about_it(folder: Path) -> None:
    assert (folder / "README.md").read_text().startswith("# ")


def test_every_binding_is_used() -> None:
    used_operations, used_choices = set(), set()
    for folder in FOLDERS:
        bundle = library.bundle_from_folder(folder)
        definition = engine.compile(bundle)
        used_operations |= {node.operator.name for node in definition.nodes.values() if node.operator}
        for schema in bundle.forms.values():
            text = json.dumps(schema)
            used_choices |= {name for name in registry().choices if f'"{name}"' in text}
    # What every process may do with a record of its own is proved by stories of such processes.
    assert used_operations == registry().operations.keys() - BINDINGS.operations.keys()
    assert used_choices == registry().choices.keys()


def _form_texts(part: object) -> set[str]:
    found: set[str] = set()
    if isinstance(part, dict):
        found |= {part[key] for key in ("label", "description", "text") if isinstance(part.get(key), str)}
        for value in part.values():
            found |= _form_texts(value)
    elif isinstance(part, list):
        for value in part:
            found |= _form_texts(value)
    return found
