"""The words of an article in JATS: title, abstract, body, tables, notes, references; without machine metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from fathom.conversion.quality.source_words.source_block import SourceBlock
from fathom.conversion.quality.source_words.tex_text import greek_letters

# For machines, or shown otherwise: marks of notes stand in brackets of their own.
SKIPPED = frozenset(
    {
        "journal-meta", "article-id", "article-categories", "history", "pub-date", "self-uri", "counts", "custom-meta-group",
        "alt-title", "alt-text", "long-desc", "object-id", "contrib-id", "graphic", "institution-id",
        "copyright-year", "copyright-holder", "annotation", "annotation-xml", "index-term", "processing-meta", "license_ref",
        "abbrev-journal-title", "pub-history",
    }
)  # fmt: skip
# Shown for the article in one line; within references they stand where the file has them.
IMPRINT = frozenset({"volume", "issue", "fpage", "lpage", "elocation-id"})
# Of their children, which say the same in several ways, one is shown: the first of these names, else the first.
ALTERNATIVES = frozenset(
    {"alternatives", "name-alternatives", "collab-alternatives", "aff-alternatives", "citation-alternatives"}
)
CHOSEN = ("table", "tex-math", "math", "textual-form", "code", "preformat", "mixed-citation")
INLINE = frozenset(
    {
        "italic", "bold", "sub", "sup", "xref", "ext-link", "sc", "underline", "monospace", "overline", "strike", "roman",
        "sans-serif", "styled-content", "named-content", "inline-graphic", "abbrev", "uri", "email", "ruby", "rb", "fixed-case",
    }
)  # fmt: skip
# Stand within a line, with a blank around each sign.
FORMULAS = frozenset(
    {"inline-formula", "alternatives", "tex-math", "math", "mi", "mn", "mo", "mtext", "ms", "mrow", "break", "fn"}
)
# Parts of names and citations that a reader may have nothing between, and that share a line.
LINE_PARTS = frozenset({"given-names", "surname", "suffix", "prefix", "year", "month", "day", "source", "pub-id", "etal"})
# A formula may be a whole LaTeX document.
_WRAPPED = re.compile(r"\\documentclass.{0,5000}?\\begin\{document\}|\\end\{document\}", re.S)
MARKS = frozenset({"fn", "table-fn", "bibr"})


def article_blocks(data: bytes) -> Iterator[SourceBlock]:
    """Yields the texts between the article's block elements, and the lines on where it was printed."""
    from lxml import etree

    reader = etree.iterparse(
        BytesIO(data), events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False,
        remove_comments=True, remove_pis=True, recover=True,
    )  # fmt: skip
    for _ in reader:
        pass
    if reader.root is None:
        return
    roots = [reader.root] if _name(reader.root) == "article" else list(reader.root.iter("{*}article"))
    for root in roots:
        for front in root.iter("{*}front", "{*}front-stub"):
            yield from (SourceBlock(text, "imprint") for text in _imprint(front) if text.strip())
        yield from _texts(etree.iterwalk(root, events=("start", "end")))


def _texts(events: Any) -> Iterator[SourceBlock]:
    texts: list[str] = []
    hidden: Any = None
    for event, element in events:
        if not isinstance(element.tag, str):
            if event == "end" and hidden is None and element.tail:
                texts.append(element.tail)
            continue
        name = _name(element)
        if event == "start":
            hidden = element if hidden is None and _is_hidden(element, name) else hidden
            if hidden is not None:
                continue
            if name in FORMULAS or name in LINE_PARTS or (name == "xref" and element.get("ref-type") in MARKS):
                texts.append(" ")
            elif name == "sup" and texts and texts[-1][-1:].isdigit():
                texts.append("^")
            elif name not in INLINE:
                yield from _whole(texts)
            if element.text:
                texts.append(element.text)
            continue
        if hidden is None and (name in FORMULAS or name in LINE_PARTS):
            texts.append(" ")
        elif hidden is None and name not in INLINE:
            yield from _whole(texts)
        hidden = None if hidden is element else hidden
        if hidden is None and element.tail:
            texts.append(element.tail)
    yield from _whole(texts)


def _is_hidden(element: Any, name: str) -> bool:
    if name in SKIPPED:
        return True
    parent = element.getparent()
    holder = "" if parent is None else _name(parent)
    if name == "label":  # numbers of notes and references are the marks of their lines
        return holder in ("ref", "fn", "aff")
    if name == "xref":  # marks of affiliations
        return holder in ("contrib", "collab")
    if name in IMPRINT:
        return holder in ("article-meta", "front-stub")
    if name == "role":  # a role of several persons is named once
        return holder == "contrib" and _said(element).casefold() == (parent.get("contrib-type") or "").replace("-", " ")
    if name == "math":
        return any(_name(beside) == "tex-math" for beside in parent)
    return holder in ALTERNATIVES and element is not _chosen(parent)


def _chosen(alternatives: Any) -> Any:
    parts = [part for part in alternatives if isinstance(part.tag, str)]
    return next((part for name in CHOSEN for part in parts if _name(part) == name), parts[0])


def _imprint(front: Any) -> Iterator[str]:
    """Yields journal, publisher, volume, pages, DOI and dates, these without the months, which a file has as numbers."""
    meta = front.find("{*}article-meta")
    meta = front if meta is None else meta
    for path in ("{*}journal-meta//{*}journal-title", "{*}journal-meta//{*}publisher-name"):
        yield _said(front.find(path))
    for part in meta.findall("{*}article-id[@pub-id-type='doi']")[:1]:
        yield _said(part)
    pages = ("elocation-id",) if meta.find("{*}fpage") is None else ("fpage", "lpage")
    for name in ("volume", "issue", *pages):
        yield _said(meta.find(f"{{*}}{name}"))
    published = meta.findall("{*}pub-date")
    for date in [*([max(published, key=len)] if published else []), *meta.findall("{*}history/{*}date")]:
        yield f"{_said(date.find('{*}day'))} {_said(date.find('{*}year'))}"


def _said(element: Any) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _whole(texts: list[str]) -> Iterator[SourceBlock]:
    text = "".join(texts)
    texts.clear()
    if "\\begin{document}" in text:
        text = _WRAPPED.sub(" ", text)
    if text.strip():
        yield SourceBlock(greek_letters(text) if "\\" in text else text, "article")
