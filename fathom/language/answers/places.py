"""Finds the names and quotes of an answer in the text that it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence


def places_of(text: str, forms: Mapping[str, Sequence[str]]) -> dict[str, list[tuple[int, int]]]:
    """Where each entity is named; a longer name's place is not a shorter one's."""
    taken = bytearray(len(text))
    places: dict[str, list[tuple[int, int]]] = {key: [] for key in forms}
    by_length = sorted(
        {(form, key) for key, all_forms in forms.items() for form in all_forms}, key=lambda one: (-len(one[0]), one)
    )
    for form, key in by_length:
        for start, end in found_at(text, form):
            if not any(taken[start:end]):
                taken[start:end] = b"\x01" * (end - start)
                places[key].append((start, end))
    return {key: sorted(found) for key, found in places.items()}


def found_at(text: str, words: str) -> Iterator[tuple[int, int]]:
    """Where the words stand, whatever the white space between them; in any case of letters where not in their own."""
    if not text:
        return iter(())
    if own := _found_as_written(text, words):
        return iter(own)
    pattern = r"\s+".join(re.escape(word) for word in words.split())
    bounded = rf"(?<!\w){pattern}(?!\w)" if words[:1].isascii() else pattern  # some scripts have no gaps between words
    return (match.span() for match in re.finditer(bounded, text, re.IGNORECASE))


def _found_as_written(text: str, words: str) -> list[tuple[int, int]]:
    """Where the words stand in their own case; what an expression for each name would find, without compiling it."""
    first, *rest = words.split() or [""]
    bounded = words[:1].isascii()
    found: list[tuple[int, int]] = []
    start = text.find(first) if first else -1
    while start >= 0:
        end = start + len(first)
        for word in rest:
            after = end
            while after < len(text) and text[after].isspace():
                after += 1
            if after == end or not text.startswith(word, after):
                break
            end = after + len(word)
        else:
            if not bounded or not (_in_word(text[start - 1 : start]) or _in_word(text[end : end + 1])):
                found.append((start, end))
                start = text.find(first, end)
                continue
        start = text.find(first, start + 1)
    return found


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def said_at(text: str, quote: str, ends: tuple[str, str]) -> tuple[int, int]:
    """The sentence around the quote, else around both names, else the whole text."""
    at = next(found_at(text, quote), None) if quote else None
    if at is None:
        spots = [next(found_at(text, name), None) for name in ends]
        found = [spot for spot in spots if spot]
        at = (min(spot[0] for spot in found), max(spot[1] for spot in found)) if found else (0, len(text))
    start = max((match.end() for match in re.finditer(r"[.!?。]\s+|\n", text[: at[0]])), default=0)
    end = re.compile(r"[.!?。](?=\s|$)|\n").search(text, max(at[1] - 1, 0))
    piece = text[start : end.end() if end else len(text)]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
