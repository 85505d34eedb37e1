"""Holds how likely letters, and pairs of letters, are in a language, in bits: -log2 of the probability."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

UNSEEN_BITS = 13.0  # of a letter or pair that the language has next to never


@dataclass(frozen=True)
class Language:
    """Bits of each letter, and of each letter behind another."""

    letters: dict[str, float]
    pairs: dict[str, float]

    def word_bits(self, word: str) -> float:
        """Returns the bits of a word in small letters: its first letter, then each letter given the letter before."""
        bits = self.letters.get(word[:1], UNSEEN_BITS)
        for at in range(1, len(word)):
            bits += self.pairs.get(word[at - 1 : at + 1], UNSEEN_BITS)
        return bits


@cache
def language(code: str) -> Language:
    """Returns the statistics of a language by its two letters. Raises KeyError if there are none."""
    found = _statistics()[code]
    return Language(_bits(found["letters"], 1), _bits(found.get("pairs", {}), 2))


@cache
def _statistics() -> dict[str, Any]:
    return dict(json.loads((Path(__file__).parent / "letters.json").read_text("utf-8")))


def _bits(grouped: dict[str, str], size: int) -> dict[str, float]:
    return {grams[at : at + size]: float(bits) for bits, grams in grouped.items() for at in range(0, len(grams), size)}
