"""Locates a quoted sentence in a text, or the sentence that comes nearest to it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fathom.chunking.sentences import TextSpan, sentence_spans

_WORD = re.compile(r"\w+")
_ENOUGH = 0.5  # of a sentence's words; below that the text does not contain it


def find_quote(text: str, sentence: str, names: Sequence[str] = ()) -> TextSpan | None:
    """Finds the sentence in the text, however its white space runs; else the sentence of the text that paraphrases it.

    A paraphrase shares most words with it and has the names in it; None where none comes near. Offsets in code points.
    """
    return _verbatim(text, sentence) or _nearest(text, sentence, names)


def places_of(text: str, name: str) -> list[TextSpan]:
    """Returns every place where the text has the name as words of its own, in any case."""
    words = name.split()
    if not words:
        return []
    return [match.span() for match in re.finditer(rf"(?<!\w){_joined(words)}(?!\w)", text, re.IGNORECASE)]


def _verbatim(text: str, sentence: str) -> TextSpan | None:
    words = sentence.split()
    match = re.search(_joined(words), text) if words else None
    return match.span() if match else None


def _joined(words: Sequence[str]) -> str:
    return r"\s+".join(re.escape(word) for word in words)


def _nearest(text: str, sentence: str, names: Sequence[str]) -> TextSpan | None:
    wanted = _words(sentence) | {word for name in names for word in _words(name)}
    best, most = None, 0.0
    for start, end in sentence_spans(text):
        said = text[start:end]
        shared = len(wanted & _words(said)) / max(1, len(wanted))
        named = sum(bool(places_of(said, name)) for name in names)
        score = shared + named
        if score > most and (shared >= _ENOUGH or (names and named == len(names))):
            best, most = (start, end), score
    return best


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}
