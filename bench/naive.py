"""SpiffWorkflow as one writes it first: `serialize_json` with the whole specification in a JSON column, loaded for each step.

The same course as the product's diagram (four tasks, three timers), the facts of a request as data, the bare driver.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.util.task import TaskState

from bench.limit import Driver, Statement

DIAGRAM = Path(__file__).with_name("peers") / "service.bpmn"
TABLES = (
    "CREATE TABLE naive_case (id {id} PRIMARY KEY, version int NOT NULL, ended_at timestamp, state {json} NOT NULL)",
    "CREATE TABLE naive_task (id {id} PRIMARY KEY, case_id bigint NOT NULL, token text NOT NULL, name text NOT NULL, "
    "lane text, status int NOT NULL, assignee_id int, opened_at timestamp NOT NULL, closed_at timestamp)",
    "CREATE INDEX naive_task_open ON naive_task (lane, opened_at, id) WHERE status = 0",
    "CREATE INDEX naive_task_case ON naive_task (case_id)",
    "CREATE TABLE naive_event (id {id} PRIMARY KEY, case_id bigint NOT NULL, task_id bigint, kind int NOT NULL, "
    "actor_id int, at timestamp NOT NULL)",
)


def facts() -> dict[str, Any]:
    """What a case of the product carries, and a request of ordinary length."""
    request = "加工中心主轴转速超过 8000 时有异响，请派人检查。" * 8
    return {
        "request_id": 1, "customer_id": 1, "type": "repair", "priority": 1, "grade": "key_account", "region": "east",
        "load": 3, "initiator_id": 3, "request": request,
    }  # fmt: skip


class Naive:
    """A table of cases in a database of its own."""

    def __init__(self, url: str) -> None:
        self.driver = Driver(url)
        self._mark = "?" if self.driver.is_sqlite else "%s"
        kinds = (
            {"id": "integer", "json": "text"}
            if self.driver.is_sqlite
            else {"id": "bigint GENERATED ALWAYS AS IDENTITY", "json": "json"}
        )
        for statement in TABLES:
            self.driver.run(statement.format(**kinds))
        self._serializer = BpmnWorkflowSerializer()
        parser = BpmnParser()
        parser.add_bpmn_file(str(DIAGRAM))
        self._spec, self._parts = parser.get_spec("service"), parser.get_subprocess_specs("service")

    def close(self) -> None:
        self.driver.close()

    def start(self) -> int:
        """A new case. Answers its id."""
        workflow = BpmnWorkflow(self._spec, self._parts)
        workflow.task_tree.data.update(facts())
        workflow.do_engine_steps()
        self.driver.begin()
        state = self._serializer.serialize_json(workflow)
        case_id: int = self._run(
            "INSERT INTO naive_case (version, state) VALUES (1, ?) RETURNING id", state
        ).fetchone()[0]
        self._open(case_id, workflow)
        self.driver.commit()
        return case_id

    def complete(self, case_id: int, answers: Mapping[str, Any], besides: tuple[Statement, ...] = ()) -> int:
        """One step: load, complete the open task, run on, store, commit. Answers the bytes of the state.

        `besides` are rows of the business that belong to the same step.
        """
        self.driver.begin()
        locked = "" if self.driver.is_sqlite else " FOR UPDATE"
        version, stored = self._run(
            f"SELECT version, state{'' if self.driver.is_sqlite else '::text'} FROM naive_case WHERE id = ?{locked}",
            case_id,
        ).fetchone()
        workflow = self._serializer.deserialize_json(stored)
        task = next(iter(workflow.get_tasks(state=TaskState.READY, manual=True)))
        task.data.update(answers)
        task.run()
        workflow.do_engine_steps()
        state = self._serializer.serialize_json(workflow)
        ended = "CURRENT_TIMESTAMP" if workflow.completed else "NULL"
        self._run(
            f"UPDATE naive_case SET state = ?, version = version + 1, ended_at = {ended} WHERE id = ? AND version = ?",
            state, case_id, version,
        )  # fmt: skip
        done = self._run(
            "UPDATE naive_task SET status = 1, assignee_id = 7, closed_at = CURRENT_TIMESTAMP "
            "WHERE case_id = ? AND token = ? AND status = 0 RETURNING id",
            case_id, str(task.id),
        ).fetchone()[0]  # fmt: skip
        self._open(case_id, workflow)
        self._run(
            "INSERT INTO naive_event (case_id, task_id, kind, actor_id, at) VALUES (?, ?, 2, 7, CURRENT_TIMESTAMP)",
            case_id, done,
        )  # fmt: skip
        for statement in besides:
            self.driver.run(statement.sql, statement.values)
        self.driver.commit()
        return len(state)

    def _open(self, case_id: int, workflow: Any) -> None:
        for task in workflow.get_tasks(state=TaskState.READY, manual=True):
            self._run(
                "INSERT INTO naive_task (case_id, token, name, lane, status, opened_at) "
                "VALUES (?, ?, ?, ?, 0, CURRENT_TIMESTAMP)",
                case_id, str(task.id), task.task_spec.name, task.task_spec.lane,
            )  # fmt: skip

    def _run(self, sql: str, *values: Any) -> Any:
        return self.driver.run(sql.replace("?", self._mark), values)
