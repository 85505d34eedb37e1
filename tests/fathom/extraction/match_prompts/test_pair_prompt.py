"""An answer about pairs is read with care."""

from __future__ import annotations

import pytest

from fathom.extraction.match_prompts.pair_prompt import parse_matches
from fathom.extraction.response.json_extraction import MalformedResponse


def test_the_numbers_of_an_answer_are_its_pairs() -> None:
    assert parse_matches('{"same": [2, 9, 2]}', 3) == [False, True, False]
    assert parse_matches('{"same": []}', 2) == [False, False]


@pytest.mark.parametrize(
    "answer",
    [
        '```json\n{"same": [2]}\n```',
        '<think>1 and 3? {"same": [1, 3]} no.</think>\n{"same": [2]}',
        "Pair 2 is one thing: {'same': [2,],}",
        '{"same": ["2"]}',
        '{"result": {"Same": [2]}}',
        '{"same": [{"pair": 2, "a": {"name": "x"}, "b": {"name": "X"}}]}',
        '{"same": [2]',
    ],
)
def test_an_answer_about_pairs_is_read_however_it_is_wrapped(answer: str) -> None:
    assert parse_matches(answer, 3) == [False, True, False]


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "[1]",
        '{"same": "all"}',
        '{"same": [true]}',
        '{"same": ["one"]}',
        '{"same": [{"pair": 1, "same": false}]}',
        '{"same": [1, 2',
        '<think>1 may be: {"same": [1]}</think>',
        '{"other": [1]}',
        "[" * 100_000,
    ],
)
def test_an_answer_that_is_not_as_asked_joins_nothing(answer: str) -> None:
    with pytest.raises(MalformedResponse):
        parse_matches(answer, 3)
