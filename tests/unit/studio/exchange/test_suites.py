"""What the public suites of diagrams showed: flows in the wrong process, links, values at events, pictures out of sight."""

from __future__ import annotations

import pytest
from lxml import etree

import feel
from tests.unit.studio.exchange.foreign_files import (
    chosen,
    diagram,
    element,
    errors,
    lines,
    said,
    straight,
    taken,
    tree,
)
from tests.unit.studio.exchange.test_ordinary import flow, kinds, steps
from workflows.papers.layout import lay_out
from workflows.studio.exchange.document import BPMN, SPIFF
from workflows.studio.exchange.opposites import opposite_of
from workflows.studio.exchange.picture import DC, DI
from workflows.studio.exchange.report import Imported, Status

RULE = '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{0}</bpmn:conditionExpression>'
TASK = '<bpmn:userTask id="approve" name="Approve" {0}/>'


def ends(imported: Imported) -> dict[str, tuple[str, str]]:
    return {
        each.get("id"): (each.get("sourceRef"), each.get("targetRef"))
        for each in tree(imported).iter(f"{BPMN}sequenceFlow")
    }


def boxes(imported: Imported) -> dict[str, tuple[float, float]]:
    """Left and right border of each shape."""
    found = {}
    for shape in tree(imported).iter(f"{DI}BPMNShape"):
        bounds = shape.find(f"{DC}Bounds")
        x = float(bounds.get("x"))
        found[shape.get("bpmnElement")] = (x, x + float(bounds.get("width")))
    return found


@pytest.mark.parametrize("figure", ["NaN", "inf", "1e999", "-99999999999", "far", ""])
def test_a_picture_with_a_shape_where_nobody_sees_it_is_drawn_anew(figure: str) -> None:
    drawn = etree.fromstring(lay_out(diagram(straight(steps("a"), steps("b")), speaks=("spiffworkflow",))))
    shape = next(shape for shape in drawn.iter(f"{DI}BPMNShape") if shape.get("bpmnElement") == "a")
    shape.find(f"{DC}Bounds").set("x", figure)
    imported = taken(etree.tostring(drawn))
    assert [line.status for line in lines(imported, "a")] == [Status.TRANSLATED]
    assert boxes(imported)["begin"][1] < boxes(imported)["a"][0] < boxes(imported)["b"][0]


def test_a_flow_that_stands_in_another_process_than_its_ends_comes_home() -> None:
    second = f'<bpmn:process id="other" isExecutable="false"><bpmn:startEvent id="s"/>{steps("x")}<bpmn:endEvent id="e"/></bpmn:process>'
    body = straight(steps("a"), flows=flow("away", "s", "x") + flow("off", "x", "e"))
    raw = diagram(body, speaks=("spiffworkflow",)).replace(b"</bpmn:process>", b"</bpmn:process>" + second.encode())
    imported = taken(raw)
    assert element(imported, "away").getparent().get("id") == "other"
    assert element(imported, "off").getparent().get("id") == "other"
    assert lines(imported, "away", Status.TRANSLATED)[0].after == "other"
    assert errors(imported) == []


def test_the_copy_of_a_flow_in_another_process_goes() -> None:
    second = f'<bpmn:process id="other" isExecutable="false"><bpmn:startEvent id="s"/>{steps("x")}{flow("away", "s", "x")}</bpmn:process>'
    raw = diagram(straight(steps("a"), flows=flow("away", "s", "x")), speaks=("spiffworkflow",))
    imported = taken(raw.replace(b"</bpmn:process>", b"</bpmn:process>" + second.encode()))
    assert [each for each in ends(imported).values() if each == ("s", "x")] == [("s", "x")]
    assert not any(ident.startswith("away_") for ident in ends(imported))


def test_a_flow_inside_of_a_sub_process_that_is_written_outside_comes_home() -> None:
    inner = f'<bpmn:subProcess id="sub"><bpmn:startEvent id="s"/>{steps("x")}<bpmn:endEvent id="e"/></bpmn:subProcess>'
    imported = taken(
        diagram(straight(inner, flows=flow("one", "s", "x") + flow("two", "x", "e")), speaks=("spiffworkflow",))
    )
    assert {element(imported, ident).getparent().get("id") for ident in ("one", "two")} == {"sub"}
    assert errors(imported) == []


def test_a_flow_that_holds_its_own_ends_stays_where_it_is() -> None:
    inner = f'<bpmn:process id="other">{steps("x", "y")}</bpmn:process>'
    around = f'<bpmn:sequenceFlow id="holds" sourceRef="x" targetRef="y">{inner}</bpmn:sequenceFlow>'
    imported = taken(diagram(straight(steps("a"), flows=around), speaks=("spiffworkflow",)))
    assert [problem.element for problem in errors(imported)] == ["holds", "holds"]
    assert not [line for line in imported.lines if "could not be read" in str(line.what)]


def test_a_flow_between_two_processes_stays_and_is_told_by_the_check() -> None:
    second = '<bpmn:process id="other" isExecutable="false"><bpmn:startEvent id="s"/></bpmn:process>'
    raw = diagram(straight(steps("a"), flows=flow("across", "s", "a")), speaks=("spiffworkflow",))
    imported = taken(raw.replace(b"</bpmn:process>", b"</bpmn:process>" + second.encode()))
    assert [problem.element for problem in errors(imported)] == ["across"]


def test_nothing_is_put_behind_a_gateway_that_waits_for_an_event() -> None:
    body = '<bpmn:startEvent id="s"/><bpmn:eventBasedGateway id="race"/>' + flow("f", "s", "race")
    imported = taken(diagram(body))
    assert kinds(imported, "endEvent") == []
    assert "race" in {problem.element for problem in errors(imported)}


def link(kind: str, ident: str, name: str) -> str:
    return f'<bpmn:{kind} id="{ident}"><bpmn:linkEventDefinition name="{name}"/></bpmn:{kind}>'


def test_a_flow_that_is_cut_by_links_is_drawn_through() -> None:
    throws = link("intermediateThrowEvent", "off", "A") + link("intermediateThrowEvent", "also", "A")
    catches = link("intermediateCatchEvent", "on", "A")
    body = (
        f'<bpmn:startEvent id="s"/>{steps("a", "b")}{throws}{catches}<bpmn:endEvent id="e"/><bpmn:parallelGateway id="p"/>'
        + flow("f0", "s", "p") + flow("f1", "p", "a") + flow("f2", "p", "also") + flow("f3", "a", "off")
        + flow("f4", "on", "b") + flow("f5", "b", "e")
    )  # fmt: skip
    imported = taken(diagram(body, speaks=("spiffworkflow",)))
    assert {pair for pair in ends(imported).values() if pair[1] == "on"} == {("off", "on"), ("also", "on")}
    assert lines(imported, "off", Status.TRANSLATED)[0].after == "on"
    assert errors(imported) == []


def test_a_link_without_another_end_is_left_with_its_cure() -> None:
    body = straight(steps("a")).replace('<bpmn:endEvent id="finish"/>', link("intermediateThrowEvent", "finish", "A"))
    imported = taken(diagram(body, speaks=("spiffworkflow",)))
    assert [problem.element for problem in errors(imported) if "links" in problem.message] == ["finish"]


@pytest.mark.parametrize(
    "said_key", ["camunda-forms:app:start.form", "camunda-forms:deployment:forms/start.form", "camunda-forms:start", "start"]
)  # fmt: skip
def test_a_form_is_found_wherever_the_other_tool_kept_it(said_key: str) -> None:
    raw = diagram(straight(TASK.format(f'camunda:formKey="{said_key}"')), speaks=("camunda",))
    imported = taken(raw, start__form=b'{"type": "default", "components": []}')
    assert said(imported, "approve")["formKey"] == "start"
    assert not [line for line in lines(imported, "approve", Status.BY_HAND) if line.before == said_key]


def test_a_step_without_form_gets_an_empty_one_and_nothing_is_left_to_do() -> None:
    raw = diagram(straight(TASK.format('camunda:candidateGroups="service_agent"')), speaks=("camunda",))
    imported = taken(raw)
    assert said(imported, "approve")["formKey"] == "approve"
    assert imported.number(Status.BY_HAND) == 0
    assert errors(imported) == []


@pytest.mark.parametrize("language", ["groovy", "JavaScript"])
@pytest.mark.parametrize(
    ("written", "feel_text"),
    [("status == 'complete'", 'status = "complete"'), ("amount > 10 && !done;", "amount > 10 and done != true")],
)
def test_a_comparison_of_a_programming_language_means_the_same(language: str, written: str, feel_text: str) -> None:
    imported = taken(diagram(chosen(written, f' language="{language}"'), speaks=("camunda",)))
    condition = element(imported, "large").find(f"{BPMN}conditionExpression")
    assert condition.text == feel_text
    assert condition.get("language") is None
    assert errors(imported) == []


def test_a_program_in_a_condition_is_left_for_a_person() -> None:
    imported = taken(
        diagram(chosen("list.stream().count() > 1 ? {} : 2", ' language="javascript"'), speaks=("camunda",))
    )
    assert lines(imported, "large", Status.BY_HAND)[0].before.startswith("list.stream")


def test_a_script_without_language_is_told_without_a_question_mark() -> None:
    imported = taken(
        diagram(straight('<bpmn:scriptTask id="reckon"><bpmn:script>echo(1)</bpmn:script></bpmn:scriptTask>'))
    )
    cure = lines(imported, "reckon", Status.BY_HAND)[0].cure
    assert str(cure) == "Write it as a FEEL context such as { total: price * quantity }."


def mapping(inside: str) -> str:
    return f"<bpmn:extensionElements><zeebe:ioMapping>{inside}</zeebe:ioMapping></bpmn:extensionElements>"


def test_values_that_a_start_event_gives_are_reckoned_behind_it() -> None:
    gives = mapping('<zeebe:output source="=true" target="again"/>')
    body = straight(steps("a")).replace(
        '<bpmn:startEvent id="begin"/>', f'<bpmn:startEvent id="begin">{gives}</bpmn:startEvent>'
    )
    raw = etree.tostring(etree.fromstring(lay_out(diagram(body, speaks=("zeebe", "spiffworkflow")))))
    imported = taken(raw)
    script = element(imported, "begin_after")
    assert script.findtext(f"{BPMN}script") == "{ again: true }"
    assert ends(imported)["f0"] == ("begin_after", "a")
    assert ("begin", "begin_after") in ends(imported).values()
    assert errors(imported) == []
    places = boxes(imported)
    assert places["begin"][1] < places["begin_after"][0]
    assert places["begin_after"][1] < places["a"][0]


def test_values_for_an_end_event_are_reckoned_before_it() -> None:
    needs = mapping('<zeebe:input source="=amount * 2" target="double"/>')
    body = straight(steps("a")).replace(
        '<bpmn:endEvent id="finish"/>', f'<bpmn:endEvent id="finish">{needs}</bpmn:endEvent>'
    )
    imported = taken(diagram(body, speaks=("zeebe", "spiffworkflow")))
    assert element(imported, "finish_before").findtext(f"{BPMN}script") == "{ double: amount * 2 }"
    assert ends(imported)["f1"] == ("a", "finish_before")
    assert errors(imported) == []


def test_values_before_an_event_that_a_gateway_waits_for_are_left_for_a_person() -> None:
    needs = mapping('<zeebe:input source="=1" target="one"/>')
    timer = "<bpmn:timerEventDefinition><bpmn:timeDuration>P1D</bpmn:timeDuration></bpmn:timerEventDefinition>"
    catches = f'<bpmn:intermediateCatchEvent id="late">{needs}{timer}</bpmn:intermediateCatchEvent>'
    body = (
        f'<bpmn:startEvent id="s"/><bpmn:eventBasedGateway id="race"/>{catches}<bpmn:endEvent id="e"/>'
        + flow("f0", "s", "race") + flow("f1", "race", "late") + flow("f2", "late", "e")
    )  # fmt: skip
    imported = taken(diagram(body, speaks=("zeebe",)))
    assert lines(imported, "late", Status.BY_HAND)[0].before == "{ one: 1 }"
    assert kinds(imported, "scriptTask") == []


def test_the_values_of_data_objects_are_there_from_the_beginning() -> None:
    held = "".join(
        f'<bpmn:dataObject id="d{number}" name="{name}" itemSubjectRef="xsd:{kind}"><bpmn:extensionElements>'
        f"<flowable:value>{value}</flowable:value></bpmn:extensionElements></bpmn:dataObject>"
        for number, (name, kind, value) in enumerate(
            [("city", "string", "1"), ("open", "boolean", "true"), ("most", "int", "12"), ("day", "datetime", "2026-01-31T08:00:00")]
        )
    )  # fmt: skip
    imported = taken(diagram(held + straight(steps("a")), speaks=("flowable", "spiffworkflow")))
    script = element(imported, "begin_after").findtext(f"{BPMN}script")
    assert script == '{ city: "1", open: true, most: 12, day: date and time("2026-01-31T08:00:00") }'
    assert errors(imported) == []


def test_a_gateway_whose_two_conditions_are_opposites_has_a_default() -> None:
    body = chosen("${approved}").replace(
        'targetRef="no"/>', f'targetRef="no">{RULE.format("${!approved}")}</bpmn:sequenceFlow>'
    )
    imported = taken(diagram(body, speaks=("camunda",)))
    assert element(imported, "which").get("default") == "small"
    assert lines(imported, "which", Status.TRANSLATED)[0].before == "approved != true"
    assert errors(imported) == []


@pytest.mark.parametrize(
    ("first", "second", "default"),
    [
        ("=repeat", "= not( repeat )", 1),
        ("not(repeat)", "repeat", 0),
        ("a = true", "a = false", 1),
        ("a", "a = false", 1),
        ("(a) != true", "a", 0),
        ("amount > 100", "amount<=100", 1),
        ('grade = "A"', 'grade != "A"', 1),
        ("a < 1", "a > 1", None),
        ("a = 1 or b = 2", "a = 1 or b != 2", None),
        ('grade = "A"', 'grade = "B"', None),
        ("a", "b", None),
        ("a", "a", None),
        ("", "not()", None),
    ],
)
def test_opposites_are_known_by_their_form(first: str, second: str, default: int | None) -> None:
    assert opposite_of(first, second) == default


@pytest.mark.parametrize(
    ("first", "second"), [("a", "not(a)"), ("a", "a != true"), ("a", "a = false"), ("n > 1", "n <= 1"), ("n = 1", "n != 1")]
)  # fmt: skip
def test_of_two_opposites_just_one_holds(first: str, second: str) -> None:
    assert opposite_of(first, second) is not None
    for a in (True, False):
        for n in (0, 1, 2):
            held = [feel.parse(text).evaluate({"a": a, "n": n}) for text in (first, second)]
            assert sorted(held) == [False, True]


def test_a_gateway_that_is_put_in_finds_room_in_the_picture() -> None:
    body = (
        f'<bpmn:startEvent id="s"/>{steps("a", "b", "c")}'
        + flow("f0", "s", "a")
        + flow("f1", "a", "b")
        + flow("f2", "a", "c")
    )
    imported = taken(lay_out(diagram(body, speaks=("spiffworkflow",))))
    places = boxes(imported)
    assert places["a"][1] < places["a_ways"][0]
    assert places["a_ways"][1] < min(places["b"][0], places["c"][0])


def test_one_value_that_feel_cannot_say_leaves_the_others() -> None:
    values = mapping('<zeebe:input source="=uuid()" target="key"/><zeebe:input source="=1 + 1" target="two"/>')
    manual = f'<bpmn:manualTask id="a">{values}</bpmn:manualTask>'
    imported = taken(diagram(straight(manual), speaks=("zeebe",)))
    assert [line.before for line in lines(imported, "a", Status.BY_HAND) if "uuid" in line.before] == ["key: =uuid()"]
    assert element(imported, "a").findtext(f".//{SPIFF}preScript") == "{ two: 1 + 1 }"


@pytest.mark.parametrize("address", ["http://schema.omg.org/spec/BPMN/2.0", "http://www.omg.org/bpmn20"])
def test_a_diagram_by_a_draft_of_the_standard_comes_in(address: str) -> None:
    raw = diagram(straight(steps("a")), speaks=("spiffworkflow",))
    older = raw.replace(b"http://www.omg.org/spec/BPMN/20100524/MODEL", address.encode())
    imported = taken(older)
    assert imported.key == "order"
    assert lines(imported, None, Status.TRANSLATED)
    assert errors(imported) == []


@pytest.mark.parametrize(
    ("cron", "cycle"),
    [
        ("0 0/15 * * * ?", "R/PT15M"),
        ("0 */5 * * * ? *", "R/PT5M"),
        ("0 0 0/2 * * ?", "R/PT2H"),
        ("0 0 * * * ?", "R/PT1H"),
        ("0/30 * * * * ?", None),
        ("0 0 8 * * ?", None),
        ("0 0/0 * * * ?", None),
        ("0 15 10 ? * MON-FRI", None),
    ],
)
def test_a_cron_of_regular_spans_is_a_cycle_and_others_are_refused_with_the_cure(cron: str, cycle: str | None) -> None:
    timer = f"<bpmn:timerEventDefinition><bpmn:timeCycle>{cron}</bpmn:timeCycle></bpmn:timerEventDefinition>"
    body = straight(steps("a")).replace(
        '<bpmn:startEvent id="begin"/>', f'<bpmn:startEvent id="begin">{timer}</bpmn:startEvent>'
    )
    imported = taken(diagram(body, speaks=("camunda", "spiffworkflow")))
    assert element(imported, "begin").findtext(f".//{BPMN}timeCycle") == (cycle or cron)
    status = Status.TRANSLATED if cycle else Status.REFUSED
    assert cron in [line.before for line in lines(imported, "begin", status)]
    assert errors(imported) == [] or cycle is None
