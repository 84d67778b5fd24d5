"""Putting the refusals of an operation back onto the form from which it was called."""

from __future__ import annotations

from wtforms import Form

from crm.core.errors import Conflict, HeliuError, Invalid
from crm.web.languages import shown


def mark(form: Form, refusal: HeliuError) -> int:
    """Mark the wrong fields, and say the rest above the form. Answers the status with which the form is drawn again."""
    if not isinstance(refusal, Invalid):
        form.form_errors = [*form.form_errors, shown(refusal.message)]
        return 409 if isinstance(refusal, Conflict) else refusal.status
    for fault in refusal.faults:
        if fault.field in form:
            field = form[fault.field]
            field.errors = [*field.errors, shown(fault.message)]
        else:
            form.form_errors = [*form.form_errors, shown(fault.message)]
    return refusal.status
