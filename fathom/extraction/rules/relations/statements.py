"""Named things of a sentence, and the relations that a sentence states between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Evidence = Literal["verb", "noun", "apposition", "owner", "place", "nationality", "table", "learned"]

LONGEST_SENTENCE = 600  # characters; longer sentences are lists or tables without their line breaks


@dataclass(frozen=True)
class Named:
    """A name in a sentence: its entity, its type, its head token, and the indices of its first and last token."""

    entity: str
    type: str
    head: Any
    called: frozenset[str] = frozenset()  # nouns that may refer to it: `the band`
    first: int = -1
    last: int = -1
    is_sure: bool = False  # whether the type is sure


@dataclass(frozen=True)
class Predicate:
    """The words that relate two arguments, as a key of the vocabulary and as written."""

    key: str  # `work for`, `~base in`, `director of`
    written: str  # `works for`
    is_noun: bool = False


@dataclass(frozen=True)
class Statement:
    """A relation of one named thing to another that a sentence states.

    `word` is the trigger verb or noun, whose clause may date the relation; `by_pronoun` is true where an argument is
    a resolved pronoun.
    """

    source: Named
    target: Named
    predicate: Predicate
    evidence: Evidence
    word: Any
    by_pronoun: bool = False
    relation: str | None = None  # set where the rule itself determines the relation
    former: bool = False


def is_subject(word: Any) -> bool:
    """Returns whether the word is a subject, in the dependency labels of either language."""
    return word.dep_ in ("nsubj", "nsubjpass", "nsubj:pass")
