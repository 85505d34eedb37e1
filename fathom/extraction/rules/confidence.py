"""Estimates the confidence of a fact: the measured precision of facts with the same kind of evidence."""

from __future__ import annotations

from fathom.extraction.rules.relations.relation_vocabulary import UNKNOWN
from fathom.extraction.rules.relations.statements import Statement

# Precision by kind of evidence, and whether the vocabulary has the relation.
_SHARES = {
    ("verb", True): 0.9,
    ("verb", False): 0.74,
    ("noun", True): 0.9,
    ("noun", False): 0.75,
    ("apposition", True): 0.92,
    ("apposition", False): 0.8,
    ("owner", True): 0.88,
    ("owner", False): 0.75,
    ("place", True): 0.85,
    ("nationality", True): 0.9,
    ("table", True): 0.85,
}
_BY_PRONOUN = 0.92
_OF_UNKNOWN_TYPE = 0.95
_UNKNOWN_IN_UNKNOWN = 0.85  # neither the relation nor a type is known
_IN_LONG_SENTENCE = 0.92
_LONG = 45  # words


def confidence_of(statement: Statement, *, named: bool) -> float:
    """Returns the confidence, 0-1; `named` where the vocabulary has the relation."""
    share = _SHARES[statement.evidence, named or statement.relation is not None]
    if statement.by_pronoun:
        share *= _BY_PRONOUN
    if UNKNOWN in (statement.source.type, statement.target.type):
        share *= _UNKNOWN_IN_UNKNOWN if statement.evidence == "verb" and not named else _OF_UNKNOWN_TYPE
    if len(statement.source.head.sent) > _LONG:
        share *= _IN_LONG_SENTENCE
    return round(share, 3)
