"""Diagrams on paper: everything that is drawn is there, in both languages, and nothing of it can do anything."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import reportlab
from lxml import etree
from pypdf import PdfReader

from crm.core.config import ConfigError, load_config
from workflows import library
from workflows.library import PROCESS_FILES
from workflows.papers.drawing import MOST_PICTURES, read_pictures
from workflows.papers.figures import FAILED, LIVE, PATH
from workflows.papers.lettering import Letters, clean, embedded_letters, named_letters, wrap
from workflows.papers.marks import Frame, Line
from workflows.papers.pages import MOST_PARTS, MOST_PARTS_INSIDE, pdf_of
from workflows.papers.paper import Paper, Table, sheets
from workflows.papers.svg import svg_of

DELIVERED = sorted(PROCESS_FILES.glob("*/*.bpmn"))
SVG = "{http://www.w3.org/2000/svg}"
HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
    'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" '
    'xmlns:bioc="http://bpmn.io/schema/bpmn/biocolor/1.0">'
)
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
FONT = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"


def paper_of(raw: bytes, **more: Any) -> Paper:
    given: dict[str, Any] = {
        "name": "x",
        "title": "Title",
        "about": "Version 1",
        "told": "",
        "said": "",
        "locale": "en",
    }
    return Paper(**{**given, "file": "x.bpmn", "raw": raw, "words": lambda name: name, **more})


def diagram(body: str, *shapes: str) -> bytes:
    """A process, and its picture if shapes are given."""
    drawn = f'<bpmndi:BPMNDiagram><bpmndi:BPMNPlane bpmnElement="p">{"".join(shapes)}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>'
    return f'{HEAD}<bpmn:process id="p">{body}</bpmn:process>{drawn if shapes else ""}</bpmn:definitions>'.encode()


def shape(element: str, x: float = 0, y: float = 0, width: object = 100, height: object = 80, **more: str) -> str:
    attributes = "".join(f' {name.replace("_", ":")}="{value}"' for name, value in more.items())
    bounds = f'<dc:Bounds x="{x}" y="{y}" width="{width}" height="{height}"/>'
    return f'<bpmndi:BPMNShape bpmnElement="{element}"{attributes}>{bounds}</bpmndi:BPMNShape>'


def element(kind: str, inner: str = "", *, size: object = 36, attributes: str = "", **more: str) -> str:
    """The marks of one element that stands alone, in words."""
    raw = diagram(f'<bpmn:{kind} id="e"{attributes}>{inner}</bpmn:{kind}>', shape("e", 0, 0, size, size, **more))
    return repr(sheets(paper_of(raw), named_letters().width)[0].marks)


def tree_of(paper: Paper) -> Any:
    return etree.fromstring(svg_of(paper))


def texts(tree: Any) -> list[str]:
    return [text.text for text in tree.iter(f"{SVG}text")]


def pages_of(paper: Paper, letters: Letters | None = None) -> PdfReader:
    return PdfReader(io.BytesIO(pdf_of(paper, letters or named_letters())))


def said_in(reader: PdfReader) -> str:
    return "".join("".join(page.extract_text().split()) for page in reader.pages)


@pytest.mark.parametrize("locale", ["en", "zh_CN"])
@pytest.mark.parametrize("path", DELIVERED, ids=lambda path: path.stem)
def test_a_delivered_process_names_everything_in_svg_and_pdf(path: Path, locale: str) -> None:
    bundle = library.bundle_from_folder(path.parent)
    own = bundle.texts.get(locale, {})
    paper = paper_of(path.read_bytes(), words=lambda name: own.get(name) or name, locale=locale)
    root = etree.fromstring(path.read_bytes())
    planes = {each.get("bpmnElement") for each in root.iter("{http://www.omg.org/spec/BPMN/20100524/DI}BPMNShape")}
    names = {paper.words(each.get("name")) for each in root.iter() if each.get("id") in planes and each.get("name")}
    drawn = "".join("".join(texts(tree_of(paper))).split())
    printed = said_in(pages_of(paper))
    assert len(names) > 10
    for name in names:
        assert "".join(name.split()) in drawn
        assert "".join(name.split()) in printed


def test_a_picture_is_told_to_those_who_cannot_see_it() -> None:
    paper = paper_of(DELIVERED[0].read_bytes(), title="Complaint", told="How a complaint goes", locale="zh_CN")
    tree = tree_of(paper)
    assert tree.get("role") == "img"
    assert tree.get("aria-labelledby") == "title told"
    assert tree.get("{http://www.w3.org/XML/1998/namespace}lang") == "zh-CN"
    assert [tree.find(f"{SVG}title").text, tree.find(f"{SVG}desc").text] == ["Complaint", "How a complaint goes"]


def test_hostile_names_stay_texts() -> None:
    hidden = HOSTILE.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    raw = diagram(
        f'<bpmn:userTask id="e" name="{hidden}"/><bpmn:textAnnotation id="n"><bpmn:text>{hidden}</bpmn:text></bpmn:textAnnotation>',
        shape("e", 0, 0, 900),
        shape("n", 0, 100, 900),
    )
    paper = paper_of(raw, title=HOSTILE, about=HOSTILE, told=HOSTILE, said=HOSTILE, tables=(Table(HOSTILE, ((HOSTILE, 1.0),), ((HOSTILE,),)),))  # fmt: skip
    tree = tree_of(paper)
    assert {etree.QName(each).localname for each in tree.iter()} <= {"svg", "title", "desc", "g", "rect", "circle", "polyline", "polygon", "text"}  # fmt: skip
    assert texts(tree).count(HOSTILE) == 2
    reader = pages_of(paper)
    assert "".join(HOSTILE.split()) in said_in(reader)
    for page in reader.pages:
        assert "/Annots" not in page and "/AA" not in page
    assert not {"/OpenAction", "/AA", "/Names", "/AcroForm"} & set(reader.root_object)


def test_a_picture_holds_no_style_and_points_nowhere() -> None:
    tree = tree_of(paper_of(DELIVERED[0].read_bytes()))
    attributes = {etree.QName(name).localname for each in tree.iter() for name in each.attrib}
    assert not {"style", "class", "href", "src"} & attributes
    assert not [name for name in attributes if name.startswith("on")]
    assert not [value for each in tree.iter() for value in each.attrib.values() if "url(" in value or ":" in value]


def test_letters_that_no_picture_may_hold_are_left_out() -> None:
    assert clean("a\x00b\u202ec\n d\ufeff") == "abc d"
    raw = diagram('<bpmn:task id="e" name="Task"/>', shape("e"))
    tree = tree_of(paper_of(raw, words=lambda name: f"{name}\x07\ud800", title="a\x01b"))
    assert "Task" in texts(tree)
    assert tree.find(f"{SVG}title").text == "ab"


def test_a_letter_that_the_named_fonts_lack_becomes_a_box() -> None:
    assert list(named_letters().runs("ok 🎉 通过 ✓")) == [
        ("Helvetica", "ok "),
        ("STSong-Light", "□"),
        ("Helvetica", " "),
        ("STSong-Light", "通过"),
        ("Helvetica", " ✓"),
    ]


@pytest.mark.parametrize("path", DELIVERED, ids=lambda path: path.stem)
def test_a_file_without_a_picture_is_laid_out_and_drawn(path: Path) -> None:
    root = etree.fromstring(path.read_bytes())
    for drawn in root.findall("{http://www.omg.org/spec/BPMN/20100524/DI}BPMNDiagram"):
        root.remove(drawn)
    laid_out, drawn_by_author = read_pictures(etree.tostring(root)), read_pictures(path.read_bytes())
    assert {each.id for each in laid_out[0].shapes} == {each.id for each in drawn_by_author[0].shapes}
    assert {each.id for each in laid_out[0].arrows} == {each.id for each in drawn_by_author[0].arrows}


def test_every_event_has_a_sign_of_its_own() -> None:
    kinds = ("", "message", "timer", "signal", "error", "escalation", "conditional", "compensate", "cancel", "link")
    inner = {kind: f"<bpmn:{kind}EventDefinition/>" if kind else "" for kind in kinds}
    inner |= {"terminate": "<bpmn:terminateEventDefinition/>", "multiple": inner["timer"] + inner["message"]}
    signs = [element("intermediateCatchEvent", each) for each in inner.values()]
    signs.append(element("intermediateCatchEvent", inner["multiple"], attributes=' parallelMultiple="true"'))
    assert len(set(signs)) == len(signs) == 13


def test_an_event_shows_whether_it_begins_ends_throws_or_interrupts() -> None:
    message = "<bpmn:messageEventDefinition/>"
    seen = {
        element(kind, message, attributes=attributes)
        for kind, attributes in (
            ("startEvent", ""),
            ("startEvent", ' isInterrupting="false"'),
            ("intermediateCatchEvent", ""),
            ("intermediateThrowEvent", ""),
            ("boundaryEvent", ' cancelActivity="false"'),
            ("endEvent", ""),
        )
    }
    assert len(seen) == 6


def test_every_gateway_has_a_sign_of_its_own() -> None:
    kinds = ("parallelGateway", "inclusiveGateway", "complexGateway", "eventBasedGateway")
    seen = {element(kind, size=50) for kind in kinds}
    seen |= {element("exclusiveGateway", size=50, isMarkerVisible=marked) for marked in ("true", "false")}
    assert len(seen) == 6


def test_every_task_and_its_repetition_have_signs_of_their_own() -> None:
    kinds = ("task", "userTask", "manualTask", "serviceTask", "scriptTask", "businessRuleTask", "sendTask", "receiveTask", "callActivity", "subProcess", "adHocSubProcess", "transaction")  # fmt: skip
    repeated = (
        "<bpmn:standardLoopCharacteristics/>",
        "<bpmn:multiInstanceLoopCharacteristics/>",
        '<bpmn:multiInstanceLoopCharacteristics isSequential="true"/>',
    )
    seen = {element(kind, size=100, isExpanded="false") for kind in kinds}
    seen |= {element("task", inner, size=100) for inner in repeated}
    assert len(seen) == len(kinds) + len(repeated)


def test_flows_show_their_default_and_their_condition() -> None:
    ends = '<bpmn:task id="a" default="{}"/><bpmn:task id="b"/><bpmn:sequenceFlow id="f" sourceRef="a" targetRef="b">{}</bpmn:sequenceFlow>'
    edge = (
        '<bpmndi:BPMNEdge bpmnElement="f"><di:waypoint x="100" y="40"/><di:waypoint x="200" y="40"/></bpmndi:BPMNEdge>'
    )
    condition = "<bpmn:conditionExpression>x</bpmn:conditionExpression>"
    drawn = [
        len(sheets(paper_of(diagram(body, shape("a"), shape("b", 200), edge)), named_letters().width)[0].marks)
        for body in (ends.format("", ""), ends.format("f", ""), ends.format("", condition))
    ]
    assert drawn == [drawn[0], drawn[0] + 1, drawn[0] + 1]


@pytest.mark.parametrize("size", ["1e308", "-5", "inf", "nan", "", "wide"])
def test_a_size_that_no_paper_has_is_cut_or_left_out(size: str) -> None:
    raw = diagram('<bpmn:task id="e" name="Odd"/><bpmn:task id="f" name="Plain"/>', shape("e", 0, 0, size), shape("f", 0, 200))  # fmt: skip
    paper = paper_of(raw)
    assert "Plain" in texts(tree_of(paper))
    assert len(pages_of(paper).pages) <= MOST_PARTS + 1


def test_only_plain_colours_of_the_author_are_taken() -> None:
    body = '<bpmn:task id="e"/><bpmn:task id="f"/>'
    colours = [
        each.ink.fill
        for each in sheets(
            paper_of(
                diagram(
                    body, shape("e", bioc_fill="#ffcc00"), shape("f", 0, 200, bioc_fill="url(https://evil.example)")
                )
            ),
            named_letters().width,
        )[0].marks
        if isinstance(each, Frame)
    ]
    assert colours == ["#ffcc00", "#ffffff"]


def test_a_small_diagram_is_one_page_and_a_larger_one_a_larger_page() -> None:
    def size(width: int) -> list[float]:
        raw = diagram('<bpmn:task id="a"/><bpmn:task id="b"/>', shape("a"), shape("b", width - 100))
        reader = pages_of(paper_of(raw))
        return [round(float(page.mediabox.width)) for page in reader.pages]

    assert size(700) == [842]
    assert size(2000) == [1191]
    assert size(4000) == [842, 842, 842, 842]


def test_a_diagram_of_any_width_has_a_bounded_number_of_pages() -> None:
    raw = diagram('<bpmn:task id="a"/><bpmn:task id="b"/>', shape("a"), shape("b", 190_000, 150_000))
    assert 2 < len(pages_of(paper_of(raw)).pages) <= MOST_PARTS + 1


def test_a_diagram_with_any_number_of_closed_sub_processes_has_a_bounded_number_of_pages() -> None:
    many = 100
    body = "".join(f'<bpmn:subProcess id="s{n}" name="S"><bpmn:task id="i{n}"/></bpmn:subProcess>' for n in range(many))
    next_plane = "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram><bpmndi:BPMNDiagram>"
    inside = "".join(f'{next_plane}<bpmndi:BPMNPlane bpmnElement="s{n}">{shape(f"i{n}", 0, 0, 190_000)}' for n in range(many))  # fmt: skip
    assert len(pages_of(paper_of(diagram(body, shape("s0"), inside))).pages) <= MOST_PICTURES * (MOST_PARTS_INSIDE + 1)


def test_a_group_is_called_what_its_category_is() -> None:
    body = '<bpmn:group id="g" categoryValueRef="c"/></bpmn:process><bpmn:category><bpmn:categoryValue id="c" value="Together"/></bpmn:category><bpmn:process>'
    assert "Together" in texts(tree_of(paper_of(diagram(body, shape("g")))))


def test_what_a_closed_sub_process_holds_follows_as_a_picture_of_its_own() -> None:
    inner = '<bpmn:subProcess id="s" name="Check"><bpmn:task id="i" name="Inside"/></bpmn:subProcess>'
    plane = (
        f'<bpmndi:BPMNDiagram><bpmndi:BPMNPlane bpmnElement="s">{shape("i")}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>'
    )
    raw = diagram(inner, shape("s", isExpanded="false")).replace(b"</bpmn:definitions>", f"{plane}</bpmn:definitions>".encode())  # fmt: skip
    paper = paper_of(raw)
    assert texts(tree_of(paper)) == ["Check", "Check", "Inside", "Title · Version 1"]
    assert len(pages_of(paper).pages) == 2


def test_the_way_of_a_case_is_drawn_and_explained() -> None:
    path = next(path for path in DELIVERED if path.stem == "service_request")
    flow = next(arrow for arrow in read_pictures(path.read_bytes())[0].arrows if arrow.kind == "sequenceFlow")
    plain = paper_of(path.read_bytes())
    told = replace(plain, parts={"assign": PATH, flow.id: PATH, "handle": LIVE}, legend={PATH: "Taken", LIVE: "Here", FAILED: "Failed"})  # fmt: skip
    before, after = (sheets(paper, named_letters().width)[0].marks for paper in (plain, told))
    added = [mark for mark in after if mark not in before]
    assert len([mark for mark in added if isinstance(mark, Frame)]) == 2
    assert {mark.points[0] for mark in added if isinstance(mark, Line)} == {flow.points[0], flow.points[-1]}
    assert {"Taken", "Here"} <= set(texts(tree_of(told)))
    assert "Failed" not in texts(tree_of(told))
    assert "TakenHere" in said_in(pages_of(told))


def test_a_long_table_repeats_its_head_on_every_page() -> None:
    rows = tuple((f"row{number}", "word " * 600) for number in range(12))
    paper = paper_of(diagram('<bpmn:task id="e"/>', shape("e")), tables=(Table("Steps", (("Column", 0.2), ("What", 0.8)), rows),))  # fmt: skip
    tables = [page.extract_text() for page in pages_of(paper).pages][1:]
    assert len(tables) > 1
    assert all("Column" in text for text in tables)
    assert [f"row{number}" in "".join(tables) for number in range(12)] == [True] * 12
    assert "…" in tables[0]


def test_a_text_is_broken_into_lines_that_fit() -> None:
    measure = named_letters().width
    for text in (
        "one two three four five",
        "没有空格的中文也要换行，标点不在行首。",
        "Donaudampfschifffahrtsgesellschaft 合同",
    ):
        lines = wrap(text, 60, 12, 99, measure)
        assert "".join("".join(lines).split()) == "".join(text.split())
        assert all(measure(line, 12, False) <= 60 for line in lines)
        assert not [line for line in lines if line[0] in "，。"]
    assert wrap("one two three four five", 60, 12, 2, measure) == ["one two", "three fou…"]
    assert wrap("   ", 60, 12, 2, measure) == []


def test_a_font_of_the_installation_is_embedded_and_writes_everything() -> None:
    reader = pages_of(paper_of(DELIVERED[0].read_bytes()), embedded_letters(FONT))
    fonts = {font for page in reader.pages for font in page._get_fonts()[0]}
    assert [name for name in fonts if "BitstreamVera" in name]
    assert "Investigateandpropose" in said_in(reader)


def test_a_font_that_cannot_be_embedded_stops_the_program_with_the_cure(tmp_path: Path) -> None:
    environment = {"HELIU_SECRET_KEY": "x" * 32}
    assert load_config(environment).pdf_font is None
    assert load_config({**environment, "HELIU_PDF_FONT": str(FONT)}).pdf_font == FONT
    outlines = tmp_path / "other.otf"
    outlines.write_bytes(b"OTTO" + bytes(40))
    collection = tmp_path / "collection.ttc"
    collection.write_bytes(b"ttcf" + bytes(4) + (1).to_bytes(4, "big") + (16).to_bytes(4, "big") + b"OTTO")
    for wrong, cure in ((outlines, "TrueType"), (collection, "TrueType"), (tmp_path / "none.ttf", "cannot be read")):
        with pytest.raises(ConfigError, match=cure):
            load_config({**environment, "HELIU_PDF_FONT": str(wrong)})
