"""The words of a LaTeX document's text, without commands and drawings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fathom.conversion.quality.source_words.source_block import SourceBlock
from fathom.conversion.quality.source_words.tex_text import CELL_END, TexText
from fathom.conversion.quality.source_words.text_source import without

_COMMENT = re.compile(r"(?<!\\)%.*")
# A row of names that a long table repeats on further pages, and the note at the foot of each.
_REPEATED = re.compile(
    r"\\endfirsthead\b(?:(?!\\end\{).){0,3000}?(?=\\endhead\b)|\\endhead\b(?:(?!\\end\{).){0,3000}?(?=\\endfoot\b)", re.S
)
_CONDITION = re.compile(r"\\newif\s*\\if[A-Za-z@]+|\\if(?!f(?![A-Za-z])|thenelse)[A-Za-z@]*|\\fi(?![A-Za-z@])")
# On which slides of a talk something stands.
_OVERLAY = re.compile(r"(?<=[A-Za-z\]}])<[\d,+.\-]{1,12}>")
_BEGIN, _END = r"\begin{document}", r"\end{document}"
# The parts of a preamble that the page shows.
_FRONT = re.compile(
    r"\\(?:title|subtitle|author|date|affil|affiliation|institute|address|keywords|signature)\s*(?:\[[^\]]{0,300}\]\s*)?(?=\{)"
)
_PERSON = re.compile(
    r"\\(?:title|name|firstname|familyname|address|phone|mobile|email|homepage|social|extrainfo|position|quote)"
    r"\s*(?:\[[^\]]{0,300}\]\s*)?(?=\{)"
)
_CURRICULUM = re.compile(r"\\documentclass\s*(?:\[[^\]]*\])?\s*\{[^{}]*(?:cv|resume|curriculum)[^{}]*\}", re.I)
_BETWEEN_NAMES = re.compile(r"\\(?:and|And|AND|\\|footnotemark|thanks)(?![A-Za-z])(?:\[\d{1,2}\])?")
# Facts of an author, and names of parts of an address.
_FACTS = re.compile(r"\[(?:\w+=[^\]\n]{0,100})\]")
_KEY = re.compile(r"\b(?:organization|addressline|city|postcode|state|country|type|role)\s*=")


def latex_blocks(text: str) -> Iterator[SourceBlock]:
    """Yields the lines of the document, those of tables cell by cell."""
    text = _unconditional("\n".join(_COMMENT.sub("", line) for line in text.splitlines()))
    text = _OVERLAY.sub("", text) if "{beamer}" in text else text
    text = _REPEATED.sub(lambda found: "\n" * found[0].count("\n"), text)
    text = without(text, r"\ExplSyntaxOn", r"\ExplSyntaxOff")
    start = text.find(_BEGIN)
    end = text.find(_END, start + 1)
    tex = TexText()
    preamble = text[: max(0, start)]
    tex.read(preamble)
    for found in (_PERSON if _CURRICULUM.search(preamble) else _FRONT).finditer(preamble):
        at = found.end()
        while preamble[at : at + 1] == "{":  # a curriculum's facts have several parts
            inner = _in_braces(preamble, at)
            at += len(inner) + 2
            for part in _BETWEEN_NAMES.split(inner):
                yield from _said(tex.read(part), "title")
    body = text[start + len(_BEGIN) if start >= 0 else 0 : end if end >= 0 else len(text)]
    yield from _said(tex.read(body), "body")


def _unconditional(text: str) -> str:
    """Returns the text without the branches of conditions; all of it where conditions do not end."""
    kept: list[str] = []
    at = depth = 0
    for found in _CONDITION.finditer(text):
        if found[0].startswith("\\newif"):
            continue
        if found[0] == r"\fi":
            depth -= depth > 0
            if depth == 0:
                kept.append("\n" * text.count("\n", at, found.end()))
                at = found.end()
            continue
        if depth == 0:
            kept.append(text[at : found.start()])
            at = found.start()
        depth += 1
    return text if depth else "".join([*kept, text[at:]])


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
