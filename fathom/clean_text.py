"""Removes control characters, terminal escapes, bidirectional overrides and lone surrogates from texts."""

from __future__ import annotations

import re

# C0 and C1 controls except tab and line ends, bidirectional overrides and isolates (U+202A-202E, U+2066-2069), interlinear
# annotations and byte order marks. Zero-width joiners of emoji and the direction marks U+200E and U+200F stay.
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufeff]")
_ESCAPE = re.compile(  # of a terminal: colours, titles, links
    r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,16}[@-~]|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]{0,2000}(?:\x07|\x1b\\|\x9c)|\x1b[@-Z\\^_=>]"
)
_HALF = re.compile("[\ud800-\udfff]")
_HALVES = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def clean_text(text: str) -> str:
    """Returns the text without escape sequences and control characters, with surrogate pairs joined and lone ones as U+FFFD.

    Idempotent. A clean text is returned unchanged.
    """
    if _HALF.search(text):
        text = _HALF.sub("\N{REPLACEMENT CHARACTER}", _HALVES.sub(_joined, text))
    return _UNSEEN.sub("", _ESCAPE.sub("", text)) if _UNSEEN.search(text) else text


def _joined(halves: re.Match[str]) -> str:
    return halves[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")
