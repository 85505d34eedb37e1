"""The words of a web page that a reader sees, by libxml2's reader of HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from fathom.conversion.quality.source_words.source_block import SourceBlock

# Shown nowhere, or only where something else fails.
SKIPPED = frozenset(
    {
        "script", "style", "template", "iframe", "object", "embed", "audio", "video", "canvas", "math", "datalist", "map",
        "noframes", "rp", "rt", "meta", "link", "input", "head",
    }
)  # fmt: skip
# Navigation, choices, and texts of drawings: whether it is text is a matter of taste.
OPTIONAL = frozenset(
    {"nav", "search", "noscript", "select", "textarea", "button", "svg", "dialog", "label", "legend", "epub:default"}
)
INLINE = frozenset(
    {
        "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
        "kbd", "mark", "nobr", "q", "ruby", "rb", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt",
        "u", "var", "wbr", "picture", "source", "blink", "br", "img", "label",
    }
)  # fmt: skip
# Word writes the marks of lists, which are none of its text, as text that is to be ignored.
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-list\s*:\s*ignore", re.I)
# Browsers show elements behind the page's end; libxml2 would end there.
ENDS = re.compile(rb"</(?:body|html)\s*>", re.I)
TEX_COMMAND = re.compile(r"\\[A-Za-z]+")
NAME = re.compile(r"[.#][\w-]+")
# Mostly links and yet the page's own text.
WHOLE = frozenset({"html", "body", "main", "article", "section"})
SKIP_LINK = re.compile(r"\s*(?:skip|jump)\b", re.I)
MENU_ROLES = frozenset({"navigation", "menubar", "menu", "search", "dialog", "alertdialog"})
# Questions for consent, and actions that wikis offer beside each heading.
OPTIONAL_NAMES = re.compile(r"cookie|consent|gdpr|\bmw-editsection\b", re.I)
# A part that is mostly links leads about the site.
LINK_SHARE = 0.7
MIN_LINKS = 2


@dataclass(slots=True)
class _Part:
    """A block element that is open: its first block, and how many letters it and its links have so far."""

    element: Any
    first: int
    optional: bool
    letters: int = 0
    linked: int = 0
    links: int = 0
    heading: bool = False


def html_blocks(data: bytes, encoding: str | None, where: str = "page") -> Iterator[SourceBlock]:
    """Yields the texts between the page's block elements; nothing where it has none.

    Menus, banners and whatever else is mostly links or may be hidden are groups that may be left out, each as a whole.
    """
    from lxml import etree

    parser = etree.HTMLParser(encoding=encoding, huge_tree=True, remove_comments=True, remove_pis=True)
    parser.feed(ENDS.sub(b"", data))
    try:
        root = parser.close()
    except etree.XMLSyntaxError:  # of an empty page
        return
    if root is not None:
        page = _Page(where, _hidden_names(root))
        page.read(root)
        yield from page.blocks()


class _Page:
    """Gathers the page's texts in a single pass."""

    def __init__(self, where: str, hidden_names: frozenset[str]) -> None:
        self._where = where
        self._hidden_names = hidden_names
        self._found: list[SourceBlock] = []
        self._texts: list[str] = []
        self._parts: list[_Part] = []
        self._optional: list[tuple[int, int]] = []
        self._in_link = 0

    def read(self, root: Any) -> None:
        """Reads the page from its root."""
        from lxml import etree

        self._parts.append(_Part(root, 0, optional=False))
        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            tag = element.tag
            if not isinstance(tag, str):
                continue
            if event == "start":
                if _is_hidden(element):
                    walker.skip_subtree()
                    element.text = None
                    continue
                self._start(element, tag)
            elif not _is_hidden(element):
                self._end(element, tag)
            if event == "end" and element.tail:
                self._say(element.tail)
        self._end_line()

    def blocks(self) -> Iterator[SourceBlock]:
        """Yields the blocks; those in optional parts with the part's number as their group."""
        groups = _innermost(self._optional, len(self._found))
        for block, group in zip(self._found, groups, strict=True):
            yield block if group is None else replace(block, group=f"{self._where} {group}")

    def _start(self, element: Any, tag: str) -> None:
        if tag == "br":
            self._texts.append(" ")
        elif tag == "img":
            self._say(f" {TEX_COMMAND.sub(' ', element.get('alt') or '')} ")  # a wiki's formula describes itself in TeX
        elif tag not in INLINE:
            self._end_line()
        if tag == "a":
            self._in_link += 1
            if self._parts:
                self._parts[-1].links += 1
        if tag not in INLINE or self._is_optional(element):
            self._end_line()
            self._parts.append(_Part(element, len(self._found), self._is_optional(element)))
        if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self._parts[-1].heading = True
        if element.text:
            self._say(element.text)

    def _end(self, element: Any, tag: str) -> None:
        if tag == "a":
            self._in_link = max(0, self._in_link - 1)
        if self._parts[-1].element is element and len(self._parts) > 1:
            self._end_line()
            part = self._parts.pop()
            if part.optional or _is_menu(part):
                self._optional.append((part.first, len(self._found)))
            above = self._parts[-1]
            above.letters += part.letters
            above.linked += part.linked
            above.links += part.links
            above.heading |= part.heading

    def _say(self, text: str) -> None:
        self._texts.append(text)
        letters = len(text) - text.count(" ") - text.count("\n")
        self._parts[-1].letters += letters
        if self._in_link:
            self._parts[-1].linked += letters

    def _end_line(self) -> None:
        text = "".join(self._texts)
        self._texts = []
        if text.strip():
            self._found.append(SourceBlock(text, self._where))

    def _is_optional(self, element: Any) -> bool:
        if element.tag in OPTIONAL:
            return True
        attributes = element.attrib
        if not attributes:
            return False
        if element.tag == "a":
            return attributes.get("href", "").startswith("#") and SKIP_LINK.match(element.text or "") is not None
        names = f"{attributes.get('id', '')} {attributes.get('class', '')}"
        return (
            attributes.get("role") in MENU_ROLES
            or attributes.get("aria-hidden") == "true"
            or (names != " " and (OPTIONAL_NAMES.search(names) is not None or self._is_hidden_by_name(attributes)))
        )

    def _is_hidden_by_name(self, attributes: Any) -> bool:
        names = {f".{name}" for name in attributes.get("class", "").split()}
        return bool(self._hidden_names & (names | {f"#{attributes.get('id', '')}"}))


def _is_menu(part: _Part) -> bool:
    if part.element.tag in WHOLE or part.heading or not part.linked:
        return False
    return part.links >= MIN_LINKS and part.linked >= LINK_SHARE * part.letters


def _innermost(parts: list[tuple[int, int]], count: int) -> Iterator[int | None]:
    """Yields for each of `count` blocks the number of the smallest part (first block, last + 1) that it is in, or None."""
    waiting = sorted(enumerate(parts), key=lambda part: (part[1][0], -part[1][1]), reverse=True)
    within: list[tuple[int, int]] = []
    for index in range(count):
        while waiting and waiting[-1][1][0] <= index:
            number, (_, last) = waiting.pop()
            within.append((last, number))
        while within and within[-1][0] <= index:
            within.pop()
        yield within[-1][1] if within else None


def _is_hidden(element: Any) -> bool:
    if element.tag in SKIPPED:
        return True
    attributes = element.attrib
    if not attributes:
        return False
    if element.tag == "a" and _leads_back(attributes.get("href", ""), element):
        return True
    return "hidden" in attributes or bool(HIDDEN.search(attributes.get("style", "")))


def _leads_back(href: str, link: Any) -> bool:
    """Returns whether the link leads from a note back to its mark: an arrow or a letter."""
    said = "".join(link.itertext()).strip() if href.startswith("#") else ""
    return len(said) == 1 and not said.isdigit()


def _hidden_names(root: Any) -> frozenset[str]:
    """Returns the classes and ids that some rule of the page's own style sheets may hide."""
    rules = (rule.rpartition("{") for style in root.iter("style") for rule in (style.text or "").split("}"))
    return frozenset(name for selector, _, body in rules if HIDDEN.search(body) for name in NAME.findall(selector))
