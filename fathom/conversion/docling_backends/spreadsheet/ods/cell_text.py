"""Reads the displayed text of a cell of an OpenDocument spreadsheet."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

from fathom.conversion.docling_backends.formatted_runs import superscript
from fathom.conversion.docling_backends.spreadsheet.marks import note, struck
from fathom.conversion.docling_backends.spreadsheet.numbers.digits import general
from fathom.conversion.docling_backends.spreadsheet.ods.ods_styles import TABLE, OdsStyles
from fathom.conversion.docling_backends.spreadsheet.sheet import CellKind
from fathom.conversion.docling_backends.spreadsheet.sheet_elements import below, local_name

OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
XLINK = "{http://www.w3.org/1999/xlink}"
KINDS: dict[str, CellKind] = {
    "float": "number", "percentage": "number", "currency": "number", "date": "date", "time": "date", "boolean": "bool",
}  # fmt: skip
MAX_BLANKS = 100  # of an element that stands for blanks
_REFERENCE = re.compile(r"\[([^\[\]]*)\]")
_OUTSIDE = frozenset(
    {"annotation", "note", "ruby-text", "frame", "custom-shape", "rect", "g", "control", "ellipse", "line", "polygon"}
)


@dataclass(slots=True)
class CellText:
    """The text of a cell, its first link and its notes."""

    text: str = ""
    link: str | None = None
    notes: list[str] = field(default_factory=list[str])


def read_cell(element: etree._Element, styles: OdsStyles) -> CellText:
    """Returns the cell's displayed text: its paragraphs, or its value if the file holds no text."""
    found = CellText()
    lines: list[str] = []
    for child in element:
        name = local_name(child)
        if name in ("p", "h"):
            lines.append(paragraph_text(child, styles, found))
        elif name == "annotation":
            found.notes.append(_annotation(child, styles))
        elif name == "list":
            lines += [paragraph_text(part, styles, found) for part in below(child, "p", "h")]
    found.text = "\n".join(lines).strip() if any(line.strip() for line in lines) else _value(element)
    return found


def paragraph_text(paragraph: etree._Element, styles: OdsStyles, found: CellText) -> str:
    """Returns the text of a paragraph, struck and superscript runs marked; links go to `found`."""
    text = _collapse_blanks(paragraph.text or "")
    for child in paragraph:
        name = local_name(child)
        if name == "s":
            count = child.get(f"{TEXT}c", "1")
            text += " " * min(int(count) if count.isdigit() else 1, MAX_BLANKS)
        elif name == "tab":
            text += "\t"
        elif name == "line-break":
            text += "\n"
        elif name and name not in _OUTSIDE:
            inner = paragraph_text(child, styles, found)
            if name == "span":
                style = styles.style("text", child.get(f"{TEXT}style-name"))
                inner = struck(inner) if style.struck else inner
                inner = superscript(inner, text) if style.raised else inner
            elif name == "a" and not (target := child.get(f"{XLINK}href", "#")).startswith("#"):
                if found.link is None:
                    found.link = target
                elif target != found.link:
                    inner = f"{inner} ({target})"
            text += inner
        text += _collapse_blanks(child.tail or "")
    return text


def formula_text(element: etree._Element) -> str | None:
    """Returns the formula of a cell in sheet notation, `=B2*C2`; None if it has none."""
    formula = element.get(f"{TABLE}formula")
    if not formula:
        return None
    text = re.sub(r"^[a-z]+:", "", formula, count=1)
    return _REFERENCE.sub(lambda reference: re.sub(r"(^|:)\.", r"\1", reference.group(1)), text)


def _annotation(element: etree._Element, styles: OdsStyles) -> str:
    author, lines = "", []
    for child in element:
        name = local_name(child)
        if name == "creator":
            author = child.text or ""
        elif name in ("p", "list"):
            lines.append(
                " ".join("".join(child.itertext()).split()) if name == "list" else paragraph_text(child, styles, CellText())
            )
    text = " ".join(line for line in lines if line.strip())
    return note(author, text) if text else ""


def _value(element: etree._Element) -> str:
    """Returns the value of a cell without text; dates keep their ISO form, without a midnight time."""
    kind = str(element.get(f"{OFFICE}value-type", ""))
    value = str(element.get(f"{OFFICE}value", ""))
    if kind == "string":
        return str(element.get(f"{OFFICE}string-value", ""))
    if kind == "boolean":
        return str(element.get(f"{OFFICE}boolean-value", "")).upper()
    if kind == "date":
        return re.sub(r"T00:00(:00(\.0+)?)?$", "", element.get(f"{OFFICE}date-value", "")).replace("T", " ")
    if kind == "time":
        parts = re.fullmatch(r"(-?)PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S", element.get(f"{OFFICE}time-value", ""))
        return f"{parts.group(1)}{int(parts.group(2))}:{parts.group(3)}:{parts.group(4)}" if parts else ""
    try:
        number = float(value)
    except ValueError:
        return value
    if kind == "percentage":
        return f"{general(round(number * 100, 10))}%"
    return f"{general(number)} {element.get(f'{OFFICE}currency', '')}".strip() if kind == "currency" else general(number)


def _collapse_blanks(text: str) -> str:
    return re.sub(r"[ \t\r\n]+", " ", text)
