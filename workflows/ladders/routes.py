"""The page on which administrators write the ladders of a process, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.accounts.queries import role_names
from crm.core.errors import Conflict, Invalid
from crm.core.i18n import text
from crm.web.doors import current_actor, now, reading_session, requires, writing
from crm.web.languages import shown
from workflows import library
from workflows.instances.story import user_steps
from workflows.ladders.operations import ladders_by_step, set_ladder
from workflows.ladders.rungs import ACT_NAMES, MOST_RUNGS, WHEN_NAMES, Act
from workflows.showing import show_process

pages = Blueprint("ladders", __name__)
BLANK_ROWS = 2


@pages.get("/definitions/<key>/ladders")
@requires("processes", "administer")
def show(key: str) -> ResponseReturnValue:
    """All steps of a process with their ladders."""
    return _page(key)


@pages.post("/definitions/<key>/ladders/<node_id>")
@requires("processes", "administer")
def save(key: str, node_id: str) -> ResponseReturnValue:
    """The rungs of one step; a row without an amount is left out."""
    given = [rung for number in range(MOST_RUNGS) if (rung := _typed(number)) is not None]
    try:
        with writing() as session:
            set_ladder(
                session,
                by=current_actor(),
                now=now(),
                process_key=key,
                node_id=node_id,
                rungs=given,
                version=request.form.get("version", 0, int),
            )
    except Invalid as wrong:
        faults = [shown(fault.message) for fault in wrong.faults]
        return _page(key, wrong=node_id, given=given, faults=faults), 422
    except Conflict as conflict:
        return _page(key, wrong=node_id, given=given, faults=[shown(conflict.message)]), 409
    flash(shown(text("Your changes have been saved.")), "good")
    return redirect(url_for("ladders.show", key=key) + f"#{node_id}")


def _typed(number: int) -> dict[str, Any] | None:
    amount = request.form.get(f"amount_{number}", "").strip()
    if not amount:
        return None
    return {
        "when": request.form.get(f"when_{number}", ""),
        "amount": int(amount) if amount.isascii() and amount.isdigit() and len(amount) < 10 else amount[:20],
        "act": request.form.get(f"act_{number}", ""),
        "role": request.form.get(f"role_{number}", "") or None,
        "answers": read_answers(request.form.get(f"answers_{number}", "")),
    }


def read_answers(words: str) -> dict[str, Any]:
    """Answers as they are typed, one `field: value` on each line. Whole numbers are numbers."""
    found: dict[str, Any] = {}
    for line in words.splitlines():
        name, _, value = line.partition(":") if ":" in line else line.partition("：")
        value = value.strip()
        if name.strip():
            is_number = value.isascii() and value.isdigit() and len(value) < 16 and str(int(value)) == value
            found[name.strip()] = int(value) if is_number else value
    return found


def write_answers(answers: Mapping[str, Any]) -> str:
    """Answers as they are typed."""
    return "\n".join(f"{name}: {value}" for name, value in answers.items())


def _page(key: str, *, wrong: str = "", given: Sequence[Mapping[str, Any]] = (), faults: Sequence[str] = ()) -> str:
    actor = current_actor()
    with reading_session() as session:
        published = library.active(session, key)
        ladders = ladders_by_step(session, by=actor, process_key=key)
        steps = [
            {
                "id": node_id,
                "name": published.name_of(node_id, actor.locale),
                "version": ladders[node_id].version if node_id in ladders else 0,
                "rows": _rows(given if node_id == wrong else ladders[node_id].rungs if node_id in ladders else ()),
                "faults": faults if node_id == wrong else (),
                "fields": _fields(published, node_id),
            }
            for node_id in user_steps(published.definition)
        ]
        return render_template(
            "ladders/show.html",
            offer=show_process(published, actor),
            steps=steps,
            whens=[(str(when), shown(name)) for when, name in WHEN_NAMES.items()],
            acts=[(str(act), shown(name)) for act, name in ACT_NAMES.items()],
            roles=sorted(role_names(session, actor.locale).items(), key=lambda role: role[1]),
            complete=str(Act.COMPLETE),
        )


def _rows(rungs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    rows = [{**rung, "answers": write_answers(rung.get("answers") or {})} for rung in rungs]
    return [*rows, *({} for _ in range(min(BLANK_ROWS, MOST_RUNGS - len(rows))))]


def _fields(published: library.Published, node_id: str) -> str:
    form = published.form(published.definition.nodes[node_id].form_key)
    return ", ".join(field.path for field in form.fields) if form is not None else ""
