"""A search that cannot be answered is refused by the part that is wrong, before anything is searched."""

from __future__ import annotations

import pytest

from fathom.errors import UnsafePath, UsageWrong
from fathom.graph.search.search_request import MAX_QUERY_CHARACTERS, SearchMode, SearchRequest


def test_a_query_alone_is_a_request_for_ten_results_everywhere() -> None:
    request = SearchRequest.of("  Who designed the bridge?\n")
    assert (request.query, request.top, request.collection) == ("Who designed the bridge?", 10, None)
    assert request.mode is SearchMode.AUTO


@pytest.mark.parametrize("query", ["x", "x" * MAX_QUERY_CHARACTERS, "橋は誰が?", "a\tb\nc", f" {'x' * MAX_QUERY_CHARACTERS} "])
def test_a_query_of_one_to_a_thousand_characters_is_taken(query: str) -> None:
    assert SearchRequest.of(query).query == query.strip()


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("", "it is empty"),
        (" \n\t", "it is empty"),
        ("x" * (MAX_QUERY_CHARACTERS + 1), "1,001 characters"),
        ("a\0b", "control characters"),
        ("a\x1b[2Jb", "control characters"),
        ("a\ud800b", "query"),
        (None, "valid string"),
        (7, "valid string"),
    ],
)
def test_any_other_query_is_refused_with_the_reason(query: object, why: str) -> None:
    with pytest.raises(UsageWrong, match=why):
        SearchRequest.of(query)


@pytest.mark.parametrize("top", [1, 100])
def test_one_to_a_hundred_results_may_be_asked_for(top: int) -> None:
    assert SearchRequest.of("x", top=top).top == top


@pytest.mark.parametrize("top", [0, -1, 101, 1.5, "ten", True, None])
def test_any_other_number_of_results_is_refused(top: object) -> None:
    with pytest.raises(UsageWrong, match="top"):
        SearchRequest.of("x", top=top)


def test_an_unknown_part_or_mode_is_refused() -> None:
    with pytest.raises(UsageWrong, match="limit"):
        SearchRequest.of("x", limit=3)
    with pytest.raises(UsageWrong, match="mode"):
        SearchRequest.of("x", mode="magic")


def test_a_collection_must_be_able_to_exist() -> None:
    assert SearchRequest.of("x", collection="reports").collection == "reports"
    with pytest.raises(UnsafePath):
        SearchRequest.of("x", collection="../etc")


def test_what_was_wrong_is_named_and_its_value_is_not() -> None:
    with pytest.raises(UsageWrong) as caught:
        SearchRequest.of("hunter2\0", top="hunter3")
    assert "query" in caught.value.message
    assert "top" in caught.value.message
    assert "hunter" not in caught.value.message
