"""Whatever is uploaded: an answer in words, in time, and nothing of it runs."""

from __future__ import annotations

from typing import Any

import pytest

from workflows import engine
from workflows.engine import Bundle, Problem, check, check_limited

from . import service_request
from .case import Case
from .drawing import Drawing, timer
from .hostile import EXPLODING, HARMLESS, XML, deep, only, xml


def no_faults(schema: dict[str, Any]) -> list[tuple[str | None, str, dict[str, Any]]]:
    return []


def always_a_fault(schema: dict[str, Any]) -> list[tuple[str | None, str, dict[str, Any]]]:
    return [("field", "The field {name} is odd.", {"name": "x"})]


def limited(bundle: Bundle, **limits: Any) -> list[Problem]:
    return check_limited(bundle, operations={}, roles={"agent"}, check_form=no_faults, **limits)


@pytest.mark.parametrize("name", XML)
def test_unsafe_xml_is_refused_in_words(name: str) -> None:
    """H3: whether the library reads local files depends on the version of the XML reader under it."""
    raw, words = XML[name]
    problems = check(only(raw), operations={}, roles=set(), check_form=no_faults)
    assert len(problems) == 1
    assert problems[0].is_error
    assert words in problems[0].text


def test_a_comment_cannot_cut_a_script() -> None:
    """H4: the library runs what stands before the comment, the editor shows more."""
    case = Case(only(xml("{ x: 1, <!-- hidden --> y: 2 }")))
    assert case.step.data == {"x": 1, "y": 2}


@pytest.mark.parametrize("script", ["<![CDATA[{ ok: 1 < 2 }]]>", "{ ok: 1 &lt; 2 }"])
def test_characters_may_be_written_either_way(script: str) -> None:
    assert Case(only(xml(script))).step.data == {"ok": True}


def test_included_files_and_stylesheets_are_left_alone() -> None:
    include = b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/hostname" parse="text"/>'
    raw = xml("{x: 1}", '<?xml-stylesheet href="http://127.0.0.1:9/a"?>').replace(
        b"</bpmn:script>", include + b"</bpmn:script>"
    )
    assert Case(only(raw)).step.data == {"x": 1}


@pytest.mark.parametrize("name", EXPLODING)
def test_what_would_explode_is_answered(name: str) -> None:
    """H7, H8: parse or start never end in the library; sequences above 489 nodes are a RecursionError."""
    problems = limited(EXPLODING[name])
    assert any(problem.is_error for problem in problems) == (name not in HARMLESS), [p.text for p in problems]


def test_a_check_that_takes_too_long_is_ended() -> None:
    problems = limited(service_request.bundle(), seconds=-10)  # no time at all
    assert "could not be checked within" in problems[0].text


def test_a_check_that_takes_too_much_memory_is_ended() -> None:
    files = {**service_request.bundle().files, "texts.json": b'{"zh_CN": {"a": "' + b"x" * 1_900_000 + b'"}}'}
    problems = limited(Bundle(files), megabytes=8)
    assert "too much time or memory" in problems[0].text


def test_the_limited_check_tells_the_same_as_the_plain_one() -> None:
    bundle = Drawing().start().user("a", role=None).end().chain("start", "a", "end").bundle()
    plain = check(bundle, operations={}, roles={"agent"}, check_form=no_faults)
    assert limited(bundle) == plain != []
    in_words = Drawing().start().script("a", "{x: 1 +}").end().chain("start", "a", "end").bundle()
    assert limited(in_words) == check(in_words, operations={}, roles=set(), check_form=no_faults) != []
    sound = check_limited(
        service_request.bundle(),
        operations=service_request.OPERATIONS,
        roles=service_request.ROLES,
        check_form=no_faults,
    )
    assert sound == []


def test_forms_are_judged_in_the_limited_check_by_whatever_function_is_given() -> None:
    named = check_limited(
        service_request.bundle(),
        operations=service_request.OPERATIONS,
        roles=service_request.ROLES,
        check_form=always_a_fault,
    )
    unnamed = check_limited(
        service_request.bundle(),
        operations=service_request.OPERATIONS,
        roles=service_request.ROLES,
        check_form=lambda schema: always_a_fault(schema),
    )
    assert [p.text for p in named] == [p.text for p in unnamed] == ["The field x is odd."]


def test_large_files_are_refused_before_a_child_is_started() -> None:
    problems = limited(Bundle({"case.bpmn": b"x" * 2_000_001}))
    assert "larger than 2 MB" in problems[0].text
    assert "more than 200 files" in limited(Bundle({f"{n}.dmn": b"" for n in range(201)}))[0].text


def test_a_long_sequence_runs() -> None:
    """H8: above 489 nodes the library fails with a RecursionError."""
    d = Drawing().start().user("last").end()
    names = [f"t{number}" for number in range(900)]
    for name in names:
        d.script(name, "{ n: if n = null then 1 else n + 1 }")
    case = Case(d.chain("start", *names, "last", "end").bundle())
    assert case.data("last") == {"n": 900}


def test_processes_within_processes_run_and_have_an_end() -> None:
    case = Case(deep(20).bundle())
    assert case.waits_for == ["u20"]
    assert case.do("u20").is_completed


BUDGETS = {
    "automatic steps": (engine.Budget(steps=5), "more than 5 automatic steps"),
    "branches and tasks": (engine.Budget(tokens=5), "more than 5 branches and tasks"),
    "seconds": (engine.Budget(seconds=0.0), "longer than 0.0 seconds"),
    "bytes of state": (engine.Budget(state_bytes=50), "too large"),
    "processes": (engine.Budget(processes=0), "More than 0 sub-processes"),
}


@pytest.mark.parametrize("name", BUDGETS)
def test_a_step_ends_when_its_budget_is_spent(name: str) -> None:
    budget, words = BUDGETS[name]
    inner = Drawing("sub").start("s").user("u").end("e").chain("s", "u", "e")
    d = Drawing().start().end().nested(inner)
    names = [f"t{number}" for number in range(10)]
    for ident in names:
        d.script(ident, "{x: 1}")
    order = ["start", "sub", *names] if name in ("processes", "bytes of state") else ["start", *names, "sub"]
    with pytest.raises(engine.StepRefused, match=words):
        Case(d.chain(*order, "end").bundle(), budget=budget)


def test_a_loop_that_waits_only_on_paper_is_stopped_by_the_budget() -> None:
    d = Drawing().start().gateway("merge").gateway("again", "back").end().user("never")
    d.gateway("choose", "round").chain("start", "merge", "choose").flow("choose", "never", "false")
    d.flow("choose", "again", ident="round").chain("never", "again").flow("again", "end", "false")
    d.flow("again", "merge", ident="back")
    problems = check(d.bundle(), operations={}, roles={"agent"}, check_form=no_faults)
    assert [p.element for p in problems if p.is_error] == ["merge"]


def test_a_definition_is_shared_by_threads() -> None:
    from concurrent.futures import ThreadPoolExecutor

    definition = engine.compile(service_request.bundle())

    def whole_life(number: int) -> dict[str, Any]:
        case = Case(definition, request={"id": number, "manager": number, "agents": []})
        for _ in range(5):
            case = case.do("assign") if "assign" in case.waits_for else case
            case.do("handle", outcome=number).do("feedback", satisfied=False)
        return case.do("handle").do("feedback", satisfied=True).step.data

    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(whole_life, range(40)))
    assert [end["request"]["id"] for end in ends] == list(range(40))
    assert [end["outcome"] for end in ends] == list(range(40))


def test_a_timer_text_cannot_call_anything() -> None:
    """H1: in the library a timer is Python too."""
    bundle = Drawing().start().catch("t", timer('__import__("os").getpid()')).end().chain("start", "t", "end").bundle()
    assert [p.element for p in check(bundle, operations={}, roles=set(), check_form=no_faults) if p.is_error] == ["t"]
