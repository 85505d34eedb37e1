"""Others vouch for a pair where enough documents say what is one with both, or one with one and not the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import pytest

from fathom.knowledge.context_isolation import SourceDocument, VerdictScope
from fathom.resolution.corroboration import MAX_QUESTIONS_PER_KEY, MIN_SOURCES, inferred_by_corroboration, pairs_to_judge

OTHERS = [f"b{number}" for number in range(9)]
PAIRS = [("a", other) for other in OTHERS]
KNOWN = list(combinations(OTHERS, 2))


def said(documents: Mapping[str, Sequence[str]] | None = None) -> VerdictScope:
    """Each sentence by a document of its own, but for those that are given."""
    by = {key: (key,) for key in ("a", *OTHERS)} | dict(documents or {})
    return VerdictScope({key: [SourceDocument(name, name) for name in names] for key, names in by.items()})


def test_three_are_asked_about_and_then_vouch_for_all_others() -> None:
    assert pairs_to_judge(PAIRS, KNOWN, said()) == PAIRS[:MIN_SOURCES]
    assert inferred_by_corroboration(PAIRS[MIN_SOURCES:], [*KNOWN, *PAIRS[:MIN_SOURCES]], [], said()) == dict.fromkeys(
        PAIRS[MIN_SOURCES:], True
    )


def test_what_is_another_than_three_that_are_one_is_another_than_all_that_are_one_with_these() -> None:
    assert inferred_by_corroboration(PAIRS[MIN_SOURCES:], KNOWN, PAIRS[:MIN_SOURCES], said()) == dict.fromkeys(
        PAIRS[MIN_SOURCES:], False
    )
    assert inferred_by_corroboration(PAIRS[MIN_SOURCES:], KNOWN, PAIRS[: MIN_SOURCES - 1], said()) == {}


def test_nobody_vouches_for_what_is_not_known_to_be_one_with_both() -> None:
    assert pairs_to_judge(PAIRS, [], said()) == PAIRS
    assert inferred_by_corroboration(PAIRS[3:], [*KNOWN, *PAIRS[: MIN_SOURCES - 1]], [], said()) == {}


@pytest.mark.parametrize(
    "documents",
    [
        dict.fromkeys(OTHERS, ()),
        dict.fromkeys(OTHERS, ("evil",)),
        dict.fromkeys(OTHERS[1:], ("evil",)) | {OTHERS[0]: ("evil", "x quotes it", "y quotes it")},
    ],
)
def test_nobody_vouches_without_being_known_nor_more_than_once(
    documents: Mapping[str, Sequence[str]],
) -> None:
    assert pairs_to_judge(PAIRS, KNOWN, said(documents)) == PAIRS
    assert inferred_by_corroboration(PAIRS[-1:], [*KNOWN, *PAIRS[:-1]], [], said(documents)) == {}


def test_one_file_under_three_names_vouches_once() -> None:
    copies = VerdictScope({"a": [SourceDocument("a", "a")]} | {other: [SourceDocument(other, "one")] for other in OTHERS})
    assert pairs_to_judge(PAIRS, KNOWN, copies) == PAIRS


def test_of_a_text_that_says_one_thing_over_and_over_not_every_pair_is_asked_about() -> None:
    many = [f"b{number:03}" for number in range(3 * MAX_QUESTIONS_PER_KEY)]
    evil = VerdictScope({key: [SourceDocument("evil", "evil")] for key in many})
    asked = pairs_to_judge(combinations(many, 2), [], evil)
    assert len(many) * MAX_QUESTIONS_PER_KEY / 2 <= len(asked) < len(many) * MAX_QUESTIONS_PER_KEY
