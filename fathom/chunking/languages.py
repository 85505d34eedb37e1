"""The language of a chunk and of a whole document, as an ISO 639 code (two letters where it has them)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

from fathom.chunking.chunk import Chunk

MIN_LETTERS = 25  # below, a name decides: "Plymouth" alone is no English
MIN_PROBABILITY = 0.7  # of the identifier's probability: sentences have .8 and more, lists of names and amounts under .2
NONE_AT_ALL = "zxx"  # the result for Base64 and its like
MAX_CHARACTERS = 300  # characters that are looked at: more tell no more, and take as long as the rest of chunking


def language_of(text: str) -> str | None:
    """Returns the language of the text; None where it is too short or could be several."""
    if sum(map(str.isalpha, text[:MAX_CHARACTERS])) < MIN_LETTERS:
        return None
    code, sure = _identifier().classify(text[:MAX_CHARACTERS])
    return str(code) if sure >= MIN_PROBABILITY and code != NONE_AT_ALL else None


def likely_languages(text: str) -> dict[str, float]:
    """Returns the languages that the text may be in, however short it is, with their probabilities; the most likely alone."""
    return {str(code): float(sure) for code, sure in _identifier().rank(text[:MAX_CHARACTERS])[:8]}


def with_languages(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Returns the chunks, each with its own language or, where that is not certain, the language of most of the document."""
    own = [language_of(chunk.text) for chunk in chunks]
    votes: Counter[str] = Counter()
    for chunk, language in zip(chunks, own, strict=True):
        if language is not None:
            votes[language] += len(chunk.text)
    most = min(votes, key=lambda code: (-votes[code], code)) if votes else None
    return [chunk.model_copy(update={"language": language or most}) for chunk, language in zip(chunks, own, strict=True)]


@cache
def _identifier() -> Any:
    """Returns py3langid's model for 97 languages, which its wheel carries; loaded with the first text."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
