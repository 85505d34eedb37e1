"""The words of an article in JATS: title, abstract, body, tables, notes; without what describes it to machines."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from fathom.conversion.quality.source_words.blocks import SourceBlock

# For machines; formulas are shown as LaTeX.
SKIPPED = frozenset(
    {
        "journal-meta", "article-id", "article-categories", "history", "pub-date", "self-uri", "counts", "custom-meta-group",
        "tex-math", "math", "alt-title", "object-id", "contrib-id", "related-article", "volume", "issue", "fpage",
        "lpage", "elocation-id",
        "alternatives", "graphic", "institution-id",
        "award-id", "media", "sub-article", "response", "inline-formula", "disp-formula", "sig-block",
    }
)  # fmt: skip
# Each may be left out as a whole.
OPTIONAL = frozenset(
    {
        "contrib-group", "aff", "author-notes", "permissions", "funding-group", "kwd-group", "ref-list",
        "supplementary-material", "notes",
    }
)  # fmt: skip
INLINE = frozenset(
    {
        "italic", "bold", "sub", "sup", "xref", "ext-link", "sc", "underline", "monospace", "overline", "strike", "roman",
        "sans-serif", "styled-content", "named-content", "inline-graphic", "abbrev", "uri", "email", "ruby", "rb", "fixed-case",
    }
)  # fmt: skip


def article_blocks(data: bytes) -> Iterator[SourceBlock]:
    """Yields the texts between the article's block elements."""
    from lxml import etree

    texts: list[str] = []
    hidden: Any = None
    optional: Any = None
    group = ""
    reader = etree.iterparse(
        BytesIO(data), events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False,
        remove_comments=True, remove_pis=True, recover=True,
    )  # fmt: skip
    root = None
    for _ in reader:
        pass
    root = reader.root
    if root is None:
        return
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if not isinstance(element.tag, str):
            continue
        name = element.tag.rpartition("}")[2]
        if event == "start":
            if hidden is None and (name in SKIPPED or (group == "ref-list" and name == "label")):
                hidden = element
            if hidden is not None:
                continue
            if name == "break":
                texts.append(" ")
            elif name not in INLINE and texts:
                yield from _whole(texts, group)
                texts = []
            if not group and name in OPTIONAL:
                optional, group = element, name
            if element.text:
                texts.append(element.text)
            continue
        if hidden is element:
            hidden = None
        elif hidden is None and name not in INLINE and name != "break" and texts:
            yield from _whole(texts, group)
            texts = []
        if optional is element:
            optional, group = None, ""
        if hidden is None and element.tail:
            texts.append(element.tail)
    yield from _whole(texts, group)


def _whole(texts: list[str], group: str) -> Iterator[SourceBlock]:
    text = "".join(texts)
    if text.strip():
        yield SourceBlock(text, group or "article", group=group)
