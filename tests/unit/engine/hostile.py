"""Hostile and broken diagrams, as people with bad intentions or bad tools upload them."""

from __future__ import annotations

from workflows.engine import Bundle

from .drawing import FORM, HEAD, TAIL, Drawing, many, timer
from .tables import definitions, table

SECRET = "/etc/hostname"


def xml(script: str, dtd: str = "") -> bytes:
    """A sound diagram around `script`, with `dtd` before it."""
    d = Drawing().start().node("scriptTask", "t", f"<bpmn:script>{script}</bpmn:script>", name="N").end()
    text = HEAD + d.chain("start", "t", "end").process() + TAIL
    return text.replace("?>", f"?>{dtd}", 1).encode()


def automatic(*nodes: tuple[str, str]) -> Drawing:
    d = Drawing().start().end()
    for ident, text in nodes:
        d.script(ident, text)
    return d.chain("start", *(ident for ident, _ in nodes), "end")


def deep(levels: int) -> Drawing:
    inner = Drawing(f"sub{levels}").start(f"s{levels}").user(f"u{levels}").end(f"e{levels}")
    inner.chain(f"s{levels}", f"u{levels}", f"e{levels}")
    for level in range(levels - 1, -1, -1):
        outer = Drawing(f"sub{level}" if level else "case").start(f"s{level}").nested(inner).end(f"e{level}")
        inner = outer.chain(f"s{level}", f"sub{level + 1}", f"e{level}")
    return inner


def calls(count: int) -> list[Drawing]:
    """Each process calls the next one twice: 2 ** count processes at once."""
    found = []
    for level in range(count):
        d = Drawing(f"p{level}").start(f"s{level}").gateway(f"g{level}", kind="parallel").end(f"e{level}")
        d.chain(f"s{level}", f"g{level}")
        for side in "ab":
            name = f"c{level}{side}"
            (d.call(name, f"p{level + 1}") if level + 1 < count else d.user(name)).chain(f"g{level}", name, f"e{level}")
        found.append(d)
    return found


def caught(text: str, kind: str = "timeDuration") -> Bundle:
    return Drawing().start().catch("t", timer(text, kind)).end().chain("start", "t", "end").bundle()


def repeated(count: str) -> Bundle:
    return Drawing().start().user("t", many(count=count)).end().chain("start", "t", "end").bundle()


def only(raw: bytes) -> Bundle:
    return Bundle({"case.bpmn": raw, "form.form.json": FORM})


LAUGHS = '<!DOCTYPE d [<!ENTITY a "lol">' + "".join(
    f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9)
) + "]>"  # fmt: skip
QUADRATIC = '<!DOCTYPE d [<!ENTITY e "' + "A" * 50_000 + '">]>'

# What the reader refuses before anything is understood, with a word of the answer.
XML: dict[str, tuple[bytes, str]] = {
    "an entity that reads a file": (xml("{x: &e;}", f'<!DOCTYPE d [<!ENTITY e SYSTEM "file://{SECRET}">]>'), "DOCTYPE"),
    "an entity that calls out": (xml("&e;", '<!DOCTYPE d [<!ENTITY e SYSTEM "http://127.0.0.1:9/x">]>'), "DOCTYPE"),
    "a parameter entity": (
        xml("{x: 1}", '<!DOCTYPE d [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>'),
        "DOCTYPE",
    ),
    "an external DTD": (xml("{x: 1}", f'<!DOCTYPE d SYSTEM "file://{SECRET}">'), "DOCTYPE"),
    "an internal entity": (xml("{x: &e;}", '<!DOCTYPE d [<!ENTITY e "1">]>'), "DOCTYPE"),
    "an entity in a name": (f'<!DOCTYPE d [<!ENTITY e SYSTEM "file://{SECRET}">]><d name="&e;"/>'.encode(), "DOCTYPE"),
    "a plain DOCTYPE": (xml("{x: 1}", "<!DOCTYPE d>"), "DOCTYPE"),
    "billion laughs": (xml("{x: &j;}", LAUGHS), "case.bpmn"),
    "quadratic growth": (xml("&e;" * 20_000, QUADRATIC), "case.bpmn"),
    "depth 300": (b"<a>" * 300 + b"</a>" * 300, "case.bpmn"),
    "depth 100,000": (b"<a>" * 100_000 + b"</a>" * 100_000, "case.bpmn"),
    "11 MB of text": (xml("A" * 11_000_000), "2 MB"),
    "40,000 elements": (xml("{x: 1}").replace(b"</bpmn:process>", b"<a/>" * 40_000 + b"</bpmn:process>"), "30000"),
    "a NUL byte": (xml("{x: \x00}"), "well-formed"),
    "nothing": (b"", "well-formed"),
    "a lone character reference": (xml("&#0;"), "well-formed"),
    "another encoding than said": (xml("{x: 1}").replace(b"UTF-8", b"UTF-16"), "well-formed"),
}

# What explodes while it is parsed or run, in stock SpiffWorkflow or in a naive check; here each gets an answer.
EXPLODING: dict[str, Bundle] = {
    "a process that calls itself": Drawing().start().call("c", "case").end().chain("start", "c", "end").bundle(),
    "2 ** 12 processes at once": calls(12)[0].bundle(*calls(12)[1:]),
    "10 ** 9 rounds": repeated("10**9"),
    "1,000 times 1,000 rounds": Drawing()
    .start()
    .nested(
        Drawing("sub").start("s").script("t", "{x: 1}").end("e").chain("s", "t", "e"), many(count="1000")
    )
    .end()
    .chain("start", "sub", "end")
    .bundle(),
    "P9999999999Y": caught("P9999999999Y"),
    "P1000000Y": caught('"P1000000Y"'),
    "R/PT0S": caught('"R/PT0S"', "timeCycle"),
    "while True": automatic(("t", "while True: pass")).bundle(),
    "9 ** 9 ** 9": automatic(("t", "{x: 9**9**9**9}")).bundle(),
    "a list of 10 ** 10": automatic(("t", "{x: for i in 1..10000000000 return i}")).bundle(),
    "a loop of loops": automatic(("t", "{x: count(for a in 1..9999, b in 1..9999, c in 1..9999 return 1)}")).bundle(),
    "a string that doubles": automatic(("t", '{a: "aaaaaaaaaa", f: function(s, n) if n = 0 then s else f(s + s, n - 1), x: f(a, 60)}')).bundle(),
    "a pattern that backtracks": automatic(("t", '{x: matches("' + "a" * 40 + '!", "(a+)+$")}')).bundle(),
    "brackets, 8,000 deep": automatic(("t", "{x: " + "(" * 8_000 + "1" + ")" * 8_000 + "}")).bundle(),
    "16,000 question marks in a cell": Drawing().start().rule("r", "t", "x").end().chain("start", "r", "end").bundle(
        rules=definitions(table("t", "FIRST", ["a"], {"b": ""}, [("?" * 16_000, "1")]))
    ),
    "a chain of 1,900 scripts": automatic(*((f"t{number}", "{x: 1}") for number in range(1_900))).bundle(),
    "a missing data object in a sub-process": Drawing()
    .start()
    .nested(
        Drawing("sub").start("s").user(
            "t", '<bpmn:dataInputAssociation id="d"><bpmn:sourceRef>r</bpmn:sourceRef></bpmn:dataInputAssociation>'
        ).node("dataObjectReference", "r", dataObjectRef="ghost").end("e").chain("s", "t", "e")
    )
    .end()
    .chain("start", "sub", "end")
    .bundle(),
    "30 processes inside of each other": deep(30).bundle(),
}  # fmt: skip
# These run as they are drawn; all others of the above are refused.
HARMLESS = {"a missing data object in a sub-process", "9 ** 9 ** 9", "a pattern that backtracks"}
