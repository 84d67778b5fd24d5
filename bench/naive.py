"""SpiffWorkflow as one writes it first: `serialize_json` with the whole specification in a JSON column, loaded for each step.

The delivered process itself, every node of it, with the library's own parser, decision tables and service tasks; only what
is written in FEEL there stands here in Python, and its operations answer at once without doing anything. The facts of a
request as data, the bare driver.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser
from SpiffWorkflow.spiff.serializer.config import SPIFF_CONFIG
from SpiffWorkflow.util.task import TaskState

from bench.limit import Driver, Statement
from workflows.library import PROCESS_FILES

PROCESS = "service_request"
# What the delivered files say in FEEL, in Python. Where they change, the measurement fails.
IN_PYTHON = {
    "sla.hours": "hours",
    "sla.remind_before": "remind_before",
    "proposal.team": "team",
    "proposal.prefer": "prefer",
    "{ due_at: plan.due_at, remind_at: plan.remind_at, assignee_id: plan.proposed_id, sla: null, proposal: null, plan: null }": (
        "due_at = plan['due_at']; remind_at = plan['remind_at']; assignee_id = plan['assignee_id']; plan = None"
    ),
    "{ assignee_id: assigned.assignee_id, priority: assigned.priority, due_at: assigned.due_at, remind_at: assigned.remind_at, assigned: null, note: null }": (
        "assignee_id = assigned['assignee_id']; priority = assigned['priority']; due_at = assigned['due_at']; "
        "remind_at = assigned['remind_at']; assigned = None; note = None"
    ),
    "{ due_at: again.due_at, remind_at: again.remind_at, assignee_id: again.assignee_id, again: null }": (
        "due_at = again['due_at']; remind_at = again['remind_at']; assignee_id = again['assignee_id']; again = None"
    ),
    "{ handling: null, attachments: null }": "handling = None; attachments = None",
    "{ result: null, customer_words: null }": "result = None; customer_words = None",
    "PT4H": '"PT4H"',
    "if remind_at = null then due_at else remind_at": "remind_at or due_at",
    '"strategic_partner", "partner", "key_account"': '? in ("strategic_partner", "partner", "key_account")',
    '"strategic_partner", "partner"': '? in ("strategic_partner", "partner")',
    '"enquiry", "suggestion"': '? in ("enquiry", "suggestion")',
}
TABLES = (
    "CREATE TABLE naive_case (id {id} PRIMARY KEY, version int NOT NULL, ended_at timestamp, state {json} NOT NULL)",
    "CREATE TABLE naive_task (id {id} PRIMARY KEY, case_id bigint NOT NULL, token text NOT NULL, name text NOT NULL, "
    "lane text, status int NOT NULL, assignee_id int, opened_at timestamp NOT NULL, closed_at timestamp)",
    "CREATE INDEX naive_task_open ON naive_task (lane, opened_at, id) WHERE status = 0",
    "CREATE INDEX naive_task_case ON naive_task (case_id)",
    "CREATE TABLE naive_event (id {id} PRIMARY KEY, case_id bigint NOT NULL, task_id bigint, kind int NOT NULL, "
    "actor_id int, at timestamp NOT NULL)",
)


class _Services(TaskDataEnvironment):  # type: ignore[misc]  # the library has no types
    """What the operations of the process answer."""

    def call_service(self, context: Any, **call: Any) -> str:
        return json.dumps(
            {
                "due_at": "2036-03-12T09:00:00+00:00",
                "remind_at": "2036-03-11T09:00:00+00:00",
                "assignee_id": 7,
                "priority": 1,
            }
        )


def facts() -> dict[str, Any]:
    """What a case of the product carries, and a request of ordinary length."""
    request = "加工中心主轴转速超过 8000 时有异响，请派人检查。" * 8
    return {
        "request_id": 1, "customer_id": 1, "type": "repair", "priority": 1, "grade": "key_account", "region": "east",
        "load": 3, "initiator_id": 3, "request": request,
        # Fields that a form may leave out: the library does not know what is not there.
        "note": None, "attachments": None, "customer_words": None,
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
        self._serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(SPIFF_CONFIG))
        self._scripts = PythonScriptEngine(environment=_Services())
        parser = SpiffBpmnParser()
        for path in sorted((PROCESS_FILES / PROCESS).iterdir()):
            if path.suffix == ".bpmn":
                parser.add_bpmn_xml(_in_python(path.read_bytes()), filename=path.name)
            elif path.suffix == ".dmn":
                parser.add_dmn_xml(_in_python(path.read_bytes()), filename=path.name)
        self._spec, self._parts = parser.get_spec(PROCESS), parser.get_subprocess_specs(PROCESS)

    def close(self) -> None:
        self.driver.close()

    def start(self) -> int:
        """A new case. Answers its id."""
        workflow = BpmnWorkflow(self._spec, self._parts, script_engine=self._scripts)
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
        workflow.script_engine = self._scripts
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


def _in_python(raw: bytes) -> Any:
    root = etree.fromstring(raw)
    for element in root.iter():
        if element.text in IN_PYTHON:
            element.text = IN_PYTHON[element.text]
        if element.get("value") in IN_PYTHON:
            element.set("value", IN_PYTHON[element.get("value")])
    return root
