"""The whole demonstration: whoever signs in finds work or news, colleagues talk, and a second filling adds nothing."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, union

from app import DEMO_STEPS
from crm.accounts.models import User
from crm.complaints.models import Complaint
from crm.core.db import Database, reading, unit_of_work
from crm.files.models import FileUse, StoredFile
from crm.losses.models import CustomerLoss
from crm.notices.models import Notice
from workflows.models import Task, TaskComment, TaskCopy, TaskStatus


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_person_of_the_demonstration_finds_a_living_company(
    app: Flask, database: Database, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELIU_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("HELIU_DEMO", "1")
    counts = []
    for _ in range(2):
        with unit_of_work(database) as session:
            for name, step in DEMO_STEPS:
                # The cast of the tests are the people of the demonstration.
                if name != "people":
                    step(session, now)
                session.flush()
        with reading(database) as session:
            kept = (Task, TaskComment, TaskCopy, StoredFile, FileUse, Complaint, CustomerLoss)
            counts.append([session.scalar(select(func.count()).select_from(table)) for table in kept])
    with reading(database) as session:
        busy = union(
            select(Task.assignee_id).where(Task.status == TaskStatus.OPEN),
            select(TaskCopy.user_id),
            select(Notice.user_id),
        ).subquery()
        idle = set(session.scalars(select(User.username).where(User.id.not_in(select(busy.c[0]).where(busy.c[0] > 0)))))
        complaints = Counter(session.scalars(select(Complaint.status)))
        losses = set(session.scalars(select(CustomerLoss.status)))
        latest = session.scalar(select(func.max(TaskComment.at)))
    assert counts[0] == counts[1]
    assert all(counts[0])
    # Nothing of the business is the administrator's, and nothing at all a stranger's.
    assert idle == {"admin", "stranger"}
    assert complaints["closed"] >= 3
    assert losses == {"warned", "delayed", "lost"}
    assert latest is not None
    assert latest < now
