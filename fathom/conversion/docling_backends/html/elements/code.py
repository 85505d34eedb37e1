"""Reads code: text with significant lines and blanks, and its declared language."""

from __future__ import annotations

from lxml import etree

from fathom.conversion.docling_backends.html.html_reader import PageReader
from fathom.conversion.docling_backends.markup.markup_blocks import Code

_BREAKS_IN_CODE = etree.XPath("descendant-or-self::text() | descendant::br", smart_strings=True)


def read_preformatted(reader: PageReader, element: etree._Element) -> None:
    """Reads preformatted text."""
    if reader.is_single_line or next(element.iter("table", "ul", "ol", "h1", "h2", "h3"), None) is not None:
        reader.container(element)
        return
    text = text_of_code(element)
    if text.strip():
        reader.add(Code(text, language_of(element)))


def language_of(element: etree._Element) -> str:
    """Returns the programming language named by the element's class; empty if there is none."""
    for inner in (element, *element.iter("code")):
        for name in (inner.get("class") or "").split():
            for prefix in ("language-", "lang-", "highlight-source-", "brush:"):
                if name.lower().startswith(prefix) and len(name) > len(prefix):
                    return name[len(prefix) :]
        if inner.get("data-lang"):
            return str(inner.get("data-lang"))
    return ""


def text_of_code(element: etree._Element) -> str:
    """Returns the text of the element with its blanks and line ends."""
    text = "".join("\n" if not isinstance(piece, str) else piece for piece in _BREAKS_IN_CODE(element))
    return text.replace("\r\n", "\n").replace("\u00a0", " ").removeprefix("\n").rstrip()
