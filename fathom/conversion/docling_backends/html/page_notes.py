"""Finds the footnotes of a page or book: the marks in the text, the notes they lead to, and the backlinks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

MAX_NOTE = 6000  # characters; a longer block is a section that a link leads to
MAX_MARK = 8

EPUB_TYPE = "{http://www.idpf.org/2007/ops}type"
_REFERENCES = frozenset({"noteref", "doc-noteref", "footnote-ref", "footnoteref", "footnote-reference"})
_NOTES = frozenset({"footnote", "endnote", "rearnote", "note", "doc-footnote", "doc-endnote"})
_BACK = frozenset({"backlink", "doc-backlink", "footnote-back", "footnote-backref", "footnote-backlink", "mw-cite-backlink"})
_BLOCKS = ("li", "aside", "p", "div", "dd", "td", "section", "blockquote")
_MARK = re.compile(r"[\[(]?\s*(?:note\s+|n\.?\s*)?(\d{1,4}|[a-z]{1,2}|[ivxlc]{1,6}|[*†‡§¶#]{1,4})\s*[\])]?\.?", re.I)
# Word's class names for marks and notes.
_WORD_MARKS = frozenset({"msofootnotereference", "msoendnotereference"})
_WORD_MARK = re.compile(r"mso-(?:footnote|endnote)-id", re.I)
_WORD_NOTE = re.compile(r"mso-element\s*:\s*(?:footnote|endnote)\b(?!-)", re.I)
_RAISED = re.compile(r"vertical-align\s*:\s*super", re.I)


def kinds_of(element: etree._Element) -> frozenset[str]:
    """Returns the words of the element's epub:type, role and class."""
    values = (element.get(name) for name in (EPUB_TYPE, "epub:type", "role", "class"))
    return frozenset(word for words in values if words for word in words.lower().split())


@dataclass(slots=True)
class PageNotes:
    """The marks in the text and the notes, each with its label; `ways` are backlinks, which are no text."""

    marks: dict[etree._Element, str] = field(default_factory=dict[etree._Element, str])
    notes: dict[etree._Element, str] = field(default_factory=dict[etree._Element, str])
    ways: set[etree._Element] = field(default_factory=set[etree._Element])


def find_notes(root: etree._Element) -> PageNotes:
    """Returns the notes of the tree.

    A link is a mark if it is declared so (epub:type, role, class), or if it is a superscript number or sign and leads to a
    block of the same page that is not above it. Labels are those shown; a label shared by two notes gets a number.
    """
    links = [link for link in root.iter("a") if (link.get("href") or "").startswith("#") and len(link.get("href", "")) > 1]
    candidates = [(link, label) for link in links if (label := _label(link)) is not None]
    if not candidates:
        return PageNotes()
    places = _named(root, {link.get("href", "")[1:] for link in links})
    order = {element: index for index, element in enumerate(root.iter(etree.Element))}
    found = PageNotes()
    taken: dict[str, int] = {}
    targets = {places[link.get("href", "")[1:]] for link, _ in candidates if link.get("href", "")[1:] in places}
    for link, label in candidates:
        place = places.get(link.get("href", "")[1:])
        if place is None or (not kinds_of(link) & _REFERENCES and order[place] < order[link]):
            continue
        note = _note_at(place, link, targets)
        if note is None:
            continue
        if note not in found.notes:
            taken[label] = taken.get(label, 0) + 1
            found.notes[note] = label if taken[label] == 1 else f"{label}-{taken[label]}"
        found.marks[link] = found.notes[note]
    _find_ways_back(links, places, found)
    return found


def _label(link: etree._Element) -> str | None:
    """Returns the label of a link that looks like a note mark."""
    text = " ".join("".join(link.itertext()).split())
    if len(text) > MAX_MARK or not text:
        return None
    matched = _MARK.fullmatch(text)
    if kinds_of(link) & _REFERENCES:
        return matched[1] if matched else text.strip("[]() ")
    return matched[1] if matched and _is_raised(link) else None


def _is_raised(link: etree._Element) -> bool:
    parent = link.getparent()
    around = [parent] if parent is not None else []
    if any(element.tag == "sup" for element in (*around, *link.iter("sup"))):
        return True
    if _WORD_MARK.search(link.get("style") or "") or any(kinds_of(inner) & _WORD_MARKS for inner in link.iter("span")):
        return True
    return any(_RAISED.search(element.get("style") or "") for element in (*around, link))


def _named(root: etree._Element, names: set[str]) -> dict[str, etree._Element]:
    found: dict[str, etree._Element] = {}
    for element in root.iter(etree.Element):
        for name in (element.get("id"), element.get("name") if element.tag == "a" else None):
            if name and name in names:
                found.setdefault(name, element)
    return found


def _note_at(place: etree._Element, link: etree._Element, targets: set[etree._Element]) -> etree._Element | None:
    """Returns the note's block at the target, or None if the target is a whole section or a heading."""
    block: etree._Element | None = place
    while block is not None and block.tag not in _BLOCKS:
        if block.tag in ("h1", "h2", "h3", "h4", "h5", "h6", "table", "tr", "body", "html", "figure", "img"):
            return None
        block = block.getparent()
    if block is None:
        return None
    is_declared = bool(kinds_of(block) & _NOTES)
    parent = block.getparent()
    if block.tag in ("p", "div") and parent is not None and parent.tag in _BLOCKS and _is_note(parent):
        block = parent
    if sum(len(text) for text in block.itertext()) > MAX_NOTE and not is_declared:
        return None
    if any(inner is not place and inner in targets for inner in block.iter(etree.Element) if inner is not block):
        return None  # it holds several notes
    return None if any(element is block for element in link.iterancestors()) else block


def _is_note(element: etree._Element) -> bool:
    return bool(kinds_of(element) & _NOTES) or _WORD_NOTE.search(element.get("style") or "") is not None


def _find_ways_back(links: list[etree._Element], places: dict[str, etree._Element], found: PageNotes) -> None:
    around_marks: set[etree._Element] = set()
    for mark in found.marks:
        around_marks.add(mark)
        around_marks.update(element for element, _ in zip(mark.iterancestors(), range(2), strict=False))
    for note in found.notes:
        found.ways.update(inner for inner in note.iter("span", "sup") if kinds_of(inner) & _BACK)
    for link in links:
        if link in found.marks or next((True for above in link.iterancestors() if above in found.notes), None) is None:
            continue
        if kinds_of(link) & _BACK or places.get(link.get("href", "")[1:]) in around_marks:
            found.ways.add(link)
