"""An answer on two sentences counts for those who say them, where the model read nothing that one of these did not write."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from fathom.graph.company import MOST_SAYERS, company_for, counts
from fathom.ledger.verdicts import ALONE, Company, Sayer

D, E, X = (Sayer(f"c/{name}.md", name) for name in "dex")


def company(*of: Sayer) -> Company:
    return frozenset(of)


@pytest.mark.parametrize(
    ("one", "other", "before", "asked"),
    [
        ({D}, {D}, [], company(D)),
        ({D}, {E}, [], company(D, E)),
        ({D, E}, {D}, [], company(D)),
        ({D, E}, {X}, [], ALONE),
        ({D, E}, {D, E}, [], ALONE),
        ({D, E}, {D, E}, [company(D)], company(E)),
        ({D, E}, {D}, [company(D)], ALONE),
        ({D, E}, {D, X}, [company(D)], company(E, X)),
        ({D, E}, {X}, [company(D, X)], company(E, X)),
        ({Sayer(str(number), str(number)) for number in range(MOST_SAYERS + 1)}, {D}, [], ALONE),
    ],
)
def test_two_sentences_are_asked_about_in_sight_of_what_all_answer_for_that_say_them(
    one: Collection[Sayer], other: Collection[Sayer], before: list[Company], asked: Company
) -> None:
    assert company_for(one, other, before) == company_for(other, one, before) == asked
    if asked:
        assert counts(one, other, [*before, asked])


@pytest.mark.parametrize(
    ("one", "other", "before", "counted"),
    [
        ({D}, {D}, [company(D)], True),
        ({D}, {E}, [company(D)], True),
        ({D}, {D}, [company(D, E)], False),
        ({E}, {E}, [company(D)], False),
        ({D, E}, {D}, [company(D)], True),
        ({D, E}, {D, X}, [company(D)], False),
        ({D, E}, {D, E}, [company(D), company(E)], True),
        ({Sayer("c/moved.md", D.version)}, {D}, [company(D)], True),
        ({Sayer(D.document, "edited")}, {D}, [company(D)], True),
        ({Sayer(str(number), str(number)) for number in range(MOST_SAYERS + 1)}, {D}, [company(D)], False),
    ],
)
def test_an_answer_counts_where_nobody_else_s_words_were_read(
    one: Collection[Sayer], other: Collection[Sayer], before: list[Company], counted: bool
) -> None:
    assert counts(one, other, before) is counts(other, one, before) is counted
