"""An answer on two sentences counts for those who say them, where the model read nothing that one of these did not write."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from fathom.knowledge.context_isolation import MAX_SOURCE_PAIRS, SourceDocument, SourceSet, VerdictScope

D, E, X = (SourceDocument(f"c/{name}.md", name) for name in "dex")


def company(*of: SourceDocument) -> SourceSet:
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
        ({SourceDocument(str(number), str(number)) for number in range(MAX_SOURCE_PAIRS + 1)}, {D}, [], []),
        (set(), {D}, [], []),
    ],
)
def test_two_sentences_are_asked_about_in_sight_of_what_all_answer_for_that_say_them(
    one: Collection[SourceDocument], other: Collection[SourceDocument], before: list[SourceSet], asked: list[SourceSet]
) -> None:
    for pair in (("a", "b"), ("b", "a")):
        said = VerdictScope(dict(zip(pair, (one, other), strict=True)), {("a", "b"): before})
        assert said.missing_scopes(("a", "b")) == asked
        if asked:
            assert VerdictScope(said.sources, {("a", "b"): [*before, *asked]}).applies_to(("a", "b"))


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
        ({SourceDocument("c/moved.md", D.version)}, {D}, [company(D)], True),
        ({SourceDocument(D.document, "edited")}, {D}, [company(D)], True),
        ({SourceDocument(str(number), str(number)) for number in range(MAX_SOURCE_PAIRS + 1)}, {D}, [company(D)], False),
    ],
)
def test_an_answer_counts_where_nobody_else_s_words_were_read(
    one: Collection[SourceDocument], other: Collection[SourceDocument], before: list[SourceSet], counted: bool
) -> None:
    for pair in (("a", "b"), ("b", "a")):
        assert VerdictScope(dict(zip(pair, (one, other), strict=True)), {("a", "b"): before}).applies_to(("a", "b")) is counted
