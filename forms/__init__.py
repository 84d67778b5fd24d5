"""Forms from their descriptions: a form-js schema becomes a form that is checked, drawn and answered on the server.

    found = check(schema, choice_sources=…)          # at publish
    description = read(schema)                       # once, cached by the caller
    form = build(description, values=…, formdata=request.form)
    if form.validate(): use(form.answers)            # else draw it again, with form.faults beside the fields

Every value is checked here and nowhere else, whether it comes from a browser or from the API. This room knows no business,
no database and no process: choices, files and translations are handed in. What a component becomes stands in `fields/`
(one class a type) and `presentation.py`; how it is drawn, in templates/components/form.html.
"""

from __future__ import annotations

from forms.bound import BoundForm
from forms.build import build
from forms.check import check
from forms.choices import Choice, RemoteChoices, Source
from forms.description import FieldDescription, FormDescription, read
from forms.fields.base import FindFile, StoreFile
from forms.problems import Cause, Fault, FormProblem, FormRefused, Refusal
from forms.rights import Right, Rights, paths_in, rights_from

__all__ = [
    "BoundForm",
    "Cause",
    "Choice",
    "Fault",
    "FieldDescription",
    "FindFile",
    "FormDescription",
    "FormProblem",
    "FormRefused",
    "Refusal",
    "RemoteChoices",
    "Right",
    "Rights",
    "Source",
    "StoreFile",
    "build",
    "check",
    "paths_in",
    "read",
    "rights_from",
]
