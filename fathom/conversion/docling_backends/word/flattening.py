"""Removes wrapper elements of a Word document that are not displayed, and writes special run elements as text."""

from __future__ import annotations

import re
from typing import Any

from fathom.conversion.docling_backends.office.symbols import is_symbol_font, symbol_character, symbol_text
from fathom.conversion.docling_backends.word.fields import CHECKED, UNCHECKED
from fathom.conversion.docling_backends.word.word_markup import (
    CHECKBOX,
    MC,
    PARAGRAPH_PROPERTIES,
    RUN,
    RUN_PROPERTIES,
    TEXT,
    W14,
    XML_SPACE,
    P,
    W,
    ancestor,
    remove,
    shown_text,
    text_element,
    unwrap,
)

_WRAPPERS = tuple(f"{W}{name}" for name in ("ins", "moveTo", "smartTag", "customXml", "dir", "bdo", "fldSimple"))
_PROPERTIES = tuple(f"{W}{name}" for name in ("smartTagPr", "customXmlPr", "fldData"))
_READABLE = ("txbxContent", "blip", "chart", "relIds", "imagedata", "oMath")
MAX_INITIAL = 30  # characters; it may be a whole first word
BOXES = "☐☑☒□■▪▫"
_BROKEN_LINE = re.compile(r"[ \t]*[\r\n][\s]*")


def flatten(root: Any) -> None:
    """Reduces the tree to paragraphs, tables, runs and links, with every text in a `w:t`."""
    _choose_alternatives(root)
    for control in list(root.iter(f"{W}sdt")):
        _unwrap_control(control)
    for properties in list(root.iter(*_PROPERTIES)):
        remove(properties)
    for wrapper in list(root.iter(*_WRAPPERS)):
        parent = wrapper.getparent()
        if parent is not None and parent.tag not in (RUN_PROPERTIES, f"{W}trPr", f"{W}numPr"):
            unwrap(wrapper)
    _write_run_elements(root)
    _join_initials(root)


def drop_prompts(root: Any) -> None:
    """Removes content controls that are not filled in and show their prompt."""
    for control in list(root.iter(f"{W}sdt")):
        if control.find(f"{W}sdtPr/{W}showingPlcHdr") is not None:
            remove(control)


def _choose_alternatives(root: Any) -> None:
    """Keeps a single branch of each `mc:AlternateContent`: the first choice with content that is read, else the fallback."""
    for alternative in list(root.iter(f"{MC}AlternateContent")):
        if alternative.getparent() is None:
            continue
        branches = [*alternative.iterfind(f"{MC}Choice"), *alternative.iterfind(f"{MC}Fallback")]
        chosen = next(filter(_is_readable, branches), branches[0] if branches else None)
        unwrap(alternative, chosen if chosen is not None else alternative)


def _is_readable(branch: Any) -> bool:
    return any(
        isinstance(part.tag, str) and (part.tag == TEXT or part.tag.rpartition("}")[2] in _READABLE) for part in branch.iter()
    )


def _unwrap_control(control: Any) -> None:
    """Unwraps a content control; a check box's state is kept as a mark of the paragraph it leads, else as its sign."""
    box = control.find(f"{W}sdtPr/{W14}checkbox")
    content = control.find(f"{W}sdtContent")
    if content is None:
        remove(control)
        return
    if box is not None:
        checked = box.find(f"{W14}checked")
        state = checked is not None and checked.get(f"{W14}val", "1") not in ("0", "false")
        _note_box(control, content, state)
    unwrap(control, content)


def _note_box(control: Any, content: Any, state: bool) -> None:
    """Marks the paragraph that the check box leads, and ensures that the box has a sign."""
    inner = next(content.iter(P), None)
    paragraph = ancestor(control, P) if inner is None else inner
    if paragraph is None:
        return
    signs = [text for text in content.iter(TEXT, f"{W}sym") if text.tag != TEXT or (text.text or "").strip()]
    before = shown_text(paragraph).partition(shown_text(content))[0] if inner is None else ""
    sign = CHECKED if state else UNCHECKED
    if not signs:
        run = content.makeelement(RUN, nsmap=None)
        run.append(text_element(content, sign))
        (content if inner is None else inner).append(run)
    if before.strip() or paragraph.get(CHECKBOX) is not None:
        return
    paragraph.set(CHECKBOX, "1" if state else "0")
    for extra in signs[1:] if inner is None else ():
        remove(extra)
    if signs and (inner is None or (signs[0].text or "").strip() in BOXES):
        signs[0].addprevious(text_element(control, sign))
        remove(signs[0])


def _write_run_elements(root: Any) -> None:
    """Writes symbols and ruby as text, drops soft hyphens, and removes line breaks of the XML file from texts.

    A page or column break within a paragraph becomes a line break: python-docx ignores it, which would join words.
    """
    for line_break in root.iter(f"{W}br"):
        line_break.attrib.pop(f"{W}type", None)
    for symbol in list(root.iter(f"{W}sym")):
        shown = symbol_character(symbol.get(f"{W}font", ""), symbol.get(f"{W}char", ""))
        symbol.addprevious(text_element(symbol, shown))
        remove(symbol)
    for ruby in list(root.iter(f"{W}ruby")):
        base, reading = (_part(ruby, name) for name in ("rubyBase", "rt"))
        ruby.addprevious(text_element(ruby, f"{base}({reading})" if reading.strip() else base))
        remove(ruby)
    for hyphen in list(root.iter(f"{W}softHyphen")):
        remove(hyphen)
    for text in root.iter(TEXT):
        _clean(text)


def _join_initials(root: Any) -> None:
    """Joins a drop cap, which Word stores as a paragraph of its own, with the word that it begins."""
    frames = [frame for frame in root.iter(f"{W}framePr") if frame.get(f"{W}dropCap", "none") != "none"]
    initials = {paragraph: None for frame in frames if (paragraph := ancestor(frame, P)) is not None}
    for paragraph in initials:
        follower = paragraph.getnext() if len(shown_text(paragraph)) <= MAX_INITIAL else None
        if follower is None or follower.tag != P or follower in initials:
            continue
        properties = follower.find(PARAGRAPH_PROPERTIES)
        at = 0 if properties is None else follower.index(properties) + 1
        follower[at:at] = [child for child in paragraph if child.tag != PARAGRAPH_PROPERTIES]
        remove(paragraph)


def _part(ruby: Any, name: str) -> str:
    found = ruby.find(f"{W}{name}")
    return "" if found is None else shown_text(found)


def _clean(text: Any) -> None:
    """Translates a text by its symbol font and removes the indentation of a pretty-printed file."""
    content = text.text or ""
    if "\n" in content or "\r" in content:
        content = _BROKEN_LINE.sub(" ", content)
        text.text = content if text.get(XML_SPACE) == "preserve" else content.strip()
    run = text.getparent()
    fonts = run.find(f"{RUN_PROPERTIES}/{W}rFonts") if run is not None and run.tag == RUN else None
    font = "" if fonts is None else fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi") or ""
    if font and is_symbol_font(font):
        text.text = symbol_text(font, text.text or "")
