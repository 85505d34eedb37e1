"""Reads the runs of a paragraph as formatted pieces, with links and formulas in place.

Docling 2.142.1 strips the white space of every run, reads formulas of a formatted paragraph as plain text and knows no link of
a complex field; not needed once it keeps runs as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from docling.backend.msword_backend import MsWordDocumentBackend
from docling_core.types.doc.document import Formatting, Script
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from fathom.conversion.docling_backends.office.formulas import latex_of
from fathom.conversion.docling_backends.office.pieces import LinkTarget, OfficePiece, link_target, tidy_pieces
from fathom.conversion.docling_backends.word.word_markup import LINK, RUN, RUN_PROPERTIES, VAL, M, R, W, is_on, value_of

_SKIPPED = frozenset(
    {f"{W}{name}" for name in ("pPr", "del", "moveFrom", "rPr", "sdtPr", "txbxContent", "drawing", "pict", "object")}
)
_FORMULA, _FORMULAS = f"{M}oMath", f"{M}oMathPara"
_HYPERLINK = f"{W}hyperlink"
_SCRIPTS = {"superscript": Script.SUPER, "subscript": Script.SUB}
StyleChain = Callable[[Any], Any]


class WordParagraphReader:
    """Reads paragraphs of a document; `styles` is the root of its styles part, `chain_of` docling's chain of a style."""

    def __init__(self, document: Any, styles: Any | None, chain_of: StyleChain) -> None:
        self._document = document
        self._chain_of = chain_of
        self._styles = (
            {style.get(f"{W}styleId", ""): style for style in styles.iterfind(f"{W}style")} if styles is not None else {}
        )
        self._of_style: dict[str, tuple[Script | None, bool]] = {}
        self._last: tuple[Any, list[OfficePiece]] = (None, [])

    def pieces(self, element: Any, part: Any) -> list[OfficePiece]:
        """Returns the paragraph's tidied pieces; `part` holds the relationships of its links."""
        if self._last[0] is not element:  # cached, since docling requests each paragraph several times
            paragraph = Paragraph(element, self._document)
            chain = self._chain_of(paragraph.style)
            self._last = (element, tidy_pieces(self._pieces(element, part, paragraph, chain, None)))
        return list(self._last[1])

    def _pieces(
        self, element: Any, part: Any, paragraph: Paragraph, chain: Any, link: LinkTarget | None
    ) -> Iterator[OfficePiece]:
        for child in element:
            if child.tag == RUN:
                own = link or link_target(child.get(LINK))
                text = Run(child, paragraph).text
                if text:
                    yield OfficePiece(text, self._formatting(child, paragraph, chain), own)
            elif child.tag == _HYPERLINK:
                yield from self._pieces(child, part, paragraph, chain, _target(child, part) or link)
            elif child.tag == _FORMULA:
                yield from _formula(child)
            elif child.tag == _FORMULAS:
                for formula in child.iter(_FORMULA):
                    yield from _formula(formula)
            elif isinstance(child.tag, str) and child.tag not in _SKIPPED:
                yield from self._pieces(child, part, paragraph, chain, link)

    def _formatting(self, run: Any, paragraph: Paragraph, chain: Any) -> Formatting | None:
        found: Formatting | None = MsWordDocumentBackend._get_format_from_run(Run(run, paragraph), paragraph, chain)
        properties = run.find(RUN_PROPERTIES)
        if found is None or properties is None:
            return found
        if is_on(properties.find(f"{W}dstrike")):
            found.strikethrough = True
        style = value_of(properties, f"{W}rStyle")
        if style is not None:
            script, struck = self._style_marks(style)
            if script is not None and properties.find(f"{W}vertAlign") is None:
                found.script = script
            if struck and properties.find(f"{W}strike") is None:
                found.strikethrough = True
        return found

    def _style_marks(self, style: str) -> tuple[Script | None, bool]:
        """Returns (script, struck) of a character style, or of its base style."""
        if style not in self._of_style:
            element = self._styles.get(style)
            properties = element.find(RUN_PROPERTIES) if element is not None else None
            align = properties.find(f"{W}vertAlign") if properties is not None else None
            script = _SCRIPTS.get(align.get(VAL, "")) if align is not None else None
            struck = bool(properties is not None and is_on(properties.find(f"{W}strike")))
            self._of_style[style] = (script, struck)  # before the base, which may be cyclic
            based = value_of(element, f"{W}basedOn") if element is not None else None
            if based is not None and (script is None or not struck):
                above = self._style_marks(based)
                self._of_style[style] = (script or above[0], struck or above[1])
        return self._of_style[style]


def _target(hyperlink: Any, part: Any) -> LinkTarget | None:
    """Returns the external target of the link, with its anchor."""
    relation = part.rels.get(hyperlink.get(f"{R}id", ""))
    if relation is None or not relation.is_external:
        return None
    anchor = hyperlink.get(f"{W}anchor")
    address = relation.target_ref
    return link_target(f"{address}#{anchor}" if anchor and "#" not in address else address)


def _formula(element: Any) -> Iterator[OfficePiece]:
    latex = latex_of(element)
    if latex:
        yield OfficePiece(latex, is_formula=True)
