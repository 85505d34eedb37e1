"""Lines made whole: the runs that Docling gives apart, and what was broken only to fit a width."""

from __future__ import annotations

from itertools import pairwise

# A line of this many characters was broken for its width; a shorter one (an address, a verse, a signature) on purpose.
FULL_LINE = 50
_CLOSES = (".", ",", ";", ":", "!", "?", ")", "]", "}", "%", "’", "”")
_OPENS = ("(", "[", "{", "“", "‘")


def joined_inline(texts: list[str]) -> str:
    """Runs of one line as that line: a space between them, but none before a closing mark or after an opening one."""
    line = ""
    for text in (text.strip() for text in texts):
        if text:
            line += text if not line or text.startswith(_CLOSES) or line.endswith(_OPENS) else f" {text}"
    return line


def unwrapped(text: str) -> str:
    """The text without the breaks after full lines, which part a name in two; of the same length, so spans still hold."""
    lines = text.split("\n")
    joined = lines[0]
    for before, line in pairwise(lines):
        joined += (" " if len(before) >= FULL_LINE and line.strip() else "\n") + line
    return joined
