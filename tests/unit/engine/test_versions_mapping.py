"""Moving a running case to another version, with steps that take the places of others (H20)."""

from __future__ import annotations

import pytest

from workflows import engine
from workflows.engine import Bundle, Definition, StepRefused

from .case import NOW, Case
from .drawing import MESSAGE, Drawing, many, timer


def version(drawing: Drawing, *others: Drawing) -> Definition:
    return engine.compile(drawing.bundle(*others))


def errors(case: Case, new: Definition, **mapping: str) -> dict[str | None, str]:
    problems = engine.check_move(case.definition, new, case.state, now=NOW, mapping=mapping)
    return {problem.element: problem.text for problem in problems if problem.is_error}


def warnings(case: Case, new: Definition, **mapping: str) -> dict[str | None, str]:
    problems = engine.check_move(case.definition, new, case.state, now=NOW, mapping=mapping)
    assert not any(problem.is_error for problem in problems)
    return {problem.element: problem.text for problem in problems}


def carry(case: Case, new: Definition, **mapping: str) -> Case:
    """The case goes on in the other version."""
    assert errors(case, new, **mapping) == {}
    case.state, case.definition = engine.move_case(case.definition, new, case.state, mapping), new
    at = engine.rest_of(new, case.state)
    assert at.tasks.keys() == case.open.keys()
    for token, node_id in at.tasks.items():
        task = case.open[token]
        case.open[token] = engine.OpenTask(token, node_id, task.data)
    case.timers = {token: timer_set for token, timer_set in case.timers.items() if token in at.timers}
    case.awaited = set(engine.listening(new, case.state))
    return case


def row(*steps: str) -> Drawing:
    drawing = Drawing().start().end()
    for step in steps:
        drawing.user(step)
    return drawing.chain("start", *steps, "end")


def branches(*names: str, split: str = "split", join: str = "join") -> Drawing:
    drawing = Drawing().start().user("first").gateway(split, kind="parallel").gateway(join, kind="parallel").end()
    for name in names:
        drawing.user(name).chain(split, name, join)
    return drawing.user("last").chain("start", "first", split).chain(join, "last", "end")


# ---------------------------------------------------------------- one step
def test_an_open_task_goes_on_as_another_step_with_its_token_and_data() -> None:
    case = Case(version(row("a", "b")), x=1)
    token = case.token("a")
    carry(case, version(row("approve", "b")), a="approve")
    assert (case.token("approve"), case.data("approve")) == (token, {"x": 1})
    assert case.do("approve", y=2).do("b").is_completed


def test_without_a_mapping_it_stays_and_nothing_is_changed() -> None:
    case, new = Case(version(row("a", "b"))), version(row("approve", "b"))
    before = case.state
    assert "does not have" in errors(case, new)["a"]
    with pytest.raises(StepRefused, match="does not have"):
        engine.move_case(case.definition, new, case.state)
    assert case.state == before


@pytest.mark.parametrize(
    ("target", "words"),
    [("gone", "cannot take its place"), ("choose", "another kind"), ("inner", "another kind"), ("deep", "cannot take its place"), ("each", "repeated")],
)  # fmt: skip
def test_a_mapped_step_must_be_of_the_same_kind_in_the_same_process(target: str, words: str) -> None:
    drawing = Drawing().start().gateway("choose").user("each", many("items")).end().nested(
        Drawing("inner").start("s").user("deep").end("e").chain("s", "deep", "e")
    )  # fmt: skip
    new = version(drawing.chain("start", "choose", "each", "inner", "end"))
    assert words in errors(Case(version(row("a"))), new, a=target)["a"]


def test_two_open_tasks_may_become_the_same_step_only_in_their_own_branches() -> None:
    case = Case(version(branches("a", "b"))).do("first")
    new = version(branches("a", "c"))
    assert list(errors(case, new)) == ["b"]
    # The flows before and behind a step that is gone are gone with it; nothing waits at the join yet.
    assert carry(case, new, b="c").waits_for == ["a", "c"]
    assert case.do("c").do("a").do("last").is_completed


# ---------------------------------------------------------------- branches
def test_a_new_branch_after_a_gateway_that_was_passed_keeps_the_case_back() -> None:
    case = Case(version(branches("a", "b"))).do("first")
    assert "would wait for it for ever" in errors(case, version(branches("a", "b", "c")))["split"]


def test_before_that_gateway_the_new_branch_is_no_hindrance() -> None:
    case = carry(Case(version(branches("a", "b"))), version(branches("a", "b", "c")))
    assert case.do("first").waits_for == ["a", "b", "c"]
    assert case.do("a").do("b").do("c").do("last").is_completed


def test_a_branch_that_is_gone_keeps_the_case_back() -> None:
    case = Case(version(branches("a", "b", "c"))).do("first")
    assert list(errors(case, version(branches("a", "b")))) == ["c"]


def test_who_waits_at_the_join_keeps_the_flow_by_which_it_came() -> None:
    case = Case(version(branches("a", "b"))).do("first").do("b")
    new = version(branches("a", "c"))
    assert "flows that this version" in errors(case, new)["join"]
    assert carry(case, new, b__join="c__join").do("a").do("last").is_completed


def test_a_gateway_drawn_anew_is_mapped_like_a_step() -> None:
    case = Case(version(branches("a", "b"))).do("first", x=1)
    new = version(branches("a", "b", split="parted"))
    assert "under way after split" in errors(case, new)["split"]
    assert carry(case, new, split="parted").do("a", x=2).do("b").data("last")["x"] == 2


def test_the_race_of_events_goes_on_in_a_gateway_drawn_anew() -> None:
    def race(name: str) -> Definition:
        drawing = Drawing().start().gateway(name, kind="eventBased").catch("paid", MESSAGE).catch("late", timer("P1D"))
        drawing.user("thank").user("remind").end().chain("start", name, "paid", "thank", "end")
        return version(drawing.chain(name, "late", "remind", "end"))

    case = Case(race("wait"))
    assert list(errors(case, race("await"))) == ["wait"]
    assert carry(case, race("await"), wait="await").deliver("paid").waits_for == ["thank"]
    assert case.timers == {}


# ---------------------------------------------------------------- sub-processes and repetition
def nested(ident: str, *steps: str) -> Definition:
    inside = Drawing(ident).start("s").end("e")
    for step in steps:
        inside.user(step)
    inside.chain("s", *steps, "e")
    return version(Drawing().start().nested(inside).user("after").end().chain("start", ident, "after", "end"))


def test_a_sub_process_is_mapped_with_all_that_is_under_way_in_it() -> None:
    case, new = Case(nested("work", "a", "b"), x=1), nested("labour", "a", "b")
    assert "work" in errors(case, new)
    assert carry(case, new, work="labour").do("a").do("b", y=2).data("after") == {"x": 1, "y": 2}


def test_a_step_inside_a_sub_process_is_mapped_inside_of_it_only() -> None:
    case = Case(nested("work", "a", "b"))
    assert list(errors(case, nested("work", "c", "b"), a="after")) == ["a"]
    assert carry(case, nested("work", "c", "b"), a="c").do("c").do("b").do("after").is_completed


def test_a_call_of_another_process_keeps_what_runs_in_the_first() -> None:
    def calling(called: str) -> Definition:
        others = [Drawing(name).start(f"{name}_s").user("a_" + name).end(f"{name}_e") for name in ("one", "two")]
        for other in others:
            other.chain(f"{other.ident}_s", f"a_{other.ident}", f"{other.ident}_e")
        drawn = Drawing().start().call("call", called).end().chain("start", "call", "end").bundle(*others)
        first, rest = drawn.files["case.bpmn"].split(b"</bpmn:process>", 1)
        called_only = rest.replace(b'isExecutable="true"', b'isExecutable="false"')
        return engine.compile(Bundle({**drawn.files, "case.bpmn": first + b"</bpmn:process>" + called_only}))

    assert "runs another process" in errors(Case(calling("one")), calling("two"))["one"]


def repeated(name: str, *, sequential: bool = False) -> Definition:
    drawing = Drawing().start().user(name, many("items", sequential=sequential)).user("after").end()
    return version(drawing.chain("start", name, "after", "end"))


def test_the_rounds_of_a_repeated_step_go_on_with_what_was_answered() -> None:
    case = Case(repeated("each"), items=[1, 2, 3]).do("each", answer="x")
    carry(case, repeated("every"), each="every")
    assert case.do("every", answer="y").do("every", answer="z").data("after")["results"] == ["x", "y", "z"]


def test_rounds_side_by_side_do_not_become_rounds_in_turn() -> None:
    case = Case(repeated("each"), items=[1, 2])
    assert "repeated in another way" in errors(case, repeated("each", sequential=True))["each"]


# ---------------------------------------------------------------- events at the border
def bordered(*events: str, step: str = "a", interrupting: bool = False, body: str = "") -> Drawing:
    drawing = row(step, "b").user("hurry")
    for event in events:
        drawing.border(event, step, body or timer("P1D"), interrupting=interrupting).flow(event, "hurry")
    return drawing.flow("hurry", "end")


def test_an_event_that_is_gone_watches_no_more_and_the_step_goes_on() -> None:
    case, new = Case(version(bordered("late"))), version(row("a", "b"))
    assert "does not watch any more" in warnings(case, new)["late"]
    assert carry(case, new).timers == {}
    assert case.do("a").do("b").is_completed


def test_a_branch_that_a_gone_event_started_goes_on_with_its_data() -> None:
    case = Case(version(bordered("late")), x=1).fire("late").do("a", x=2)
    new = version(bordered("soon"))
    assert carry(case, new).waits_for == ["b", "hurry"]
    assert case.do("b").do("hurry").step.data == {"x": 2}


def test_the_timer_of_a_mapped_step_stays_set_where_its_event_is_mapped_too() -> None:
    case, new = (
        Case(version(bordered("late", interrupting=True))),
        version(bordered("soon", step="c", interrupting=True)),
    )
    due = case.timers[next(iter(case.timers))].due_at
    moved = engine.move_case(case.definition, new, case.state, {"a": "c", "late": "soon"})
    assert list(engine.rest_of(new, moved).timers.values()) == [("soon", due)]
    carry(case, new, a="c", late="soon")
    token = next(iter(case.timers))
    assert case.fire_token(token).waits_for == ["hurry"]


def test_a_timer_never_becomes_a_message() -> None:
    case, new = Case(version(bordered("late"))), version(bordered("late", body=MESSAGE))
    assert list(warnings(case, new)) == ["late"]
    old, other = (
        version(Drawing().start().catch("wait", body).user("b").end().chain("start", "wait", "b", "end"))
        for body in (timer("P1D"), MESSAGE)
    )
    assert "another kind" in errors(Case(old), other)["wait"]


def test_an_event_of_another_step_does_not_watch_a_step_that_takes_the_place_of_one() -> None:
    def watched(*steps: str) -> Definition:
        drawing = row(*steps).user("hurry").border("late", "b", timer("P1D"), interrupting=False)
        return version(drawing.chain("late", "hurry", "end"))

    case, new = Case(watched("a", "b")), watched("b")
    assert "does not watch b" in warnings(case, new, a="b")["late"]
    assert carry(case, new, a="b").timers == {}
    assert case.do("b").is_completed


def test_what_fails_only_at_completion_is_told_by_the_trial() -> None:
    new = version(Drawing().start().user("a").user("each", many("items")).end().chain("start", "a", "each", "end"))
    assert "could not be completed without answers" in warnings(Case(version(row("a"))), new)["each"]


def test_a_case_of_another_process_is_refused() -> None:
    other = version(Drawing("other").start().user("a").end().chain("start", "a", "end"))
    assert "another process" in errors(Case(version(row("a"))), other)["case"]


def test_cases_that_stand_alike_have_one_shape_whatever_their_data() -> None:
    drawn = version(branches("a", "b"))
    one, two, other = Case(drawn, x=1).do("first"), Case(drawn, x="y").do("first"), Case(drawn).do("first").do("a")
    assert engine.shape(one.state) == engine.shape(two.state) != engine.shape(other.state)
