"""The course of the service request as flow classes of django-viewflow: four tasks; it has no timers of its own."""

from __future__ import annotations

from typing import Any

from django.views.generic import View
from viewflow import this
from viewflow.workflow import flow
from viewflow.workflow.models import Process


class ServiceFlow(flow.Flow):
    process_class = Process

    begin = flow.StartHandle(this.keep_facts).Next(this.assign)
    assign = flow.View(View.as_view()).Permission("auth.supervisor").Next(this.handle)
    handle = flow.View(View.as_view()).Permission("auth.agent").Next(this.feedback)
    feedback = flow.View(View.as_view()).Permission("auth.agent").Next(this.satisfied)
    satisfied = (
        flow.If(lambda activation: activation.process.data["satisfaction"] >= 3).Then(this.archive).Else(this.handle)
    )
    archive = flow.View(View.as_view()).Permission("auth.agent").Next(this.end)
    end = flow.End()

    def keep_facts(self, activation: Any, facts: dict[str, Any]) -> Any:
        activation.process.data = facts
        return activation.process
