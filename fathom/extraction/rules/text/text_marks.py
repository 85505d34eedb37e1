"""Blanks markup that is not read: citation marks, Markdown, HTML, zero-width characters."""

from __future__ import annotations

import re

_NUMBERS = r"\d{1,4}[a-z]?(?:\s?[,;–—-]\s?\d{1,4}[a-z]?){0,12}"
_NOTE = r"(?:note|nb|n|nota|ref|citation needed|edit|clarification needed|when\?|who\?|réf|réf\. nécessaire|modifier) ?\d{0,3}"
_UNSEEN = r"\u200b-\u200f\u2060-\u2064\ufeff\ufff9-\ufffc\x00-\x08\x0b-\x1f\x7f\u00a0\u2000-\u200a\u202f\u2028\u2029"
_AUTHOR = r"[A-ZÀ-Þ][\w’'-]{1,40}"
# `[12](https://…)`: of a link only the words in its brackets are read.
_LINK = re.compile(
    r"(!?\[)([^\[\]\n]{1,300})(\]\((?:<[^<>\n]{0,1000}>|[^()\s]{1,1000}(?:\([^()\s]{0,200}\)[^()\s]{0,200})?)"
    r"(?:\s\"[^\"\n]{0,200}\")?\))"
)
_MARKS = (
    re.compile(r"<!--.{0,2000}?-->", re.DOTALL),
    re.compile(r"</?[a-zA-Z][a-zA-Z0-9-]{0,20}(?:\s[^<>]{0,1000})?/?>|<\|[^<>|]{0,40}\|>"),
    re.compile(r"&(?:nbsp|thinsp|ensp|emsp|shy|zwnj|zwj|#\d{1,6}|#x[0-9a-fA-F]{1,5});"),
    re.compile(
        rf"\[\s?(?:\^?{_NUMBERS}|[a-z]|[†‡*]+|{_NOTE})\s?\](?!\w)|\[{_NUMBERS}\](?=[A-ZÀ-Þ])"
    ),  # [12], [3, 4-6], [note 2]
    re.compile(r"\[\d{1,3}(?=\s|$|\[|[.,;])"),  # cut off, as in `Ukraine.[12`
    re.compile(r"(?<=[^\W\d_]{2})[¹²³⁰⁴-⁹]+|(?<=[.,;:!?\"”»)])[¹²³⁰⁴-⁹]+|[†‡]"),
    re.compile(r"\([^()\n]{0,300}?\bet al\b[^()\n]{0,300}\)"),  # (Lee et al., 2019; Karpukhin and Min 2020)
    re.compile(rf"\({_AUTHOR},? (?:and|&|et) {_AUTHOR},? (?:19|20)\d\d[a-z]?(?:;[^()\n]{{0,200}})?\)"),
    re.compile(r"(?m)^ {0,3}#{1,6}[ \t]+|(?<=\S)[ \t]++#++[ \t]*$"),
    re.compile(r"(?m)^ {0,3}(?:>[ \t]?)+"),
    re.compile(r"(?m)^ {0,3}(?:`{3,}|~{3,})[^\n]{0,80}$"),
    re.compile(r"\*{1,3}(?=\S)|(?<=\S)\*{1,3}"),
    re.compile(r"(?<!\w)_{1,3}(?=\w)|(?<=\w)_{1,3}(?!\w)|(?<=[.,;:!?\"”»)])_{1,3}(?!\w)"),
    re.compile(r"`+"),
    re.compile(r"\\(?=[\\`*_{}\[\]()#+.!|<>~-])"),
    re.compile(f"[{_UNSEEN}]"),
)
_ANY = re.compile(rf"[\[<&*_`\\#>~¹²³⁰⁴-⁹†‡(\ud800-\udfff{_UNSEEN}]")
_ENTITIES = {"&amp;": "&", "&quot;": '"', "&apos;": "'", "&lt;": "<", "&gt;": ">"}
_ENTITY = re.compile("|".join(_ENTITIES))
_HALF = re.compile("[\ud800-\udfff]")


def without_marks(text: str) -> str:
    """Returns the text with its marks blanked, line ends kept; the length stays, so that offsets hold."""
    if not _ANY.search(text):
        return text
    text = _HALF.sub("\N{REPLACEMENT CHARACTER}", text)
    if "](" in text:
        text = _LINK.sub(lambda link: f"{' ' * len(link[1])}{link[2]}{' ' * len(link[3])}", text)
    for pattern in _MARKS:
        text = pattern.sub(_blank, text)
    return _ENTITY.sub(lambda entity: _ENTITIES[entity[0]].ljust(len(entity[0])), text) if "&" in text else text


def _blank(match: re.Match[str]) -> str:
    return "".join("\n" if c == "\n" else " " for c in match[0])
