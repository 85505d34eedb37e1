"""Reads the runs of a slide's paragraph as pieces: formats, links, line breaks, superscripts, symbols and formulas.

Docling 2.142.1 reads runs as plain text; not needed once it keeps their format and links.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docling.backend.mspowerpoint_backend import _iter_paragraph_elements
from docling.backend.msword_backend import _int_to_letter_marker, _int_to_roman_marker
from docling_core.types.doc.document import Formatting, Script

from fathom.conversion.docling_backends.office.formulas import latex_of
from fathom.conversion.docling_backends.office.pieces import LinkTarget, OfficePiece, link_target, tidy_pieces
from fathom.conversion.docling_backends.office.symbols import is_symbol_font, symbol_text
from fathom.conversion.docling_backends.office.whole_numbers import is_counter
from fathom.conversion.docling_backends.presentation.slide_markup import A, R

_ON = frozenset({"1", "true"})


def paragraph_pieces(paragraph: Any, part: Any) -> list[OfficePiece]:
    """Returns the tidied pieces of an `a:p`; `part` holds the relationships of its links."""
    return tidy_pieces(_pieces(paragraph, part))


def body_lines(body: Any, part: Any) -> list[list[OfficePiece]]:
    """Returns the pieces of each non-empty paragraph of a text body."""
    return [pieces for paragraph in body.iterfind(f"{A}p") if (pieces := paragraph_pieces(paragraph, part))]


def auto_number(number: int, form: str) -> str:
    """Returns the number of a list item as PowerPoint writes it: `1.`, `a)`, `(iv)`."""
    shown = str(number)
    if not is_counter(number):
        return f"{shown}."
    if form.startswith("alpha"):
        shown = _int_to_letter_marker(number)
    elif form.startswith("roman"):
        shown = _int_to_roman_marker(number)
    shown = shown.upper() if "Uc" in form else shown.lower()
    if form.endswith("ParenBoth"):
        return f"({shown})"
    return shown + (")" if form.endswith("ParenR") else "" if form.endswith("Plain") else ".")


def _pieces(paragraph: Any, part: Any) -> Iterator[OfficePiece]:
    for child in _iter_paragraph_elements(paragraph):
        if child.tag == f"{A}br":
            yield OfficePiece("\n")
        elif child.tag.endswith("}oMath"):
            latex = latex_of(child)
            if latex:
                yield OfficePiece(latex, is_formula=True)
        else:
            text_element = child.find(f"{A}t")
            properties = child.find(f"{A}rPr")
            text = _shown(text_element.text or "", properties) if text_element is not None else ""
            if text:
                yield OfficePiece(text, _formatting(properties), _target(properties, part))


def _shown(text: str, properties: Any | None) -> str:
    text = text.replace("\v", "\n").replace("_x000B_", "\n")
    fonts = [] if properties is None else [properties.find(f"{A}{name}") for name in ("sym", "latin")]
    for font in fonts:
        name = "" if font is None else font.get("typeface", "")
        if is_symbol_font(name):
            return symbol_text(name, text)
    return text


def _formatting(properties: Any | None) -> Formatting | None:
    if properties is None:
        return None
    raised = properties.get("baseline", "0").rstrip("%")
    offset = float(raised) if raised.lstrip("-").replace(".", "", 1).isdigit() else 0.0
    return Formatting(
        bold=properties.get("b", "0").lower() in _ON,
        italic=properties.get("i", "0").lower() in _ON,
        underline=properties.get("u", "none") != "none",
        strikethrough=properties.get("strike", "noStrike") != "noStrike",
        script=Script.SUPER if offset > 0 else Script.SUB if offset < 0 else Script.BASELINE,
    )


def _target(properties: Any | None, part: Any) -> LinkTarget | None:
    click = None if properties is None else properties.find(f"{A}hlinkClick")
    relation = None if click is None else part.rels.get(click.get(f"{R}id", ""))
    if relation is None or not relation.is_external:
        return None
    return link_target(relation.target_ref)
