"""Cleans texts and answers of what no text has: halves of characters, control characters, signs that turn the direction."""

from __future__ import annotations

import re

# What is never shown: C0 and C1 controls but tab and line ends, signs that turn the direction of what follows, bytes order
# marks within a text, and signs for notes between lines. Joiners of emoji and marks of a single letter's direction stay.
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufeff]")
_ESCAPE = re.compile(  # of a terminal: colours, titles, links
    r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,16}[@-~]|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]{0,2000}(?:\x07|\x1b\\|\x9c)|\x1b[@-Z\\^_=>]"
)
_HALF = re.compile("[\ud800-\udfff]")
_HALVES = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def clean_text(text: str) -> str:
    """Returns the text with none of that: sequences for terminals go whole, halves of one character are joined, others U+FFFD.

    Idempotent. A text that has nothing of it is returned as it is.
    """
    if _HALF.search(text):
        text = _HALF.sub("\N{REPLACEMENT CHARACTER}", _HALVES.sub(_joined, text))
    return _UNSEEN.sub("", _ESCAPE.sub("", text)) if _UNSEEN.search(text) else text


def _joined(halves: re.Match[str]) -> str:
    return halves[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")
