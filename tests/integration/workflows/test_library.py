"""Files seed version 1, and later versions on upgrade; what administrators publish is not overruled."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from crm.core.db import reading, unit_of_work
from tests.processes.small import straight, user_task
from tests.processes.stories import Story
from workflows import engine, library
from workflows.models import DefinitionVersion, VersionSource


def lay(place: Path, *steps: str) -> None:
    """Put the files of a process with these user tasks into a folder of its own."""
    folder = place / "rounds"
    folder.mkdir(exist_ok=True)
    for name, content in straight("rounds", *(user_task(step) for step in steps)).files.items():
        (folder / name).write_bytes(content)


def seed(story: Story, place: Path) -> int:
    with unit_of_work(story.database) as session:
        return len(library.seed_from_files(session, now=story.clock(), place=place))


def in_force(story: Story) -> int:
    with reading(story.database) as session:
        return library.active(session, "rounds").number


def test_files_seed_version_one_and_an_upgrade_the_next(story: Story, tmp_path: Path) -> None:
    lay(tmp_path, "check")
    assert seed(story, tmp_path) == 1
    assert seed(story, tmp_path) == 0
    lay(tmp_path, "check", "approve")
    assert seed(story, tmp_path) == 1
    assert in_force(story) == 2


def test_an_upgrade_does_not_overrule_what_an_administrator_published(story: Story, tmp_path: Path) -> None:
    lay(tmp_path, "check")
    seed(story, tmp_path)
    story.publish(straight("rounds", user_task("look")))
    lay(tmp_path, "check", "approve")
    assert seed(story, tmp_path) == 1
    assert in_force(story) == 2
    with reading(story.database) as session:
        kept = session.scalars(
            select(DefinitionVersion.source)
            .where(DefinitionVersion.process_key == "rounds")
            .order_by(DefinitionVersion.number)
        ).all()
    assert kept == [VersionSource.FILE, VersionSource.STUDIO, VersionSource.FILE]


def test_a_stored_bundle_is_the_published_one_byte_for_byte(story: Story) -> None:
    bundle = library.bundle_from_folder(library.PROCESS_FILES / "service_request")
    with reading(story.database) as session:
        published = library.active(session, "service_request")
        stored = library.bundle_of(session, published.version_id)
    assert dict(stored.files) == dict(bundle.files)
    assert stored.content_hash == bundle.content_hash
    assert engine.compile(stored).key == "service_request"
