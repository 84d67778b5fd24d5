"""Peer: django-viewflow with its own tables on PostgreSQL, one transaction a step.

viewflow_peer.py SECONDS CASES FACTS.json ANSWERS.json, address by PG_HOST, PG_USER, PG_DATABASE. Prints steps and their seconds.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "viewflow", "viewflow.workflow", "vfapp"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": os.environ["PG_HOST"],
            "USER": os.environ["PG_USER"],
            "NAME": os.environ["PG_DATABASE"],
        }
    },
    USE_TZ=True,
    SECRET_KEY="only for measurements",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402 - models can be imported once Django is set up
from django.core.management import call_command  # noqa: E402
from vfapp.flows import ServiceFlow  # noqa: E402
from viewflow.workflow.models import Process, Task  # noqa: E402


def step(process_id: int, user: User, answers: dict[str, dict[str, object]]) -> bool:
    """Complete the open task. True when the case has ended by it."""
    task = Task.objects.select_related("process").get(process_id=process_id, status="NEW")
    name = task.flow_task.name
    with task.activation() as activation:
        activation.assign(user)
        activation.start(None)
        activation.process.data.update(answers[name])
        activation.process.save()
        activation.execute()
    return name == "archive"


def main() -> None:
    seconds, cases = float(sys.argv[1]), int(sys.argv[2])
    facts, answers = (json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[3:5])
    call_command("migrate", verbosity=0)
    user, _ = User.objects.get_or_create(username="agent")

    def begin() -> int:
        return int(ServiceFlow.begin.run(facts=json.loads(json.dumps(facts))).pk)

    waiting = [begin() for _ in range(cases)]
    steps, spent, turn, over = 0, 0.0, 0, 0
    while spent < seconds or not over:
        place = turn % cases
        begun = time.perf_counter()
        ended = step(waiting[place], user, answers)
        spent += time.perf_counter() - begun
        steps += 1
        turn += 1
        if ended:
            over += 1
            waiting[place] = begin()
    done = Process.objects.filter(status="DONE").count()
    print(json.dumps({"steps": steps, "seconds": spent, "ended": done}))


main()
