"""For a pair that was called one others vouch, when documents enough say what is one with both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import pytest

from fathom.graph.company import MOST_SAYERS, Said
from fathom.graph.vouching import VOUCHERS, to_ask, vouched
from fathom.ledger.verdicts import Sayer

OTHERS = [f"b{number}" for number in range(9)]
PAIRS = [("a", other) for other in OTHERS]
KNOWN = list(combinations(OTHERS, 2))


def said(documents: Mapping[str, Sequence[str]] | None = None) -> Said:
    """Each sentence by a document of its own, but for those that are given."""
    by = {key: (key,) for key in ("a", *OTHERS)} | dict(documents or {})
    return Said({key: [Sayer(name, name) for name in names] for key, names in by.items()})


def test_three_are_asked_about_and_then_vouch_for_all_others() -> None:
    assert to_ask(PAIRS, KNOWN, said()) == PAIRS[:VOUCHERS]
    assert vouched(PAIRS[VOUCHERS:], [*KNOWN, *PAIRS[:VOUCHERS]], [], said()) == dict.fromkeys(PAIRS[VOUCHERS:], True)


def test_what_is_another_than_three_that_are_one_is_another_than_all_that_are_one_with_these() -> None:
    assert vouched(PAIRS[VOUCHERS:], KNOWN, PAIRS[:VOUCHERS], said()) == dict.fromkeys(PAIRS[VOUCHERS:], False)
    assert vouched(PAIRS[VOUCHERS:], KNOWN, PAIRS[: VOUCHERS - 1], said()) == {}


def test_what_three_documents_say_word_for_word_vouches_by_itself() -> None:
    documents = {OTHERS[0]: ("x", "y", "z")}
    assert to_ask(PAIRS, KNOWN, said(documents)) == PAIRS[:1]
    assert vouched(PAIRS[1:], [*KNOWN, PAIRS[0]], [], said(documents)) == dict.fromkeys(PAIRS[1:], True)


def test_nobody_vouches_for_what_is_not_known_to_be_one_with_both() -> None:
    assert to_ask(PAIRS, [], said()) == PAIRS
    assert vouched(PAIRS[3:], [*KNOWN, *PAIRS[: VOUCHERS - 1]], [], said()) == {}


@pytest.mark.parametrize(
    "documents",
    [
        dict.fromkeys(OTHERS[1:], ("evil",)),  # one that says all vouches once
        {"a": [str(number) for number in range(MOST_SAYERS + 1)]},  # too many say it to tell for whom it would count
        {"a": ()},
    ],
)
def test_documents_vouch_and_not_sentences(documents: Mapping[str, Sequence[str]]) -> None:
    assert to_ask(PAIRS, KNOWN, said(documents)) == PAIRS
    assert vouched(PAIRS[-1:], [*KNOWN, *PAIRS[:-1]], [], said(documents)) == {}
