"""Which variables an element can count on, told from the files alone."""

from __future__ import annotations

import pytest

from workflows import library
from workflows.engine import Bundle
from workflows.engine.diagram import Diagram
from workflows.studio.surroundings import diagram_of
from workflows.studio.variables import Variable, known_variables, names_read, nodes_before


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return library.bundle_from_folder(library.PROCESS_FILES / "service_request")


@pytest.fixture(scope="module")
def diagram(bundle: Bundle) -> Diagram:
    found = diagram_of(bundle)
    assert found is not None
    return found


def names(diagram: Diagram, bundle: Bundle, element: str | None) -> dict[str, Variable]:
    return {each.name: each for each in known_variables(diagram, bundle, element)}


def test_every_case_knows_who_began_it_and_when(diagram: Diagram, bundle: Bundle) -> None:
    known = names(diagram, bundle, "request_received")
    assert known["initiator_id"] == Variable("initiator_id", "number", "")
    assert known["started_at"] == Variable("started_at", "date and time", "")


def test_answers_of_a_form_are_known_after_it_with_their_type_and_not_before(diagram: Diagram, bundle: Bundle) -> None:
    assert "satisfaction" not in names(diagram, bundle, "service_level")
    assert names(diagram, bundle, "archive")["satisfaction"] == Variable("satisfaction", "number", "feedback")
    assert names(diagram, bundle, "service_level")["summary"] == Variable("summary", "text", "request_received")


def test_results_of_decisions_and_operations_are_known_after_them(diagram: Diagram, bundle: Bundle) -> None:
    assert "plan" not in names(diagram, bundle, "service_level")
    assert names(diagram, bundle, "assign")["plan"].origin == "plan_request"


def test_a_flow_knows_what_its_source_leaves_behind(diagram: Diagram, bundle: Bundle) -> None:
    flow = next(each for each in diagram.flows.values() if each.source == "feedback")
    assert "satisfaction" in names(diagram, bundle, flow.id)


def test_what_lies_on_a_way_back_is_known_too(diagram: Diagram) -> None:
    assert "feedback" in nodes_before(diagram, "handle"), "a request may be handled again"


def test_an_element_that_is_not_there_knows_what_every_case_knows(diagram: Diagram, bundle: Bundle) -> None:
    assert set(names(diagram, bundle, "nothing")) == {"initiator_id", "started_at"}


def test_names_that_are_read_hold_no_letters_of_times(diagram: Diagram, bundle: Bundle) -> None:
    read = names_read(diagram, bundle.dmn)
    assert "request_id" in read
    assert not {each for each in read if each.startswith("P")}
