"""The ladders that are delivered with processes: `ladders.json` in a process folder, by step."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.permissions import SYSTEM
from workflows.ladders.models import Ladder
from workflows.ladders.operations import set_ladder
from workflows.library import PROCESS_FILES

FILE = "ladders.json"


def seed_ladders(session: Session, now: datetime, *, place: Path = PROCESS_FILES) -> None:
    """Steps whose ladder nobody has written or emptied get the one that their process comes with."""
    known = {(row.process_key, row.node_id) for row in session.execute(select(Ladder.process_key, Ladder.node_id))}
    for path in sorted(place.glob(f"*/{FILE}")):
        for node_id, rungs in orjson.loads(path.read_bytes()).items():
            if (path.parent.name, node_id) not in known:
                set_ladder(
                    session,
                    by=SYSTEM,
                    now=now,
                    process_key=path.parent.name,
                    node_id=node_id,
                    rungs=rungs,
                    version=0,
                )
