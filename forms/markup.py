"""Text and HTML components: a small Markdown, and the one gate through which an author's HTML passes.

The Markdown knows headings, paragraphs, line breaks, bold, italic, code, lists and links; everything else stays as written.
Whatever comes out of it, and every HTML component, is sanitised after its places have been filled in, so neither an author
nor a value can bring script, style or a foreign address scheme into a page.
"""

from __future__ import annotations

import re

import nh3
from markupsafe import Markup, escape

TAGS = {
    *("h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "strong", "b", "em", "i", "u", "s", "sub", "sup", "small", "mark"),
    *("ul", "ol", "li", "dl", "dt", "dd", "a", "code", "pre", "blockquote", "span", "div"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href", "title"}, "th": {"colspan", "rowspan", "scope"}, "td": {"colspan", "rowspan"}}
HEADING = re.compile(r"(#{1,6})\s+(.*)$")
BULLET = re.compile(r"\s*(?:[-*+]|(\d{1,3})[.)])\s+(.*)$")
# Each mark ends before the next one of its kind and cannot cross a line, so no text makes these searches slow.
INLINE = (
    (re.compile(r"`([^`\n]{1,500})`"), r"<code>\1</code>"),
    (re.compile(r"\[([^\[\]\n]{1,300})\]\(([^()\s]{1,1000})\)"), r'<a href="\2">\1</a>'),
    (re.compile(r"\*\*([^*\n]{1,1000})\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"__([^_\n]{1,1000})__"), r"<strong>\1</strong>"),
    (re.compile(r"\*([^*\n]{1,1000})\*"), r"<em>\1</em>"),
    (re.compile(r"(?<!\w)_([^_\n]{1,1000})_(?!\w)"), r"<em>\1</em>"),
)
MARKDOWN_SIGNS = re.compile(r"[\\`*_\[\]()#+\-.!<>&\"']")


def clean(html: str) -> Markup:
    """HTML that may stand in a page."""
    return Markup(  # noqa: S704 - this is the gate itself
        nh3.clean(
            html,
            tags=TAGS,
            attributes=ATTRIBUTES,
            url_schemes={"http", "https", "mailto", "tel"},
            link_rel="noopener noreferrer",
            strip_comments=True,
        )
    )


def as_plain_markdown(value: str) -> str:
    """A value as it may stand inside Markdown: its signs are only signs, and its lines do not begin anything."""
    return MARKDOWN_SIGNS.sub(lambda sign: f"&#{ord(sign[0])};", " ".join(value.split()))


def as_plain_html(value: str) -> str:
    """A value as it may stand inside HTML, in text or in an attribute."""
    return str(escape(value))


def from_markdown(source: str) -> Markup:
    """Markdown, with its places filled by `as_plain_markdown`, as sanitised HTML."""
    out: list[str] = []
    paragraph: list[str] = []
    open_list = ""

    def close(keep_list: bool = False) -> None:
        nonlocal open_list
        if paragraph:
            out.append("<p>" + "<br>".join(paragraph) + "</p>")
            paragraph.clear()
        if open_list and not keep_list:
            out.append(f"</{open_list}>")
            open_list = ""

    for line in source.splitlines():
        if heading := HEADING.match(line):
            close()
            # The page owns the first heading; an author's begins one below.
            level = min(len(heading[1]) + 1, 6)
            out.append(f"<h{level}>{_inline(heading[2].rstrip().rstrip('#').rstrip())}</h{level}>")
        elif item := BULLET.match(line):
            wanted = "ol" if item[1] else "ul"
            close(keep_list=open_list == wanted)
            if not open_list:
                open_list = wanted
                out.append(f"<{wanted}>")
            out.append(f"<li>{_inline(item[2])}</li>")
        elif line.strip() in ("---", "***", "___"):
            close()
            out.append("<hr>")
        elif line.strip():
            if not paragraph:
                close()
            paragraph.append(_inline(line.strip()))
        else:
            close()
    close()
    return clean("".join(out))


def _inline(text: str) -> str:
    # Entities from `as_plain_markdown` survive; everything else that HTML could read is escaped first.
    text = re.sub(r"&(?!#\d{1,7};)", "&amp;", text).replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    for pattern, replacement in INLINE:
        text = pattern.sub(replacement, text)
    return text
