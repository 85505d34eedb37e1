"""Headings of Markdown and LaTeX as their own marks say them."""

from __future__ import annotations

import re

from tests.evaluation.structure import Structure

FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
HASHES = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*$")
UNDERLINE = re.compile(r"^ {0,3}(=+|-+)[ \t]*$")
FRONT = re.compile(r"\A---\n.*?\n(?:---|\.\.\.)\n", re.S)
SECTIONS = {"part": 0, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5, "subparagraph": 6}
SECTION = re.compile(r"\\(title|" + "|".join(SECTIONS) + r")\*?\s*(?:\[[^\]]*\])?\s*\{|\\begin\{(abstract|thebibliography)\}")
PRINTED = {"abstract": "Abstract", "thebibliography": "References"}  # headings that LaTeX itself writes
SHORT = re.compile(r"\\(?:def\s*|(?:re)?newcommand\*?\s*\{?)\\([a-zA-Z]+)\}?\s*\{")
COMMENT = re.compile(r"(?<!\\)%.*")


def markdown_structure(text: str) -> Structure:
    """Lines with hashes, and lines that are underlined, outside of fences; no tables."""
    found = Structure()
    lines = FRONT.sub("", text).splitlines()
    fence = ""
    for number, line in enumerate(lines):
        if mark := FENCE.match(line):
            if not fence:
                fence = mark[1][:3]
            elif mark[1].startswith(fence):
                fence = ""
            continue
        if fence:
            continue
        if head := HASHES.match(line):
            found.headings.append((len(head[1]), _unmarked(head[2])))
        elif (below := UNDERLINE.match(line)) and number and _is_text(lines[number - 1]):
            found.headings.append((1 if below[1][0] == "=" else 2, _unmarked(lines[number - 1])))
    found.headings = [(level, text) for level, text in found.headings if text]
    return found


def latex_structure(text: str) -> Structure:
    """The title, the commands of sections, and what LaTeX writes above an abstract and a list of works; no tables."""
    found = Structure()
    text = COMMENT.sub("", text)
    short = {match[1]: _braced(text, match.end()) for match in SHORT.finditer(text)}
    for match in SECTION.finditer(text):
        if match[2]:
            found.headings.append((SECTIONS["section"], PRINTED[match[2]]))
            continue
        said = re.sub(r"\\([a-zA-Z]+)", lambda name: short.get(name[1], name[0]), _braced(text, match.end()))
        title = " ".join(_unmarked(said).split())
        if title:
            found.headings.append((SECTIONS.get(match[1], 0), title))
    return found


def _is_text(line: str) -> bool:
    return bool(line.strip()) and not re.match(r"^\s*(?:[-*+>|#]|\d+[.)]\s|```|~~~)", line)


def _unmarked(text: str) -> str:
    """Without links, emphasis, code marks, anchors and LaTeX's commands."""
    text = re.sub(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])", r"\1", text)
    text = re.sub(r"\\(?:label|cite|ref|footnote|thanks|vspace)\{[^}]*\}", "", text)
    text = re.sub(r"\\[a-zA-Z]+\*?|<[^>]*>|\{#[^}]*\}|\{-\}", " ", text)
    return re.sub(r"[`*{}~]|\\\\|\\(?=[^\w\s])", " ", text).strip()


def _braced(text: str, at: int) -> str:
    depth, start = 1, at
    while at < len(text) and depth:
        depth += (text[at] == "{") - (text[at] == "}")
        at += 1
    return text[start : at - 1]
