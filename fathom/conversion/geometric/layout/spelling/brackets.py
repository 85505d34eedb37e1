"""Turns the brackets of texts that run leftward about where a file has them as they are painted, not as they are spoken."""

from __future__ import annotations

import re

LEFTWARD = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
LETTER = re.compile(r"[^\W\d_]")
PAIRS = {"(": ")", "[": "]", "{": "}", "«": "»", "‹": "›"}
TURNED = str.maketrans({**PAIRS, **{close: opening for opening, close in PAIRS.items()}})
CLOSING = {close: opening for opening, close in PAIRS.items()}


def with_brackets_as_spoken(text: str) -> str:
    """Returns the text, with its brackets reversed if most letters run leftward and brackets pair only when reversed."""
    if text.isascii() or not any(bracket in text for bracket in CLOSING):
        return text
    leftward = len(LEFTWARD.findall(text))
    if 2 * leftward < len(LETTER.findall(text)):
        return text
    turned = text.translate(TURNED)
    return turned if _unpaired(turned) < _unpaired(text) else text


def _unpaired(text: str) -> int:
    """Returns how many brackets have no other half."""
    unpaired = 0
    opened: list[str] = []
    for character in text:
        if character in PAIRS:
            opened.append(character)
        elif character in CLOSING:
            if opened and opened[-1] == CLOSING[character]:
                opened.pop()
            else:
                unpaired += 1
    return unpaired + len(opened)
