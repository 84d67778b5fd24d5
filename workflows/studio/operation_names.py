"""What the operations that diagrams may call are named for people who draw: the name in the code says it to programs only."""

from __future__ import annotations

from collections.abc import Mapping

from crm.core.i18n import Text, text

OPERATION_NAMES: Mapping[str, Text] = {
    "records/set_state": text("Put the record into a state"),
    "records/keep": text("Keep answers in the record"),
    "records/assign_owner": text("Make somebody responsible for the record"),
    "complaints/approve": text("Complaint: approve the proposal"),
    "complaints/call_back": text("Complaint: keep what the customer says now"),
    "complaints/carry_out": text("Complaint: keep what was done"),
    "complaints/close": text("Complaint: close"),
    "complaints/plan": text("Complaint: plan by when a proposal stands"),
    "complaints/propose": text("Complaint: keep the proposal"),
    "complaints/reject": text("Complaint: give the proposal back"),
    "complaints/reopen": text("Complaint: investigate once more"),
    "losses/avert": text("Customer loss: averted by an order"),
    "losses/confirm": text("Customer loss: confirm"),
    "losses/delay": text("Customer loss: keep measures and look again"),
    "sales/assign": text("Opportunity: give to a customer manager"),
    "sales/keep_approval": text("Opportunity: keep the approval"),
    "sales/keep_progress": text("Opportunity: keep progress and plan"),
    "sales/keep_rejection": text("Opportunity: keep the rejection"),
    "sales/keep_rework": text("Opportunity: keep what was reworked"),
    "sales/look_ahead": text("Opportunity: when to look at the plan again"),
    "sales/lose": text("Opportunity: lost"),
    "sales/name_signers": text("Opportunity: name who countersigns"),
    "sales/remind": text("Opportunity: remind of the plan"),
    "sales/win": text("Opportunity: won"),
    "service/archive": text("Service request: archive"),
    "service/assign": text("Service request: give to an agent"),
    "service/escalate": text("Service request: escalate"),
    "service/plan": text("Service request: plan due time and agent"),
    "service/record_feedback": text("Service request: keep the feedback"),
    "service/record_handling": text("Service request: keep the handling"),
    "service/remind": text("Service request: remind the agent"),
    "service/return_to_handling": text("Service request: give back for handling"),
}
# Parameters of the operations that processes of administrators use, by the operation's name.
PARAMETER_NAMES: Mapping[str, Mapping[str, Text]] = {
    "records/set_state": {"state": text("State of the record")},
    "records/keep": {"values": text("Fields that are kept")},
    "records/assign_owner": {"user_id": text("Who is responsible then")},
}
