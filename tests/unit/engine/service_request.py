"""The example of these tests: a request is assigned, handled in time, asked about, and sent back or archived."""

from __future__ import annotations

from workflows.engine import Bundle, Operation

from .drawing import Drawing, timer

OPERATIONS = {
    name: Operation(name, ("request_id", "outcome"), ("request_id",))
    for name in ("service/escalate", "service/record_handling", "service/archive")
}
ROLES = ("manager", "agent")


def drawing() -> Drawing:
    return (
        Drawing("service_request")
        .lane("Managers", ["start", "assign"], "manager")
        .lane("Agents", ["handle", "overdue", "escalate", "escalated", "record"], "agent")
        .lane("Customer care", ["feedback", "satisfied", "archive", "end"], "agent")
        .start(formKey="form", role="agent, manager")
        .user("assign", role=None, dueDate="PT4H", priority="2", assignee="request.manager")
        .user("handle", role=None, candidates="request.agents")
        .border("overdue", "handle", timer("P2D"), interrupting=False)
        .service("escalate", "service/escalate", request_id="request.id")
        .end("escalated")
        .service("record", "service/record_handling", "recorded", request_id="request.id", outcome="outcome")
        .user("feedback", role=None)
        .gateway("satisfied", default="again")
        .service("archive", "service/archive", request_id="request.id")
        .end()
        .chain("start", "assign", "handle", "record", "feedback", "satisfied")
        .flow("satisfied", "archive", "satisfied = true")
        .flow("satisfied", "handle", ident="again")
        .chain("archive", "end")
        .chain("overdue", "escalate", "escalated")
    )


def bundle() -> Bundle:
    return drawing().bundle()
