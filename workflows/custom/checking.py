"""What is wrong with the record that a process describes, told like everything else that stands in the way of publishing."""

from __future__ import annotations

from crm.custom.types import faults_of
from workflows.engine import Bundle, BundleRefused, Problem
from workflows.engine.bundle import RECORD_NAME


def record_problems(bundle: Bundle) -> list[Problem]:
    """The faults of `record.json`; none where the process has no record of its own."""
    try:
        described = bundle.record
    except BundleRefused as refused:
        return list(refused.problems)
    if described is None:
        return []
    return [Problem(None, fault.source, dict(fault.values), file=RECORD_NAME) for fault in faults_of(described)]
