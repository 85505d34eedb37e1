"""Parses HTML and XHTML into a tree that is never deeper than a recursive reader can walk."""

from __future__ import annotations

import html
import html.entities
import re
from collections import Counter
from html.parser import HTMLParser

from lxml import etree

from fathom.conversion.kinds.xml_faults import with_own_entities

MAX_DEPTH = 250
# By default libxml2 accepts neither longer texts nor deeper trees.
MAX_BOUNDED_BYTES = 9_000_000

VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
})  # fmt: skip
# Beyond half of the depth these are skipped, so that tables and lists within them keep their structure.
_WRAPPERS = frozenset({
    "a", "article", "b", "big", "center", "cite", "div", "em", "font", "i", "main", "section", "small", "span", "strong", "tt",
    "u",
})  # fmt: skip
# A start tag of the key ends the open elements of the first set, up to an element of the second.
_ENDED_BY = {
    "li": ({"li"}, {"ul", "ol", "menu", "dir"}),
    "dt": ({"dt", "dd"}, {"dl"}),
    "dd": ({"dt", "dd"}, {"dl"}),
    "td": ({"td", "th"}, {"tr", "table"}),
    "th": ({"td", "th"}, {"tr", "table"}),
    "tr": ({"tr"}, {"table"}),
    "option": ({"option"}, {"select"}),
}
_ENDS_PARAGRAPH = frozenset({
    "address", "article", "aside", "blockquote", "div", "dl", "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4",
    "h5", "h6", "header", "hr", "main", "nav", "ol", "p", "pre", "section", "table", "ul",
})  # fmt: skip
_XHTML = re.compile(
    r"\A\ufeff?\s*(?:<\?xml\b|<!doctype\s+html\s+public\s+[\"']-//W3C//DTD XHTML|"
    r"(?:<!doctype\s+html\s*>\s*)?<html\b[^>]*\bxmlns\s*=)",
    re.I,
)
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]{0,2000}(?:\[[^\]]*\]\s*)?>", re.I)
_DECLARATION = re.compile(r"\A\ufeff?\s*<\?xml[^>]*\?>")
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{0,31};)")
# libxml2 compares each attribute of an element with all before it.
MAX_ATTRIBUTES = 2000
_LONG_TAG = re.compile(r"<[a-zA-Z][^<>]{20000,}")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
# libxml2 drops content behind the end of the page, which browsers show.
_PAGE_ENDS = re.compile(r"</(?:html|body)\s*>", re.I)
_KEPT_ENTITIES = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})


def page_tree(source: str) -> etree._Element | None:
    """Returns the root of the page, or None if there is nothing in it.

    Well-formed XHTML is read as XML, where `<a id="x"/>` is a whole element; element names have no namespace.
    """
    source = with_own_entities(_CONTROLS.sub("", source))
    if _XHTML.match(source) and not _LONG_TAG.search(source) and (root := _xml_tree(source)) is not None:
        return root
    if any(found[0].count("=") > MAX_ATTRIBUTES for found in _LONG_TAG.finditer(source)):
        return _ShallowParser().tree(source)
    data = _PAGE_ENDS.sub("", source).encode("utf-8", "replace")
    huge = len(data) > MAX_BOUNDED_BYTES
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=huge)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:  # such as an empty page
        root = None
    last = parser.error_log.last_error
    if (last is not None and last.type_name == "ERR_RESOURCE_LIMIT") or (huge and root is not None and _is_deep(root)):
        return _ShallowParser().tree(source)
    if root is not None:
        _part_definitions(root)
    return root


def _part_definitions(root: etree._Element) -> None:
    """Ends terms and definitions where the next begins, which libxml2 does not do."""
    for element in [*root.iter("dt", "dd")]:
        parent = element.getparent()
        if parent is not None and parent.tag in ("dt", "dd"):
            parent.addnext(element)


def _xml_tree(source: str) -> etree._Element | None:
    text = _DOCTYPE.sub("", _DECLARATION.sub("", source), count=1)
    text = _ENTITY.sub(_character, text)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        return None
    if _is_deep(root):
        return None
    for element in root.iter(etree.Element):
        element.tag = etree.QName(element).localname.lower()
    return root if root.tag == "html" else None


def _character(found: re.Match[str]) -> str:
    if found[1] in _KEPT_ENTITIES:
        return found[0]
    return html.escape(html.unescape(found[0])) if found[1] in html.entities.html5 else found[0]


def _is_deep(root: etree._Element) -> bool:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            return True
    return False


class _ShallowParser(HTMLParser):
    """Builds a tree of bounded depth from endlessly nested tags, as in pages that never close a `<font>`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._root = etree.Element("html")
        self._open = [self._root]
        self._texts: list[str] = []
        self._passed_over: Counter[str] = Counter()

    def tree(self, source: str) -> etree._Element:
        """Returns the root of the page."""
        self.feed(source)
        self.close()
        self._write_text()
        return self._root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opens an element, unless it would be too deep."""
        if tag in ("html", "body", "head"):
            return
        if len(self._open) >= MAX_DEPTH or (len(self._open) >= MAX_DEPTH // 2 and tag in _WRAPPERS):
            self._passed_over[tag] += tag not in VOID
            return
        self._write_text()
        if tag in _ENDED_BY:
            self._end(*_ENDED_BY[tag])
        elif tag in _ENDS_PARAGRAPH:
            self._end({"p"}, {"td", "th", "li", "table", "div", "blockquote"})
        try:
            element = etree.SubElement(self._open[-1], tag, {name: value or "" for name, value in attrs[:MAX_ATTRIBUTES]})
        except ValueError:  # not a valid XML name
            element = etree.SubElement(self._open[-1], "span")
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opens an element; in HTML only the name decides whether an element is empty."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Ends the innermost element of the name and all within it."""
        if self._passed_over[tag]:
            self._passed_over[tag] -= 1
            return
        self._write_text()
        self._end({tag}, {"table"} if tag != "table" else set())

    def handle_data(self, data: str) -> None:
        """Keeps text until the next tag."""
        self._texts.append(data)

    def _end(self, names: set[str], bounds: set[str]) -> None:
        for index in range(len(self._open) - 1, 0, -1):
            name = self._open[index].tag
            if name in names:
                del self._open[index:]
                return
            if name in bounds:
                return

    def _write_text(self) -> None:
        if not self._texts:
            return
        text, self._texts = "".join(self._texts), []
        inside = self._open[-1]
        if len(inside):
            inside[-1].tail = (inside[-1].tail or "") + text
        else:
            inside.text = (inside.text or "") + text
