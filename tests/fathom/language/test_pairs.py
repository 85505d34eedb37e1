"""An answer about pairs is read with care."""

from __future__ import annotations

import pytest

from fathom.language.answers.json_text import NotAsAsked
from fathom.language.pairs import read_same


def test_the_numbers_of_an_answer_are_its_pairs() -> None:
    assert read_same('{"same": [2, 9, 2]}', 3) == [False, True, False]
    assert read_same('{"same": []}', 2) == [False, False]


@pytest.mark.parametrize(
    "answer", ["", "[1]", '{"same": "all"}', '{"same": [true]}', '{"same": ["1"]}', '{"other": [1]}', "[" * 100_000]
)
def test_an_answer_that_is_not_as_asked_joins_nothing(answer: str) -> None:
    with pytest.raises(NotAsAsked):
        read_same(answer, 3)
