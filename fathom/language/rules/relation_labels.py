"""The words that join two names in a sentence's grammar, as the name of a relation."""

from __future__ import annotations

import re
from typing import Any

_WORD = re.compile(r"[^A-Za-z]+")
_DEEPEST = 12  # steps up a sentence's tree


def relation_name(words: str) -> str | None:
    """`born in` as BORN_IN; None where there is no word."""
    return _WORD.sub("_", words).strip("_").upper() or None


def phrase(one: Any, other: Any) -> str | None:
    """The verb or noun under which both words stand and the last preposition before the second; None where there is none."""
    above = _upwards(one)
    place = {token.i: step for step, token in enumerate(above)}
    path = _upwards(other)
    meeting = next((token for token in path if token.i in place), None)
    if meeting is None:
        return None
    below = path[: path.index(meeting)]
    preposition = next((token.lower_ for token in below if token.dep_ in ("prep", "agent")), "")
    head = "" if meeting.i in (one.i, other.i) or meeting.pos_ not in ("VERB", "NOUN") else _stem(meeting)
    if not head and meeting.i == one.i:
        head = next((token.lemma_ for token in below if token.pos_ in ("VERB", "NOUN") and token.i != other.i), "")
    return relation_name(f"{head} {preposition}")


def _stem(word: Any) -> str:
    """The verb as it says who does it: `born` and `located`, but `join`."""
    passive = word.tag_ == "VBN" and not any(child.dep_ == "nsubj" for child in word.children)
    return str(word.lower_ if passive else word.lemma_)


def _upwards(word: Any) -> list[Any]:
    path = [word]
    while path[-1].head.i != path[-1].i and len(path) < _DEEPEST:
        path.append(path[-1].head)
    return path
