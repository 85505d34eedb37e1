"""Counts which letters follow each other in a language, for telling the encoding of short texts.

Reads the models of lingua-language-detector 1.3.5 (Apache-2.0), unpacked, and writes fathom/conversion/encodings/letters.json.
Needs the package brotli. Usage: python scripts/letter_statistics.py UNPACKED_WHEEL
"""

from __future__ import annotations

import json
import math
import sys
from fractions import Fraction
from pathlib import Path

import brotli

LANGUAGES = (
    "en", "fr", "de", "es", "pt", "it", "nl", "sv", "da", "nb", "fi", "is", "ca", "ga", "pl", "cs", "sk", "hu", "ro", "hr",
    "sl", "sq", "tr", "lt", "lv", "et", "ru", "uk", "bg", "sr", "mk", "be", "el", "he", "ar", "fa", "th",
)  # fmt: skip
IDEOGRAPHIC = ("zh", "ja", "ko")
MAX_BITS = 11  # rarer pairs are left out
MAX_CHARACTERS = 900
# Code pages have Romanian's letters with cedillas, texts of today with commas.
SAME = str.maketrans("șț", "şţ")
OUT = Path(__file__).parent.parent / "fathom" / "conversion" / "encodings" / "letters.json"


def shares(models: Path, language: str, size: str) -> dict[str, float]:
    """Returns the probability of each letter, or of each pair given its first letter."""
    model = json.loads(brotli.decompress((models / language / f"{size}.json.br").read_bytes()))["ngrams"]
    items = model.items() if isinstance(model, dict) else model
    found: dict[str, float] = {}
    for share, grams in items:
        for gram in grams.split():
            key = gram.translate(SAME)
            found[key] = max(found.get(key, 0.0), float(Fraction(share)))
    return found


def by_bits(shares: dict[str, float]) -> dict[str, str]:
    """Returns the keys joined, under their rounded negative logarithms to the base 2."""
    grouped: dict[int, list[str]] = {}
    for gram, share in sorted(shares.items()):
        bits = round(-math.log2(share))
        if bits <= MAX_BITS:
            grouped.setdefault(bits, []).append(gram)
    return {str(bits): "".join(grouped[bits]) for bits in sorted(grouped)}


def main() -> None:
    """Writes the statistics of every language."""
    models = Path(sys.argv[1]) / "lingua" / "language-models"
    written: dict[str, object] = {
        "source": "counted by scripts/letter_statistics.py from the models of lingua-language-detector 1.3.5 (Apache-2.0)"
    }
    for language in LANGUAGES:
        letters = shares(models, language, "unigrams")
        known = {letter for letter, share in letters.items() if share > 2**-17}
        pairs = {pair: share for pair, share in shares(models, language, "bigrams").items() if set(pair) <= known}
        written[language] = {"letters": by_bits(letters), "pairs": by_bits(pairs)}
    for language in IDEOGRAPHIC:
        letters = shares(models, language, "unigrams")
        common = sorted(letters, key=lambda letter: -letters[letter])[:MAX_CHARACTERS]
        written[language] = {"letters": by_bits({letter: letters[letter] for letter in common})}
    OUT.write_text(json.dumps(written, ensure_ascii=False, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    main()
