"""Where a name stands in a text is found as the expression for it would find it, whatever its letters."""

from __future__ import annotations

import random
import re

from fathom.language.answers.places import found_at

LETTERS = ("a", "b", "A", "ab", " ", "  ", "\n", ".", "_", "é", "É", "中", "1", "²", "ß", "\xa0", "\u200b", "-", "İ")


def expressed(text: str, words: str) -> list[tuple[int, int]]:
    pattern = r"\s+".join(re.escape(word) for word in words.split())
    bounded = rf"(?<!\w){pattern}(?!\w)" if words[:1].isascii() else pattern
    own = [match.span() for match in re.finditer(bounded, text)]
    return own or [match.span() for match in re.finditer(bounded, text, re.IGNORECASE)]


def test_places_are_those_of_the_expression() -> None:
    chance = random.Random(5)
    hits = 0
    for _ in range(20_000):
        text = "".join(chance.choices(LETTERS, k=chance.randint(0, 14)))
        words = "".join(chance.choices(LETTERS, k=chance.randint(1, 4)))
        if words.split():
            wanted = expressed(text, words)
            assert list(found_at(text, words)) == wanted, (text, words)
            hits += bool(wanted)
    assert hits > 1000
