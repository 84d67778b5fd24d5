"""The pages of the inbox: its folders, a task with its form, and the verbs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, abort, flash, g, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.errors import Conflict
from crm.core.i18n import Text, ctext, text
from crm.core.numbers import quoted
from crm.customers.models import Customer
from crm.customers.queries import may_see
from crm.files.rules import BODY_LIMIT
from crm.permissions import Actor
from crm.web.doors import current_actor, now, reading_session, writing
from crm.web.languages import shown
from crm.web.security import LARGEST_NUMBER, draws_diagrams, takes_body
from forms import BoundForm
from workflows import library, queries
from workflows.assigning.standing import acting
from workflows.doors import stepping, submitted
from workflows.inbox.folders import Filters, Folder, Sort
from workflows.inbox.pages import cursor_values, write_page
from workflows.inbox.places import LIST, place_of, read_filters
from workflows.inbox.queries import count_mine, counts, page
from workflows.inbox.views import address_of, views_of
from workflows.instances import story
from workflows.models import ProcessInstance, Task
from workflows.operations import tasks
from workflows.operations.tasks import AlreadyDone
from workflows.registry import registry
from workflows.showing import PRIORITY_WORDS, ShownCase, ShownTask, show_cases, show_tasks
from workflows.task_forms import FormRefused, Submission
from workflows.verbs import telling
from workflows.verbs.around import around
from workflows.verbs.queries import unread_copies

blueprint = Blueprint("inbox", __name__)

FOLDERS: Mapping[Folder, tuple[Text, str]] = {
    Folder.MINE: (ctext("folder", "My tasks"), "user-check"),
    Folder.GROUPS: (ctext("folder", "My groups' tasks"), "users"),
    Folder.OVERDUE: (ctext("folder", "Overdue"), "alert-triangle"),
    Folder.TODAY: (ctext("folder", "Due today"), "clock"),
    Folder.DELEGATED: (ctext("folder", "Delegated by me"), "user-question"),
    Folder.COPIED: (ctext("folder", "Copied to me"), "copy"),
    Folder.STARTED: (ctext("folder", "Started by me"), "send"),
    Folder.DONE: (ctext("folder", "Done"), "check"),
}
EMPTY: Mapping[Folder, tuple[Text, Text]] = {
    Folder.MINE: (text("Nothing is waiting for you"), text("Look into your groups' tasks, or take a break.")),
    Folder.GROUPS: (text("Your groups have no open task"), text("What is offered to your roles appears here.")),
    Folder.OVERDUE: (text("Nothing is overdue"), text("Well done.")),
    Folder.TODAY: (text("Nothing is due today"), text("Tasks with today's due date appear here.")),
    Folder.DELEGATED: (text("You have delegated nothing"), text("What you delegate waits here until it comes back.")),
    Folder.COPIED: (
        text("Nothing has been copied to you"),
        text("What colleagues show you for information appears here."),
    ),
    Folder.STARTED: (text("No case of yours is running"), text("Start one with “New case”.")),
    Folder.DONE: (text("You have not completed a task yet"), text("What you complete can be looked up here.")),
}
SORTS: Mapping[Sort, Text] = {
    Sort.DUE: text("By due date"),
    Sort.PRIORITY: text("By priority"),
    Sort.NEWEST: text("Newest first"),
}


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """The first page after signing in."""
    return redirect(url_for("inbox.show"))


@blueprint.get("/tasks")
def show() -> ResponseReturnValue:
    """A folder of the inbox. Its counts and rows renew themselves while they are looked at."""
    renewed = bool(request.headers.get("HX-Request"))
    if not renewed and not request.args:
        with reading_session() as session:
            first = next((view for view in views_of(session, by=current_actor()) if view.is_default), None)
        if first is not None:
            return redirect(url_for("inbox.show", **address_of(first)))
    part = "_folder.html" if renewed else "show.html"
    answer = make_response(render_template(f"inbox/{part}", **_folder_page()))
    answer.vary.add("HX-Request")
    return answer


@blueprint.get("/tasks/count")
def count() -> ResponseReturnValue:
    """The badge in the navigation: how many tasks wait for this person."""
    return render_template("inbox/_count.html", number=waiting_count(current_actor()))


def waiting_count(actor: Actor) -> int:
    """Tasks that are with this person now."""
    counted: int | None = g.get("waiting_count")
    if counted is not None:
        return counted
    with reading_session() as session:
        return count_mine(session, by=actor)


@blueprint.get("/tasks/<int:task_id>")
def task(task_id: int) -> ResponseReturnValue:
    """A task: its form, the record and the customer beside it, the diagram and the history."""
    with reading_session() as session:
        found = queries.find_task(session, task_id, by=current_actor())
        form = tasks.task_form(session, found, by=current_actor(), now=now())
        return _task_page(session, found, form)


@blueprint.post("/tasks/<int:task_id>/claim")
def claim(task_id: int) -> ResponseReturnValue:
    with writing() as session:
        tasks.claim(session, by=current_actor(), now=now(), task_id=task_id)
    flash(shown(text("The task is yours now.")), "good")
    return redirect(url_for("inbox.task", task_id=task_id, **_place()))


@blueprint.post("/tasks/<int:task_id>/release")
def release(task_id: int) -> ResponseReturnValue:
    with writing() as session:
        tasks.release(session, by=current_actor(), now=now(), task_id=task_id)
    flash(shown(text("The task is back with the group.")), "good")
    return redirect(url_for("inbox.show", **(_place() or {"folder": Folder.GROUPS})))


@blueprint.post("/tasks/<int:task_id>")
@takes_body(BODY_LIMIT)
def submit(task_id: int) -> ResponseReturnValue:
    """Complete the task or keep a draft, by the button that was pressed."""
    act = request.form.get("_act", "complete")
    if act not in ("complete", "save"):
        abort(400)
    submission = submitted(lambda session, sent: _form_of(session, task_id, sent))
    try:
        with stepping() as session:
            verb = tasks.complete if act == "complete" else tasks.save_draft
            done = verb(session, by=current_actor(), now=now(), task_id=task_id, submission=submission)
    except FormRefused as refused:
        with reading_session() as session:
            found = queries.find_task(session, task_id, by=current_actor())
            return _task_page(session, found, refused.form), 422 if refused.faults else 200
    except AlreadyDone as late:
        if late.by_id == current_actor().id:
            # The same person pressed twice: the first press counted, and that is what they wanted.
            return redirect(url_for("inbox.show", **_place()))
        return _too_late(task_id, late)
    except Conflict as conflict:
        return _too_late(task_id, conflict)
    if act == "save":
        flash(shown(text("The draft is kept.")), "good")
        return redirect(url_for("inbox.task", task_id=task_id, **_place()))
    flash(shown(text("Done: {title}", title=done.title)), "good")
    return redirect(url_for("inbox.show", **_place()))


@blueprint.post("/tasks/<int:task_id>/state")
def form_state(task_id: int) -> ResponseReturnValue:
    """Which fields of the task's form are hidden, computed or offered with what was entered so far."""
    with reading_session() as session:
        form = _form_of(session, task_id, Submission(formdata=request.form))
    return jsonify(form.state if form else {})


def _form_of(session: Session, task_id: int, submission: Submission) -> BoundForm | None:
    found = queries.find_task(session, task_id, by=current_actor())
    return tasks.task_form(session, found, by=current_actor(), now=now(), submission=submission)


def _too_late(task_id: int, conflict: Conflict) -> ResponseReturnValue:
    """Somebody was first. The page says who, and shows what was typed so that it can be copied."""
    with reading_session() as session:
        found = queries.find_task(session, task_id, by=current_actor())
        form = tasks.task_form(session, found, by=current_actor(), now=now())
        words = library.published(session, found.version_id).translator(current_actor().locale)
        typed = [
            (words(field.label), value)
            for field in (form.description.fields if form else ())
            if (value := request.form.get(field.path, "").strip())
        ]
        return _task_page(session, found, form, refusal=conflict.message, typed=typed), 409


def _task_page(
    session: Session,
    found: Task,
    form: BoundForm | None,
    *,
    refusal: Text | None = None,
    typed: list[tuple[str, str]] | None = None,
) -> str:
    actor = current_actor()
    instance = session.get_one(ProcessInstance, found.instance_id)
    published = library.published(session, found.version_id)
    node = published.definition.nodes[found.node_id]
    words = published.translator(actor.locale)
    draws_diagrams()
    facts = registry().facts.get(instance.record_type or "")
    nearby = around(session, found, instance, published, by=actor, now=now())
    if nearby.unread:
        with writing() as reader:
            telling.read_copy(reader, by=actor, now=now(), task_id=found.id)
    return render_template(
        "inbox/task.html",
        task=show_tasks(session, [found], by=actor, now=now())[0],
        form=form,
        draft_kept=found.draft is not None,
        documentation=words(node.documentation),
        actions=nearby.actions,
        around=nearby,
        story=story.tell(session, instance, published, by=actor, now=now()),
        case=show_cases(session, [instance], by=actor)[0],
        facts=facts(session, acting(session, found, actor), instance.record_id) if facts and instance.record_id else "",
        refusal=refusal,
        typed=typed or [],
        place=_place(),
    )


def _folder_page() -> dict[str, Any]:
    actor = current_actor()
    folder = Folder(request.args["folder"]) if request.args.get("folder") in set(Folder) else Folder.MINE
    sort = Sort(request.args["sort"]) if request.args.get("sort") in set(Sort) else Sort.DUE
    filters = read_filters(request.args)
    with reading_session() as session:
        numbers = counts(session, by=actor, now=now())
        # The navigation shows it too, on the same page.
        g.waiting_count = numbers[Folder.MINE]
        after = cursor_values(request.args.get("after"), folder, sort)
        found = page(session, by=actor, now=now(), folder=folder, filters=filters, sort=sort, after=after)
        if after is not None and not found.rows:
            # The last row of the last page has just been completed: what is left begins at the top.
            after = None
            found = page(session, by=actor, now=now(), folder=folder, filters=filters, sort=sort)
        cases = folder is Folder.STARTED
        shown_rows = (
            show_cases(session, found.rows, by=actor)
            if cases
            else _marked(session, folder, show_tasks(session, found.rows, by=actor, now=now()))
        )
        processes = [
            (published.key, published.translator(actor.locale)(published.definition.name))
            for published in library.all_active(session)
        ]
        customer = _customer_name(session, filters.customer_id, shown_rows, by=actor)
        views = views_of(session, by=actor)
    kept = {name: value for name, value in _place().items() if name in LIST}
    place = _place() if after is not None else kept
    earlier = place.get("earlier", [])
    return {
        "folder": folder,
        "folder_name": FOLDERS[folder][0],
        "folders": [
            {
                "label": shown(label),
                "url": url_for("inbox.show", folder=each),
                "active": each is folder,
                "count": numbers[each],
                "icon": icon,
                "tone": "bad" if each is Folder.OVERDUE and numbers[each] else "neutral",
            }
            for each, (label, icon) in FOLDERS.items()
        ],
        "views": [
            {
                "id": view.id,
                "label": view.name,
                "url": url_for("inbox.show", **address_of(view)),
                "active": request.args.get("view") == str(view.id),
                "default": view.is_default,
            }
            for view in views
        ],
        "in_bulk": not cases and folder not in (Folder.DONE, Folder.COPIED),
        "cases": cases,
        "rows": shown_rows,
        "empty": EMPTY[folder],
        "sort": sort,
        "sorts": [(each.value, shown(label)) for each, label in SORTS.items()],
        "processes": processes,
        "priorities": [(str(level), shown(word)) for level, (_, word) in enumerate(PRIORITY_WORDS)],
        "filters": filters,
        "customer": customer,
        "filtered": filters != Filters(),
        "kept": kept,
        "place": place,
        "previous_url": "" if after is None else _url({**kept, "after": earlier[-1:], "earlier": earlier[:-1]}),
        "next_url": _url({**kept, "after": write_page(found), "earlier": [*earlier, *_mark(place)]})
        if found.next
        else "",
        "urls": Addresses.of(folder, place),
        "here": _url(place),
        "total": numbers[folder],
    }


def _marked(session: Session, folder: Folder, rows: list[ShownTask]) -> list[ShownTask]:
    """The same rows; copies that their reader has not looked at stand out."""
    if folder is not Folder.COPIED:
        return rows
    unread = unread_copies(session, [row.id for row in rows], by=current_actor())
    return [replace(row, row_class="row-unread") if row.id in unread else row for row in rows]


@dataclass(frozen=True)
class Addresses:
    """Where the rows of a folder lead: the page of a row, and the act of claiming it."""

    row: Callable[[ShownTask | ShownCase], str]
    claim: Callable[[ShownTask | ShownCase], str]

    @classmethod
    def of(cls, folder: Folder, place: Mapping[str, Any]) -> Addresses:
        """Each is built once and filled in for every row: the same address but for the number."""
        task, claim = _address("inbox.task", "task_id", place), _address("inbox.claim", "task_id", place)
        return cls(_address("cases.show", "instance_id") if folder is Folder.STARTED else task, claim)


def _address(
    endpoint: str, name: str, place: Mapping[str, Any] | None = None
) -> Callable[[ShownTask | ShownCase], str]:
    before, _, after = url_for(endpoint, **{**(place or {}), name: LARGEST_NUMBER}).partition(str(LARGEST_NUMBER))
    return lambda row: f"{before}{row.id}{after}"


def _customer_name(
    session: Session, customer_id: int | None, rows: Sequence[ShownTask | ShownCase], *, by: Actor
) -> str | None:
    """The name of the customer by whom the folder is narrowed down; the number alone if this person may not know more."""
    if customer_id is None:
        return None
    listed = next((row.customer for row in rows if row.customer_id == customer_id), None)
    open_to_them = select(Customer.name).where(Customer.id == customer_id, may_see(by))
    return listed or session.scalar(open_to_them) or quoted("K", customer_id)


def _place() -> dict[str, Any]:
    return place_of(request.args)


def _mark(place: Mapping[str, Any]) -> list[str]:
    return [place["after"]] if "after" in place else []


def _url(arguments: Mapping[str, Any]) -> str:
    return url_for("inbox.show", **arguments)
