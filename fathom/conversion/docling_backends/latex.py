"""Docling's reader of LaTeX, made to keep the headings, ties and dashes that it passes over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from docling.backend.latex.utils.latex_context import LATEX_CONTEXT_DB
from docling.backend.latex_backend import LatexDocumentBackend
from pylatexenc.latexwalker import LatexCharsNode, LatexSpecialsNode
from pylatexenc.macrospec import MacroSpec

# Without these it does not see what they are the headings of.
LATEX_CONTEXT_DB.add_context_category(
    "fathom-headings", macros=[MacroSpec("part", "*[{"), MacroSpec("paragraph", "*[{")], prepend=True
)
_LEVELS = ("part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph")
_SAID = {"~": " ", "--": "–", "---": "—", "``": "“", "''": "”", "!`": "¡", "?`": "¿"}
_TIE = re.compile(r"(?<!\\)~")
_DASHES = re.compile(r"(?<!-)--(?!-)")
_XSPACE = re.compile(r"\\xspace\b\s*(?:\{\})?")
_LOOSENESS = re.compile(r"\\(?:looseness|hyphenpenalty|tolerance|clubpenalty|widowpenalty)\s*=?\s*-?\d+")


class LatexBackend(LatexDocumentBackend):
    """LatexDocumentBackend, mended where docling 2.142.1 loses something; the tests beside it name the cases."""

    def _preprocess_custom_macros(self, latex_text: str) -> str:
        """As docling, without settings of TeX that would stand in the text as figures; every place stays where it is."""
        return str(super()._preprocess_custom_macros(_LOOSENESS.sub(lambda found: " " * len(found[0]), latex_text)))

    def _get_heading_level(self, macroname: str) -> int:
        """Counted from the highest that the file has; docling gives parts, chapters and sections one level."""
        used = [name for name in _LEVELS[:2] if re.search(rf"\\{name}\*?\s*[\[{{]", self.latex_text)]
        return [*used, *_LEVELS[2:]].index(macroname) + 1

    def _process_nodes(self, nodes: Any, *arguments: Any, **named: Any) -> None:
        """As docling, which leaves out what is neither letter nor command: the blank of `Dr.~Who`, the dash of `1--9`."""
        super()._process_nodes(nodes and _said(nodes), *arguments, **named)

    def _nodes_to_text(self, nodes: Any) -> str:
        return str(super()._nodes_to_text(nodes and _said(nodes)))

    def _expand_custom_macro_invocation(self, node: Any, following_nodes: Any) -> tuple[str, int]:
        """As docling; a short form's ties are blanks, and the blank after it stays where it says so itself, by `xspace`."""
        expansion, consumed = super()._expand_custom_macro_invocation(node, following_nodes)
        if "$" in expansion:
            return expansion, consumed
        spaced = _XSPACE.search(expansion) is not None and bool(node.macro_post_space)
        said = _DASHES.sub("–", _TIE.sub(" ", _XSPACE.sub("", expansion)))
        return said + (" " if spaced else ""), consumed


def _said(nodes: Sequence[Any]) -> list[Any]:
    """The nodes; those that stand for a sign are that sign."""
    return [
        LatexCharsNode(chars=_SAID[node.specials_chars], pos=node.pos, len=node.len, parsing_state=node.parsing_state)
        if isinstance(node, LatexSpecialsNode) and node.specials_chars in _SAID
        else node
        for node in nodes
    ]
