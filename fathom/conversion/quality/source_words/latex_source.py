"""The words of a LaTeX document's text, without commands and drawings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fathom.conversion.quality.source_words.blocks import SourceBlock
from fathom.conversion.quality.source_words.tex_text import CELL_END, TexText
from fathom.conversion.quality.source_words.text_source import without

_COMMENT = re.compile(r"(?<!\\)%.*")
_BEGIN, _END = r"\begin{document}", r"\end{document}"
# What the page has of a preamble.
_FRONT = re.compile(
    r"\\(?:title|subtitle|author|date|affil|affiliation|institute|address|keywords)\s*(?:\[[^\]]{0,300}\]\s*)?(?=\{)"
)
_BETWEEN_NAMES = re.compile(r"\\(?:and|And|AND|\\|footnotemark|thanks)(?![A-Za-z])(?:\[\d{1,2}\])?")
# Facts of an author, and names of parts of an address.
_FACTS = re.compile(r"\[(?:\w+=[^\]\n]{0,100})\]")
_KEY = re.compile(r"\b(?:organization|addressline|city|postcode|state|country|type|role)\s*=")


def latex_blocks(text: str) -> Iterator[SourceBlock]:
    """Yields the lines of the document, those of tables cell by cell."""
    text = without("\n".join(_COMMENT.sub("", line) for line in text.splitlines()), r"\iffalse", r"\fi")
    text = without(text, r"\ExplSyntaxOn", r"\ExplSyntaxOff")
    start = text.find(_BEGIN)
    end = text.find(_END, start + 1)
    tex = TexText()
    preamble = text[: max(0, start)]
    tex.read(preamble)
    for found in _FRONT.finditer(preamble):
        inner = _in_braces(preamble, found.end())
        for part in _BETWEEN_NAMES.split(inner):
            yield from _said(tex.read(part), "title")
    body = text[start + len(_BEGIN) if start >= 0 else 0 : end if end >= 0 else len(text)]
    yield from _said(tex.read(body), "body")


def _said(text: str, where: str) -> Iterator[SourceBlock]:
    for number, line in enumerate(text.split("\n"), start=1):
        for cell in line.split(CELL_END):
            said = _KEY.sub("", _FACTS.sub("", cell)).replace("}{", " ").replace("{", "").replace("}", "")
            if said.strip():
                yield SourceBlock(said, f"line {number} of the {where}")


def _in_braces(text: str, at: int) -> str:
    depth = 0
    for place in range(at, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return text[at + 1 : place]
    return text[at + 1 :]
