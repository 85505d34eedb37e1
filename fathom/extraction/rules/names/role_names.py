"""Finds names by grammar: capitalised subjects and objects that NER missed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from fathom.extraction.rules.names.english_words import is_common_phrase, is_common_word
from fathom.extraction.rules.names.name_cleaning import LEGAL_FORM, is_only_building, name_span
from fathom.extraction.rules.names.span_merging import NameSpan
from fathom.extraction.rules.relations.relation_vocabulary import UNKNOWN

_ROLES = frozenset({"nsubj", "nsubjpass", "dobj", "pobj", "appos", "conj", "attr", "poss", "dep"})
_INSIDE = frozenset({"compound", "nmod", "nummod", "flat"})
SOURCE = "role"
_WEIGHT = 0.3  # weight of a vote; less than of any other source
_NAME = re.compile(r"[A-ZÀ-ÞŁŚŻČŠŽØÅÆ][\w’'&.-]*")
_TIMES = re.compile(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|"
                    r"September|October|November|December")  # fmt: skip
MIN_LETTERS = 3


def names_by_role(text: str, offset: int, doc: Any, taken: Sequence[NameSpan]) -> Iterator[NameSpan]:
    """Yields proper nouns in the roles of a verb or preposition that no earlier span covers.

    `offset` is where the parsed piece `doc` begins in `text`; offsets count code points.
    """
    held = bytearray(len(doc.text) + 1)
    for place in taken:
        held[max(0, place.start - offset) : place.end - offset] = b"\1" * (place.end - max(place.start, offset))
    for token in doc:
        if token.dep_ not in _ROLES or not _NAME.fullmatch(token.text) or not _is_name(token):
            continue
        first, last = _run(token)
        start, end = offset + doc[first].idx, offset + doc[last].idx + len(doc[last].text)
        if any(held[start - offset : end - offset]):
            continue
        at = name_span(text, start, end)
        if at is None or len(text[at[0] : at[1]]) < MIN_LETTERS or _TIMES.fullmatch(text[at[0] : at[1]]):
            continue
        if is_only_building(text[at[0] : at[1]]):
            continue
        if is_common_phrase(text[at[0] : at[1]]) and not LEGAL_FORM.search(text[at[0] : at[1]]):
            continue
        held[at[0] - offset : at[1] - offset] = b"\1" * (at[1] - at[0])
        yield NameSpan(*at, UNKNOWN, _WEIGHT, SOURCE)


def _is_name(token: Any) -> bool:
    return bool(token.pos_ == "PROPN" or (token.pos_ in ("NOUN", "ADJ", "VERB", "X") and not is_common_word(token.text)))


def _run(token: Any) -> tuple[int, int]:
    """Returns the first and the last word of the run of proper nouns around the word."""
    doc, first, last = token.doc, token.i, token.i
    while first > token.sent.start and doc[first - 1].pos_ == "PROPN" and doc[first - 1].dep_ in _INSIDE:
        first -= 1
    while (
        last + 1 < token.sent.end
        and doc[last + 1].pos_ == "PROPN"
        and doc[last + 1].dep_ in _INSIDE
        and doc[last + 1].head.i <= last
    ):
        last += 1
    return first, last
