"""An answer on two sentences counts for those who say them, where the model read nothing that one of these did not write."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from fathom.knowledge.context_isolation import MOST_COMPANIES, Company, Said, Sayer

D, E, X = (Sayer(f"c/{name}.md", name) for name in "dex")


def company(*of: Sayer) -> Company:
    return frozenset(of)


@pytest.mark.parametrize(
    ("one", "other", "before", "asked"),
    [
        ({D}, {D}, [], [company(D)]),
        ({D}, {E}, [], [company(D, E)]),
        ({D, E}, {D}, [], [company(D)]),
        ({D, E}, {X}, [], [company(D, X), company(E, X)]),
        ({D, E}, {D, E}, [], [company(D), company(D, E), company(E)]),
        ({D, E}, {D, E}, [company(D)], [company(E)]),
        ({D, E}, {D}, [company(D)], []),
        ({D, E}, {D, X}, [company(D)], [company(E, X)]),
        ({D, E}, {X}, [company(D, X)], [company(E, X)]),
        ({Sayer(str(number), str(number)) for number in range(MOST_COMPANIES + 1)}, {D}, [], []),
        (set(), {D}, [], []),
    ],
)
def test_two_sentences_are_asked_about_in_sight_of_what_all_answer_for_that_say_them(
    one: Collection[Sayer], other: Collection[Sayer], before: list[Company], asked: list[Company]
) -> None:
    for pair in (("a", "b"), ("b", "a")):
        said = Said(dict(zip(pair, (one, other), strict=True)), {("a", "b"): before})
        assert said.companies_to_ask(("a", "b")) == asked
        if asked:
            assert Said(said.by, {("a", "b"): [*before, *asked]}).counts(("a", "b"))


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
        ({Sayer(str(number), str(number)) for number in range(MOST_COMPANIES + 1)}, {D}, [company(D)], False),
    ],
)
def test_an_answer_counts_where_nobody_else_s_words_were_read(
    one: Collection[Sayer], other: Collection[Sayer], before: list[Company], counted: bool
) -> None:
    for pair in (("a", "b"), ("b", "a")):
        assert Said(dict(zip(pair, (one, other), strict=True)), {("a", "b"): before}).counts(("a", "b")) is counted
