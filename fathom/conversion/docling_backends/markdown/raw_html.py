"""Distinguishes HTML in a Markdown text from angle brackets that are text, so that an HTML parser swallows nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from markdown_it.common.html_re import close_tag, open_tag
from markdown_it.token import Token

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
# Elements whose content is not marked-up text: never shown, or taken raw up to the end tag.
RAW = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext", "template"})
UNSEEN = frozenset({"script", "style", "template"})
KNOWN = VOID | RAW | frozenset({
    "a", "abbr", "acronym", "address", "article", "aside", "audio", "b", "bdi", "bdo", "big", "blockquote", "body", "button",
    "canvas", "caption", "center", "cite", "code", "colgroup", "data", "datalist", "dd", "del", "details", "dfn", "dialog",
    "dir", "div", "dl", "dt", "em", "fieldset", "figcaption", "figure", "font", "footer", "form", "h1", "h2", "h3", "h4", "h5",
    "h6", "head", "header", "hgroup", "html", "i", "ins", "kbd", "label", "legend", "li", "main", "map", "mark", "menu",
    "meter", "nav", "noscript", "object", "ol", "optgroup", "option", "output", "p", "picture", "pre", "progress", "q", "rp",
    "rt", "ruby", "s", "samp", "section", "select", "small", "span", "strike", "strong", "sub", "summary", "sup", "svg",
    "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "video",
})  # fmt: skip
# Blocks whose parts make no sense apart: the content between their tags is read with them.
WHOLE = frozenset({"table", "ul", "ol", "dl", "figure", "pre", "ruby", "select"})

_TAG = re.compile(rf"(?:{open_tag}|{close_tag})")
_NAME = re.compile(r"</?([A-Za-z][\w:-]*)")
_SPANS = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("<!", ">"))


def pieces_of(markup: str) -> Iterator[tuple[str, str]]:
    """Yields the text, tags and comments of a piece of HTML, each with its kind: `text`, `tag` or `comment`.

    An angle bracket that begins no complete tag is text.
    """
    at, written = 0, 0
    unclosed: set[str] = set()
    while (at := markup.find("<", at)) >= 0:
        kind, end = "tag", -1
        if found := _TAG.match(markup, at):
            end = found.end()
        else:
            opening = next(((o, c) for o, c in _SPANS if markup.startswith(o, at)), None)
            if opening is not None and opening[0] not in unclosed:
                kind, close = "comment", markup.find(opening[1], at + len(opening[0]))
                end = close + len(opening[1]) if close >= 0 else -1
                if close < 0:
                    unclosed.add(opening[0])  # searched once, so that many of them take linear time
        if end < 0:
            at += 1
            continue
        if at > written:
            yield "text", markup[written:at]
        yield kind, markup[at:end]
        at = written = end
    if written < len(markup):
        yield "text", markup[written:]


def name_of(tag: str) -> str:
    """Returns the element's name in lower case."""
    found = _NAME.match(tag)
    return found[1].lower() if found else ""


def escape_stray_tags(tokens: Sequence[Token]) -> None:
    """Turns tags into text that an HTML parser would misread: unknown elements and elements without an end tag.

    Examples: `Vec<T>`, `use the <title> tag`, a comment that never ends. In HTML blocks, where many end tags may be omitted,
    only unknown elements and unclosed elements with raw content become text.
    """
    ends: Counter[str] = Counter()
    for token in _html_tokens(tokens):
        ends.update(name_of(piece) for kind, piece in pieces_of(token.content) if kind == "tag" and piece.startswith("</"))
    for token in _html_tokens(tokens):
        if token.type == "html_block":
            token.content = _escape_in_block(token.content, ends)
            continue
        name = name_of(token.content)
        if name in RAW or (name and name not in VOID and not ends[name] and not token.content.endswith("/>")):
            token.type = "text"


def _html_tokens(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        if token.type in ("html_block", "html_inline"):
            yield token
        for child in token.children or ():
            if child.type == "html_inline":
                yield child


def _escape_in_block(markup: str, ends: Counter[str]) -> str:
    pieces = list(pieces_of(markup))
    last_end = {name_of(piece): index for index, (kind, piece) in enumerate(pieces) if kind == "tag" and piece[1] == "/"}
    settled: list[str] = []
    raw = ""
    for index, (kind, piece) in enumerate(pieces):
        name = name_of(piece) if kind == "tag" else ""
        if raw:
            if name == raw and piece[1] == "/":
                raw = ""
            else:
                piece = "" if raw in UNSEEN else escape_brackets(piece)
                name = ""
        elif kind == "comment":
            piece = ""
        elif name in RAW and piece[1] != "/":
            if last_end.get(name, -1) > index:
                raw = name
            else:
                piece = escape_brackets(piece)
        elif name not in KNOWN and not ends[name] and not piece.endswith("/>"):
            piece = escape_brackets(piece)
        settled.append("" if name in UNSEEN and not piece.startswith("&") else piece)
    return "".join(settled)


def escape_brackets(text: str) -> str:
    """Returns the text with angle brackets as entities."""
    return text.replace("<", "&lt;")


def whole_block_end(tokens: Sequence[Token], start: int, never: set[str]) -> int:
    """Returns the index behind the HTML block at `start` and all that belongs to it, up to the end tags of its elements.

    `never` holds elements without an end tag, so that it is not searched again.
    """
    waiting: Counter[str] = Counter()
    for index in range(start, len(tokens)):
        token = tokens[index]
        if token.level < tokens[start].level:
            break
        for inner in _html_tokens([token]):
            for kind, piece in pieces_of(inner.content):
                if kind == "tag" and (name := name_of(piece)) in WHOLE and name not in never:
                    waiting[name] += -1 if piece[1] == "/" else 1
        if token.level == tokens[start].level and all(count <= 0 for count in waiting.values()):
            return max(index, start) + 1
    never.update(name for name, count in waiting.items() if count > 0)
    return start + 1
