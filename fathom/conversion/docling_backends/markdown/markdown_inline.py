"""Reads the inline tokens of a paragraph, heading or cell as styled runs."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence

from markdown_it.token import Token

from fathom.conversion.docling_backends.markdown.parser import formula
from fathom.conversion.docling_backends.markdown.raw_html import name_of
from fathom.conversion.docling_backends.markup.markup_inline import LINE_BREAK, InlineStyle, Run

_STYLES = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "var": "italic", "cite": "italic", "dfn": "italic",
    "s": "struck", "del": "struck", "strike": "struck", "sub": "sub", "sup": "super",
    "code": "code", "kbd": "code", "samp": "code", "tt": "code",
}  # fmt: skip
_BREAKS = frozenset({"br", "div", "p", "center", "tr", "li", "summary", "details"})
_ATTRIBUTE = re.compile(r"""([A-Za-z_:][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+))""")
_NO_TARGET = re.compile(r"\s*(?:javascript|vbscript|data):", re.I)
# A web or mail address in the text without any mark.
_BARE = re.compile(
    r"(?<![A-Za-z0-9_/@.+-])(?:(?:https?|ftp)://[^\s<>，。、；）」』】]{2,}|www\.[^\s<>.，。、]+\.[^\s<>，。、；）」』】]+"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)",
    re.I,
)
_TRAILING = "?!.,:;*_~'\"“”’"
_BLANKS = re.compile(r"\s+")


class MarkdownInlineReader:
    """Reads inline tokens into runs; `label_of` names footnote marks."""

    def __init__(self, label_of: Callable[[Token], str]) -> None:
        self._label_of = label_of
        self._runs: list[Run] = []
        self._open: Counter[str] = Counter()
        self._links: list[str] = []

    def read(self, tokens: Sequence[Token]) -> list[Run]:
        """Returns the runs of the tokens, with hard line breaks as LINE_BREAK."""
        self._runs, self._open, self._links = [], Counter(), []
        for index, token in enumerate(tokens):
            self._token(token, tokens, index)
        return self._runs

    def _token(self, token: Token, tokens: Sequence[Token], index: int) -> None:
        kind = token.type
        if kind == "code_inline":
            self._add(_BLANKS.sub(" ", token.content).strip(), "code")
        elif kind == "softbreak":
            self._add("" if _between_wide(tokens, index) else " ")
        elif kind == "hardbreak":
            self._add(LINE_BREAK)
        elif kind.startswith("math_"):
            self._add(formula(token), "formula")
        elif kind == "footnote_ref":
            self._add(f"[^{self._label_of(token)}]")
        elif kind == "script":
            self._add(token.content, _STYLES[token.tag])
        elif kind == "image":
            self._add(_alternative(token))
        elif kind == "html_inline":
            self._tag(token.content)
        elif kind == "link_open":
            self._links.append(str(token.attrGet("href") or ""))
        elif kind == "link_close":
            self._close_link()
        elif token.nesting:
            self._style(_STYLES.get(token.tag), token.nesting)
        elif self._links:
            self._add(token.content)
        else:
            self._linked(token.content)

    def _linked(self, text: str) -> None:
        """Adds a text, linking the addresses in it."""
        at = 0
        for found in _BARE.finditer(text):
            address = _without_trailing(found.group())
            self._add(text[at : found.start()])
            at = found.start() + len(address)
            prefix = "mailto:" if "@" in address and "/" not in address else "http://" if address[:4].lower() == "www." else ""
            self._links.append(f"{prefix}{address}")
            self._add(address)
            self._links.pop()
        self._add(text[at:])

    def _tag(self, markup: str) -> None:
        name, closes = name_of(markup), markup.startswith("</")
        attributes = {} if closes else attributes_of(markup)
        if name in _STYLES:
            self._style(_STYLES[name], -1 if closes else 1)
        elif name == "a" and not closes:
            self._links.append(attributes.get("href", ""))
        elif name == "a":
            self._close_link()
        elif name in _BREAKS:
            self._add(LINE_BREAK)
        elif name == "img":
            self._add(attributes.get("alt", ""))
        elif name == "input" and attributes.get("type", "").lower() in ("checkbox", "radio"):
            self._add("[x] " if re.search(r"\schecked\b", markup, re.I) else "[ ] ")
        elif name == "q":
            self._add("”" if closes else "“")

    def _style(self, style: str | None, nesting: int) -> None:
        if style is not None and (nesting > 0 or self._open[style]):
            self._open[style] += nesting

    def _close_link(self) -> None:
        if self._links:
            self._links.pop()

    def _add(self, text: str, more: str = "") -> None:
        if not text:
            return
        on = {style for style, count in self._open.items() if count} | {more}
        link = next((link for link in reversed(self._links) if link and not _NO_TARGET.match(link)), "")
        style = InlineStyle(
            bold="bold" in on,
            italic="italic" in on,
            struck="struck" in on,
            code="code" in on,
            formula="formula" in on,
            script="super" if "super" in on else "sub" if "sub" in on else "",
            link=link,
        )
        self._runs.append(Run(text, style))


def attributes_of(tag: str) -> dict[str, str]:
    """Returns the attributes of a tag by lower-case name, entities decoded."""
    return {found[1].lower(): html.unescape(found[2] or found[3] or found[4] or "") for found in _ATTRIBUTE.finditer(tag)}


def _without_trailing(address: str) -> str:
    """Returns the address without marks of the sentence around it; a bracket belongs to it if it has the other half."""
    end = len(address)
    surplus = {")": address.count(")") - address.count("("), "]": address.count("]") - address.count("[")}
    while end:
        last = address[end - 1]
        if surplus.get(last, 0) > 0:
            surplus[last] -= 1
        elif last not in _TRAILING:
            break
        end -= 1
    return address[:end]


def _alternative(token: Token) -> str:
    """Returns the alternative text of a picture, without marks."""
    parts = []
    for child in token.children or ():
        parts.append(_alternative(child) if child.type == "image" else " " if "break" in child.type else child.content)
    return "".join(parts) if token.children else token.content


def _between_wide(tokens: Sequence[Token], index: int) -> bool:
    """Returns whether both characters are of a script without blanks between words (Chinese, Japanese, Thai)."""
    before = next((t.content for t in reversed(tokens[max(0, index - 3) : index]) if t.content), "")
    after = next((t.content for t in tokens[index + 1 : index + 4] if t.content), "")
    return bool(before and after) and _is_wide(before[-1]) and _is_wide(after[0])


def _is_wide(character: str) -> bool:
    # Hangul is wide, and has blanks between words
    if "\uac00" <= character <= "\ud7af":
        return False
    return unicodedata.east_asian_width(character) in ("W", "F") or "\u0e00" <= character <= "\u0eff"
