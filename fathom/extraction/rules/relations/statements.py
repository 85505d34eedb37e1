"""Named things of a sentence, and what a sentence states of two of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Evidence = Literal["verb", "noun", "apposition", "owner", "place", "nationality", "table", "learned"]

LONGEST_SENTENCE = 600  # characters; longer ones are lists or tables that lost their lines


@dataclass(frozen=True)
class Named:
    """A name in a sentence: its entity, its type, its head word, and which words of the text it takes."""

    entity: str
    type: str
    head: Any
    called: frozenset[str] = frozenset()  # nouns that stand for it: `the band`
    first: int = -1
    last: int = -1
    is_sure: bool = False  # of its type


@dataclass(frozen=True)
class Predicate:
    """The words that relate two things, as a key of the vocabulary and as they are written."""

    key: str  # `work for`, `~base in`, `director of`
    written: str  # `works for`
    is_noun: bool = False


@dataclass(frozen=True)
class Statement:
    """A relation of one named thing to another that a sentence states.

    `word` is the verb or noun that says it, whose clause may date it; `by_pronoun` tells whether an end is meant by a pronoun.
    """

    source: Named
    target: Named
    predicate: Predicate
    evidence: Evidence
    word: Any
    by_pronoun: bool = False
    relation: str | None = None  # where the evidence itself names it
    former: bool = False


def is_subject(word: Any) -> bool:
    """Tells whether the word is a subject, in the labels of either language."""
    return word.dep_ in ("nsubj", "nsubjpass", "nsubj:pass")
